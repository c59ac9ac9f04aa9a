"""The summary of rows that belong together: measures of series or of baskets, and those of their rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import pyarrow as pa

from rowsmith.core.errors import DataError
from rowsmith.core.grouping import BasketLines, EventOrder, check_columns
from rowsmith.core.protocols import Progress
from rowsmith.evaluate._align import Aligned
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._judge import doubts, results_of, values_of, verdict, with_overlays
from rowsmith.evaluate._measure import ASPECTS, Judge, Measure, Result
from rowsmith.evaluate._summary import Size, Summary

K = TypeVar("K", bound=Judge)
Taken = tuple[Judge, Result]


def check_every(tables: Mapping[str, pa.Table], group: EventOrder | BasketLines) -> None:
    """Check that the columns that say what belongs together are in every table, and complete.

    Args:
        tables: by role.
        group: which columns they are.

    Raises:
        DataError: a row lacks one of them.
        SpecError: there is no such column, or one is named twice.
    """
    for role, table in tables.items():
        try:
            check_columns(table, group, role)
        except DataError as fault:
            raise DataError(f"{role}: {fault}") from None


OF_WHOLES = ("membership", "worst_group")
"""Attacks that compare rows with unseen ones: those of an entity are alike, so that a row is told from those of entities that nobody
learnt from whether or not its own was learnt. Entities are attacked as wholes."""


def take(kinds: Sequence[K], measure: Callable[[K], Result], what: str, progress: Progress) -> list[Taken]:
    """The results of measures, one after the other.

    Args:
        kinds: the measures.
        measure: takes one.
        what: is judged, for who waits.
        progress: told how many are done; the measures of the rows come after these.
    """
    taken: list[Taken] = []
    for done, kind in enumerate(kinds):
        progress(f"judging {what}", done, len(kinds) + 1)
        taken.append((kind, measure(kind)))
    progress("judging rows", len(kinds), len(kinds) + 1)
    return taken


def summed(
    taken: Sequence[Taken],
    context: Context,
    aligned: Aligned,
    measures: Sequence[Measure],
    settings: Mapping[str, Any],
    notes: Sequence[str],
    drawn: Sequence[Mapping[str, Any]] = (),
) -> Summary:
    """Judge the rows, and sum up what was found.

    Args:
        taken: measures of what belongs together and their results, at least one.
        context: of the rows, with the tables that were given.
        aligned: columns of the rows, with those that only name them.
        measures: of the rows.
        settings: of the judgement, those of measures apart.
        notes: what was left out.
        drawn: groups of plots, kept with the first result.
    """
    doubt = doubts(context)
    both = [*taken, *zip(measures, results_of(measures, context), strict=True)]
    ordered = sorted(both, key=lambda t: (t[0].order, t[0].title))
    results = [found for _, found in ordered]
    if drawn:
        results[0] = replace(results[0], details={**results[0].details, "plots": list(drawn)})
    said = [note for found in results for note in found.notes]
    return Summary(
        tables={role: Size(rows=t.num_rows, columns=t.num_columns) for role, t in context.rows.items()},
        settings={**settings, "measures": {kind.name: values_of(kind) for kind, _ in ordered}},
        verdicts=tuple(verdict(aspect, results, doubt) for aspect in ASPECTS),
        measures=tuple(results),
        columns=tuple(with_overlays(aligned, results)),
        notes=(*doubt, *notes, *dict.fromkeys(said)),
    )
