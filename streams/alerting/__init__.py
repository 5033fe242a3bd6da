"""The pure core of alerting: from rows of customers, and the time, to alerts. No I/O, no clock, no Faust."""
