"""Tables of a spec that a world emits: names to worlds, parameters checked, keys and links of what is emitted as columns.

    tables:
      visitors: {world: web_visits, parameters: {visitors: 1000}, emit: visitors}
      sessions: {world: web_visits, emit: sessions, columns: {mood: {kind: category, values: {good: 2, bad: 1}}}}

Tables of one world belong to one simulation. Those that others belong or point to are made too, and so is the table of runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from rowsmith.core.errors import InternalError, RowsmithError, SpecError, suggest
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.core.settings import build, settings_of
from rowsmith.samplers._sourced import Sourced
from rowsmith.samplers.id import Id
from rowsmith.samplers.parent import Parent
from rowsmith.samplers.reference import Reference
from rowsmith.simulate._runs import COUNT, Runs, swept
from rowsmith.simulate._world import RUNS, WORLDS, Emitted, World
from rowsmith.spec.model import ColumnSpec, Per, Source
from rowsmith.spec.truth import computed

if TYPE_CHECKING:
    from rowsmith.spec.check import Checker

NAME = "world"
"""Of the source."""
KEYS = ("world", "emit", "parameters", "replications", "sweep")
"""What a table may say of its world."""
OTHERS = ("rows", "per", "model")
"""What it may not say besides."""
RUN = "run"
"""Column that says of which run a row is, where there are several."""
MOST_POINTS = 10_000


@dataclass(frozen=True)
class Told:
    """What is known of a table that a world emits: the engine asks it for the columns.

    Attributes:
        runs: of the world.
        name: of the world.
        table: what the world calls it.
        wanted: tables of the world that are made.
        pointers: column to what the world and the spec call the table whose rows it points to.
    """

    runs: Runs
    name: str
    table: str
    wanted: frozenset[str]
    pointers: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.RecordBatch:
        """Not on its own: the engine knows which part of which run the rows are."""
        raise InternalError("rows of a world are emitted by the engine.")


@dataclass(frozen=True)
class Simulation:
    """One world of a spec, and which of its tables are which of the spec's.

    Attributes:
        name: of the world.
        runs: of it.
        names: what the world calls a table, to what the spec calls it.
    """

    name: str
    runs: Runs
    names: Mapping[str, str]

    @cached_property
    def emits(self) -> Mapping[str, str]:
        """What the spec calls a table, to what the world calls it."""
        return {ours: its for its, ours in self.names.items()}

    def rows(self, table: str) -> int | None:
        """Rows of the table of runs; those of others follow."""
        return self.runs.parts if self.emits[table] == RUNS else None

    def per(self, table: str) -> Per | None:
        """What the rows of a table belong to."""
        its = self.emits[table]
        if its == RUNS:
            return None
        above = self._emitted(table).per
        name = COUNT + its
        sampler = Sourced(source=NAME, kind=pa.int64(), stays=True, complete=True)
        count = ColumnSpec(name=name, path=f"tables.{table}.world", sampler=sampler)
        return Per(table=self.names[RUNS if above is None else above[1]], count=count)

    def columns(
        self, table: str, written: Mapping[str, ColumnSpec]
    ) -> tuple[dict[str, ColumnSpec], tuple[Source, ...]]:
        """The columns of a table, those that it lists besides among them, and what emits them."""
        emitted, path = self._emitted(table), f"tables.{table}.world"
        samplers: dict[str, ColumnSampler] = {}
        if emitted.key is not None:
            samplers[emitted.key] = Id()
        if self.runs.several and self.emits[table] != RUNS:
            samplers[RUN] = Parent(column=RUN)
        if emitted.per is not None:
            samplers[emitted.per[0]] = Parent()
        samplers |= {name: Reference(table=self.names[to]) for name, to in emitted.points.items()}
        samplers |= {
            name: Sourced(source=NAME, kind=f.type, stays=True, complete=not f.nullable)
            for name, f in emitted.columns.items()
        }
        own = {n: ColumnSpec(name=n, path=path, sampler=s) for n, s in samplers.items() if n not in written}
        pointers = {name: (to, self.names[to]) for name, to in emitted.points.items()}
        types = {name: f.type for name, f in emitted.columns.items()} | dict.fromkeys(pointers, pa.int64())
        types = {name: kind for name, kind in types.items() if name not in written}
        told = Told(self.runs, self.name, self.emits[table], frozenset(self.names), pointers)
        source = Source(name=NAME, path=path, sampler=told, columns=types, world=True)
        return {**own, **written}, (source,)

    def _emitted(self, table: str) -> Emitted:
        return self.runs.tables[self.emits[table]]


def simulations(checker: Checker, entries: Mapping[Any, Any], parameters: Mapping[str, Any]) -> dict[str, Simulation]:
    """The worlds of a spec, by table that one emits, those that are made besides among them. Faults go to the checker.

    Args:
        checker: collects faults.
        entries: the tables of the document.
        parameters: of the spec.
    """
    told = {str(name): e for name, e in entries.items() if isinstance(e, Mapping) and NAME in e}
    groups: dict[Any, dict[str, Mapping[str, Any]]] = {}
    out: dict[str, Simulation] = {}
    for table, entry in told.items():
        world = entry[NAME]
        groups.setdefault(id(world) if isinstance(world, World) else str(world), {})[table] = entry
    for tables in groups.values():
        first = next(iter(tables))
        with checker.at("tables", first):
            found = _simulation(tables[first][NAME], tables, parameters, set(map(str, entries)))
            out |= dict.fromkeys(found.emits, found)
    return out


def _simulation(
    world: Any, tables: Mapping[str, Mapping[str, Any]], parameters: Mapping[str, Any], taken: set[str]
) -> Simulation:
    said: dict[str, dict[str, Any]] = {}
    for table, entry in tables.items():
        for other in OTHERS:
            if other in entry:
                raise SpecError(
                    f"{other}={entry[other]!r}: the rows of a world's table come from the world; leave it out."
                )
        for word in ("parameters", "sweep"):
            value = entry.get(word, {})
            if not isinstance(value, Mapping):
                raise SpecError(f"{word}={value!r}: expected a mapping of parameters of the world.")
            for name, each in value.items():
                if said.setdefault(word, {}).setdefault(str(name), each) != each:
                    raise SpecError(f"{word}.{name}={each!r}: another table of this world says otherwise; say it once.")
        if "replications" in entry:
            said.setdefault("replications", {})[table] = entry["replications"]
    replications = next(iter(said.get("replications", {}).values()), 1)
    if isinstance(replications, Mapping) and set(replications) == {"sql"}:
        replications = computed(str(replications["sql"]), parameters, "replications")
    runs = runs_of(world, said.get("parameters", {}), replications, said.get("sweep", {}), parameters)
    named: dict[str, str] = {}
    for table, entry in tables.items():
        its = str(entry.get("emit", table))
        if its not in runs.tables:
            raise SpecError(f"emit={its!r}: the world has no such table{suggest(its, runs.tables)}")
        if its in named:
            raise SpecError(f"emit={its!r}: the tables {named[its]} and {table} are the same; leave one out.")
        named[its] = table
    for its in _needed(runs.tables, named):
        if its in taken:
            raise SpecError(
                f"emit: rows of the world's table {its} are needed too, and the spec has another table of that name; "
                f"list it under another: {{world: …, emit: {its}}}."
            )
        named[its] = its
    name = world if isinstance(world, str) else type(world).__name__
    return Simulation(name, runs, named)


def _needed(tables: Mapping[str, Emitted], named: Mapping[str, str]) -> Iterator[str]:
    """Tables that are not listed, and that listed ones belong or point to."""
    wanted, seen = [*named, RUNS], set[str]()
    while wanted:
        its = wanted.pop()
        if its in seen:
            continue
        seen.add(its)
        table = tables[its]
        wanted += [*table.points.values(), *([table.per[1]] if table.per else [])]
    return (its for its in tables if its in seen and its not in named)


def runs_of(
    world: str | World | Any,
    settings: Mapping[str, Any],
    replications: Any = 1,
    sweep: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> Runs:
    """The runs of a world.

    Args:
        world: its name, or itself.
        settings: its parameters; `{sql: …}` is computed.
        replications: runs of each point.
        sweep: parameter to its values, a list or `{from: …, to: …, step: …}`.
        parameters: that SQL may use.

    Raises:
        SpecError: something is wrong with it.
    """
    if isinstance(world, World):
        if settings or sweep:
            raise SpecError("parameters: the world that was given has its own; change them there.")
        return Runs((world,), (), _whole(replications, "replications"))
    if not isinstance(world, str):
        raise SpecError(f"world={world!r}: expected the name of a world{suggest(str(world), WORLDS.names())}")
    try:
        kind = WORLDS.load(world)
    except SpecError as fault:
        raise SpecError(f"world={fault}") from None
    given = {
        str(name): computed(str(v["sql"]), parameters or {}, f"parameters.{name}")
        if isinstance(v, Mapping) and set(v) == {"sql"}
        else v
        for name, v in settings.items()
    }
    known = settings_of(kind)
    points = {str(name): _points(str(name), entry) for name, entry in (sweep or {}).items()}
    if np.prod([len(values) for values in points.values()] or [1]) > MOST_POINTS:
        raise SpecError(f"sweep: gives more than {MOST_POINTS:,} points; take wider steps.")
    for name in points:
        if name not in known:
            raise SpecError(f"sweep.{name}: no such parameter of {world}{suggest(name, known)}")
    worlds = []
    for each in swept(kind, given, points):
        plain = {n: int(v) if _is_whole(v) and n in known and known[n].type is int else v for n, v in each.items()}
        try:
            worlds.append(build(kind, plain, "parameters"))
        except RowsmithError as fault:
            text = str(fault)
            raise SpecError(text if text.startswith("parameters") else f"parameters.{text}") from None
    return Runs(tuple(worlds), tuple(points), _whole(replications, "replications"))


def _is_whole(value: Any) -> bool:
    return isinstance(value, float) and value.is_integer()  # 1e6


def _whole(value: Any, name: str) -> int:
    if isinstance(value, bool) or not (isinstance(value, int) or _is_whole(value)):
        raise SpecError(f"{name}={value!r}: expected a whole number from 1.")
    return int(value)


def _points(name: str, entry: Any) -> tuple[Any, ...]:
    """Values of a swept parameter."""
    if isinstance(entry, Mapping) and set(entry) == {"from", "to", "step"}:
        low, high, step = (entry[word] for word in ("from", "to", "step"))
        numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (low, high, step))
        if not numbers or not step > 0 or not low <= high or (high - low) / step > MOST_POINTS:
            raise SpecError(f"sweep.{name}={entry!r}: expected numbers, `from` not above `to`, and a step above 0.")
        n = int((high - low) / step + 1e-9) + 1
        if all(isinstance(v, int) for v in (low, high, step)):
            return tuple(low + i * step for i in range(n))
        return tuple(round(low + i * step, 12) for i in range(n))
    if not isinstance(entry, list | tuple) or not entry:
        raise SpecError(f"sweep.{name}={entry!r}: expected a list of values, or {{from: …, to: …, step: …}}.")
    return tuple(entry)
