"""One door for a table or several: what is handed in says whether it is learnt alone or as a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from rowsmith.core.errors import SpecError, suggest
from rowsmith.core.protocols import Learner, Progress, silent
from rowsmith.core.schema import Schema, noted_links
from rowsmith.engine import inspection
from rowsmith.engine._tables import inspect_tables
from rowsmith.engine.basket import BasketModel
from rowsmith.engine.database import DatabaseModel, fit_tables
from rowsmith.engine.fit import fit_rows
from rowsmith.engine.model import Model
from rowsmith.engine.sequence import SequenceModel

Names = tuple[str, ...] | list[str] | str


def alone(tables: Mapping[str, pa.Table], schema: Schema | None = None) -> tuple[str, pa.Table] | None:
    """Name and rows of the only table, if there is one that points to no other row; else None."""
    if len(tables) != 1:
        return None
    name, table = next(iter(tables.items()))
    linked = noted_links(table.schema)
    if schema is not None:
        linked = [key for known in schema.tables.values() for key in known.foreign_keys]
    return None if linked else (name, table)


def inspect(
    data: Any,
    *,
    name: str = "table",
    primary_key: Names = (),
    entity: Names = (),
    time: str | None = None,
    basket: str | None = None,
    item: str | None = None,
    progress: Progress = silent,
) -> Schema:
    """What rowsmith understands of a table, or of several: kinds, types, keys, rules, each with the reason.

    Rules that all rows keep, and that chance would hardly have made, stand under `rules` and are kept in what is drawn:
    formulas, orders of times, values that are missing together. Those that a few rows break are only proposed; a
    formula among them is learnt with the rows that break it. Of several tables, foreign keys are found too; of sequences, columns that
    follow from the row before, which stand under `follows`.

    Args:
        data: a frame (pandas, polars, Arrow), or a mapping of names to frames.
        name: of the table, if it is one.
        primary_key: column or columns that identify a row, if you know; of several tables as `table.column`.
        entity: of a single table, column or columns that say whose events rows are, if these are sequences.
        time: column of their time.
        basket: of a single table, column that says to which basket a row belongs, if rows are items of baskets.
        item: column of the item.
        progress: told what has been done.

    Raises:
        DataError: not a table.
        SpecError: a key column that is not there.
    """
    if isinstance(data, Mapping):
        return inspect_tables(data, primary_keys=primary_keys(data, primary_key), progress=progress)
    groups: dict[str, Any] = {"entity": _plain(entity), "time": time, "basket": basket, "item": item}
    return inspection.inspect(data, name=name, primary_key=_plain(primary_key), **groups, progress=progress)


def fit(
    data: Any,
    *,
    schema: Schema | None = None,
    primary_key: Names = (),
    public: Names = (),
    entity: Names = (),
    time: str | None = None,
    basket: str | None = None,
    item: str | None = None,
    learner: str | Learner = "trees",
    settings: Mapping[str, Any] | None = None,
    parts: Any = None,
    seed: int = 0,
    workers: int = 1,
    name: str = "table",
    progress: Progress = silent,
) -> Model | DatabaseModel | SequenceModel | BasketModel:
    """Learn a table, or several that are linked.

    Args:
        data: a frame (pandas, polars, Arrow), n rows; or a mapping of names to frames, which are learnt together.
        schema: what is valid, as `inspect` returns it; inferred if left out.
        primary_key: column or columns that identify a row, of several tables as `table.column`; a schema names them itself.
        public: of a single table, columns whose values may be known to all: those that a single row has are kept too. `*` for
            all columns. Of several tables, the schema says it.
        entity: of a single table, column or columns that say whose events rows are: a patient, a device. Rows of an entity are
            learnt as a sequence. Of baskets, whose they are.
        time: column of the time of events; alone, without an entity, all rows are one series.
        basket: of a single table, column that says to which basket a row belongs; then a row is an item of it.
        item: column of the item.
        learner: name of a learner, or a learner with its settings.
        settings: settings of a learner that was given by name.
        parts: of a single table, name of each row's part, n texts: each part is learnt by a model of its own, such as the easy
            and the hard rows of a profile (`profile(…).parts("easy-hard")`). Such a model draws whole rows only.
        seed: the same data and seed give the same model.
        workers: how many threads; the model does not depend on it.
        name: of the table, where no schema says it.
        progress: told what has been done.

    Returns:
        A `Model` of a table, a `DatabaseModel` of several, a `BasketModel` if there is a basket, a `SequenceModel` if there is a time.

    Raises:
        DataError: the table cannot be learnt.
        SpecError: an argument, a setting or the schema is wrong.
    """
    if isinstance(data, Mapping):
        if schema is not None and primary_key:
            raise SpecError(
                f"primary_key={primary_key!r}: a schema was given too, and a schema names the keys itself; leave one of them out."
            )
        if time is not None or entity or basket is not None or item is not None:
            raise SpecError("time, entity, basket and item: are of a single table; learn the events or baskets alone.")
        if public:
            raise SpecError(f"public={public!r}: of several tables, say `public: true` in the schema.")
        if parts is not None:
            raise SpecError("parts: are of a single table; leave them out.")
        return fit_tables(
            data,
            schema=schema,
            primary_keys=primary_keys(data, primary_key),
            learner=learner,
            settings=settings,
            seed=seed,
            workers=workers,
            progress=progress,
        )
    return fit_rows(
        data,
        schema=schema,
        primary_key=_plain(primary_key),
        public=_plain(public),
        entity=_plain(entity),
        time=time,
        basket=basket,
        item=item,
        learner=learner,
        settings=settings,
        parts=parts,
        seed=seed,
        workers=workers,
        name=name,
        progress=progress,
    )


def _plain(primary_key: Names) -> tuple[str, ...] | str:
    return primary_key if isinstance(primary_key, str) else tuple(primary_key)


def primary_keys(tables: Mapping[str, Any], primary_key: Names) -> dict[str, tuple[str, ...]]:
    """Primary keys by table, from names such as `shops.shop_id`.

    Raises:
        SpecError: a name without a table, or of one that is not there.
    """
    wanted: Sequence[str] = (primary_key,) if isinstance(primary_key, str) else primary_key
    out: dict[str, tuple[str, ...]] = {}
    for each in wanted:
        table, dot, column = each.rpartition(".")
        if not dot or table not in tables:
            raise SpecError(
                f"primary_key={each!r}: of several tables, name the table too, as in {next(iter(tables), 'shops')}.id"
                f"{suggest(table, tables)}"
            )
        out[table] = (*out.get(table, ()), column)
    return out
