"""How a table of sequences is learnt: what is constant, what the time tells, what is drawn row after row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.codecs import ColumnCodec, LearntColumn, fit_codec, learn_column, plain_values
from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.protocols import Codes, Learner, Progress, Rows, silent
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column, Table, arrow_type
from rowsmith.core.shield import Units, persons
from rowsmith.core.sql import references
from rowsmith.learn import _dependencies
from rowsmith.learn._previous import follows_of, late_of
from rowsmith.learn._protected import Protected, protected_of
from rowsmith.learn._rules import Rules
from rowsmith.learn._sequence_clock import fit_clock
from rowsmith.learn._sequence_context import context_of, fit_expected, levels_of
from rowsmith.learn._sequence_law import SequenceSettings, fit_law
from rowsmith.learn._sequence_rows import Ordered, Real, Start
from rowsmith.learn._sequence_sums import sums_of
from rowsmith.learn._sequence_ties import split, steady, summed
from rowsmith.learn._sequence_told import told
from rowsmith.learn._sequence_values import Values, fit_values
from rowsmith.learn._sequence_walk import Walk
from rowsmith.learn._tie_rules import ties_of
from rowsmith.learn._ties import Part, Ties
from rowsmith.learn.sequence import FIRST, LENGTH, SequenceTable
from rowsmith.learn.table import TableModel, fit_table
from rowsmith.learn.trees import Trees, settings_of

FEW_ENTITIES = 10
"""Entities below which the first values that are kept are those in the middle of the first few rows, of nobody's one."""
FIRST_ROWS = 5
GRID = 0.9
"""Share of the gaps that are a single tick, from which on the others look like rows that are lacking."""


@dataclass(frozen=True)
class _Learnt:
    """Columns that are drawn row after row, and those that are not.

    Attributes:
        values: how each is turned into numbers, by name.
        numbers: the numbers of the rows, by name.
        made: made without being learnt.
        looked_up: (source, target, codes).
        codecs: of these two.
        protected: columns of which values that too few rows share were left out.
    """

    values: Mapping[str, Values]
    numbers: Mapping[str, NDArray[np.float64]]
    made: Mapping[str, ColumnCodec]
    looked_up: tuple[tuple[str, str, NDArray[np.uint16]], ...]
    codecs: Mapping[str, ColumnCodec]
    protected: tuple[Protected, ...]


