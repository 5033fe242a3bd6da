"""Alerts to Prometheus' Alertmanager."""
