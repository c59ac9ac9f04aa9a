"""Which columns can be brought to an exact target; for the others, what to take instead."""

from __future__ import annotations

import pyarrow as pa

from rowsmith.core.errors import SpecError, suggest
from rowsmith.core.values import Sql
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._levels import weighted, word
from rowsmith.samplers._sourced import Sourced
from rowsmith.samplers.boolean import Boolean
from rowsmith.samplers.category import Category
from rowsmith.samplers.constant import Constant
from rowsmith.samplers.formula import Formula
from rowsmith.samplers.parent import Parent
from rowsmith.samplers.position import Position
from rowsmith.samplers.reference import Reference
from rowsmith.samplers.tree import Tree
from rowsmith.samplers.walk import Walk
from rowsmith.spec.model import ColumnSpec, TableSpec


def decimals(column: ColumnSpec) -> int | None:
    """Digits after the point that the column's numbers have at most; None for floats with all their digits."""
    samplers = (*((column.sampler,) if column.others else ()), *column.groups.values())
    found = [0] if all(isinstance(s, Distribution) and pa.types.is_integer(s.type) for s in samplers) else []
    if column.digits is not None:
        found.append(column.digits)
    if column.cast is not None and pa.types.is_integer(column.cast):
        found.append(0)
    if column.cast is not None and pa.types.is_decimal(column.cast):
        found.append(max(0, column.cast.scale))
    return min(found, default=None)


def check_dealt(column: ColumnSpec) -> list[str]:
    """The values of a column of which the target says how many there are, as text.

    Raises:
        SpecError: the column is none whose values can be dealt out.
    """
    _refuse_derived(column)
    sampler = column.sampler
    if isinstance(sampler, Distribution | Walk):
        raise SpecError(
            f"{column.name} is a column of numbers: give its sum or mean, or its shares by group, `{column.name} by …`."
        )
    if not isinstance(sampler, Boolean | Category):
        raise SpecError(f"{column.name} is no category and no boolean; only their values can be counted out.")
    if isinstance(sampler, Category) and sampler.unique:
        raise SpecError(f"{column.name} has each value once (`unique`), so nothing is left to count out.")
    chance = isinstance(sampler, Boolean) and isinstance(sampler.p, Sql)
    if column.by or chance or (isinstance(sampler, Category) and sampler.given):
        setting = "by" if column.by else "p" if chance else "given"
        raise SpecError(
            f"{column.name} depends on other columns (`{setting}`), and values counted out would not; leave out "
            f"`{setting}`, or count out the column that it depends on."
        )
    if isinstance(column.null, Sql) or column.null > 0:
        raise SpecError(f"{column.name} has nulls, which no count is about; leave out `null`, or make it a value.")
    if isinstance(sampler, Boolean):
        return ["false", "true"]
    return [word(value) for value in weighted(sampler.values, "values")]


def check_moved(column: ColumnSpec) -> None:
    """Pass a column whose numbers can be moved up and down.

    Raises:
        SpecError: they cannot.
    """
    _refuse_derived(column)
    samplers = (*((column.sampler,) if column.others else ()), *column.groups.values())
    for sampler in samplers:
        if isinstance(sampler, Boolean | Category):
            raise SpecError(
                f"{column.name} has values from a list, which do not add up; give their count or share, without groups."
            )
        if isinstance(sampler, Constant):
            raise SpecError(f"{column.name} is the same in every row; make it a distribution, such as normal.")
        if not isinstance(sampler, Distribution | Walk):
            raise SpecError(f"{column.name} is no distribution of numbers and no walk; only such can be moved.")
    kind = column.cast
    if kind is None or pa.types.is_integer(kind) or pa.types.is_decimal(kind) or kind == pa.float64():
        return
    if pa.types.is_floating(kind):
        raise SpecError(
            f"{column.name} is {kind}, too coarse for exact sums; make it `as: float`, a decimal or integer."
        )
    raise SpecError(f"{column.name} is {kind}, which does not add up; target a column of numbers that it is made from.")


def _refuse_derived(column: ColumnSpec) -> None:
    """Raise a SpecError where values follow from other columns, other rows or the row's number."""
    sampler, name = column.sampler, column.name
    if isinstance(sampler, Formula) and column.rollup is not None:
        read = ", ".join(sampler.reads)
        raise SpecError(f"{name} is an aggregate of rows of {column.rollup} ({sampler.sql}); target {read} instead.")
    if isinstance(sampler, Formula):
        read = ", ".join(sampler.reads) or "no column"
        raise SpecError(
            f"{name} is computed ({sampler.sql}) and cannot be moved itself; target a column that it reads ({read}), "
            f"or draw {name} from a distribution and compute one of those from it."
        )
    if isinstance(sampler, Parent):
        raise SpecError(f"{name} is copied from the row's parent; target {sampler.column} instead.")
    if isinstance(sampler, Reference | Tree):
        raise SpecError(f"{name} points to other rows; target a column of numbers or a category instead.")
    if isinstance(sampler, Sourced) and sampler.source.startswith("truth."):
        raise SpecError(f"{name} is made by {sampler.source}, whose facts a target would make false; drop one of them.")
    if isinstance(sampler, Sourced):
        raise SpecError(
            f"{name} comes of a model, together with other columns, and is left as that draws it; target a column that the "
            "spec draws itself."
        )
    if isinstance(sampler, Position) or (sampler.by_row and not isinstance(sampler, Category)):
        raise SpecError(f"{name} follows from the row's number; target a column of numbers or a category instead.")


def listed_values(table: TableSpec, column: str) -> list[str] | None:
    """All values that a column can have, as text, where the spec lists them."""
    spec = table.columns[column]
    found: list[str] = []
    for sampler in (spec.sampler, *spec.groups.values()):
        if spec.cast is not None or not isinstance(sampler, Boolean | Category):
            return None
        if isinstance(sampler, Boolean):
            found += ["false", "true"]
        elif sampler.given:
            return None
        else:
            found += [word(value) for value in weighted(sampler.values, "values")]
    return found


def check_levels(levels: list[str], known: list[str], at: str, column: str) -> None:
    """Pass levels that a column can have.

    Raises:
        SpecError: it has no such value.
    """
    for level in levels:
        if level not in known:
            raise SpecError(f"{at}{level}: {column} has no such value{suggest(level, known)}")