def fit_sequences(
    rows: Ordered,
    schema: Table,
    learner: Learner,
    settings: SequenceSettings | None = None,
    *,
    name: str,
    key: Key,
    workers: int = 1,
    progress: Progress = silent,
) -> SequenceTable:
    """Learn a table of sequences.

    Args:
        rows: in order; the columns are those of the schema, in the same order.
        schema: kinds and types of the columns, and which make it a sequence.
        learner: settings of the learner, of which the trees of the rows take theirs too.
        settings: how rows follow rows; chosen if left out.
        name: of the table.
        key: random stream of the fit.
        workers: how many threads; the result does not depend on it.
        progress: told what has been done.

    Raises:
        DataError: values are not of the schema's kinds, or the time is none.
        SpecError: another learner than trees, or a rule that no row keeps.
    """
    assert schema.sequence is not None, "the schema names no time"
    if not isinstance(learner, Trees):
        raise SpecError("learner: sequences are learnt by trees; leave the learner out.")
    Rules(name, schema.rules).check(rows.table)
    time, entity = schema.sequence.time, schema.sequence.entity
    arrays = {n: c.combine_chunks() for n, c in zip(rows.table.column_names, rows.table.columns, strict=True)}
    spec = schema.columns[time]
    times = plain_values(time, arrays[time], arrow_type(spec.type), spec.form)
    try:
        clock = fit_clock(times, rows.same)
    except DataError as fault:
        raise DataError(f"column {time!r}: {fault}") from None
    lines = clock.line(times)
    gaps = np.where(rows.same, np.diff(lines, prepend=lines[0]) / clock.step, np.nan)
    regular = bool((np.abs(gaps[rows.same] - 1) < (1e-2 if clock.count == "part" else 1e-9)).all())
    fixed = {*entity, time, *rows.constants}
    parts = _told({n: c for n, c in schema.columns.items() if n not in fixed}, arrays, times, rows)
    ties = _ties(schema, arrays, frozenset(fixed | set(parts)), rows.units)
    where = f"tables.{name}.follows"
    said = follows_of(schema.follows, schema.columns, where)
    late = late_of(said, schema.rules, schema.columns)[0]
    ties, follows, names = summed(ties, [follow for follow in said if follow not in late], where)
    tied = steady(ties, split(ties, arrays), rows.begins)
    arrays |= {n: part.values for n, part in tied.items()}
    kinds = {**schema.columns, **ties.learns}
    free = {n: kinds[n] for n in arrays if n not in fixed and n not in parts and n not in ties.columns}
    owners = {n: part.owners for n, part in tied.items()}
    learnt = _learnt(free, arrays, owners, frozenset(names.values()), rows, key, workers, progress)
    constants = [_constant(n, kinds[n], rows.firsts(n), key) for n in rows.constants]
    context = context_of(constants, [c.numbers(rows.firsts(c.name)) for c in constants], rows.n_entities)
    levels = levels_of(constants)
    computed = {names[follow.column] for follow in follows}
    plain = {n: replace(v, log=False, shift=0.0) if n in computed else v for n, v in learnt.values.items()}
    columns: list[Values | None] = list(plain.values())
    numbers = list(learnt.numbers.values())
    if not regular:
        columns, numbers = [None, *columns], [gaps, *numbers]
    real = Real(
        columns,
        np.array(numbers).T.reshape(len(lines), len(columns)).copy(),
        rows.begins,
        lines,
        context,
        levels,
        clock,
    )
    real = replace(real, sums=sums_of(follows, names, real, arrays, where))
    law, order = fit_law(
        real,
        settings or SequenceSettings(),
        settings_of(learner),
        key=key.child("rows"),
        workers=workers,
        progress=progress,
    )
    placed = [columns[i] for i in order]
    firsts = _firsts(real, order, rows.n_entities)
    usual = law.usual(lines[rows.begins[:-1]], context) if isinstance(law, Walk) else np.zeros_like(firsts)
    expected = fit_expected(context, levels, usual, firsts, placed, law.bounds)
    entities, hidden, start = None, {}, None
    sums = tuple(each.at(order) for each in real.sums)
    begun = {each.place for each in sums if each.first is not None}
    if entity:
        free_firsts = [None if k in begun else c for k, c in enumerate(placed)]
        held = _hidden(kinds, free_firsts)
        of = expected.of(context, usual)
        values = {
            c.name: c.stepped(firsts[:, k]) - expected.beside(k, of[:, k], firsts, placed)
            for k, c in enumerate(placed)
            if c is not None and expected.columns[k] and k not in begun
        }
        entities = _entities(
            rows,
            schema,
            kinds,
            held,
            free_firsts,
            firsts,
            values,
            arrays,
            owners,
            learner,
            name=name,
            key=key,
            workers=workers,
        )
        hidden = held
    else:
        start = Start(len(lines), int(lines[0]), firsts[0])
    return SequenceTable(
        name=name,
        schema=schema,
        clock=clock,
        time=_printer(time, spec.type or str(times.type), spec.form),
        law=law,
        columns=tuple(placed),
        constants=tuple(constants),
        told=parts,
        made=learnt.made,
        looked_up=learnt.looked_up,
        codecs=learnt.codecs,
        ties=ties,
        entities=entities,
        hidden=hidden,
        expected=expected,
        start=start,
        sums=sums,
        late=late,
        arrangement=rows.arrangement,
        n_entities=rows.n_entities,
        protected=learnt.protected + _of_schema(entities, schema),
        keys=entity,
        lacking=0 if regular else _lacking(gaps[rows.same]),
    )


