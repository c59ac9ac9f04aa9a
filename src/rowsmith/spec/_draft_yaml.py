"""Writes a spec as YAML that a person likes to read: a line a column where there is room, comments behind."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

WIDTH = 118
_PLAIN = re.compile(r"[A-Za-z_](?:[\w ./+-]*[\w./+-])?", re.ASCII)
_WORDS = frozenset(["true", "false", "yes", "no", "on", "off", "null", "none", "nan", "inf"])
"""Words that some reader of YAML takes for something else than text."""


def document(
    header: Sequence[str], table: str, entries: Mapping[str, Any], columns: Sequence[tuple[str, Any, str]]
) -> str:
    """A spec of one table.

    Args:
        header: lines of the comment at the top.
        table: its name.
        entries: of the table, before its columns.
        columns: name, settings and comment of each.
    """
    lines = [f"# {comment(line)}".rstrip() for line in header]
    lines += ["", "tables:", f"  {scalar(table)}:"]
    for name, value in entries.items():
        lines.append(f"    {name}: {f'{value:_}' if isinstance(value, int) else flow(value)}")
    lines.append("    columns:")
    for name, settings, note in columns:
        lines += _column(name, settings, note)
    return "\n".join(lines) + "\n"


def _column(name: str, settings: Any, note: str) -> list[str]:
    behind = f"  # {comment(note)}" if note else ""
    line = f"      {scalar(name)}: {flow(settings)}"
    if len(line) <= WIDTH:
        if len(line) + len(behind) <= WIDTH + 20:
            return [line + behind]
        return [f"      # {comment(note)}", line]
    return [f"      {scalar(name)}:{behind}", *_block(settings, 8)]


def _block(values: Mapping[Any, Any], indent: int) -> list[str]:
    """A mapping with an entry a line, those that are too long folded."""
    lines = []
    space = " " * indent
    for name, value in values.items():
        line = f"{space}{_key(name, values)}: {flow(value)}"
        if len(line) <= WIDTH or not isinstance(value, Mapping | list):
            lines.append(line)
        elif isinstance(value, Mapping) and any(isinstance(v, Mapping | list) for v in value.values()):
            lines += [f"{space}{_key(name, values)}:", *_block(value, indent + 2)]
        else:
            lines += [f"{space}{_key(name, values)}:", *_folded(value, indent + 2)]
    return lines


def _folded(values: Any, indent: int) -> list[str]:
    """A mapping or list of scalars in flow style, over several lines."""
    if isinstance(values, Mapping):
        parts, ends = [f"{scalar(k)}: {flow(v)}" for k, v in values.items()], "{}"
    else:
        parts, ends = [flow(v) for v in values], "[]"
    lines, line = [], " " * indent + ends[0]
    for i, part in enumerate(parts):
        piece = part + ("," if i < len(parts) - 1 else ends[1])
        if len(line) + len(piece) > WIDTH:
            lines.append(line.rstrip())
            line = " " * (indent + 1)
        line += piece + " "
    return [*lines, line.rstrip()]


def flow(value: Any) -> str:
    """A value on one line.

    >>> flow({"kind": "normal", "mean": 3.0, "as": "decimal(10,2)"})
    '{kind: normal, mean: 3, as: "decimal(10,2)"}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(k, value)}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(v) for v in value) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    r"""A text, number, truth value, date or null.

    >>> scalar("a: b"), scalar("no"), scalar(1e-5), scalar(20000.0), scalar("tab\t")
    ('"a: b"', '"no"', '0.00001', '20000', '"tab\\x09"')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dt.datetime):
        return quote(str(value))
    if isinstance(value, dt.date):
        return value.isoformat()
    text = str(value)
    return text if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else quote(text)


def _number(value: float) -> str:
    if math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    if 1e-9 < abs(value) < 1e-4:
        return f"{value:.15f}".rstrip("0")
    return repr(value)


def _key(name: Any, values: Mapping[Any, Any]) -> str:
    """The name of an entry; the setting `null` stands as it is written in a spec."""
    return "null" if name == "null" and ("kind" in values or "sql" in values) else scalar(name)


def quote(text: str) -> str:
    """A text in double quotes, which YAML reads back the same."""
    return '"' + "".join(_escaped(c) for c in text) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char.isprintable():
        return char
    point = ord(char)
    return f"\\x{point:02x}" if point < 256 else f"\\u{point:04x}" if point < 65536 else f"\\U{point:08x}"


def comment(text: str) -> str:
    """A text that is safe in a comment."""
    return "".join(c if c.isprintable() else " " for c in text)
