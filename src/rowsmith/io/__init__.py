"""Formats and databases: one file each, reader and sink side by side; `_open` finds the one for a name."""
