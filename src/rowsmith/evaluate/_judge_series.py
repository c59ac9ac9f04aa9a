"""Judge synthetic series: what flows in time, and their rows as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa

from rowsmith.core.errors import DataError
from rowsmith.core.grouping import EventOrder
from rowsmith.core.protocols import Progress, silent
from rowsmith.core.rng import Key
from rowsmith.evaluate._each_table import measures_of
from rowsmith.evaluate._grouped import OF_WHOLES, summed, take
from rowsmith.evaluate._judge import check_target_column, context_of
from rowsmith.evaluate._measure import Result, candid, unmeasured
from rowsmith.evaluate._order import Ordered
from rowsmith.evaluate._series_measure import FEWEST, SERIES_MEASURES, SeriesMeasure
from rowsmith.evaluate._series_pictures import pictures
from rowsmith.evaluate._summary import Summary
from rowsmith.evaluate._words import rows


def judge_series(
    tables: Mapping[str, pa.Table],
    order: EventOrder,
    *,
    target: str | None = None,
    rules: Mapping[str, str] | None = None,
    checked: Mapping[str, pa.Table] | None = None,
    seed: int = 0,
    workers: int = 1,
    progress: Progress = silent,
) -> Summary:
    """Judge synthetic series.

    Args:
        tables: by role: real, synthetic and, if there is one, a holdout of series that nobody learnt from.
        order: columns of entity and time.
        target: column that a model should predict, and a forecaster foretell.
        rules: SQL that must hold in every row, by name.
        checked: the tables with what rules read of the rows before; as they are if left out.
        seed: of all samples and folds; the same tables and seed give the same summary.
        workers: threads; the summary does not depend on it.
        progress: told how much is done.

    Raises:
        DataError: a table has no rows, a row has no time or entity, or the tables have no other column in common.
        SpecError: no such column, times that are none, or a rule that cannot be computed.
    """
    check_target_column(target, tables)
    ordered = Ordered.of(tables, order, Key(seed).child("judge series"), workers, () if target is None else (target,))
    own = {*order.entity, order.time}
    if not ordered.aligned.features and set(tables["real"].column_names) > own:
        raise DataError(
            f"the tables have no column in common besides {', '.join(map(repr, sorted(own)))}. Give the columns the same names."
        )
    few = next((role for role, table in tables.items() if table.num_rows < FEWEST), None)
    kinds = [SERIES_MEASURES.load(name)() for name in SERIES_MEASURES.names()]

    def measure(kind: SeriesMeasure) -> Result:
        return candid(kind, kind.measure(ordered)) if few is None else _few(kind, few, tables[few].num_rows)

    taken = take(kinds, measure, "series", progress)
    context = replace(
        context_of(ordered.aligned, target, ordered.key.child("rows"), workers),
        rules={} if rules is None else rules,
        rows=tables,
        checked={} if checked is None else checked,
    )
    if ordered.holdout is None and few is None:
        base, other = ordered.unseen
        context = replace(context, parts=(context.real.take(base.rows), context.real.take(other.rows)))
    settings = {"seed": seed, "target": target, "sequence": order.document()}
    of_rows = [m for m in measures_of(target=True, public=False) if not order.entity or m.name not in OF_WHOLES]
    drawn = pictures(ordered) if few is None else []
    return summed(taken, context, ordered.aligned, of_rows, settings, ordered.notes, drawn)


def _few(kind: SeriesMeasure, role: str, n: int) -> Result:
    return unmeasured(kind, f"the {role} table has {rows(n)}; series are judged from {FEWEST} on.")
