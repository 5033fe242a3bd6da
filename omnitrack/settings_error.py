"""What is raised of settings; apart from them, as they import what most commands do not need."""

from __future__ import annotations


class SettingsError(ValueError):
    """A setting is wrong; one line per setting names it."""
