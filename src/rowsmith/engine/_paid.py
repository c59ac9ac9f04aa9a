"""Learning under a guarantee: what may be taken for known of a table, and what is refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Any

import numpy as np
import pyarrow as pa

from rowsmith.columns.ordered import Ordered
from rowsmith.core.domains import PaidLearner
from rowsmith.core.errors import SpecError
from rowsmith.core.frames import FrameKind
from rowsmith.core.protocols import LEARNERS, Learner, Profile
from rowsmith.core.schema import Column, Schema, Table, key_of, not_null_of
from rowsmith.core.text import form_of
from rowsmith.engine._origin import AUTO
from rowsmith.engine.inspection import complete
from rowsmith.learn._paid import fit_paid
from rowsmith.learn.table import TableModel

KINDS = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_integer, "integer"),
    (pa.types.is_floating, "float"),
    (pa.types.is_decimal, "decimal"),
    (pa.types.is_date, "date"),
    (pa.types.is_timestamp, "timestamp"),
    (pa.types.is_time, "time"),
    (pa.types.is_duration, "duration"),
    (pa.types.is_null, "null"),
    (pa.types.is_nested, "nested"),
)
"""Kinds by type; all else is a category. What a column holds may not be looked at."""


def pays(learner: str | Learner) -> bool:
    """Whether a learner, by name or with settings, pays for every look at rows."""
    if learner == AUTO:
        return False
    return issubclass(LEARNERS.load(learner) if isinstance(learner, str) else type(learner), PaidLearner)


def refuse(learner: str | Learner, what: str) -> None:
    """Refuse something to a learner that pays for every look at rows.

    Raises:
        SpecError: the learner is one.
    """
    if pays(learner):
        name = learner if isinstance(learner, str) else LEARNERS.name_of(type(learner))
        raise SpecError(f"learner {name}: {what}; take another learner, or leave that out.")


def by_types(table: pa.Table, learner: PaidLearner, primary_key: Collection[str]) -> Table:
    """What the types of a table say of its columns; they are public, and the values are not looked at.

    Args:
        table: the rows.
        learner: knows which column names persons.
        primary_key: columns that are declared to identify a row.
    """
    columns = {}
    alone = tuple(primary_key) if len(primary_key) == 1 else ()
    for field in table.schema:
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        name = next((name for test, name in KINDS if test(kind)), "category")
        settings: dict[str, Any] = {}
        if name != "null" and field.name in (*alone, learner.person):
            name = "identifier"
        elif pa.types.is_dictionary(field.type) and field.type.ordered:
            # The list of an ordered categorical is a part of the type that a person gave to the column.
            claim = Ordered.claim(Profile(field.name, table[field.name].combine_chunks(), None, False))
            name, settings = "ordered", {} if claim is None else dict(claim.settings)
        columns[field.name] = Column(kind=name, type=str(field.type), form=form_of(field), settings=settings)
    return Table(columns=columns, primary_key=tuple(primary_key))


def check_declared(schema: Table, name: str, public: Collection[str]) -> None:
    """Refuse a schema that was read off rows.

    Raises:
        SpecError: it was, or a column's values are to be read because they are public.
    """
    for column, each in schema.columns.items():
        if each.why:
            raise SpecError(
                f"tables.{name}.columns.{column}.why: says that `inspect` chose the kind by the rows, which a private fit may not "
                "build on; leave the schema out, or delete each `why` where you know the entry without the rows."
            )
    if schema.proposed:
        raise SpecError(
            f"tables.{name}.proposed: was read off the rows, which a private fit may not build on; delete it."
        )
    shown = [*public, *(column for column, each in schema.columns.items() if each.public)]
    if shown:
        raise SpecError(
            f"public={shown[0]!r}: which of its values are in the data would show who is; list all that there can be in the "
            "schema (`levels: [...]`), or leave `public` out."
        )


def never_null(table: pa.Table, frame: FrameKind) -> frozenset[str]:
    """Columns that have no nulls by their type or by a declaration."""
    said = {field.name for field in table.schema if not field.nullable}.union(not_null_of(table))
    plain = {name for name, dtype in frame.dtypes.items() if _is_plain(dtype)}
    return frozenset(said | plain)


def _is_plain(dtype: str) -> bool:
    """Whether a dtype of pandas has no place for a null."""
    try:
        return np.dtype(dtype).kind in "biu"
    except TypeError:
        return False


def learn_paid(
    table: pa.Table,
    frame: FrameKind,
    schema: Schema | None,
    learner: PaidLearner,
    *,
    name: str,
    primary_key: Collection[str] | str,
    public: Collection[str] | str,
    **options: Any,
) -> TableModel:
    """Learn a table under a guarantee.

    Args:
        table: the rows.
        frame: the kind of frame that they came in.
        schema: what is declared; what it leaves out is taken from the types, never from the values.
        learner: settings of the learner.
        name: of the table, where no schema says it.
        primary_key: columns that identify a row, where no schema says it.
        public: must be empty.
        options: the key, workers and progress of the fit.

    Raises:
        SpecError: the schema was read off rows, or a setting is wrong.
        DataError: values are not of the declared types.
    """
    known = None
    if schema is not None:
        name, known = schema.only
    told = declared(known, table, learner, name=name, primary_key=primary_key, public=public)
    key = options.pop("key").child(name)
    free = never_null(table, frame) | set(told.primary_key)
    return fit_paid(table, complete(told, table, name), learner, name=name, key=key, never_null=free, **options)


def declared(
    schema: Table | None, table: pa.Table, learner: PaidLearner, *, name: str, primary_key: Any, public: Any
) -> Table:
    """What is known of a table without a look at its rows: its schema, or what its types say.

    Raises:
        SpecError: the schema was read off rows, or a setting is wrong.
    """
    names = (public,) if isinstance(public, str) else tuple(public)
    if schema is None or not schema.columns:
        found = by_types(table, learner, key_of(table, primary_key or (schema.primary_key if schema else ())))
        check_declared(found, name, names)
        return found if schema is None else dataclasses.replace(schema, columns=found.columns)
    check_declared(schema, name, names)
    return schema
