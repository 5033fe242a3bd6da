"""Importers of real files: pure generators from numbered lines to touchpoints, with an account of every line.

`outcomes` says what they yield, `inputs` opens what they read, `formats` lists them by name.
"""
