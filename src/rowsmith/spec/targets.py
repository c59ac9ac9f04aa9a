"""Exact targets of a spec, read and checked against its tables: `targets: {orders.amount by channel: {sum: …}}`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from rowsmith.core.errors import SpecError, suggest
from rowsmith.core.sql import references
from rowsmith.samplers._levels import word
from rowsmith.spec.links import place_of
from rowsmith.spec.model import ColumnSpec, Spec, TableSpec
from rowsmith.spec.target import Target, shown
from rowsmith.spec.target_columns import check_dealt, check_levels, check_moved, decimals, listed_values

if TYPE_CHECKING:
    from rowsmith.spec.check import Checker

BY = " by "
MEASURES = ("sum", "mean", "count", "share")
MOST_LEVELS = 5_000
"""Groups of a target; what each comes to in every chunk is held in memory."""
NEAR = Fraction(1, 10**9)
"""Shares may miss 1 by that much, as thirds do."""


def targets_of(spec: Spec, entries: Any, checker: Checker) -> tuple[Target, ...]:
    """The targets of a spec. Faults go to the checker.

    Args:
        spec: its tables, linked.
        entries: name of each target to what it comes to.
        checker: collects faults.
    """
    found: dict[tuple[str, str], Target] = {}
    with checker.at("targets"):
        for name, entry in checker.mapping(entries).items():
            with checker.at("targets", str(name)):
                target = _target(spec, str(name), entry, checker)
                twin = found.setdefault((target.table, target.column), target)
                if twin is not target:
                    raise SpecError(f"has a target already, {twin.name!r}; give one of them.")
    return tuple(found.values())


def _target(spec: Spec, name: str, entry: Any, checker: Checker) -> Target:
    place, by = _split(spec, name)
    table_name, dot, column = place.partition(".")
    if table_name not in spec.tables:
        raise SpecError(
            f"there is no table {table_name!r}{suggest(table_name, spec.tables)} A target is written TABLE.COLUMN, or "
            "TABLE.COLUMN by EXPRESSION."
        )
    table = spec.tables[table_name]
    entry = checker.mapping(entry, MEASURES)
    if not dot:
        return _of_rows(spec, table, by, name, entry)
    if column not in table.columns:
        raise SpecError(f"table {table_name!r} has no column {column!r}{suggest(column, table.columns)}")
    described = table.columns[column]
    if "count" in entry or ("share" in entry and by is None):
        return _dealt(table, described, by, name, entry)
    check_moved(described)
    digits = decimals(described)
    return _moved(spec, table, described, by, name, entry, "sum", digits)


def _split(spec: Spec, name: str) -> tuple[str, str | None]:
    """What a target is about, and its groups; a name of a table or column may hold the word too."""
    known = {*spec.tables, *(f"{t.name}.{column}" for t in spec.tables.values() for column in t.columns)}
    places = [name.split(BY, turn)[:turn] for turn in range(1, name.count(BY) + 1)]
    heads = [name, *(BY.join(place) for place in places)]
    head = next((h for h in heads if h.strip() in known), heads[min(1, len(places))])
    rest = name[len(head) + len(BY) :].strip()
    return head.strip(), rest or None


def _of_rows(spec: Spec, child: TableSpec, by: str | None, name: str, entry: Mapping[str, Any]) -> Target:
    """A target of how many rows a table has: the sum of a column of its parent."""
    if child.per is None:
        raise SpecError(f"the rows of {child.name} are what its `rows` says; a target is for a table with `per`.")
    for measure in ("sum", "mean"):
        if measure in entry:
            raise SpecError(f"{measure}: rows have none; give their count, or name a column as {child.name}.COLUMN.")
    parent = spec.tables[child.per.table]
    counts = child.per.count
    try:
        check_moved(counts)
    except SpecError as fault:
        raise SpecError(str(fault).replace(counts.name, f"the `count` of {child.name}")) from None
    return dataclasses.replace(_moved(spec, parent, counts, by, name, entry, "count", 0), rows_of=child.name)


def _dealt(table: TableSpec, column: ColumnSpec, by: str | None, name: str, entry: Mapping[str, Any]) -> Target:
    """A target of how often a category has each of its values."""
    measure = _only(entry, ("count", "share"))
    known = check_dealt(column)
    if by is not None:
        raise SpecError(
            f"{measure}: values of a category are counted out over the whole table, not by group; leave out `by {by}`."
        )
    levels, amounts = _by_level(measure, entry[measure], "value")
    check_levels(levels, known, f"{measure}.", column.name)
    if measure == "share":
        _check_shares(amounts)
    else:
        _check_counts(amounts, table)
    return Target(
        name=name,
        table=table.name,
        column=column.name,
        dealt=True,
        measure=measure,  # type: ignore[arg-type]
        levels=tuple(levels),
        amounts=tuple(amounts),
    )


def _moved(
    spec: Spec,
    table: TableSpec,
    column: ColumnSpec,
    by: str | None,
    name: str,
    entry: Mapping[str, Any],
    plain: str,
    digits: int | None,
) -> Target:
    """A target of numbers that are moved; `plain` is what their sum is called."""
    total = None
    if "share" in entry and isinstance(entry.get(plain), int | float):
        total = _number(entry[plain], plain)
        _check_digits(total, digits, plain)
        entry = {"share": entry["share"]}
    levels: list[str] = []
    measure = _only(entry, (plain, "mean", "share") if plain == "sum" else (plain, "share"))
    if by is None:
        if measure == "share":
            raise SpecError(f"share: is of groups; name them as in `{name} by EXPRESSION`.")
        if isinstance(entry[measure], Mapping):
            raise SpecError(f"{measure}: expected a number; for groups, write `{name} by EXPRESSION`.")
        amounts = [_number(entry[measure], measure)]
    else:
        _check_groups(spec, table, column, by)
        levels, amounts = _by_level(measure, entry[measure], "group")
        if by in table.columns and (known := listed_values(table, by)) is not None:
            check_levels(levels, known, f"{measure}.", by)
    if measure == "share":
        _check_shares(amounts)
    for number, amount in enumerate(amounts):
        at = ".".join([measure, *levels[number : number + 1]])
        if measure == plain:
            _check_digits(amount, digits, at)
        if plain == "count" and amount < 0:
            raise SpecError(f"{at}={shown(amount)}: expected a number from 0.")
    return Target(
        name=name,
        table=table.name,
        column=column.name,
        by=by,
        measure=measure,  # type: ignore[arg-type]
        levels=tuple(levels),
        amounts=tuple(amounts),
        total=total,
    )


def _only(entry: Mapping[str, Any], measures: tuple[str, ...]) -> str:
    """The one measure that is given."""
    for name in entry:
        if name not in measures:
            raise SpecError(f"{name}: expected {' or '.join(measures)} here.")
    if len(entry) != 1:
        raise SpecError(f"{', '.join(entry) or 'nothing is given'}: expected one of {', '.join(measures)}.")
    return next(iter(entry))


def _check_groups(spec: Spec, table: TableSpec, column: ColumnSpec, by: str) -> None:
    """Refuse an expression that rows cannot be grouped by."""
    for name in references(by, "by"):
        kind, head, at = place_of(spec, table, name)
        if kind == "child":
            about = f"rows of {head} can be counted" if column.name.startswith("#") else "rows can be grouped"
            raise SpecError(
                f"by={by!r}: {name!r} is a column of a child table; {about} by columns of {table.name} only."
            )
        if kind == "own" and at == column.name:
            raise SpecError(f"by={by!r}: reads {name}, which the target changes; group by another column.")


def _by_level(measure: str, entry: Any, what: str) -> tuple[list[str], list[Fraction]]:
    if not isinstance(entry, Mapping) or not entry:
        raise SpecError(f"{measure}={entry!r}: expected a mapping of each {what} to a number.")
    levels = [word(level) for level in entry]
    if len(levels) > MOST_LEVELS:
        raise SpecError(f"{measure}: names {len(levels):,} {what}s; expected at most {MOST_LEVELS:,}.")
    if len(set(levels)) < len(levels):
        twice = next(level for level in levels if levels.count(level) > 1)
        raise SpecError(f"{measure}.{twice}: stands twice; keep one of them.")
    return levels, [_number(value, f"{measure}.{level}") for level, value in zip(levels, entry.values(), strict=True)]


def _number(value: Any, at: str) -> Fraction:
    """A number as it is written: 0.1 is a tenth."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SpecError(f"{at}={value!r}: expected a number.")
    try:
        return Fraction(str(value))
    except ValueError:
        raise SpecError(f"{at}={value!r}: expected a finite number.") from None


def _check_digits(amount: Fraction, digits: int | None, at: str) -> None:
    if digits is not None and (amount * 10**digits).denominator != 1:
        have = f"{digits} decimals" if digits else "whole numbers"
        raise SpecError(f"{at}={shown(amount)}: the column's values are {have}, which cannot add up to that.")


def _check_shares(shares: list[Fraction]) -> None:
    if any(share < 0 for share in shares):
        raise SpecError(f"share: {shown(min(shares))} is negative; expected shares from 0 to 1.")
    whole = sum(shares, Fraction(0))
    if abs(whole - 1) > NEAR:
        raise SpecError(f"share: the shares sum to {shown(whole)}; expected 1.")


def _check_counts(counts: list[Fraction], table: TableSpec) -> None:
    for count in counts:
        if count < 0 or count.denominator != 1:
            raise SpecError(f"count: {shown(count)} is no count; expected whole numbers from 0.")
    if table.rows is not None and sum(counts) != table.rows:
        raise SpecError(
            f"count: the counts sum to {shown(sum(counts, Fraction(0)))}, and {table.name} has {table.rows:,} rows; "
            "make them equal, or give a share."
        )
