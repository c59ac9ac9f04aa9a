"""A spec fitted to a table: laws of its columns, what ties them together, and no row of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from rowsmith.columns._infer import infer_column
from rowsmith.core import text
from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.protocols import Progress, silent
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column
from rowsmith.spec._draft_columns import draft_column
from rowsmith.spec._draft_copula import correlations
from rowsmith.spec._draft_formulas import EXACT, formulas
from rowsmith.spec._draft_order import gaps
from rowsmith.spec._draft_parts import DataColumn, Draft, free_name, ordered
from rowsmith.spec._draft_steps import apart
from rowsmith.spec._draft_texts import agreeing, guess_locale
from rowsmith.spec._draft_ties import by_categories, given_categories, shared_nulls
from rowsmith.spec._draft_yaml import document
from rowsmith.spec.check import LONGEST_NAME

RARE = 5
"""Rows that must share a value, by default, for it to be written."""
MOST_ROWS = 100_000
"""Rows that laws are fitted to; of more, a sample is taken."""
MOST_NAME = 100
"""Characters of a column's name, at most."""


def draft_table(
    table: pa.Table,
    *,
    name: str = "table",
    rows: int | None = None,
    primary_key: tuple[str, ...] = (),
    rare: int = RARE,
    seed: int = 0,
    source: str = "the table",
    df: float | None = None,
    progress: Progress = silent,
) -> str:
    """A readable spec that makes tables like one: YAML text.

    Args:
        table: any number of rows.
        name: of the table in the spec.
        rows: that the spec makes; as many as the table has if left out.
        primary_key: columns that identify a row, if known.
        rare: rows that must share a value for it to be written: rarer levels become `other`, bounds are rounded.
        seed: of the sample of rows that a large table is measured on. The same table and seed give the same text.
        source: what the table is, in words.
        df: degrees of freedom of the t copula behind its correlations, if there is one.
        progress: told what has been done.

    Raises:
        SpecError: an argument is wrong.
    """
    _check(rows, rare, primary_key, table)
    wanted, name = name, _table_name(name)
    key = Key(seed).child("draft", name)
    sample = _sample(table, key)
    taken: set[str] = set()
    names = _names(table.column_names, taken)
    sources = _sources(table, sample, names, primary_key, rare, key, taken)
    drafts: dict[str, Draft] = {}
    for number, column in enumerate(sources.values()):
        drafts[column.name] = draft_column(column) if len(sample) else _skeleton(column)
        progress("drafting", number + 1, len(sources))
    pairs: dict[tuple[str, str], float] = {}
    if len(sample):
        drafts = agreeing(drafts)
        drafts = gaps(formulas(drafts, sources, rare), sources)
        drafts = shared_nulls(by_categories(given_categories(drafts, rare)))
        pairs = correlations(list(drafts.values()))
    for (later, earlier), value in pairs.items():
        known: Mapping[str, float] = drafts[later].settings.get("correlate", {})
        drafts[later] = drafts[later].having(correlate={**known, earlier: round(value, 2)})
    entries: dict[str, Any] = {"rows": table.num_rows if rows is None else rows}
    if pairs and df is not None:
        entries["copula"] = {"df": df}
    if len(primary_key) == 1 and sources[names[primary_key[0]]].column.kind == "identifier":
        own = names[primary_key[0]]
        entries["primary_key"] = own
        drafts[own].settings.pop("null", None)
    renamed = {new: old for old, new in names.items() if new != old}
    header = _header(table, sample, f'{source} "{name}"', drafts, len(pairs), rare)
    if name != wanted:
        header.append(f'Named "{name}", not "{wanted}": the name of a table is not empty and holds no dot, #, / or \\.')
    if primary_key and "primary_key" not in entries:
        header.append(f"Not kept: the primary key ({', '.join(primary_key)}); its rows may repeat.")
    return document(header, name, entries, _lines(apart(drafts, sources), renamed))


def laws(table: pa.Table, *, rare: int = RARE, seed: int = 0) -> dict[str, tuple[Mapping[str, Any], str]]:
    """Each column on its own, as a spec would make it: its settings, and how near they are; by name.

    Args:
        table: at least one row.
        rare: rows that must share a value for it to be named.
        seed: of the sample of rows that a large table is measured on.
    """
    taken: set[str] = set()
    key = Key(seed).child("draft")
    sample = _sample(table, key)
    names = _names(table.column_names, taken)
    sources = _sources(table, sample, names, (), rare, key, taken)
    drafts = {old: draft_column(sources[new]) for old, new in names.items()}
    return {name: (ordered(draft.settings), draft.note) for name, draft in drafts.items()}


def _check(rows: int | None, rare: int, primary_key: tuple[str, ...], table: pa.Table) -> None:
    if rows is not None and (isinstance(rows, bool) or not isinstance(rows, int) or rows < 0):
        raise SpecError(f"rows={rows!r}: expected a whole number from 0.")
    if isinstance(rare, bool) or not isinstance(rare, int) or rare < 1:
        raise SpecError(f"rare={rare!r}: expected a whole number from 1.")
    for column in primary_key:
        assert column in table.column_names, "the caller checks"


