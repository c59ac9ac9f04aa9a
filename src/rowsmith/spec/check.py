"""From a document to a checked spec: names to objects, every fault found before anything runs, all of them at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from rowsmith.augment._change import Augmentation
from rowsmith.core.errors import RowsmithError, SpecError, suggest
from rowsmith.core.protocols import SAMPLERS, ColumnSampler
from rowsmith.core.rng import Key
from rowsmith.core.settings import build, settings_of
from rowsmith.core.types import parse_type
from rowsmith.core.values import Sql
from rowsmith.spec.changes import changes_of, check_then
from rowsmith.spec.document import Document
from rowsmith.spec.files import FILED, is_file, values_in
from rowsmith.spec.from_model import columns_of_model
from rowsmith.spec.keys import combined
from rowsmith.spec.links import link
from rowsmith.spec.model import MOST_ROWS, ColumnSpec, Per, Source, Spec, TableSpec
from rowsmith.spec.spelling import check_spelling
from rowsmith.spec.targets import targets_of
from rowsmith.spec.truth import computed, difficulty_of, placeholder, plants_of, with_makers
from rowsmith.spec.truth_checks import check_targets
from rowsmith.spec.worlds import KEYS as OF_WORLD
from rowsmith.spec.worlds import Simulation, simulations

TOP = ("rowsmith", "seed", "chunk_rows", "parameters", "difficulty", "tables", "targets", "truth", "description")
TABLE = (
    "rows",
    "per",
    "model",
    *OF_WORLD,
    "columns",
    "primary_key",
    "unique",
    "rules",
    "copula",
    "then",
    "description",
)
AROUND = ("kind", "null", "round", "as", "by", "correlate", "hidden", "description")
"""Keys that any column may have beside the settings of its kind."""
ALIASES = {"from": "of"}
"""Words of a spec that cannot be names of Python fields."""
TYPES = {
    "integer": "int64",
    "float": "double",
    "number": "double",
    "text": "string",
    "boolean": "bool",
    "date": "date32",
}
MOST_GROUPS = 10_000
MOST_CHUNK = 2**20
LONGEST_NAME = 200
"""Of a table, in bytes: file systems allow some more."""


@dataclass
class Checker:
    """Collects faults while objects are made."""

    document: Document
    faults: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    """File that the document names to its SHA-256."""
    tables: dict[str, pa.Table] = field(default_factory=dict)
    """Those that are tables: several columns may be of one."""

    @contextmanager
    def at(self, *path: str) -> Iterator[None]:
        """A part of the document: a fault inside is noted with its line, and the next part goes on."""
        try:
            yield
        except RowsmithError as fault:
            message = str(fault)
            place = ".".join(path)
            if not message.startswith(place):
                message = f"{place}.{message}" if re.match(r"[\w.#]+=", message) else f"{place}: {message}"
            inner = path + tuple(re.split(r"[.=:]", message[len(place) + 1 :])[:3])
            line = self.document.line(inner)
            self.faults.append(f"line {line}: {message}" if line is not None else message)

    def mapping(self, value: Any, known: tuple[str, ...] | None = None) -> Mapping[str, Any]:
        """The value, if it is a mapping of known keys."""
        if not isinstance(value, Mapping):
            raise SpecError(f"{shown(value)}: expected a mapping, such as `name: value`.")
        for name, entry in value.items():
            if known is not None and name not in known:
                raise SpecError(f"{name}={shown(entry)}: is not known here{suggest(name, known)}")
        return value

    def finish(self) -> None:
        """Raise a SpecError with all faults, if there are any."""
        if len(self.faults) == 1:
            raise SpecError(f"{self.document.name}, {self.faults[0]}")
        if self.faults:
            listed = "".join(f"\n  {fault}" for fault in self.faults)
            raise SpecError(f"{self.document.name}: {len(self.faults)} faults:{listed}")


def check(document: Document) -> Spec:
    """The spec in a document.

    Raises:
        SpecError: everything that is wrong with it, each with its line and path.
    """
    checker = Checker(document)
    top: Mapping[str, Any] = {}
    with checker.at():
        top = checker.mapping(document.values, TOP)
        Key(top.get("seed", 0))
        chunk = top.get("chunk_rows", Spec.chunk_rows)
        if isinstance(chunk, bool) or not isinstance(chunk, int) or not 1 <= chunk <= MOST_CHUNK:
            raise SpecError(f"chunk_rows={chunk!r}: expected a whole number from 1 to {MOST_CHUNK:,}.")
        if not isinstance(top.get("tables"), Mapping) or not top["tables"]:
            raise SpecError("tables: expected a mapping of at least one table.")
    checker.finish()
    parameters: Mapping[str, Any] = {}
    with checker.at("parameters"):
        parameters = checker.mapping(top.get("parameters", {}))
        for name, value in parameters.items():
            if not isinstance(value, int | float | str | bool) or not str(name).isidentifier():
                raise SpecError(f"{name}={value!r}: expected a name, and a number, a text, true or false.")
    difficulty = 0.0
    with checker.at():
        difficulty = difficulty_of(top.get("difficulty", difficulty))
        parameters = {"difficulty": difficulty, **parameters} if "difficulty" in top else parameters
    tables: dict[str, TableSpec] = {}
    worlds = simulations(checker, top["tables"], parameters)
    checker.finish()
    for name, entry in ({name: {} for name in worlds} | top["tables"]).items():
        with checker.at("tables", str(name)):
            tables[str(name)] = _table(checker, str(name), entry, parameters, worlds.get(str(name)))
    checker.finish()
    seed = top.get("seed", 0)
    plants = plants_of(tables, top.get("truth", {}), seed, difficulty, parameters, checker)
    checker.finish()
    with checker.at():
        tables = with_makers(tables, plants.values())
    checker.finish()
    spec = Spec.of(
        tables=tables,
        seed=seed,
        truth=tuple(spec for spec, _ in plants.values()),
        difficulty=difficulty,
        parameters=parameters,
        chunk_rows=top.get("chunk_rows", Spec.chunk_rows),
        name=document.name,
        document=document.values,
        files=checker.files,
    )
    linked = link(spec, checker)
    checker.finish()
    check_spelling(linked, checker)
    checker.finish()
    aimed = combined(linked.but(targets=targets_of(linked, top.get("targets", {}), checker)))
    checker.finish()
    check_targets(aimed, checker)
    check_then(aimed, checker)
    checker.finish()
    with checker.at():
        _ = aimed.order
    checker.finish()
    return aimed


def _table(
    checker: Checker, name: str, entry: Any, parameters: Mapping[str, Any], world: Simulation | None
) -> TableSpec:
    checker.mapping(entry, TABLE)
    path = f"tables.{name}"
    if not name or any(sign in ".#/\\" or not sign.isprintable() for sign in name):  # it becomes the name of a file
        raise SpecError(f"{name!r}: a table's name may hold no dot, #, / or \\, and no sign that cannot be printed.")
    if len(name.encode()) > LONGEST_NAME:
        raise SpecError(
            f"{name[:20]}…: a table's name becomes that of a file; expected at most {LONGEST_NAME} letters."
        )
    rows, per = entry.get("rows"), None
    if "per" in entry:
        with checker.at("tables", name, "per"):
            per = _per(checker, name, entry["per"])
    if world is not None:
        rows, per = world.rows(name), world.per(name)
    elif (rows is None) == ("per" not in entry):
        raise SpecError("expected either `rows`, or `per` with the table that its rows belong to.")
    if isinstance(rows, Mapping) and set(rows) == {"sql"}:
        rows = computed(str(rows["sql"]), parameters, "rows")
    if isinstance(rows, float) and rows.is_integer():
        rows = int(rows)  # 1e6
    if rows is not None and (isinstance(rows, bool) or not isinstance(rows, int) or not 0 <= rows <= MOST_ROWS):
        raise SpecError(f"rows={rows!r}: expected a whole number from 0 to {MOST_ROWS:,}.")
    columns: dict[str, ColumnSpec] = {}
    with checker.at("tables", name, "columns"):
        given = "model" in entry or world is not None
        listed = checker.mapping(entry.get("columns", {} if given else None))
        if not listed and not given:
            raise SpecError("expected at least one column.")
        for column, settings in listed.items():
            with checker.at("tables", name, "columns", str(column)):
                where = f"{path}.columns.{column}"
                if settings == "planted" or (isinstance(settings, Mapping) and settings.get("kind") == "planted"):
                    around = checker.mapping(
                        {} if settings == "planted" else settings, ("kind", "round", "description")
                    )
                    columns[str(column)] = placeholder(str(column), where, around.get("round"))
                else:
                    columns[str(column)] = column_spec(checker, str(column), where, settings)
    if columns and all(column.hidden for column in columns.values()) and not given:
        raise SpecError("columns: all are hidden; expected at least one that is written.")
    sources: tuple[Source, ...] = ()
    if "model" in entry:
        columns, sources = columns_of_model(checker, name, entry["model"], columns)
    if world is not None:
        columns, sources = world.columns(name, columns)
    rules: dict[str, str] = {}
    with checker.at("tables", name, "rules"):
        rules = {str(k): str(v) for k, v in checker.mapping(entry.get("rules", {})).items()}
    key = entry.get("primary_key", [])
    unique: tuple[tuple[str, ...], ...] = ()
    with checker.at("tables", name, "unique"):
        unique = _groups_of_columns(entry.get("unique", []))
    then: tuple[Augmentation, ...] = ()
    with checker.at("tables", name, "then"):
        then = changes_of(entry.get("then", []))
    df = None
    with checker.at("tables", name, "copula"):
        copula = checker.mapping(entry.get("copula", {}), ("df",))
        df = copula.get("df")
        if df is not None and not (isinstance(df, int | float) and df > 0):
            raise SpecError(f"df={df!r}: expected a number greater than 0.")
    return TableSpec(
        name=name,
        path=path,
        rows=rows,
        per=per,
        columns=columns,
        sources=sources,
        primary_key=tuple(map(str, key if isinstance(key, list) else [key])),
        unique=unique,
        rules=rules,
        df=df,
        then=then,
    )


def _groups_of_columns(entry: Any) -> tuple[tuple[str, ...], ...]:
    """Groups of columns: one, as a list of names, or several, as a list of such lists."""
    if isinstance(entry, str):
        entry = [entry]
    if not isinstance(entry, list) or any(not isinstance(e, str | list) or not e for e in entry):
        raise SpecError(f"{shown(entry)}: expected a list of columns, or a list of such lists.")
    if not any(isinstance(e, list) for e in entry):
        entry = [entry] if entry else []
    groups = (e if isinstance(e, list) else [e] for e in entry)
    return tuple(dict.fromkeys(tuple(map(str, group)) for group in groups))


def _per(checker: Checker, name: str, entry: Any) -> Per:
    checker.mapping(entry, ("table", "count"))
    if not isinstance(entry.get("table"), str):
        raise SpecError(f"table={entry.get('table')!r}: expected the name of the table that rows belong to.")
    count = entry.get("count", 1)
    if isinstance(count, int | float) and not isinstance(count, bool):
        count = {"kind": "constant", "value": count}
    try:
        return Per(table=entry["table"], count=column_spec(checker, f"#{name}", f"tables.{name}.per.count", count))
    except SpecError as fault:
        raise SpecError(f"count.{fault}") from None


def column_spec(checker: Checker, name: str, path: str, entry: Any) -> ColumnSpec:
    """How a column is made.

    Raises:
        SpecError: its settings are wrong.
    """
    if "." in name or not name:
        raise SpecError(f"{name!r}: a column's name may not be empty or hold a dot.")
    if isinstance(entry, str):
        entry = {"kind": entry}
    checker.mapping(entry)
    kind = entry.get("kind", "formula" if "sql" in entry else None)
    if not isinstance(kind, str):
        raise SpecError(f"kind={kind!r}: expected a kind of column{suggest(kind, SAMPLERS.names())}")
    sampler_class = SAMPLERS.load(kind)
    known = settings_of(sampler_class)
    settings = _settings(checker, {k: v for k, v in entry.items() if k not in AROUND or k in known})
    by, groups = _groups(checker, path, sampler_class, settings, entry.get("by", {}))
    if by and any(s.by_row or getattr(s, "unique", False) for s in groups.values()):
        raise SpecError("by: values that are unique by row number cannot differ by group; leave out `by` or `unique`.")
    sampler, others = _of_others(sampler_class, settings, groups, path)
    null = _value(entry.get("null", 0))
    if not isinstance(null, Sql) and (
        isinstance(null, bool) or not isinstance(null, int | float) or not 0 <= null <= 1
    ):
        raise SpecError(f"null={null!r}: expected a share from 0 to 1, or `sql`.")
    digits = entry.get("round") if "round" not in known else None
    if digits is not None and (isinstance(digits, bool) or not isinstance(digits, int) or not 0 <= digits <= 15):
        raise SpecError(f"round={digits!r}: expected a number of decimals from 0 to 15.")
    hidden = entry.get("hidden", False)
    if not isinstance(hidden, bool):
        raise SpecError(f"hidden={hidden!r}: expected true or false.")
    correlate = checker.mapping(entry.get("correlate", {}))
    for other, value in correlate.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not -1 < value < 1:
            raise SpecError(f"correlate.{other}={value!r}: expected a correlation between -1 and 1.")
    return ColumnSpec(
        name=name,
        path=path,
        sampler=sampler,
        others=others,
        null=null,
        digits=digits,
        cast=_type(entry["as"]) if "as" in entry and "as" not in known else None,
        by=by,
        groups=groups,
        correlate={str(k): float(v) for k, v in correlate.items()},
        hidden=hidden,
    )


def _of_others(
    kind: type[ColumnSampler], settings: Mapping[str, Any], groups: Mapping[tuple[str, ...], ColumnSampler], path: str
) -> tuple[ColumnSampler, bool]:
    """The sampler of rows in no group, and whether there is one: settings that are needed may come by group only."""
    try:
        return build(kind, settings, path), True
    except SpecError:
        if not groups:
            raise
        return next(iter(groups.values())), False


def _groups(
    checker: Checker, path: str, kind: type[ColumnSampler], settings: Mapping[str, Any], by: Any
) -> tuple[tuple[str, ...], dict[tuple[str, ...], ColumnSampler]]:
    """The samplers of the levels of `by`: every combination, where there are several columns."""
    combined: dict[tuple[str, ...], dict[str, Any]] = {(): dict(settings)}
    for column, levels in checker.mapping(by).items():
        if not levels:
            raise SpecError(f"by.{column}: expected a mapping of levels to settings.")
        combined = {
            (*key, level_text(level)): old | _settings(checker, checker.mapping(new))
            for key, old in combined.items()
            for level, new in checker.mapping(levels).items()
        }
        if len(combined) > MOST_GROUPS:
            raise SpecError(f"by: gives {len(combined):,} combinations of levels; expected at most {MOST_GROUPS:,}.")
    columns = tuple(map(str, by))
    if not columns:
        return (), {}
    return columns, {key: build(kind, s, f"{path}.by.{'.'.join(key)}") for key, s in combined.items()}


def level_text(level: Any) -> str:
    """A level of a `by` table as DuckDB and Arrow print such a value."""
    return str(level).lower() if isinstance(level, bool) else str(level)


def _settings(checker: Checker, written: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a kind by the names of its fields."""
    settings = {ALIASES.get(str(name), str(name)): _value(value) for name, value in written.items()}
    if is_file(settings.get(FILED)):
        settings[FILED] = values_in(checker, settings[FILED])
    return settings


def _value(value: Any) -> Any:
    if isinstance(value, Mapping) and set(value) == {"sql"}:
        return Sql(str(value["sql"]))
    return value


def _type(text: Any) -> pa.DataType:
    word = TYPES.get(str(text), str(text))
    decimal = re.fullmatch(r"decimal\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)", word)
    if decimal:
        word = f"decimal128({decimal[1]}, {decimal[2] or 0})"
    try:
        return parse_type(word)
    except ValueError as fault:
        raise SpecError(
            f"as={text!r}: {fault}; expected one of {', '.join(TYPES)}, decimal(10,2), or an Arrow type."
        ) from None


def shown(value: Any) -> str:
    """A value for a message, not too long."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
