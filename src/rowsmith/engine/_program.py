"""What made a table."""

from __future__ import annotations


def program() -> str:
    """Name and version of this program."""
    from rowsmith import __version__

    return f"rowsmith {__version__}"
