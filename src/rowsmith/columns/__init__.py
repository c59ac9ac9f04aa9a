"""Room columns."""
