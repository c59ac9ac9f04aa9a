"""The judgement as text, for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

from rowsmith.evaluate._measure import ASPECTS, Figure, Result
from rowsmith.evaluate._summary import Summary
from rowsmith.evaluate._words import show

Row = tuple[str, str, str, str, str, str]
HEAD: Row = ("measure", "value", "95 % interval", "floor", "ceiling", "verdict")


def rows(summary: Summary, only: Callable[[Result], bool] = lambda _: True) -> list[Row]:
    """Name, value, interval, floor, ceiling and verdict of every figure, or of those of some measures."""
    out: list[Row] = []
    for single in sorted(filter(only, summary.measures), key=lambda r: ASPECTS.index(r.aspect)):
        if not single.figures:
            out.append((single.title, "–", "", "–", "–", single.level))
        for i, figure in enumerate(single.figures):
            name = single.title if i == 0 else f"  {figure.label}"
            value, floor, ceiling = (show(x, figure.unit) for x in (figure.value, figure.floor, figure.ceiling))
            out.append((name, value, span(figure), floor, ceiling, single.level if i == 0 else ""))
    return out


def span(figure: Figure) -> str:
    """The 95 % interval, or nothing."""
    if figure.low is None or figure.high is None:
        return ""
    return f"{show(figure.low, figure.unit)} to {show(figure.high, figure.unit)}"


def text(summary: Summary) -> str:
    """The verdicts, the figures that they hang on, what else is not good, and the notes."""
    lines = [f"{v.aspect.capitalize()}: {v.level}. {v.sentence}" for v in summary.verdicts]
    lines += ["", *aligned([HEAD, *rows(summary, lambda r: r.decisive)], left=(0, 5)), ""]
    lines.append("floor: every column shuffled on its own; ceiling: real rows that nobody learnt from.")
    beside = [r for r in summary.measures if not r.decisive]
    good = [r.title for r in beside if r.level == "good"]
    if good:
        lines.append(f"Good, too: {', '.join(good)}.")
    lines += [f"{r.level.capitalize()}: {r.title}. {r.sentence}" for r in beside if r.level in ("fair", "poor")]
    lines += [f"note: {note}" for note in summary.notes]
    return "\n".join(lines)


def aligned(table: Sequence[Sequence[str]], left: Container[int] = (0,)) -> list[str]:
    """Rows of cells as lines, columns under each other.

    Args:
        table: rows of equal length.
        left: columns whose cells begin at the left; the others end at the right.
    """
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(
            c.ljust(w) if i in left else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
