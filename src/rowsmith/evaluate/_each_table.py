"""Measures of a table taken of every table of a database: one result for all, which names the worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rowsmith.evaluate._means import mean_figure
from rowsmith.evaluate._measure import LEVELS, MEASURES, Level, Measure, Result, result, unmeasured, worst
from rowsmith.evaluate._words import readable, show

FEWEST = 50
"""Rows of a table, in every database, from which on it is judged."""


def measures_of(*, target: bool, public: bool) -> list[Measure]:
    """What is looked at in one table: what a verdict may hang on.

    Args:
        target: whether a model should predict a column of it, or none was named at all.
        public: whether its rows are for all to see, so that no attack is made.
    """
    kinds = [MEASURES.load(name) for name in MEASURES.names()]
    return [
        kind()
        for kind in kinds
        if kind.decisive
        and not kind.thorough
        and (kind.aspect != "utility" or target)
        and (kind.aspect != "privacy" or not public)
    ]


def together(measure: Measure, parts: Mapping[str, Result]) -> Result:
    """One result of a measure of several tables.

    The level is the worst, and the sentence that table's; figures are means over the tables that have them.

    Args:
        measure: that was taken.
        parts: by table, at least one.
    """
    known = {n: r for n, r in parts.items() if r.level != "not measured"}
    if not known:
        found = next(iter(parts.values()))
        return unmeasured(
            measure, found.sentence.removeprefix("Not measured: "), decisive=any(r.decisive for r in parts.values())
        )
    levels = {n: _level(r) for n, r in known.items()}
    level = worst(list(levels.values()))
    names = list(dict.fromkeys(f.name for r in known.values() for f in r.figures))
    each = {
        name: {t: f for t, r in known.items() for f in r.figures if f.name == name and f.value is not None}
        for name in names
    }
    figures = [mean_figure(found) for found in each.values() if found]
    first = max(known, key=lambda n: (_rank(levels[n]), _excess(known[n])))
    sentence = f"{first}: {known[first].sentence}"
    if level == "good":
        sentence = f"Good in {_tables(len(known))}. Least so in {sentence}" if len(known) > 1 else sentence
    return result(
        measure,
        level,
        sentence,
        how=f"{_tables(len(known))}; figures are means over them",
        figures=tuple(figures),
        details={"table": _listed(measure, known)} if figures else {},
        decisive=any(r.decisive for r in known.values()),
    )


def _level(found: Result) -> Level:
    """The level of one of many tables: what is inside the noise is no finding, or one of them would always be poor."""
    noisy = [f for f in found.figures if f.noise is not None and f.excess is not None]
    inside = len(noisy) == len(found.figures) and all((f.excess or 0.0) <= (f.noise or 0.0) for f in noisy)
    return "good" if noisy and inside else found.level


def _listed(measure: Measure, parts: Mapping[str, Result]) -> dict[str, Any]:
    """The main figure, table by table, the worst first."""
    order: Sequence[str] = sorted(parts, key=lambda n: (-_rank(_level(parts[n])), -_excess(parts[n])))
    rows = []
    for name in order:
        if parts[name].figures:
            f = parts[name].figures[0]
            rows.append(
                [readable(name), *(show(x, f.unit) for x in (f.value, f.floor, f.ceiling)), _level(parts[name])]
            )
    return {
        "title": f"{measure.title}, table by table",
        "head": ["table", "synthetic", "floor", "ceiling", "verdict"],
        "rows": rows,
    }


def _rank(level: Level) -> int:
    return LEVELS.index(level) if level in LEVELS else -1


def _excess(found: Result) -> float:
    return (found.figures[0].excess or 0.0) if found.figures else 0.0


def _tables(n: int) -> str:
    return f"{n} table{'s' * (n != 1)}"
