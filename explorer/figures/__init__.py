"""Figures as pure functions of rows, in the form that plotly.js reads."""
