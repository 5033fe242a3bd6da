"""Composition root: settings, command line, embedded servers, supervisor."""
