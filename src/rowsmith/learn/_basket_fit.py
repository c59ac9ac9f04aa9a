"""How a table of baskets is learnt: what is said of a basket, its items, what is said of its lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.codecs import ColumnCodec, LearntColumn, learn_column
from rowsmith.core.errors import SpecError
from rowsmith.core.matching import codes_of
from rowsmith.core.protocols import Learner, Progress, Rows, silent
from rowsmith.core.rng import Key
from rowsmith.core.schema import Table, arrow_type
from rowsmith.core.shield import FEW, Units, fewest, persons
from rowsmith.core.sql import references
from rowsmith.learn._basket_law import ItemSettings, fit_law
from rowsmith.learn._basket_lines import context_of, fit_lines
from rowsmith.learn._basket_pairs import Ints, Signs
from rowsmith.learn._basket_pairs_fit import Baskets
from rowsmith.learn._basket_rows import BasketRows, distinct_lines, numbered
from rowsmith.learn._basket_signs import Calendar, Teller, levels_of, signs_of
from rowsmith.learn._protected import Protected, protected_of
from rowsmith.learn._relations import Rollup, rollups
from rowsmith.learn._sequence_fit import fit_sequences
from rowsmith.learn._sequence_rows import Ordered
from rowsmith.learn.basket import BasketTable
from rowsmith.learn.sequence import SequenceTable
from rowsmith.learn.table import TableModel, fit_table
from rowsmith.learn.trees import Trees, settings_of

SELDOM = 10
"""Items of so many times the fewest baskets, or fewer, stand in for those that are left out."""
TRIES = 20


@dataclass(frozen=True)
class Heads:
    """What is the same in all lines of a basket, a row each, with the number of its items.

    Attributes:
        rows: a table, or, where customers are known, sequences of their baskets.
        schema: kinds and types, and what makes it sequences.
        count: name of the number of items.
        place: name of a basket's number among those of its customer, where that stands for the time; else empty.
    """

    rows: pa.Table | Ordered
    schema: Table
    count: str
    place: str

    @property
    def table(self) -> pa.Table:
        """The rows."""
        return self.rows if isinstance(self.rows, pa.Table) else self.rows.table


def fit_baskets(
    rows: BasketRows,
    schema: Table,
    heads: Heads,
    of_lines: Table,
    learner: Learner,
    settings: ItemSettings,
    *,
    name: str,
    key: Key,
    workers: int = 1,
    progress: Progress = silent,
) -> BasketTable:
    """Learn a table of baskets.

    Args:
        rows: in order of baskets.
        schema: kinds and types of all columns, and which make it baskets.
        heads: of the baskets, in the same order.
        of_lines: the columns of lines, and their rules.
        learner: settings of the learner of all that is not items.
        settings: how the items are learnt.
        name: of the table.
        key: random stream of the fit.
        workers: how many threads; the result does not depend on it.
        progress: told what has been done.

    Raises:
        DataError: values are not of the schema's kinds, or a rule is broken.
        SpecError: the items are not listed values.
    """
    assert schema.basket is not None, "the schema names no basket"
    shared: dict[str, Any] = {"name": name, "workers": workers, "progress": progress}
    fitted = _fit_heads(heads, learner, key.child("heads"), shared)
    first, times = distinct_lines(rows.begins, codes_of(rows.table[schema.basket.item]))
    basket = np.searchsorted(rows.begins, first, side="right") - 1
    customers = np.cumsum(rows.position == 0)  # where these are not known, each basket is its own
    item, found = _items(rows, schema, first, persons(customers[basket]) if schema.basket.entity else None, key)
    codes, kept = _stood_in(found, basket, key.child("items"))
    own = ~found.hidden[kept]  # what is said of other lines is not said of the item that stands in them
    basket, first, times = basket[kept], first[kept], times[kept]
    levels, of_codes = _by_frequency(codes, item.size)
    items = of_codes[codes]
    n = len(rows.begins) - 1
    begins = np.append(0, np.cumsum(np.bincount(basket, minlength=n)))
    table = heads.table
    columns = dict(zip(table.column_names, (c.combine_chunks() for c in table.columns), strict=True))
    least = fewest(FEW, len(first))
    tellers = _tellers(columns, schema, heads, least, key)
    signs = _signs(rows, tellers, columns, begins, items, len(levels), bool(schema.basket.entity))
    filled = np.flatnonzero(np.diff(begins) > 0)
    n_signs = sum(teller.size for teller in tellers)
    baskets = Baskets(begins, items, len(levels), signs, n_signs, bool(schema.basket.entity)).part(filled)
    trees = settings_of(learner if isinstance(learner, Trees) else Trees())
    law = fit_law(baskets, settings, trees, least, key=key.child("law"), workers=workers, progress=progress)
    own = own if own.any() else ~own
    rolled = _rollups(rows, schema, heads, of_lines)
    context = context_of(rows.heads, schema.columns, schema.basket) if of_lines.columns else {}
    context = {n: c for n, c in context.items() if n not in [each.column for each in rolled]}
    arrays = {n: rows.table[n].combine_chunks().take(pa.array(first[own])) for n in (*of_lines.columns, *context)}
    counted = {n: numbered(rows.table[n], rows.begins) for n in of_lines.columns}
    lines = fit_lines(
        arrays,
        of_lines,
        item,
        item.decode(codes[own].astype(np.uint16), Rows(0, int(own.sum())), key.child("items")),
        items[own],
        len(levels),
        context,
        (_free("times listed", schema), times[own]),
        {n: begin for n, begin in counted.items() if begin is not None},
        learner,
        key=key.child("lines"),
        units=persons(customers[basket[own]]),
        **shared,
    )
    return BasketTable(
        name=name,
        schema=schema,
        heads=fitted,
        count=heads.count,
        place=heads.place,
        items=item,
        codes=levels,
        law=law,
        tellers=tuple(tellers),
        lines=lines,
        rollups=rolled,
        n_baskets=n,
        protected=_protected(found, fitted, lines.table, schema),
    )


def _fit_heads(heads: Heads, learner: Learner, key: Key, shared: Mapping[str, Any]) -> TableModel | SequenceTable:
    if isinstance(heads.rows, pa.Table):
        return fit_table(heads.rows, heads.schema, learner, key=key, **shared)
    return fit_sequences(heads.rows, heads.schema, learner, key=key, **shared)


def _rollups(rows: BasketRows, schema: Table, heads: Heads, of_lines: Table) -> tuple[Rollup, ...]:
    """Numbers of baskets that sum up their lines, of which no rule says something else."""
    ruled = {n for rule, said in {**heads.schema.rules, **of_lines.rules}.items() for n in references(said, rule)}
    whole = {n: rows.heads[n].combine_chunks() for n in rows.of_baskets if n not in ruled and n in schema.columns}
    lines = {n: rows.table[n].combine_chunks() for n in of_lines.columns}
    basket = np.repeat(np.arange(len(rows.begins) - 1), np.diff(rows.begins))
    return tuple(rollups(lines, whole, basket)) if lines and whole else ()


def _items(
    rows: BasketRows, schema: Table, first: Ints, units: Units | None, key: Key
) -> tuple[ColumnCodec, LearntColumn]:
    """The codec of the items, and their codes in the first line of each item of each basket."""
    assert schema.basket is not None
    name = schema.basket.item
    column = schema.columns[name]
    values = rows.table[name].combine_chunks().take(pa.array(first))
    found = learn_column(name, column, values, key.child("column", name), units)
    if not found.codec.exact:
        raise SpecError(f"columns.{name}.kind={column.kind!r}: items are learnt as listed values; expected category.")
    return found.codec, found


def _stood_in(found: LearntColumn, basket: Ints, key: Key) -> tuple[Ints, NDArray[np.bool_]]:
    """Codes of all lines, seldom items in the place of those that are left out; and which lines are kept.

    So baskets keep their size, and what is left out is no sign of anything. A line is lost where its basket has all of these.
    """
    codes, gone = found.codes.astype(np.int64), found.hidden.copy()
    if not gone.any():
        return codes, ~gone
    counts = np.bincount(codes[~gone], minlength=found.codec.size)
    seldom = np.where(counts <= SELDOM * fewest(FEW, len(codes)), counts, 0)
    weights = np.cumsum(seldom if seldom.any() else counts)
    rng, size = key.generator(), found.codec.size
    for _ in range(TRIES):
        left = np.flatnonzero(gone)
        if not len(left):
            break
        drawn = np.searchsorted(weights, rng.integers(0, weights[-1], len(left)), side="right")
        whole, own = basket * size + codes, basket[left] * size + drawn
        once = np.zeros(len(left), dtype=bool)
        once[np.unique(own, return_index=True)[1]] = True
        free = once & ~np.isin(own, whole[~gone])
        codes[left[free]] = drawn[free]
        gone[left[free]] = False
    return codes[~gone], ~gone


def _by_frequency(codes: Ints, size: int) -> tuple[Ints, Ints]:
    """Codes that occur, the most frequent first, and the place of each code among them."""
    counts = np.bincount(codes, minlength=size)
    levels = np.argsort(-counts, kind="stable")[: int((counts > 0).sum())]
    places = np.full(size, -1, dtype=np.int64)
    places[levels] = np.arange(len(levels))
    return levels, places


def _tellers(columns: Mapping[str, pa.Array], schema: Table, heads: Heads, least: int, key: Key) -> list[Teller]:
    """What may tell of the items: columns of baskets that are no keys."""
    assert schema.basket is not None
    lines, out = schema.basket, list[Teller]()
    for name, values in columns.items():
        if name in (lines.id, *lines.entity) or name not in schema.columns:
            continue
        column = schema.columns[name]
        if column.kind in ("timestamp", "date"):
            codec = ColumnCodec(name, None, arrow_type(column.type or str(values.type)), column.form, True)
            hours = column.kind == "timestamp"
            out.append(Calendar(name, codec, hours))
            continue
        found = learn_column(name, column, values, key.child("column", name))
        levels = levels_of(found.codec, column.kind, found.codes, least)
        if levels is not None:
            out.append(levels)
    return out


def _signs(
    rows: BasketRows,
    tellers: list[Teller],
    columns: Mapping[str, pa.Array],
    begins: Ints,
    items: Ints,
    size: int,
    remembered: bool,
) -> Signs:
    """What is known of real baskets: their columns, and what their customers bought before."""
    from rowsmith.learn import _basket_kernel

    n = len(begins) - 1
    told = signs_of(tellers, columns, size, n, np.full(n, -1, dtype=np.int64))
    if not remembered:
        return told
    first = size + sum(teller.size for teller in tellers)
    customers = np.cumsum(rows.position == 0)
    ends = np.zeros(n, dtype=np.int64)
    _basket_kernel.histories(begins, items, customers, size, first, ends, np.zeros(0, dtype=np.int64))
    before = np.empty(int(ends[-1]), dtype=np.int64)
    _basket_kernel.histories(begins, items, customers, size, first, ends, before)
    counts = np.diff(told.begins), np.diff(ends, prepend=0)
    whose = np.concatenate([np.repeat(np.arange(n), each) for each in counts])
    order = np.argsort(whose, kind="stable")
    both = np.concatenate([told.told, before])[order]
    return Signs(np.append(0, np.cumsum(counts[0] + counts[1])), both, told.customers)


def _free(name: str, schema: Table) -> str:
    return _free(name + "_", schema) if name in schema.columns else name


def _protected(
    item: LearntColumn, heads: TableModel | SequenceTable, lines: TableModel | None, schema: Table
) -> tuple[Protected, ...]:
    """What was left out of all columns."""
    own = (protected_of(item),) if item.rows else ()
    others = (*heads.protected, *(lines.protected if lines is not None else ()))
    return (*own, *(each for each in others if each.column in schema.columns and each.column != item.codec.name))
