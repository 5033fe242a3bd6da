"""Faust apps that tell people outside of alerts, one for each receiver, so that none waits for another."""
