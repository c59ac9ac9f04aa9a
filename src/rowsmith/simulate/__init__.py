"""Worlds: agents and events whose traces are ordinary linked tables. One file per world."""