def _lacking(gaps: NDArray[np.float64]) -> int:
    """Times that a grid lacks, of which most gaps are a single tick; 0 if it is none."""
    whole = bool((gaps >= 1).all()) and bool(np.allclose(gaps, np.rint(gaps)))
    return round(float((gaps - 1).sum())) if whole and (gaps == 1).mean() >= GRID else 0


def _constant(name: str, column: Column, values: pa.Array, key: Key) -> Values:
    """How a column of the entities is turned into numbers."""
    codec = fit_codec(name, column, values, key.child("column", name))
    return fit_values(name, column, values, np.zeros(len(values), dtype=bool), codec)


def _of_schema(entities: TableModel | None, schema: Table) -> tuple[Protected, ...]:
    """What was left out of columns of the entities."""
    return tuple(each for each in entities.protected if each.column in schema.columns) if entities else ()


def _told(
    columns: Mapping[str, Column], arrays: Mapping[str, pa.Array], times: pa.Array, rows: Ordered
) -> dict[str, str]:
    """Columns that the time, or the row's place, tells."""
    place = np.arange(len(times)) - np.repeat(rows.begins[:-1], np.diff(rows.begins))
    found = {}
    for name, column in columns.items():
        if column.kind in ("integer", "float", "identifier", "category"):
            what = told(arrays[name], times, place)
            if what is not None:
                found[name] = what
    return found


def _ties(schema: Table, arrays: Mapping[str, pa.Array], fixed: frozenset[str], units: Units | None) -> Ties:
    if not schema.rules:
        return Ties()
    kept = {n: c for n, c in schema.columns.items() if arrays[n].type == arrow_type(c.type)}
    return ties_of(schema.rules, kept, arrays, fixed, units)


def _learnt(
    columns: Mapping[str, Column],
    arrays: Mapping[str, pa.Array],
    owners: Mapping[str, NDArray[np.int64]],
    held: frozenset[str],
    rows: Ordered,
    key: Key,
    workers: int,
    progress: Progress,
) -> _Learnt:
    names = list(columns)

    def read(name: str) -> tuple[Values, LearntColumn]:
        of = owners.get(name)
        learnt = learn_column(name, columns[name], arrays[name], key.child("column", name), rows.units, of)
        return fit_values(name, columns[name], arrays[name], rows.same, learnt.codec, rows.units, of), learnt

    found: dict[str, Values] = {}
    learnt: list[LearntColumn] = []
    with ThreadPoolExecutor(workers) as threads:
        for values, each in threads.map(read, names):
            found[values.name] = values
            learnt.append(each)
            progress("reading columns", len(learnt), len(names))
    codes = [Codes(each.codes, each.codec.size, each.codec.ordered) for each in learnt]
    links = _dependencies.find(codes, [each.codec.exact for each in learnt], [each.hidden for each in learnt])
    links = [link for link in links if names[link.target] not in held]  # sums hang on these
    targets = {names[link.target] for link in links}
    made = {n: v.codec for n, v in found.items() if v.codec.size == 1 and n not in held}
    kept = {n: v for n, v in found.items() if n not in made and n not in targets}
    linked = {names[i] for link in links for i in (link.source, link.target)}
    return _Learnt(
        kept,
        {n: v.numbers(arrays[n]) for n, v in kept.items()},
        made,
        tuple((names[link.source], names[link.target], link.table) for link in links),
        {n: found[n].codec for n in linked},
        tuple(protected_of(each) for n, each in zip(names, learnt, strict=True) if each.rows and not found[n].on_line),
    )


