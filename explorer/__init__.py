"""The explorer: the analysts' web pages, on the metric views."""
