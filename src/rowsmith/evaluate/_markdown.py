"""The judgement as Markdown, for a pull request."""

from __future__ import annotations

import re

from rowsmith.evaluate._summary import Summary
from rowsmith.evaluate._text import HEAD, rows

MARKS = {"good": "🟢", "fair": "🟡", "poor": "🔴", "not measured": "⚪"}


def markdown(summary: Summary) -> str:
    """The verdicts, the table of figures, and the notes folded away."""
    sizes = " · ".join(f"{s.rows:,} {role} rows" for role, s in summary.tables.items())
    lines = [f"### Synthetic {summary.subject}, judged", "", sizes, "", "| | | |", "|---|---|---|"]
    for v in summary.verdicts:
        lines.append(f"| **{v.aspect.capitalize()}** | {MARKS[v.level]} {v.level} | {cell(v.sentence)} |")
    lines += ["", f"| {' | '.join(HEAD)} |", "|---|" + "---:|" * (len(HEAD) - 2) + "---|"]
    for name, *numbers, level in rows(summary):
        shown = f"{MARKS[level]} {level}" if level else ""
        name = f"&nbsp;&nbsp;{cell(name.strip())}" if name.startswith(" ") else f"**{cell(name)}**"
        lines.append(f"| {name} | {' | '.join(map(cell, numbers))} | {shown} |")
    lines += ["", "Floor: every column shuffled on its own. Ceiling: real rows that nobody learnt from.", ""]
    warnings = [n for n in summary.notes if n.startswith("WARNING")]
    lines += [f"> **{cell(n)}**\n" for n in warnings]
    notes = [n for n in summary.notes if n not in warnings]
    if notes:
        lines += ["<details><summary>Notes</summary>", "", *(f"- {cell(n)}" for n in notes), "", "</details>", ""]
    return "\n".join(lines)


def cell(text: str) -> str:
    """Text that stays what it is between two bars of a table."""
    text = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([\\`*_\[\]|~@#])", r"\\\1", text)
