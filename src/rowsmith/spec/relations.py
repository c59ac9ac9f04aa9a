"""How rows of the tables of a spec belong together: what points where, and how many rows can stand at each end."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rowsmith.core.definition import TableDefinition
from rowsmith.core.protocols import ColumnSampler
from rowsmith.core.values import Number, Sql
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers.binomial import Binomial
from rowsmith.samplers.constant import Constant
from rowsmith.samplers.parent import Parent
from rowsmith.samplers.reference import Reference
from rowsmith.spec.definitions import Schemas, definitions
from rowsmith.spec.model import ColumnSpec, Spec, TableSpec


@dataclass(frozen=True, kw_only=True)
class Relation:
    """Rows of one table that belong to, or point to, rows of a table (the same one, in a hierarchy).

    Attributes:
        child: the table whose rows point.
        parent: the table that they point to.
        columns: of the child that point; none where a child does not write its parent's key.
        targets: columns of the parent, one for each.
        made_per: whether the child's rows are made for each row of the parent.
        optional: whether a row of the child may point to nothing.
        some: whether each row of the parent has at least one of the child.
        single: whether each row of the parent has at most one of the child.
    """

    child: str
    parent: str
    columns: tuple[str, ...]
    targets: tuple[str, ...]
    made_per: bool = False
    optional: bool = False
    some: bool = False
    single: bool = False


def relations(spec: Spec, schemas: Schemas) -> list[Relation]:
    """Every relation of a spec, in the order of its tables; a table's parent comes first.

    Args:
        spec: how the tables are made.
        schemas: columns and types of each.
    """
    declared = definitions(spec.but(truth=()), schemas)  # as rows are made, whatever spoils them later
    found: list[Relation] = []
    for table in spec.tables.values():
        pointers = list(_pointers(table, declared[table.name]))
        if table.per is not None:
            above = next((r for r in pointers if r.parent == table.per.table and _handed_down(table, r)), None)
            pointers = [r for r in pointers if r is not above]
            some, single = _counts(table.per.count)
            found.append(
                Relation(
                    child=table.name,
                    parent=table.per.table,
                    columns=() if above is None else above.columns,
                    targets=() if above is None else above.targets,
                    made_per=True,
                    some=some,
                    single=single,
                )
            )
        found += pointers
    return found


def _pointers(table: TableSpec, declared: TableDefinition) -> Iterator[Relation]:
    """What points to rows: as a database is told, and references to columns that a database would not take for a key."""
    left = {c for c in table.written if isinstance(table.columns[c].sampler, Reference)}
    for key in declared.foreign_keys:
        left -= set(key.columns)
        yield Relation(
            child=table.name,
            parent=key.table,
            columns=key.columns,
            targets=key.targets,
            optional=not declared.not_null.issuperset(key.columns),
        )
    for name in table.written:
        sampler = table.columns[name].sampler
        if name in left and isinstance(sampler, Reference):
            yield Relation(
                child=table.name,
                parent=sampler.table,
                columns=(name,),
                targets=(str(sampler.column),),
                optional=name not in declared.not_null,
            )


def _handed_down(table: TableSpec, relation: Relation) -> bool:
    return all(isinstance(table.columns[c].sampler, Parent) for c in relation.columns)


def _counts(count: ColumnSpec) -> tuple[bool, bool]:
    """Whether there is at least one child, and at most one, whatever is drawn."""
    bounds = [_bounds(sampler) for sampler in (count.sampler, *count.groups.values())]
    always = not isinstance(count.null, Sql) and count.null == 0  # no number of rows is none
    return always and all(some for some, _ in bounds), all(single for _, single in bounds)


def _bounds(sampler: ColumnSampler) -> tuple[bool, bool]:
    if isinstance(sampler, Constant) and isinstance(sampler.value, int | float):
        return round(sampler.value) >= 1, round(sampler.value) <= 1
    if not isinstance(sampler, Distribution):
        return False, False
    if not any(isinstance(value, Sql) for value in vars(sampler).values()):
        none, one = sampler.cdf(np.array([0.5, 1.5]))  # counts are rounded
        return bool(none == 0), bool(one == 1)
    ends = [sampler.max, sampler.n if isinstance(sampler, Binomial) else None]
    return _known(sampler.min) >= 1, any(_known(n, math.inf) <= 1 for n in ends)


def _known(setting: Number | None, unknown: float = -math.inf) -> float:
    """A setting, if it is the same for every row."""
    return setting if isinstance(setting, int | float) else unknown
