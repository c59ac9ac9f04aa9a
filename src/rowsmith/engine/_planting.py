"""From the structures of a spec to structures that can be planted: numbers that hang on the seed, and the scale of columns."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from rowsmith.core.errors import RowsmithError, SpecError
from rowsmith.core.sql import references, truth
from rowsmith.engine._copies import with_room
from rowsmith.spec.related import made_from, needed
from rowsmith.spec.truth import Planted, waiting, within
from rowsmith.truth._plant import Calibration, Changer, Maker, Plant

if TYPE_CHECKING:
    from rowsmith.spec.model import Spec, TableSpec
    from rowsmith.spec.truth import PlantSpec

Read = Callable[["Spec", str, tuple[str, ...], bool], Mapping[str, pa.Array]]
"""Makes some pilot rows of a spec: of a table, the names that a column of it would read; and whether no row may come again."""


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
    spec = with_room(spec, plants, seed)
    for each in _in_order(spec, plants):
        plant = plants[each.name]
        try:
            once = isinstance(plant, Changer) and plant.repeats
            pilot = read(_without_rules(spec), each.table, plant.reads, once) if plant.reads else {}
            done[each.name] = Planting(each, plant, plant.calibrate(pilot))
        except RowsmithError as fault:
            raise type(fault)(within(each.path, str(fault))) from None
        spec = _with(spec, done[each.name])
        _check_rules(spec, done[each.name], read)
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
    return _ruled(spec, waiting(spec))


def _ruled(spec: Spec, columns: Set[tuple[str, str]]) -> Spec:
    """The spec without rules that read what is made from some columns."""
    tables = {}
    for table in spec.tables.values():
        kept = {name: rule for name, rule in table.rules.items() if columns.isdisjoint(_behind(spec, table, name))}
        tables[table.name] = dataclasses.replace(table, rules=kept)
    return spec.but(tables=tables)


def _behind(spec: Spec, table: TableSpec, rule: str) -> Set[tuple[str, str]]:
    """All that what a rule reads is made from."""
    return made_from(spec, table, references(table.rules[rule], f"{table.path}.rules.{rule}"))


def _check_rules(spec: Spec, planting: Planting, read: Read) -> None:
    """Refuse rules by which rows would be drawn again for what a structure has made: those that are left have another law.

    A rule that follows from the way in which columns are made may stay: no row breaks it.
    """
    if not isinstance(planting.plant, Maker):
        return
    table, later = spec.tables[planting.spec.table], waiting(spec)
    made = {(table.name, column) for column in planting.plant.makes}
    for name, rule in table.rules.items():
        behind = _behind(spec, table, name)
        if made.isdisjoint(behind) or later & behind:
            continue
        path = f"{table.path}.rules.{name}"
        free = _ruled(spec, made | later)
        broken = ~truth(rule, read(free, table.name, references(rule, path), False), path)
        if broken.any():
            raise SpecError(
                f"{path}={rule!r}: {broken.mean():.2%} of the rows break it and would be drawn again, so that the facts of "
                f"{planting.spec.path} would be false; drop the rule, or change the structure so that it holds."
            )


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
