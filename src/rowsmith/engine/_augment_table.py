"""A table as changes see it: its schema, the values that texts stand for, keys of made rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.augment._rules import Keeper
from rowsmith.augment._subject import Subject
from rowsmith.core import sql, text
from rowsmith.core.codecs import learn_column, plain_values
from rowsmith.core.computed import wide
from rowsmith.core.errors import RowsmithError, SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.schema import Schema, Table
from rowsmith.core.types import is_text, whole
from rowsmith.engine.inspection import complete, inspect

LOOKED_AT = 20_000
"""Rows from which a schema is inferred; rules must hold in all."""
KEY_ROUNDS = 40
UNPARSED = ("json", "boolean")
"""Forms of texts that stay text: two words are two classes as they are."""


def looked_at(n: int) -> NDArray[np.int64]:
    """Numbers of the rows from which a schema is inferred, of n."""
    return np.arange(min(n, LOOKED_AT)) * max(1, n // LOOKED_AT)


def known_of(table: pa.Table, schema: Schema | None, primary_key: tuple[str, ...], name: str) -> tuple[str, Table]:
    """Name and schema of a table.

    Args:
        table: all rows, or those of `looked_at`.
        schema: as the user has it; None to infer one from some of the rows.
        primary_key: of the table, where there is no schema.
        name: of the table, likewise.

    Raises:
        SpecError: a schema and a key are both given.
        DataError: the table and the schema have other columns.
    """
    if schema is not None:
        if primary_key:
            raise SpecError(
                f"primary_key={', '.join(primary_key)}: a schema was given too, and it names the key; leave it out."
            )
        name, known = schema.only
        return name, complete(known, table, name)
    some = table if table.num_rows <= LOOKED_AT else table.take(pa.array(looked_at(table.num_rows)))
    known = inspect(some, name=name, primary_key=primary_key).only[1]
    return name, known


def keeper_of(name: str, known: Table, n: int, pieces: Callable[[], Iterable[pa.Table | pa.RecordBatch]]) -> Keeper:
    """The rules of a table. Those that were inferred from some rows count if all keep them.

    Args:
        name: of the table.
        known: its schema.
        n: rows.
        pieces: gives them all.

    Raises:
        SpecError: a rule cannot be computed.
    """
    rules = dict(known.rules)
    for rows in pieces() if rules and n > LOOKED_AT else ():
        columns = {name: wide(whole(c)) for name, c in zip(rows.schema.names, rows.columns, strict=True)}
        rules = {r: text for r, text in rules.items() if _holds(text, columns, f"tables.{name}.rules.{r}")}
    return Keeper.of(name, rules, known.columns, fixed_columns(known))


def _holds(rule: str, columns: dict[str, pa.Array], where: str) -> bool:
    return bool(sql.truth(rule, columns, where).all())


def fixed_columns(known: Table) -> frozenset[str]:
    """Columns that name rows of this table or another."""
    keys = {n for n, column in known.columns.items() if column.kind == "identifier"} | set(known.primary_key)
    return frozenset(keys | {n for key in known.foreign_keys for n in key.columns})


@dataclass(frozen=True)
class Worn:
    """A table with the values that its columns stand for, and how to write them again.

    Attributes:
        typed: the table that is changed: texts of one form as numbers, times or truths; categories as their values.
        schema: of the table as it was.
        forms: by column, the form of texts.
    """

    typed: pa.Table
    schema: pa.Schema
    forms: dict[str, text.Form]

    @classmethod
    def of(cls, table: pa.Table, known: Table) -> Worn:
        """The table with typed values."""
        forms, columns = {}, []
        for field, column in zip(table.schema, table.columns, strict=True):
            values, form = whole(column), known.columns[field.name].form
            if pa.types.is_dictionary(values.type):
                values = values.dictionary_decode()
            if form is not None and form["as"] not in UNPARSED and is_text(values.type):
                forms[field.name] = form
                values = plain_values(field.name, values.cast(pa.string()), pa.string(), form)
            columns.append(values)
        return cls(pa.table(columns, names=table.column_names), table.schema, forms)

    def restored(self, typed: pa.Table) -> pa.Table:
        """The rows as they were written before."""
        fields, columns = [], []
        for name in typed.column_names:
            values = whole(typed[name])
            at = self.schema.get_field_index(name)
            if at < 0:  # a change of the schema gave it another name
                fields.append(pa.field(name, values.type))
                columns.append(values)
                continue
            field = self.schema.field(at)
            if name in self.forms and not is_text(values.type):
                values = text.show(values, self.forms[name])
            if pa.types.is_dictionary(field.type) and values.type == field.type.value_type:
                values = values.dictionary_encode().cast(field.type)
            elif values.type != field.type and is_text(values.type) and is_text(field.type):
                values = values.cast(field.type)
            fields.append(field.with_type(values.type))
            columns.append(values)
        return pa.table(columns, schema=pa.schema(fields, metadata=self.schema.metadata))


def with_new_keys(subject: Subject, table: pa.Table, made: NDArray[np.bool_], key: Key) -> pa.Table:
    """Rows of which the made ones have keys that no row had; links to other tables stay.

    Raises:
        SpecError: there are no more keys of the column's shape.
    """
    n = int(made.sum())
    linked = {name for link in subject.schema.foreign_keys for name in link.columns}
    own = subject.fixed - linked - (set(subject.schema.primary_key) if len(subject.schema.primary_key) > 1 else set())
    if not n or not subject.n:
        return table
    for name in sorted(own):
        at = table.column_names.index(name)
        fresh = new_keys(subject, name, n, key.child(name)).cast(table.schema.field(at).type)
        column = pc.replace_with_mask(whole(table[name]), pa.array(made), fresh)
        table = table.set_column(at, table.schema.field(at), column)
    return table


def new_keys(subject: Subject, name: str, n: int, key: Key) -> pa.Array:
    """Keys of a column's shape that no row has, n of them.

    Raises:
        SpecError: there are no more.
    """
    values = subject.values(name)
    values = values.cast(pa.string()) if is_text(values.type) else values
    column = dataclasses.replace(
        subject.schema.columns[name], kind="identifier", form=None, type=str(values.type), settings={}
    )
    codec = learn_column(name, column, values, key).codec
    parts: list[pa.Array] = []
    first, found = subject.n, 0
    for number in range(KEY_ROUNDS):
        rows = Rows(first, n - found)
        try:
            more = codec.decode(np.full(rows.n, int(codec.nullable), dtype=np.uint16), rows, key.child(number))
        except RowsmithError as fault:
            raise SpecError(f"column {name!r}: {n:,} made rows need keys of their own, and {fault}") from None
        more = pc.unique(more)
        parts.append(more.filter(pc.invert(pc.is_in(more, pa.concat_arrays([values, *parts]).drop_null()))))
        found, first = found + len(parts[-1]), first + rows.n
        if found >= n:
            return pa.concat_arrays(parts)
    raise SpecError(
        f"column {name!r}: there are no {n:,} keys of its shape beside those that it has; drop the column first."
    )
