"""From the structures of a spec to structures that can be planted: numbers that hang on the seed, and the scale of columns."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from rowsmith.core.errors import RowsmithError
from rowsmith.core.sql import references
from rowsmith.spec.related import made_from, needed
from rowsmith.spec.truth import Planted, within
from rowsmith.truth._plant import Calibration, Maker, Plant

if TYPE_CHECKING:
    from rowsmith.spec.model import Spec
    from rowsmith.spec.truth import PlantSpec

Read = Callable[["Spec", str, tuple[str, ...]], Mapping[str, pa.Array]]
"""Makes some pilot rows of a spec: of a table, the names that a column of it would read."""


@dataclass(frozen=True)
class Planting:
    """A structure that can be planted.

    Attributes:
        spec: as it was written.
        plant: with all numbers.
        calibration: the scale of what it reads.
    """

    spec: PlantSpec
    plant: Plant
    calibration: Calibration


def prepared(spec: Spec, seed: int, read: Read) -> tuple[Spec, tuple[Planting, ...]]:
    """The spec with structures that can be planted, and these, in the order in which they are written.

    Args:
        spec: with structures.
        seed: of the run: it draws the numbers that are left to it.
        read: makes pilot rows.

    Raises:
        SpecError: a structure cannot be in its columns.
    """
    done: dict[str, Planting] = {}
    plants = {each.name: each.plant(seed, spec.difficulty, spec.parameters) for each in spec.truth}
    for each in _in_order(spec, plants):
        plant = plants[each.name]
        try:
            pilot = read(_without_rules(spec), each.table, plant.reads) if plant.reads else {}
            done[each.name] = Planting(each, plant, plant.calibrate(pilot))
        except RowsmithError as fault:
            raise type(fault)(within(each.path, str(fault))) from None
        spec = _with(spec, done[each.name])
    return spec, tuple(done[each.name] for each in spec.truth)


def _with(spec: Spec, planting: Planting) -> Spec:
    """The spec with a maker that can make rows."""
    if not isinstance(planting.plant, Maker):
        return spec
    table, name = spec.tables[planting.spec.table], planting.spec.source
    sampler = Planted(planting.plant, planting.calibration)
    sources = tuple(dataclasses.replace(s, sampler=sampler) if s.name == name else s for s in table.sources)
    changed = dataclasses.replace(table, sources=sources)
    return spec.but(tables={**spec.tables, table.name: changed})


def _without_rules(spec: Spec) -> Spec:
    """The spec without rules on columns that cannot be made yet: its structure is fitted to rows as they are before these."""
    waiting = {
        (table.name, column)
        for table in spec.tables.values()
        for source in table.sources
        if isinstance(source.sampler, Planted) and source.sampler.calibration is None
        for column in source.columns
    }
    tables = {}
    for table in spec.tables.values():
        kept = {
            name: rule
            for name, rule in table.rules.items()
            if not waiting & made_from(spec, table, references(rule, f"{table.path}.rules.{name}"))
        }
        tables[table.name] = dataclasses.replace(table, rules=kept)
    return spec.but(tables=tables)


def _in_order(spec: Spec, plants: Mapping[str, Plant]) -> list[PlantSpec]:
    """Structures after those that make what they read. Columns in a cycle were refused before."""
    makes = {
        each.name: {(each.table, column) for column in plant.makes}
        for each in spec.truth
        if isinstance(plant := plants[each.name], Maker)
    }
    needs = {each.name: needed(spec, spec.tables[each.table], plants[each.name].reads) for each in spec.truth}
    waiting, out = list(spec.truth), []
    while waiting:
        ready = next(
            each
            for each in waiting
            if not any(needs[each.name] & makes.get(other.name, set()) for other in waiting if other is not each)
        )
        waiting.remove(ready)
        out.append(ready)
    return out
