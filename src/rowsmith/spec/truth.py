"""The section `truth` of a spec: structures to be planted, checked before anything runs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from rowsmith.core import sql
from rowsmith.core.errors import RowsmithError, SpecError, suggest
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.settings import build
from rowsmith.samplers._sourced import Sourced
from rowsmith.samplers.parent import Parent
from rowsmith.samplers.reference import Reference
from rowsmith.spec.fold import folded
from rowsmith.spec.model import ColumnSpec, Source, TableSpec
from rowsmith.truth._plant import PLANTS, Calibration, Changer, Maker, Plant

if TYPE_CHECKING:
    from rowsmith.spec.check import Checker
    from rowsmith.spec.model import Spec

ALIASES = {"if": "when", "else": "otherwise", "from": "of"}
"""Words of a spec that cannot be names of Python fields."""
DIFFICULTIES = {"easy": 0.0, "medium": 0.5, "hard": 1.0}
AROUND = ("plant", "table", "description")
DIGITS = 3
"""Significant digits of a number that is drawn between two: coefficients that a person can read."""


@dataclass(frozen=True, kw_only=True)
class PlantSpec:
    """One structure as it was written.

    Attributes:
        name: of the structure.
        path: into the spec, for messages.
        kind: name of the structure's class.
        table: that it is planted in.
        settings: as written, with `between` and `sql` still in them.
    """

    name: str
    path: str
    kind: str
    table: str
    settings: Mapping[str, Any]

    @property
    def source(self) -> str:
        """Name of the source of the columns that it makes."""
        return f"truth.{self.name}"

    def plant(self, seed: int, difficulty: float, parameters: Mapping[str, Any]) -> Plant:
        """The structure, numbers that hang on the seed drawn.

        Args:
            seed: of the run: another one draws other numbers from `between`.
            difficulty: from 0 to 1.
            parameters: names that SQL may use.

        Raises:
            SpecError: a setting is wrong, or they contradict one another.
        """
        key = Key(seed).child("truth", self.name)
        names = {**parameters, "difficulty": difficulty}
        settings = {n: _resolved(value, key.child(n), names, n) for n, value in self.settings.items()}
        try:
            return build(PLANTS.load(self.kind), settings, self.path).at(difficulty)
        except SpecError as fault:
            raise SpecError(within(self.path, str(fault))) from None


def within(path: str, message: str) -> str:
    """A message with the path of its structure in front, unless it has a path already."""
    if message.startswith(("tables.", "truth.")):
        return message
    return f"{path}.{message}" if re.match(r"[\w.]+=", message) else f"{path}: {message}"


def difficulty_of(value: Any) -> float:
    """A difficulty as a number from 0, easy, to 1, hard.

    Raises:
        SpecError: it is none.
    """
    if isinstance(value, str) and value in DIFFICULTIES:
        return DIFFICULTIES[value]
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    raise SpecError(f"difficulty={value!r}: expected easy, medium, hard, or a number from 0 to 1.")


def plants_of(
    tables: Mapping[str, TableSpec],
    entries: Any,
    seed: int,
    difficulty: float,
    parameters: Mapping[str, Any],
    checker: Checker,
) -> dict[str, tuple[PlantSpec, Plant]]:
    """The structures of a spec by name, as they are written and as they are. Faults go to the checker.

    Args:
        tables: of the spec.
        entries: the section.
        seed: of the spec.
        difficulty: from 0 to 1.
        parameters: names that SQL may use.
        checker: collects faults.
    """
    found: list[PlantSpec] = []
    made: dict[tuple[str, str], str] = {}
    with checker.at("truth"):
        entries = checker.mapping(entries)
    if not isinstance(entries, Mapping):
        return {}
    for name, entry in entries.items():
        with checker.at("truth", str(name)):
            found.append(_plant_spec(str(name), checker.mapping(entry), tables))
    kept: dict[str, tuple[PlantSpec, Plant]] = {}
    joint: list[PlantSpec] = []
    with checker.at("truth"):
        joint = folded(found)
    for spec in joint:
        with checker.at("truth", spec.name):
            plant = spec.plant(seed, difficulty, parameters)
            _check_columns(spec, plant, tables[spec.table], made)
            kept[spec.name] = spec, plant
    return kept


def with_makers(tables: Mapping[str, TableSpec], plants: Iterable[tuple[PlantSpec, Plant]]) -> dict[str, TableSpec]:
    """The tables with the columns that structures make, behind their own: each structure is a source of its table."""
    out = dict(tables)
    for spec, plant in plants:
        if not isinstance(plant, Maker):
            continue
        table = out[spec.table]
        made = {name: _made(name, kind, spec, plant, table.columns.get(name)) for name, kind in plant.makes.items()}
        source = Source(
            name=spec.source, path=spec.path, sampler=Planted(plant), columns=dict(plant.makes), reads=plant.reads
        )
        out[spec.table] = replace(table, columns={**table.columns, **made}, sources=(*table.sources, source))
    for table in out.values():
        for column in table.columns.values():
            if awaits(column):
                raise SpecError(f"{column.path}: is `planted`, and no structure in `truth` makes it.")
    return out


def spoilt(spec: Spec) -> dict[str, tuple[frozenset[str], bool]]:
    """By table, the columns that structures spoil, of which nothing can be promised; and whether rows are repeated."""
    out: dict[str, tuple[frozenset[str], bool]] = {}
    for each in spec.truth:
        if not issubclass(PLANTS.load(each.kind), Changer):
            continue
        plant = each.plant(spec.seed, spec.difficulty, spec.parameters)
        if isinstance(plant, Changer):
            columns, repeats = out.get(each.table, (frozenset[str](), False))
            out[each.table] = columns | set(plant.changes), repeats or plant.repeats
    return out


def placeholder(name: str, path: str, digits: Any = None) -> ColumnSpec:
    """The place of a column that a structure makes, where a spec says `planted`.

    Raises:
        SpecError: digits is no number of decimals, or None.
    """
    if digits is not None and (isinstance(digits, bool) or not isinstance(digits, int) or not 0 <= digits <= 15):
        raise SpecError(f"round={digits!r}: expected a number of decimals from 0 to 15.")
    return ColumnSpec(name=name, path=path, sampler=Sourced(source="", kind=pa.null()), digits=digits)


def awaits(column: ColumnSpec) -> bool:
    """Whether a column is such a place."""
    return isinstance(column.sampler, Sourced) and not column.sampler.source


@dataclass(frozen=True)
class Planted:
    """The columns of a maker, as a `Sampler`.

    Attributes:
        maker: makes them.
        calibration: the scale of what it reads; without it, no rows can be made.
    """

    maker: Maker
    calibration: Calibration | None = None

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.RecordBatch:
        """Make the columns."""
        if rows.n == 0:  # asked for their types
            return pa.RecordBatch.from_pydict({name: pa.array([], kind) for name, kind in self.maker.makes.items()})
        assert self.calibration is not None, "the plan calibrates structures before rows are made"
        return self.maker.sample(rows, key, given, self.calibration)


def waiting(spec: Spec) -> set[tuple[str, str]]:
    """Columns of structures that are not fitted to pilot rows yet, with their tables."""
    return {
        (table.name, column)
        for table in spec.tables.values()
        for source in table.sources
        if isinstance(source.sampler, Planted) and source.sampler.calibration is None
        for column in source.columns
    }


def _made(name: str, kind: pa.DataType, spec: PlantSpec, plant: Maker, place: ColumnSpec | None) -> ColumnSpec:
    """A column of a maker, rounded as is said at its place, if it has one."""
    digits = None if place is None else place.digits
    if place is not None and digits is not None and not pa.types.is_floating(kind):
        raise SpecError(
            f"{place.path}.round={digits}: {spec.name!r} makes it as {kind}, which has no decimals; leave it out."
        )
    return ColumnSpec(
        name=name, path=spec.path, sampler=Sourced(source=spec.source, kind=kind, given=plant.reads), digits=digits
    )


def _plant_spec(name: str, entry: Mapping[str, Any], tables: Mapping[str, TableSpec]) -> PlantSpec:
    kind = entry.get("plant")
    if not isinstance(kind, str):
        raise SpecError(f"plant={kind!r}: expected the name of a structure{suggest('', PLANTS.names())}")
    plant = PLANTS.load(kind)
    settings = {ALIASES.get(str(k), str(k)): value for k, value in entry.items() if k not in AROUND}
    table = entry.get("table")
    prefix, settings = _bare(plant, settings, tables)
    if table is None:
        table = prefix if prefix is not None else _only(plant, settings, tables)
    if table not in tables:
        raise SpecError(f"table={table!r}: there is no such table{suggest(str(table), tables)}")
    if prefix not in (None, table):
        raise SpecError(f"table={table!r}: but the columns are those of {prefix!r}; name one table.")
    return PlantSpec(name=name, path=f"truth.{name}", kind=kind, table=str(table), settings=settings)


def _bare(
    plant: type[Plant], settings: Mapping[str, Any], tables: Mapping[str, TableSpec]
) -> tuple[str | None, dict[str, Any]]:
    """The table that the main column is written with, and the settings without it: `sales.amount` is `amount`."""
    value, prefix = settings.get(plant.main), None

    def strip(word: Any) -> Any:
        nonlocal prefix
        head, dot, column = str(word).partition(".")
        if not isinstance(word, str) or not dot:
            return word
        if head not in tables:
            raise SpecError(f"{plant.main}={word!r}: there is no table {head!r}{suggest(head, tables)}")
        prefix = head
        return column

    main = [strip(word) for word in value] if isinstance(value, list | tuple) else strip(value)
    return prefix, {**settings, **({plant.main: main} if plant.main in settings else {})}


def _only(plant: type[Plant], settings: Mapping[str, Any], tables: Mapping[str, TableSpec]) -> str:
    """The one table that a structure can be meant for: the only one, or the only one with the columns that are named."""
    if len(tables) == 1:
        return next(iter(tables))
    named = {part for text in texts(settings) for part in (text, *re.split(r"[\^\[:]", text))}
    scores = {name: len(named & set(table.columns)) for name, table in tables.items()}
    best = [name for name, score in scores.items() if score == max(scores.values())]
    if len(best) > 1 or not scores[best[0]]:
        raise SpecError(
            f"table: expected the table of {plant.main}; it is not plain which of {', '.join(tables)} is meant."
        )
    return best[0]


def texts(value: Any) -> Iterator[str]:
    """Every text in a setting, names of mappings among them."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def _check_columns(spec: PlantSpec, plant: Plant, table: TableSpec, made: dict[tuple[str, str], str]) -> None:
    """Columns that are there or not, as they should, and that no two structures fight over."""
    if isinstance(plant, Maker):
        for column in plant.makes:
            if "." in column:
                raise SpecError(
                    f"{column!r}: a column's name holds no dot; only `{plant.main}` may be written with its table."
                )
            if column in table.columns and not awaits(table.columns[column]):
                raise SpecError(
                    f"{column!r}: is made here, and table {spec.table} has a column of that name too; drop one."
                )
            other = made.setdefault((spec.table, column), spec.name)
            if other != spec.name:
                raise SpecError(f"{column!r}: is made by {other!r} already; two structures cannot make one column.")
    if isinstance(plant, Changer):
        there = [*table.columns, *(column for name, column in made if name == spec.table)]
        for column in plant.changes:
            if column not in there:
                raise SpecError(f"{column!r}: table {spec.table} has no such column{suggest(column, there)}")
            found = table.columns.get(column)
            keyed = column in table.primary_key or (
                found is not None and (found.sampler.by_row or isinstance(found.sampler, Parent | Reference))
            )
            if keyed:
                raise SpecError(
                    f"{column!r}: is a key of table {spec.table}, and a key stays whole; take another column."
                )


