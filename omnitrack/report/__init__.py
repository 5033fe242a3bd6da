"""The monthly report: one page of HTML that needs nothing else, for people who decide."""
