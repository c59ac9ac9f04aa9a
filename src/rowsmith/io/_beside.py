"""What lies beside the tables of a folder and is none: read-mes, notes, settings."""

from __future__ import annotations

import csv
from pathlib import Path

HEAD = 1 << 16
"""Bytes that a file is told by."""
LINES = 50
"""Lines of them."""
SEPARATORS = ",;\t|"
"""Signs between fields of a table in a `.txt` file."""


def no_table(path: Path) -> bool:
    """Whether a file with an ending that tables have, among others, is no table: prose, or one JSON object over several lines.

    What is a table but broken is told by whoever reads it.
    """
    name = path.name.lower()
    if not name.endswith((".txt", ".json")):
        return False
    with path.open("rb") as file:
        head = file.read(HEAD)
    if b"\0" in head:  # no UTF-8: left to the reader
        return False
    text = head.decode("utf-8-sig", "replace")
    lines = [line for line in text.splitlines() if line.strip()][:LINES]
    return _is_prose(lines) if name.endswith(".txt") else _is_object(lines)


def _is_prose(lines: list[str]) -> bool:
    """Whether lines are no rows: the first one has one field, or most have another number of fields; at commas, also a sentence."""
    if not lines:
        return True
    sentence = lines[0].rstrip().endswith((".", "!", "?", ":"))
    for separator in SEPARATORS:
        fields = [len(row) for row in csv.reader(lines, delimiter=separator)]
        if not (separator == "," and sentence) and fields[0] > 1 and fields.count(fields[0]) * 2 > len(fields):
            return False
    return True


def _is_object(lines: list[str]) -> bool:
    """Whether lines begin an object that goes on behind the first of them, where rows would be an array or one a line."""
    if not lines or not lines[0].lstrip().startswith("{"):
        return False
    return len(lines) > 1 and lines[0].rstrip().endswith(("{", "[", ","))
