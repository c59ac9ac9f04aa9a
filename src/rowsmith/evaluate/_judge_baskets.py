"""Judge synthetic baskets: their sizes, items and what goes together, and their lines as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa

from rowsmith.core.grouping import BasketLines
from rowsmith.core.protocols import Progress, silent
from rowsmith.core.rng import Key
from rowsmith.evaluate._basket_measure import BASKET_MEASURES
from rowsmith.evaluate._bought import Bought
from rowsmith.evaluate._each_table import measures_of
from rowsmith.evaluate._grouped import OF_WHOLES, summed, take
from rowsmith.evaluate._judge import check_target_column, context_of
from rowsmith.evaluate._measure import candid
from rowsmith.evaluate._summary import Summary

ALONE = ("verbatim",)
"""Measures of lines that say nothing but the item: whether rare ones come back."""
OF_BASKETS = ("copies", *OF_WHOLES)
"""Measures that are taken of whole baskets instead: a line (two of an item, at its price) is as many others are, and nobody's."""


def judge_baskets(
    tables: Mapping[str, pa.Table],
    lines: BasketLines,
    *,
    target: str | None = None,
    rules: Mapping[str, str] | None = None,
    seed: int = 0,
    workers: int = 1,
    progress: Progress = silent,
) -> Summary:
    """Judge synthetic baskets.

    Args:
        tables: by role: real, synthetic and, if there is one, a holdout of baskets that nobody learnt from.
        lines: columns of basket and item.
        target: column of the lines that a model should predict.
        rules: SQL that must hold in every line, by name.
        seed: of all samples and folds; the same tables and seed give the same summary.
        workers: threads; the summary does not depend on it.
        progress: told how much is done.

    Raises:
        DataError: a table has no rows, or a row no basket or item.
        SpecError: no such column, or a rule that cannot be computed.
    """
    check_target_column(target, tables)
    bought = Bought.of(tables, lines, Key(seed).child("judge baskets"), workers)
    kinds = [BASKET_MEASURES.load(name)() for name in BASKET_MEASURES.names()]
    taken = take(kinds, lambda kind: candid(kind, kind.measure(bought)), "baskets", progress)
    context = replace(
        context_of(bought.aligned, target, bought.key.child("lines"), workers),
        rules={} if rules is None else rules,
        rows=tables,
    )
    of_lines = [measure for measure in measures_of(target=True, public=False) if measure.name not in OF_BASKETS]
    if len(bought.aligned.features) == 1:
        of_lines = [measure for measure in of_lines if measure.name in ALONE]
    settings = {"seed": seed, "target": target, "basket": lines.document()}
    return summed(taken, context, bought.aligned, of_lines, settings, bought.notes)
