"""The schema of a table of baskets: columns of baskets are looked at once a basket, items are levels."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from rowsmith.columns._infer import infer_column
from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.grouping import BasketLines, EventOrder, check_columns
from rowsmith.core.matching import codes_of
from rowsmith.core.schema import Column, Schema, Table
from rowsmith.core.sql import references
from rowsmith.core.text import form_of
from rowsmith.engine._sequence_schema import arranged, with_times
from rowsmith.engine.inspection import complete, public_columns, with_rules
from rowsmith.learn._basket_fit import Heads
from rowsmith.learn._basket_lines import context_of
from rowsmith.learn._basket_rows import BasketRows, basket_rows, distinct_lines, numbered
from rowsmith.learn._proposals import propose_over
from rowsmith.learn._tie_rules import computed

Names = tuple[str, ...] | list[str] | str
UNIQUE = 0.99
"""Share of baskets whose id is no other's, from which on each has its own."""


@dataclass(frozen=True)
class ArrangedBaskets:
    """Baskets in order, and what is known of their columns.

    Attributes:
        name: of the table.
        schema: of all columns.
        rows: the lines, in order of baskets.
        heads: what is the same in all lines of a basket.
        lines: the other columns, and their rules.
    """

    name: str
    schema: Table
    rows: BasketRows
    heads: Heads
    lines: Table


def basket_lines(
    basket: str | None, item: str | None, entity: Names = (), time: str | None = None, schema: Schema | None = None
) -> BasketLines | None:
    """What makes a table one of baskets, by arguments or by its schema; None if nothing does.

    Raises:
        SpecError: a basket without an item, or the other way round; a time without a customer; arguments and a schema that
            differ.
    """
    said = schema.only[1].basket if schema is not None and len(schema.tables) == 1 else None
    if basket is None and item is None:
        if said is not None and (entity or time):
            raise SpecError(
                "entity, time: the schema says what makes the rows baskets; write them there, under basket."
            )
        return said
    if basket is None or item is None:
        there, gone = ("item", "basket") if basket is None else ("basket", "item")
        raise SpecError(
            f"{there}={item or basket!r}: baskets need the column of the {gone} too; give {gone} (--{gone} COLUMN)."
        )
    entity = (entity,) if isinstance(entity, str) else tuple(entity)
    if time is not None and not entity:
        raise SpecError(
            f"time={time!r}: is the order of a customer's baskets; say whose they are (--entity COLUMN), or leave the time out: it "
            "is learnt like any other column of a basket."
        )
    asked = BasketLines(id=basket, item=item, entity=entity, time=time)
    if said is not None and asked != said:
        raise SpecError(
            f"basket={basket!r}, item={item!r}: the schema says basket={said.document()}; change it there, or leave them out."
        )
    return asked


def arranged_baskets(
    table: pa.Table, schema: Schema | None, lines: BasketLines, name: str, public: Collection[str] = ()
) -> ArrangedBaskets:
    """The baskets in order, and what is known of all columns.

    Args:
        table: the lines.
        schema: what the user says of it; all is inferred if left out.
        lines: which columns make it baskets.
        name: of the table, if no schema says it.
        public: columns whose values may be known to all.

    Raises:
        DataError: there are no rows, or a row has no basket or no item.
        SpecError: the schema is wrong.
    """
    name, said = schema.only if schema is not None else (name, Table(columns={}))
    where = f"tables.{name}.basket"
    if table.num_rows == 0:
        raise DataError(f"table {name!r} has 0 rows: there is nothing to learn; at least 1 row is needed.")
    if said.primary_key:
        raise SpecError(f"tables.{name}.primary_key: baskets have none besides their id; leave it out.")
    check_columns(table, lines, where)
    times = None
    if lines.time is not None:
        table, _, times = with_times(table, said, lines.time, name, where)
    said = complete(said, table, name) if said.columns else said
    rows = basket_rows(table, lines, times, where)
    of_baskets, of_lines = rows.of_baskets, rows.of_lines
    columns = said.columns or _inferred(rows, lines)
    columns = public_columns(Table(columns=columns), public).columns
    context = context_of(rows.heads, columns, lines)
    rules = _split_rules(said.rules, of_baskets, of_lines, (lines.item, *context), f"tables.{name}.rules")
    heads = _heads(rows, columns, rules[0], lines, name, bool(said.columns))
    if not said.columns:
        columns = {n: heads.schema.columns[n] if n in of_baskets else c for n, c in columns.items()}
    lower = Table(columns={n: columns[n] for n in of_lines}, rules=rules[1])
    if not said.rules and of_lines:
        free = [n for n in of_lines if numbered(rows.table[n], rows.begins) is None]
        lower = dataclasses.replace(lower, rules=_proposed(rows.table, columns, free, context) if free else {})
    whole = {n: rule for n, rule in heads.schema.rules.items() if set(references(rule, n)) <= set(of_baskets)}
    schema_ = dataclasses.replace(said, columns=columns, rules={**whole, **lower.rules}, basket=lines)
    return ArrangedBaskets(name, schema_, rows, heads, lower)


