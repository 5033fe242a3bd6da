"""`omnitrack demo`: the whole tracker on one machine, a simulated bank at work in it, a live view of what is found."""