def _resolved(value: Any, key: Key, names: Mapping[str, Any], where: str) -> Any:
    """A setting with `{between: [a, b]}` drawn and `{sql: …}` computed, however deep."""
    if isinstance(value, Mapping):
        if set(value) == {"between"}:
            return _drawn(value["between"], key, where)
        if set(value) == {"sql"}:
            return computed(str(value["sql"]), names, where)
        return {k: _resolved(inner, key.child(str(k)), names, f"{where}.{k}") for k, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_resolved(inner, key.child(i), names, f"{where}.{i}") for i, inner in enumerate(value)]
    return value


def _drawn(ends: Any, key: Key, where: str) -> float | int:
    numbers = isinstance(ends, list | tuple) and all(
        isinstance(e, int | float) and not isinstance(e, bool) for e in ends
    )
    if not numbers or len(ends) != 2 or not ends[0] <= ends[1]:
        raise SpecError(f"{where}.between={ends!r}: expected two numbers, the smaller one first.")
    low, high = ends
    rng = key.generator()
    if isinstance(low, int) and isinstance(high, int):
        return int(rng.integers(low, high + 1))
    value = float(rng.uniform(low, high))
    digits = DIGITS - 1 - math.floor(math.log10(abs(value))) if value else 0
    return float(min(max(round(value, digits), low), high))


def computed(expression: str, names: Mapping[str, Any], where: str) -> Any:
    """What an expression over parameters comes to."""
    try:
        unknown = [name for name in sql.references(expression, where) if name not in names]
        if unknown:
            raise SpecError(
                f"{where}.sql={expression!r}: there is no parameter {unknown[0]!r}{suggest(unknown[0], names)}"
            )
        value = sql.evaluate(expression, pa.table({name: [v] for name, v in names.items()}), f"{where}.sql")[0].as_py()
    except RowsmithError as fault:
        raise SpecError(str(fault)) from None
    return float(value) if type(value).__name__ == "Decimal" else value
