"""What structures of a spec may read, spoil and repeat beside one another, so that none makes the facts of another false."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rowsmith.core.errors import SpecError, suggest
from rowsmith.spec.links import place_of
from rowsmith.spec.model import Spec, TableSpec
from rowsmith.spec.related import counters, made_from
from rowsmith.spec.truth import ALIASES, PlantSpec, texts
from rowsmith.truth._plant import Changer, Maker, Plant

if TYPE_CHECKING:
    from rowsmith.spec.check import Checker

GAPS = "missing"
"""The structure that only takes values away, which another one of the column outlives."""


def check_structures(spec: Spec, checker: Checker) -> None:
    """Refuse structures that read what is not there, or fight over a column. Faults go to the checker."""
    plants = plants_in(spec)
    spoils: dict[tuple[str, str, bool], str] = {}
    repeats: dict[str, str] = {}
    for each in spec.truth:
        plant = plants[each.name]
        with checker.at("truth", each.name):
            _check_reads(spec, each, plant)
            if not isinstance(plant, Changer):
                continue
            if plant.repeats:
                _check_copies(spec, spec.tables[each.table], plant, each.path)
                other = repeats.setdefault(each.table, each.name)
                if other != each.name:
                    raise SpecError(f"rows of table {each.table} are repeated by {other!r} already; plant one of them.")
                continue
            for column in plant.changes:
                other = spoils.setdefault((each.table, column, each.kind == GAPS), each.name)
                if other != each.name:
                    raise SpecError(
                        f"{column!r}: is spoilt by {other!r} already, and of two in one column neither could be told; "
                        "take another column, or drop one."
                    )
            _check_gaps(spec, each, plant, plants)


def check_targets(spec: Spec, checker: Checker) -> None:
    """Refuse targets that move what a structure reads or makes. Faults go to the checker."""
    plants = plants_in(spec)
    for target in spec.targets:
        with checker.at("targets", target.name):
            for each in spec.truth if target.rows_of is None else ():
                plant = plants[each.name]
                makes = {(each.table, column) for column in plant.makes} if isinstance(plant, Maker) else set()
                if (target.table, target.column) in makes | made_from(spec, spec.tables[each.table], plant.reads):
                    raise SpecError(
                        f"moves the values of {target.table}.{target.column}, and {each.path} hangs on what they are, so that "
                        "its facts would be false; drop one of them, or say it in the settings of the column."
                    )


def plants_in(spec: Spec) -> dict[str, Plant]:
    """The structures of a spec by name, with the numbers of its own seed."""
    return {each.name: each.plant(spec.seed, spec.difficulty, spec.parameters) for each in spec.truth}


def used(spec: Spec, each: PlantSpec, plant: Plant) -> Iterator[tuple[str, str, str]]:
    """Columns that a structure makes or reads, or whose names it asks about: the name there, the table, and the column.

    Args:
        spec: with the structure.
        each: as it was written.
        plant: the structure.
    """
    table, asked = spec.tables[each.table], list(texts(plant.question()))
    makes = tuple(plant.makes) if isinstance(plant, Maker) else ()
    for name in dict.fromkeys((*makes, *plant.reads, *(column for column in table.columns if column in asked))):
        kind, head, column = place_of(spec, table, name)
        if kind == "reference":
            head = str(table.columns[head].sampler.table)  # type: ignore[attr-defined]
        if kind in ("own", "ancestor", "reference"):
            yield name, head, column


def _check_reads(spec: Spec, each: PlantSpec, plant: Plant) -> None:
    """Names that are there, and that whoever looks for the facts has."""
    table, asked = spec.tables[each.table], list(texts(plant.question()))
    for name in plant.reads:
        setting = _setting(each, name)
        try:
            kind, _, _ = place_of(spec, table, name)
        except SpecError as fault:
            raise SpecError(f"{setting}: {fault}") from None
        if kind == "child":
            raise SpecError(f"{setting}: {name!r} is a column of a child table; only an aggregate can read it.")
    changes = plant.changes if isinstance(plant, Changer) else ()
    for name, head, column in used(spec, each, plant):
        needed = name in changes or any(_names(text, name) for text in asked)
        if needed and spec.tables[head].columns[column].hidden:
            raise SpecError(
                f"{_setting(each, name)}: {name!r} is hidden, and nobody could find anything in it; leave `hidden` "
                "out there, or take another column."
            )


def _check_copies(spec: Spec, table: TableSpec, plant: Plant, path: str) -> None:
    """A key that copies can have values of their own in; or that is said to come twice."""
    key, keys = getattr(plant, "key", None), getattr(plant, "keys", None)
    if key is None:
        if table.primary_key and not set(table.primary_key).intersection(plant.reads):
            raise SpecError(
                f"{path}.key: the primary key of table {table.name} ({', '.join(table.primary_key)}) would come twice and tell all copies; "
                f"expected `key: {table.primary_key[0]}`."
            )
    elif key not in table.written:
        raise SpecError(f"{path}.key={key!r}: table {table.name} has no such column{suggest(key, table.written)}")
    elif keys == "new" and not counters(spec, table, key):
        raise SpecError(
            f"{path}.key={key!r}: is not made by the row's number, so that copies can have no values of their own; expected a column "
            "such as id or uuid, or `keys: keep`."
        )


def _check_gaps(spec: Spec, each: PlantSpec, plant: Changer, plants: Mapping[str, Plant]) -> None:
    """Gaps that hang on the values themselves take away what a structure has made."""
    if each.kind != GAPS or getattr(plant, "mechanism", None) != "MNAR":
        return
    for other in spec.truth:
        maker = plants[other.name]
        made = set(maker.makes) if isinstance(maker, Maker) and other.table == each.table else set()
        for column in made.intersection(plant.changes):
            raise SpecError(
                f"{each.path}.mechanism='MNAR': {column} is made by {other.name!r}, and nobody could find its facts in what is "
                "left; take MCAR or MAR, or another column."
            )


def _setting(each: PlantSpec, name: str) -> str:
    """The path of the setting of a structure in which a name stands; that of the structure, if it stands in none."""
    written = {field: word for word, field in ALIASES.items()}
    for key, value in each.settings.items():
        if any(_names(text, name) for text in texts(value)):
            return f"{each.path}.{written.get(key, key)}"
    return each.path


def _names(text: str, name: str) -> bool:
    """Whether a term names a column, as `price:holiday` and `price^2` do `price`."""
    return re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", text) is not None
