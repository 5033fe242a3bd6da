"""Metrics on the terminal and on paper: periods, words for numbers, the monthly report."""
