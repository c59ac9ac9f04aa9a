"""Simulate a world: its runs become the tables of a spec, and everything that makes specs makes them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core.errors import DataError, OutputError, SpecError, suggest
from rowsmith.core.protocols import Progress, silent
from rowsmith.engine.make import Made, make
from rowsmith.engine.planning import schemas_of
from rowsmith.io._folder import open_folder
from rowsmith.io._tables import is_folder, read_tables
from rowsmith.simulate._page import dictionary, page, summary
from rowsmith.simulate._runs import Runs
from rowsmith.simulate._world import NOTE, RUNS, STEADY, WORLDS, Calibrated, Pictured, World
from rowsmith.spec.diagram import diagram
from rowsmith.spec.model import Spec
from rowsmith.spec.worlds import runs_of

DICTIONARY, DIAGRAM, PAGE = "dictionary.md", "tables.svg", "page.html"
LINES = 65_536
"""Of a text file, written at a time."""


def simulate(
    world: str | World,
    target: str | os.PathLike[str] | None = None,
    *,
    set: Mapping[str, Any] | None = None,
    sweep: Mapping[str, Any] | None = None,
    replications: int = 1,
    tables: tuple[str, ...] = (),
    seed: int = 0,
    plot: bool = False,
    format: str = "parquet",
    workers: int = 1,
    executor: str = "processes",
    progress: Progress = silent,
) -> Made:
    """Run a world and make what it emits.

    Args:
        world: its name, or a world of your own.
        target: folder to write a file a table into, with a data dictionary and a diagram of the tables; an SQLite file or the
            URL of a database. In memory if left out.
        set: parameters of the world, where it is named.
        sweep: parameter to the values that it takes in turn, a list or `{"from": …, "to": …, "step": …}`.
        replications: runs of each point of the sweep, each with random numbers of its own.
        tables: those that are wanted, with what they belong to; all if left out.
        seed: of everything random.
        plot: whether a page with pictures is written into the folder.
        format: of the files in a folder.
        workers: how many processes; what is made does not depend on it.
        executor: "processes" of this machine, or "ray".
        progress: told how many rows are done.

    Raises:
        SpecError: a parameter is wrong.
        OutputError: the target cannot be written.

    >>> made = simulate("traffic", set={"length": 100, "horizon": 50}, replications=2)
    >>> made["runs"]["run"].to_pylist()
    [1, 2]
    """
    runs = runs_of(world, set or {}, replications, sweep)
    for name in tables:
        if name not in runs.tables:
            raise SpecError(f"tables={name!r}: the world has no such table{suggest(name, runs.tables)}")
    folder = target is not None and is_folder(str(target))
    if plot and not folder:
        raise OutputError(
            f"plot: a page goes into a folder; give one in the place of {str(target)!r}, such as traffic/."
        )
    spec = _spec(world, runs, tables, set or {}, sweep or {}, replications, seed)
    made = make(
        spec, target, format=format, workers=workers, executor=executor, progress=progress,
    )  # fmt: skip
    if target is None or not folder:
        return made
    place, name = open_folder(str(target)), world if isinstance(world, str) else type(world).__name__
    picture = diagram(spec, schemas_of(spec), made.rows)
    place.write(DIAGRAM, picture.encode())
    place.write(DICTIONARY, dictionary(name, runs.world, {t: runs.tables[t] for t in made.rows}, DIAGRAM).encode())
    for table in made.rows:
        if (file := runs.tables[table].lines) is not None:
            with place.file(file) as path:
                write_lines(made.files[table], path)
    if plot:
        found = read_tables([str(made.files[t]) for t in made.rows if runs.tables[t].lines is None])
        place.write(PAGE, drawn(name, runs, found, picture).encode())
    return made


def remarks(made: Made) -> dict[str, int]:
    """What runs say of themselves where they came to nothing good, such as that a queue grows, to the number of their parts."""
    table = made.tables.get(RUNS)
    if table is None and RUNS in made.files:
        table = read_tables([made.files[RUNS]]).popitem()[1]
    if table is None or NOTE not in table.column_names:
        return {}
    counts = pc.value_counts(table[NOTE].cast(pa.string())).to_pylist()
    return {each["values"]: each["counts"] for each in counts if each["values"] not in (STEADY, None)}


def write_lines(source: str, path: Path) -> None:
    """Write the lines of a table in order of time; more than there is memory for are sorted on the disk."""
    import duckdb

    with duckdb.connect() as database, path.open("wb") as out:
        if Path(source).is_dir() or source.endswith(".parquet"):
            database.from_parquet(f"{source}/*.parquet" if Path(source).is_dir() else source).create_view("lines")
        else:
            database.register("lines", read_tables([source]).popitem()[1])
        for batch in database.sql('select line from lines order by "at"').to_arrow_reader(LINES):
            out.write("".join(f"{line}\n" for line in batch["line"].to_pylist()).encode())


def listed() -> dict[str, str]:
    """Name of every world to what it is."""
    return {name: summary(WORLDS.load(name)) for name in WORLDS.names()}


def calibrate(name: str, source: str | os.PathLike[str]) -> dict[str, Any]:
    """Parameters of a world under which it makes observations like those in a file.

    Args:
        name: of the world.
        source: the file: for web_visits, a server's log in the common or combined format; for traffic, readings of detectors as CSV.

    Raises:
        SpecError: no such world, or one that cannot be fitted to data.
        DataError: the file cannot be read, is of another form, or says too little.
    """
    kind = WORLDS.load(name)
    if not issubclass(kind, Calibrated):
        able = ", ".join(each for each in WORLDS.names() if issubclass(WORLDS.load(each), Calibrated))
        raise SpecError(f"world={name!r}: cannot be fitted to data; those that can: {able}.")
    try:
        with open(source, encoding="utf-8", errors="replace") as lines:
            found = kind.settings_from(lines)
    except OSError as fault:
        raise DataError(f"{source}: cannot be read ({fault.strerror or fault}).") from None
    except DataError as fault:
        raise DataError(f"{source}: {fault}") from None
    try:
        runs_of(name, found)
    except SpecError as fault:
        raise DataError(f"{source}: leads to parameters that the world does not take: {fault}") from None
    return found


def described(name: str) -> str:
    """A world's tables, parameters and rules, as text.

    Raises:
        SpecError: no such world.
    """
    runs = runs_of(name, {})
    return dictionary(name, runs.world, runs.tables)


def entities(name: str) -> str:
    """The SVG text of a world's tables and what they point to.

    Raises:
        SpecError: no such world.
    """
    runs = runs_of(name, {})
    spec = _spec(name, runs, (), {}, {}, 1, 0)
    return diagram(spec, schemas_of(spec), {})


def drawn(name: str, runs: Runs, tables: Mapping[str, pa.Table], picture: str = "") -> str:
    """The page on some runs, with the diagram of their tables."""
    pictures = runs.world.pictures(tables) if isinstance(runs.world, Pictured) else ()
    return page(name, runs.world, {t: e for t, e in runs.tables.items() if t in tables}, tables, pictures, picture)


def _spec(
    world: str | World,
    runs: Runs,
    tables: tuple[str, ...],
    set: Mapping[str, Any],
    sweep: Mapping[str, Any],
    replications: int,
    seed: int,
) -> Spec:
    """The spec of some tables of a world."""
    entries: dict[str, dict[str, Any]] = {name: {"world": world} for name in tables or runs.tables}
    first = next(iter(entries.values()))
    first |= {"parameters": dict(set)} if set else {}
    first |= {"sweep": dict(sweep)} if sweep else {}
    first |= {"replications": replications} if replications > 1 else {}
    return Spec(tables=entries, seed=seed)


def to_yaml(world: str, set: Mapping[str, Any], sweep: Mapping[str, Any], replications: int, seed: int) -> str:
    """A spec that makes all tables of a world, as text to go on from."""
    import yaml

    from rowsmith.core.yaml12 import Dumper

    runs = runs_of(world, set, replications, sweep)
    spec = _spec(world, runs, (), set, sweep, replications, seed)
    document = {"seed": seed, "tables": {name: {**entry} for name, entry in spec.document["tables"].items()}}
    return yaml.dump(document, Dumper=Dumper, sort_keys=False, allow_unicode=True)