def _firsts(real: Real, order: Sequence[int], n_entities: int) -> NDArray[np.float64]:
    """First values of each entity; of a few entities, what is in the middle of their first rows."""
    values = real.values[:, list(order)]
    if n_entities >= FEW_ENTITIES:
        return np.asarray(values[real.begins[:-1]])
    out = np.empty((n_entities, values.shape[1]))
    for e in range(n_entities):
        part = values[real.begins[e] : min(real.begins[e] + FIRST_ROWS, real.begins[e + 1])]
        ranked = np.sort(part, axis=0)  # nan last
        out[e] = ranked[(np.isfinite(part).sum(axis=0) - 1).clip(0) // 2, np.arange(values.shape[1])]
    return out


def _hidden(kinds: Mapping[str, Column], columns: Sequence[Values | None]) -> dict[str, str]:
    """Names, in the table of the entities, that no column has."""

    def free(name: str) -> str:
        return free(name + "_") if name in kinds else name

    values = {f"value {c.name}": free(f"first {c.name}") for c in columns if c is not None}
    return {LENGTH: free("number of rows"), FIRST: free("first time"), **values}


def _entities(
    rows: Ordered,
    schema: Table,
    kinds: Mapping[str, Column],
    hidden: Mapping[str, str],
    columns: Sequence[Values | None],
    firsts: NDArray[np.float64],
    left: Mapping[str, NDArray[np.float64]],
    arrays: Mapping[str, pa.Array],
    owners: Mapping[str, NDArray[np.int64]],
    learner: Learner,
    *,
    name: str,
    key: Key,
    workers: int,
) -> TableModel:
    """The table of the entities, a row each: keys, constants, number of rows, first time and values."""
    assert schema.sequence is not None
    own = [*schema.sequence.entity, *rows.constants]
    own = [n for n in schema.columns if n in own]
    specs = {n: kinds[n] for n in own}
    table = {n: rows.firsts(n) for n in own}
    specs[hidden[LENGTH]] = Column(kind="integer", type="int64")
    table[hidden[LENGTH]] = pa.array(np.diff(rows.begins))
    time = schema.sequence.time
    plain = plain_values(time, arrays[time], arrow_type(kinds[time].type), kinds[time].form).take(
        pa.array(rows.begins[:-1])
    )
    specs[hidden[FIRST]] = Column(kind=_time_kind(plain.type), type=str(plain.type))
    table[hidden[FIRST]] = plain
    here, lent = Rows(0, rows.n_entities), dict[str, NDArray[np.int64]]()

    def lend(place: str, column: str) -> None:
        """Mark entities that have no value of their own, and whose first one is that of another."""
        if column not in owners or rows.n_entities < FEW_ENTITIES:
            return
        entity = np.searchsorted(rows.begins, owners[column][rows.begins[:-1]], side="right") - 1
        part = Part.of(table[place]).lent(entity != np.arange(rows.n_entities), place)
        table[place], lent[place] = part.values, part.owners

    for k, column in enumerate(columns):
        if column is None:
            continue
        place = hidden[f"value {column.name}"]
        if column.name in left:
            specs[place] = Column(kind="float", type="double")
            table[place] = pa.array(left[column.name], from_pandas=True)
            lend(place, column.name)
            continue
        if rows.n_entities >= FEW_ENTITIES:
            values = arrays[column.name].take(pa.array(rows.begins[:-1]))
        else:
            values = column.values(firsts[:, k], here, key.child("first", column.name))
        specs[place], table[place] = kinds[column.name], values
        lend(place, column.name)
    rules = {n: r for n, r in schema.rules.items() if set(references(r, n)) <= set(own)}
    inner = Table(columns=specs, primary_key=schema.sequence.entity, rules=rules)
    each = persons(np.arange(rows.n_entities))
    stream = key.child("entities")
    return fit_table(pa.table(table), inner, learner, name=name, key=stream, owners=lent, units=each, workers=workers)


def _time_kind(kind: pa.DataType) -> str:
    if pa.types.is_timestamp(kind):
        return "timestamp"
    if pa.types.is_date(kind):
        return "date"
    return "integer" if pa.types.is_integer(kind) else "decimal" if pa.types.is_decimal(kind) else "float"


def _printer(name: str, type_: str, form: Mapping[str, object] | None, nullable: bool = False) -> ColumnCodec:
    """A codec that only prints: of times, which are not learnt as a column."""
    return ColumnCodec(name, None, arrow_type(type_), form, nullable)
