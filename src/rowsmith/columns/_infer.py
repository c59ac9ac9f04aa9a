"""The schema of a table, inferred: each kind says how much a column looks like its own; the strongest takes it."""

from __future__ import annotations

import dataclasses

import pyarrow as pa

from rowsmith.core import text
from rowsmith.core.errors import DataError
from rowsmith.core.protocols import COLUMN_KINDS, Claim, Profile
from rowsmith.core.schema import Column, Table
from rowsmith.core.text import Form


def infer(table: pa.Table, *, name: str, primary_key: tuple[str, ...] = ()) -> Table:
    """What a table looks like.

    Args:
        table: any number of rows.
        name: of the table, for messages.
        primary_key: columns that identify a row, if known. A key of several columns is noted, but its columns are
            learnt like all others.

    Raises:
        DataError: a column of a type that no kind can take.

    >>> found = infer(pa.table({"id": ["A1", "A2", "A3"], "size": [1.5, 2.0, 1.5]}), name="t", primary_key=("id",))
    >>> [(name, column.kind) for name, column in found.columns.items()]
    [('id', 'identifier'), ('size', 'float')]
    """
    columns = {}
    for field, values in zip(table.schema, table.columns, strict=True):
        found = infer_column(
            field.name, field, values.combine_chunks(), is_key=primary_key == (field.name,), table=name
        )
        columns[field.name] = never_repeated(found) if field.name in primary_key else found
    return Table(columns=columns, primary_key=primary_key)


def never_repeated(column: Column) -> Column:
    """A column of a key, whatever the data showed: rows with the same key are none."""
    return dataclasses.replace(column, settings={n: v for n, v in column.settings.items() if n != "repeats"})


def infer_column(name: str, field: pa.Field, values: pa.Array, *, is_key: bool = False, table: str = "") -> Column:
    """What a column looks like.

    Args:
        name: of the column.
        field: its type, and the printed form that a reader may have left there.
        values: all its values.
        is_key: whether it alone is the primary key.
        table: its name.
    """
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    form = text.form_of(field)
    kind, plain = values.type, values
    if pa.types.is_dictionary(kind):
        if kind.ordered:  # the order is in the type, which the plain values have lost
            settled = _strongest(Profile(name, values, form, is_key, table))
            if settled is not None:
                return _column(*settled, str(kind), form)
        plain = values.dictionary_decode()
    if pa.types.is_large_string(plain.type) or pa.types.is_string_view(plain.type):
        plain = plain.cast(pa.string())
    elif pa.types.is_string(kind):
        if form is None:
            found = text.recognise(plain)
            plain, form = found if found is not None else (plain, None)
        else:
            plain = text.parse(plain, form)
    settled = _strongest(Profile(name, plain, form, is_key, table))
    if settled is None:
        where = f"table {table!r}, " if table else ""
        raise DataError(f"{where}column {name!r}: values of type {kind} cannot be learnt; turn them into another type.")
    return _column(*settled, str(kind), form)


def _column(kind: str, claim: Claim, type_: str, form: Form | None) -> Column:
    form = claim.form if claim.form is not None else form
    return Column(kind=kind, type=type_, form=form, settings=dict(claim.settings), why=claim.why)


def _strongest(profile: Profile) -> tuple[str, Claim] | None:
    best: tuple[str, Claim] | None = None
    dictionary = pa.types.is_dictionary(profile.values.type)
    for name in COLUMN_KINDS.names():
        if dictionary and name != "ordered":
            continue
        claim = COLUMN_KINDS.load(name).claim(profile)
        if claim is not None and (best is None or claim.strength > best[1].strength):
            best = (name, claim)
    return best
