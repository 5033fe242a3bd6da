"""The compiled core of stitching: sources in streams/core."""

FORM: int
