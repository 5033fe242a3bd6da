"""Touchpoints from one deployment into another, as they were sent."""
