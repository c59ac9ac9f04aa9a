"""Learn whatever is handed in: rows of a table, sequences of events, or lines of baskets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Learner, Progress, silent
from rowsmith.core.schema import Schema
from rowsmith.engine import model
from rowsmith.engine._basket_schema import basket_lines
from rowsmith.engine._sequence_schema import event_order
from rowsmith.engine.basket import BasketModel, fit_baskets
from rowsmith.engine.model import Model
from rowsmith.engine.sequence import SequenceModel, fit_sequence


def fit_rows(
    data: Any,
    *,
    schema: Schema | None = None,
    primary_key: tuple[str, ...] | list[str] | str = (),
    public: tuple[str, ...] | list[str] | str = (),
    entity: tuple[str, ...] | list[str] | str = (),
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
) -> Model | SequenceModel | BasketModel:
    """Learn a table, sequences, or baskets.

    Args:
        data: a frame (pandas, polars, Arrow), n rows.
        schema: what is valid, as `inspect` returns it; inferred if left out.
        primary_key: column or columns that identify a row; a schema names them itself.
        public: columns whose values may be known to all: those that a single row has are kept too. `*` for all columns.
        entity: column or columns that say whose events rows are: a patient, a device. Rows of an entity are learnt as a
            sequence. Of baskets, whose they are.
        time: column of the time of events; alone, without an entity, all rows are one series.
        basket: column that says to which basket a row belongs; then a row is an item of it.
        item: column of the item.
        learner: name of a learner, or a learner with its settings; `auto` tries learners out and keeps the best.
        settings: settings of a learner that was given by name.
        parts: of a table, name of each row's part; see `model.fit`.
        seed: the same data and seed give the same model.
        workers: how many threads; the model does not depend on it.
        name: of the table, where no schema says it.
        progress: told what has been done.

    Returns:
        A `Model`, a `BasketModel` if there is a basket, or a `SequenceModel` if there is a time.

    Raises:
        DataError: the table cannot be learnt.
        SpecError: an argument, a setting or the schema is wrong.
    """
    lines = basket_lines(basket, item, entity, time, schema)
    order = event_order(entity, time, schema) if lines is None else None
    shared: dict[str, Any] = {"learner": learner, "settings": settings, "seed": seed, "workers": workers}
    shared |= {"name": name, "progress": progress, "schema": schema, "public": public}
    if lines is None and order is None:
        return model.fit(data, primary_key=primary_key, parts=parts, **shared)
    if parts is not None:
        raise SpecError("parts: are of single rows; sequences and baskets are learnt whole; leave them out.")
    if primary_key:
        wanted = primary_key if isinstance(primary_key, str) else ", ".join(primary_key)
        raise SpecError(
            f"primary_key={wanted}: sequences and baskets have none besides what groups their rows; leave it out."
        )
    if lines is not None:
        return fit_baskets(data, basket=lines.id, item=lines.item, entity=lines.entity, time=lines.time, **shared)
    assert order is not None
    return fit_sequence(data, entity=order.entity, time=order.time, **shared)