def _proposed(
    table: pa.Table, columns: Mapping[str, Column], free: Sequence[str], context: Collection[str]
) -> dict[str, str]:
    """Rules that all lines keep: of their own columns, and formulas that read those of their baskets too."""
    # an order of numbers would stand in the way of what their basket says of them
    own = with_rules(Table(columns={n: columns[n] for n in free}), table.select(free), orders=False).rules
    rows = {n: table[n].combine_chunks() for n in (*free, *context)}
    targets = set(free) - computed(own, columns)
    over = propose_over(rows, columns, targets) if targets and context else []
    return {**own, **{each.name: each.expression for each in over if each.exact}}


def _inferred(rows: BasketRows, lines: BasketLines) -> dict[str, Column]:
    """What columns look like; those of baskets in one row a basket."""
    heads, out = rows.heads, {}
    for field in rows.table.schema:
        if field.name == lines.item:
            out[field.name] = Column(kind="category", type=str(field.type), form=form_of(field), why="the items")
        elif field.name in rows.of_baskets:
            values = heads[field.name].combine_chunks()
            out[field.name] = infer_column(field.name, field, values, is_key=field.name == lines.id and _unique(values))
        else:
            out[field.name] = infer_column(field.name, field, rows.table[field.name].combine_chunks())
    return out


def _unique(values: pa.Array) -> bool:
    """Whether baskets have ids of their own, but for some that are mistyped; else those of each customer are counted anew."""
    return len(values.unique()) >= UNIQUE * len(values)


def _split_rules(
    rules: Mapping[str, str], of_baskets: Collection[str], of_lines: Collection[str], given: Collection[str], where: str
) -> tuple[dict[str, str], dict[str, str]]:
    """Rules of baskets, and those of lines, which may read what is given: the item, and numbers and levels of the basket.

    Raises:
        SpecError: a rule of lines reads another column of the basket.
    """
    out: tuple[dict[str, str], dict[str, str]] = ({}, {})
    for name, rule in rules.items():
        read = set(references(rule, f"{where}.{name}"))
        sides = [read <= side for side in (set(of_baskets), {*of_lines, *given})]
        if not any(sides):
            raise SpecError(
                f"{where}.{name}: is of lines, and reads {', '.join(sorted(read - {*of_lines, *given}))} of the basket; a rule of lines "
                "may read numbers and levels of their baskets: leave it out, or take another column."
            )
        out[not sides[0]][name] = rule
    return out


def _heads(
    rows: BasketRows, columns: Mapping[str, Column], rules: dict[str, str], lines: BasketLines, name: str, said: bool
) -> Heads:
    """What is the same in all lines of a basket, with the number of its items."""
    first, _ = distinct_lines(rows.begins, codes_of(rows.table[lines.item]))
    basket = np.searchsorted(rows.begins, first, side="right") - 1
    table, own = rows.heads, {n: columns[n] for n in rows.of_baskets}
    count, place = _free("number of items", columns), ""
    table = table.append_column(count, pa.array(np.bincount(basket, minlength=table.num_rows)))
    own[count] = Column(kind="integer", type="int64")
    if not lines.entity:
        schema = Table(columns=own, primary_key=(lines.id,), rules=rules)
        if not said:
            free = list(rows.of_baskets)
            schema = dataclasses.replace(
                schema, rules=with_rules(Table(columns={n: own[n] for n in free}), table.select(free)).rules
            )
        return Heads(table, schema, count, "")
    if lines.time is None:
        place = _free("number of basket", columns)
        table = table.append_column(place, pa.array(rows.position))
        own[place] = Column(kind="integer", type="int64")
    entity = lines.entity
    # the key of customers some of whom are not known is made anew as any other column, and they are numbered beside it
    if any(table[n].null_count for n in entity):
        unsaid = {} if said else {n: Column(kind="identifier", type=own[n].type, form=own[n].form) for n in entity}
        entity = (_free("number of customer", columns),)
        table = table.append_column(entity[0], pa.array(np.cumsum(rows.position == 0)))
        own |= {entity[0]: Column(kind="identifier", type="int64"), **unsaid}
    order = EventOrder(time=lines.time or place, entity=entity)
    known = Schema(tables={name: Table(columns=own, rules=rules)}) if said else None
    _, ordered, found = arranged(table, known, order, name)
    fixed = (lines.id, count, place, *(lines.entity if entity != lines.entity else ()))
    kept = {n: own[n] if n in fixed else c for n, c in found.columns.items()}
    kept = {n: dataclasses.replace(c, public=own[n].public) for n, c in kept.items()}
    return Heads(ordered, dataclasses.replace(found, columns=kept), count, place)


def _free(name: str, columns: Collection[str]) -> str:
    return _free(name + "_", columns) if name in columns else name
