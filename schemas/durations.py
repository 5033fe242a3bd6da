"""Lengths of time in milliseconds, in which times and durations are counted everywhere."""

from __future__ import annotations

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