def _table_name(wanted: str) -> str:
    """A name that a table of a spec may have (see `spec.check`), as near as can be to what was wanted.

    >>> _table_name("a.b/c"), _table_name(" ")
    ('a_b_c', 'table')
    """
    plain = "".join(sign if sign not in ".#/\\" and sign.isprintable() else "_" for sign in wanted).strip()
    return plain.encode()[:LONGEST_NAME].decode(errors="ignore").strip() or "table"


def _sample(table: pa.Table, key: Key) -> pa.Table:
    if table.num_rows <= MOST_ROWS:
        return table
    chosen = key.child("rows").generator().choice(table.num_rows, MOST_ROWS, replace=False)
    return table.take(pa.array(np.sort(chosen)))


def _names(columns: list[str], taken: set[str]) -> dict[str, str]:
    """The name of each column in the spec, where a name is not empty, not too long and holds no dot."""
    fine = {name for name in columns if name and "." not in name and len(name) <= MOST_NAME}
    taken |= {name.lower() for name in fine}
    out = {}
    for number, name in enumerate(columns):
        plain = name.replace(".", "_")[:MOST_NAME] or f"column_{number + 1}"
        out[name] = name if name in fine else free_name(plain, taken)
    return out


def _sources(
    table: pa.Table,
    sample: pa.Table,
    names: dict[str, str],
    primary_key: tuple[str, ...],
    rare: int,
    key: Key,
    taken: set[str],
) -> dict[str, DataColumn]:
    """What each column is taken for, with its typed values."""
    texts = {}
    found = []
    for field in table.schema:
        every = _plain(table[field.name])
        kind = field.with_type(every.type)
        try:
            column = infer_column(field.name, kind, every, is_key=primary_key == (field.name,))
        except DataError:  # a type that nothing can learn
            column = Column(kind="unknown", type=str(every.type))
        few = _plain(sample[field.name]) if sample is not table else every
        if pa.types.is_string(every.type) and (column.form is None or column.form.get("as") == "json"):
            texts[field.name] = few
        elif pa.types.is_string(every.type):
            every, few = (text.parse(values, column.form or {}) for values in (every, few))
        found.append((field, column, every, few))
    locale = guess_locale(texts)
    return {
        names[field.name]: DataColumn(
            name=names[field.name],
            values=few,
            every=every,
            type=pa.string()
            if pa.types.is_large_string(field.type) or pa.types.is_string_view(field.type)
            else field.type,
            column=column,
            rare=rare,
            locale=locale,
            key=key.child("column", field.name),
            taken=taken,
        )
        for field, column, every, few in found
    }


def _plain(values: pa.ChunkedArray) -> pa.Array:
    """One array; texts of one type, whatever their offsets are."""
    whole = values.combine_chunks()
    whole = pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole
    if pa.types.is_large_string(whole.type) or pa.types.is_string_view(whole.type):
        return whole.cast(pa.string())
    return whole


def _skeleton(source: DataColumn) -> Draft:
    """A column of a table without rows."""
    nothing = Draft(name=source.name, settings={"kind": "constant", "value": None})
    return nothing.noted(f"no rows to fit; {source.type} in the data")


def _lines(drafts: dict[str, Draft], renamed: dict[str, str]) -> list[tuple[str, Any, str]]:
    """Name, settings and comment of each column, hidden ones before those that read them."""
    out: list[tuple[str, Any, str]] = []
    for draft in drafts.values():
        out += [(helper.name, ordered(helper.settings), helper.note) for helper in draft.helpers]
        note = draft.note
        if draft.name in renamed:
            note = "; ".join(filter(None, (note, f"named {renamed[draft.name]!r} in the data")))
        out.append((draft.name, ordered(draft.settings), note))
    return out


def _header(
    table: pa.Table, sample: pa.Table, source: str, drafts: dict[str, Draft], pairs: int, rare: int
) -> list[str]:
    """What a reader should know before the first column."""
    n = table.num_rows
    some = f" (measured on {len(sample):,} of them)" if len(sample) < n else ""
    of = f"{_counted(n, 'row')}{some}, {_counted(table.num_columns, 'column')}"
    said = [f"A spec drafted from {source} of {of}. No row of it is in here."]
    if not n:
        return [*said, "Without rows there is nothing to measure: fill in how each column is made."]
    by = sum(1 for d in drafts.values() if "by" in d.settings or "given" in d.settings)
    follow = sum(1 for d in drafts.values() if d.note == EXACT)
    parts = [
        "a law of each column and its share of missing values",
        *([_counted(pairs, "correlation")] if pairs else []),
        *([f"{_counted(by, 'column')} by the levels of a category"] if by else []),
        *([f"{_counted(follow, 'column')} computed from others"] if follow else []),
    ]
    return [
        *said,
        f"Measured: {', '.join(parts)}.",
        f"Left out: what fewer than {rare} rows share, exact ends, how values are printed, the order of rows, other dependence.",
        "KS: the greatest distance between the law's distribution function and the data's, from 0 (none) to 1.",
        "Edit it at will, then: rowsmith preview FILE, or rowsmith make FILE -o FOLDER",
    ]


def _counted(n: int, noun: str) -> str:
    """A number and what it counts.

    >>> _counted(1, "row"), _counted(2000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{n:,} {noun}{'s'[: n != 1]}"
