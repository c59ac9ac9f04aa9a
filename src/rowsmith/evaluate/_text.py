"""The judgement as text, for a terminal."""

from __future__ import annotations

from rowsmith.evaluate._summary import Summary
from rowsmith.evaluate._words import show

Row = tuple[str, str, str, str, str]
HEAD: Row = ("measure", "value", "floor", "ceiling", "verdict")


def rows(summary: Summary) -> list[Row]:
    """Name, value, floor, ceiling and verdict of every figure."""
    out: list[Row] = []
    for single in summary.measures:
        if not single.figures:
            out.append((single.title, "–", "–", "–", single.level))
        for i, figure in enumerate(single.figures):
            name = single.title if i == 0 else f"  {figure.label}"
            numbers = (show(x, figure.unit) for x in (figure.value, figure.floor, figure.ceiling))
            value, floor, ceiling = numbers
            out.append((name, value, floor, ceiling, single.level if i == 0 else ""))
    return out


def text(summary: Summary) -> str:
    """The verdicts, the table of figures and the notes."""
    table = [HEAD, *rows(summary)]
    widths = [max(len(row[i]) for row in table) for i in range(len(HEAD))]
    lines = [f"{v.aspect.capitalize()}: {v.level}. {v.sentence}" for v in summary.verdicts]
    lines.append("")
    for row in table:
        cells = [c.ljust(w) if i in (0, 4) else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))]
        lines.append("  ".join(cells).rstrip())
    lines.append("")
    lines.append("floor: every column shuffled on its own; ceiling: real rows that nobody learnt from.")
    lines += [f"note: {note}" for note in summary.notes]
    return "\n".join(lines)
