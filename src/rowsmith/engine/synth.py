"""The whole path in one call: set rows aside, learn the others, draw a twin, judge it against both."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.frames import to_arrow
from rowsmith.core.grouping import check_columns, entity_numbers
from rowsmith.core.protocols import Learner, Progress, silent
from rowsmith.core.rng import Key
from rowsmith.core.schema import Schema
from rowsmith.engine._basket_schema import basket_lines
from rowsmith.engine._paid import pays
from rowsmith.engine._sequence_schema import event_order
from rowsmith.engine.basket import BasketModel
from rowsmith.engine.fit import fit_rows
from rowsmith.engine.judge import Report, check_target_column, evaluate
from rowsmith.engine.model import Model
from rowsmith.engine.sequence import SequenceModel

HOLDOUT = 0.2
MIN_ROWS = 100
"""A smaller table is learnt whole: what could be kept apart would be too little to judge by."""
MIN_ENTITIES = 20
"""The same of sequences."""


@dataclass(frozen=True)
class Split:
    """A table in two parts, rows in their old order.

    Attributes:
        train: what a model learns from.
        holdout: what it never sees, or None.
        why: why there is no holdout, where there is none.
    """

    train: pa.Table
    holdout: pa.Table | None
    why: str = ""


def split(
    table: pa.Table,
    share: float,
    *,
    seed: int = 0,
    fewest: int = MIN_ROWS,
    what: str = "rows",
    coins: bool = False,
) -> Split:
    """Set a random part of the rows aside.

    Args:
        table: all rows.
        share: of the rows to set aside, from 0 (none) to below 1.
        seed: the same seed sets the same rows aside.
        fewest: rows below which none are set aside.
        what: the rows are.
        coins: whether a coin decides of each row by itself, unseeded, so that one more row changes nothing for the others.

    Raises:
        SpecError: a share out of its range.
    """
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < 1:
        raise SpecError(f"holdout={share!r}: expected a share of the rows from 0 to below 1.")
    n = round(table.num_rows * share)
    if share == 0:
        return Split(table, None, "--holdout 0 was asked for")
    if table.num_rows < fewest or n == 0:
        return Split(table, None, f"the table has fewer than {fewest} {what}")
    apart = np.zeros(table.num_rows, dtype=bool)
    if coins:
        apart = np.random.default_rng().random(table.num_rows) < share
    else:
        apart[Key(seed).child("holdout").generator().permutation(table.num_rows)[:n]] = True
    return Split(table.filter(pa.array(~apart)), table.filter(pa.array(apart)))


def split_entities(
    table: pa.Table, whose: NDArray[np.int64] | None, names: tuple[str, ...], share: float, *, seed: int = 0
) -> Split:
    """Set all rows of a random part of the entities aside.

    Args:
        table: all rows.
        whose: number of each row's entity, shape (rows,); None for a single series, of which nothing is set aside.
        names: columns that say whose rows they are.
        share: of the entities to set aside, from 0 (none) to below 1.
        seed: the same seed sets the same entities aside.

    Raises:
        SpecError: a share out of its range.
    """
    if whose is None:
        return Split(table, None, "a series goes on from row to row, and no part of it stands for the whole")
    number = pa.table({"number": pa.array(np.unique(whose))})
    apart = split(number, share, seed=seed, fewest=MIN_ENTITIES, what=f"values of {', '.join(names)}")
    if apart.holdout is None:
        return Split(table, None, apart.why)
    unseen = pa.array(np.isin(whose, apart.holdout["number"].to_numpy()))
    return Split(table.filter(pc.invert(unseen)), table.filter(unseen))


@dataclass(frozen=True)
class Drawn:
    """A twin and what it came from, before it is judged.

    Attributes:
        parts: the rows that were learnt and those that were not.
        twin: the synthetic table.
        model: what was learnt, to draw more from.
    """

    parts: Split
    twin: pa.Table
    model: Model | SequenceModel | BasketModel


def learn_and_draw(
    data: Any,
    *,
    n: int | None = None,
    total: int | None = None,
    entities: int | None = None,
    entity: tuple[str, ...] | list[str] | str = (),
    time: str | None = None,
    basket: str | None = None,
    item: str | None = None,
    baskets: int | None = None,
    holdout: float = HOLDOUT,
    target: str | None = None,
    seed: int = 0,
    workers: int = 1,
    progress: Progress = silent,
    **fit_options: Any,
) -> Drawn:
    """Set rows aside, learn the others, draw a twin as large as the data (or n rows).

    Args:
        data: a frame.
        n: rows to draw.
        total: rows of the whole table, where the data is a part of it; as many are drawn if nothing else is said.
        entities: sequences to draw, where there is a time.
        entity: as in `fit`.
        time: as in `fit`.
        basket: as in `fit`.
        item: as in `fit`.
        baskets: how many to draw, where rows are items of baskets.
        holdout: share of the rows, of the entities, or of the baskets, to set aside.
        target: column that the twin will be judged by, only to see now whether it is there.
        seed: of all of it.
        workers: threads or processes.
        progress: told what has been done.
        fit_options: as in `fit`.
    """
    table, frame = to_arrow(data)
    check_target_column(target, {"real": table})
    shared: dict[str, Any] = {"seed": seed, "workers": workers, "progress": progress}
    lines = basket_lines(basket, item, entity, time, fit_options.get("schema"))
    order = event_order(entity, time, fit_options.get("schema")) if lines is None else None
    if order is None and lines is None and entities is not None:
        raise SpecError(f"entities={entities}: only sequences have some; give time (--time COLUMN), or ask for rows.")
    if lines is None and baskets is not None:
        raise SpecError(
            f"baskets={baskets}: the rows are no items of baskets; give basket and item (--basket, --item)."
        )
    if order is not None and n is not None:
        raise SpecError(f"rows={n}: sequences are not drawn row by row; ask for entities (--entities).")
    if lines is not None and n is not None:
        raise SpecError(f"rows={n}: baskets are not drawn row by row; ask for baskets (--baskets).")
    whose, names = None, tuple[str, ...]()
    if order is not None:
        whose, names = entity_numbers(table, order.entity) if order.entity else None, order.entity
    elif lines is not None:
        check_columns(table, lines, "basket")  # who is a customer says nothing of a misspelt basket
        whose, names = lines.customers(table), lines.entity or (lines.id,)
    paid = pays(fit_options.get("learner", "trees"))
    parts = (
        split(table, holdout, seed=seed, coins=paid)
        if order is None and lines is None
        else split_entities(table, whose, names, holdout, seed=seed)
    )
    model = fit_rows(parts.train, entity=entity, time=time, basket=basket, item=item, **shared, **fit_options)
    many = None if whose is None else len(np.unique(whose))
    if isinstance(model, SequenceModel):
        twin = model.sample(many if entities is None else entities, **shared)
    elif isinstance(model, BasketModel):
        asked: dict[str, Any] = {"baskets": baskets, "entities": entities}
        if baskets is None and entities is None:
            asked["baskets" if model.n_entities is None else "entities"] = many
        twin = model.sample(**asked, **shared)
    else:
        most = round(model.n_rows / (1 - holdout)) if paid else table.num_rows if total is None else total
        twin = model.sample(n if n is not None else most, **shared)
    return Drawn(parts, twin, dataclasses.replace(model, frame=frame))


def judge_drawn(
    drawn: Drawn, *, target: str | None = None, seed: int = 0, workers: int = 1, progress: Progress = silent
) -> Report:
    """Judge a twin against the rows that were learnt and those that were not, by the rules of its model too.

    Args:
        drawn: the twin and what it came from.
        target: as in `evaluate`.
        seed: as in `evaluate`.
        workers: as in `evaluate`.
        progress: as in `evaluate`.

    Returns:
        The report, with what the model says of itself among its notes: values that it does not keep, rows drawn again.
    """
    known = drawn.model.schema
    grouped = isinstance(drawn.model, SequenceModel | BasketModel)
    report = evaluate(
        drawn.parts.train,
        drawn.twin,
        holdout=drawn.parts.holdout,
        target=target,
        schema=known if grouped or known.only[1].rules else None,
        seed=seed,
        workers=workers,
        progress=progress,
    )
    said = tuple(note.removeprefix("note: ") for note in drawn.model.notes)
    training = drawn.model.training if isinstance(drawn.model, Model) else {}
    return Report(dataclasses.replace(report.summary, notes=(*said, *report.summary.notes), training=training))


@dataclass(frozen=True)
class Synthesis:
    """What `synth` made.

    Attributes:
        twin: the synthetic table, in the kind of frame that was handed in.
        report: how good and how safe it is.
        model: the learnt table, to draw more from.
    """

    twin: Any
    report: Report
    model: Model | SequenceModel | BasketModel


def synth(
    data: Any,
    *,
    n: int | None = None,
    entities: int | None = None,
    entity: tuple[str, ...] | list[str] | str = (),
    time: str | None = None,
    basket: str | None = None,
    item: str | None = None,
    baskets: int | None = None,
    holdout: float = HOLDOUT,
    target: str | None = None,
    schema: Schema | None = None,
    primary_key: tuple[str, ...] | list[str] | str = (),
    public: tuple[str, ...] | list[str] | str = (),
    learner: str | Learner = "trees",
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    workers: int = 1,
    progress: Progress = silent,
) -> Synthesis:
    """Learn a table, draw a twin of it and judge the twin.

    Args:
        data: a frame (pandas, polars, Arrow).
        n: rows to draw; as many as the data has if left out.
        entities: sequences, or customers with their baskets, to draw; as many as the data has if left out.
        entity: column or columns that say whose events rows are; see `fit`.
        time: column of the time of events; see `fit`.
        basket: column that says to which basket a row belongs; see `fit`.
        item: column of the item.
        baskets: how many to draw, where customers are not known; as many as the data has if left out.
        holdout: share of the rows that the learner never sees, so that the report has a real reference; of sequences, share
            of the entities, with all their rows.
        target: column that a classifier or regressor trained on the twin should predict.
        schema: what is valid; inferred if left out.
        primary_key: column or columns that identify a row; a schema names them itself.
        public: columns whose values may be known to all, as in `fit`.
        learner: name of a learner, or a learner with its settings; `auto` tries learners out and keeps the best.
        settings: settings of a learner that was given by name.
        seed: the same data and seed give the same twin.
        workers: how many threads or processes; the result does not depend on it.
        progress: told what has been done.

    Raises:
        DataError: the table cannot be learnt.
        SpecError: an argument, a setting or the schema is wrong.
    """
    drawn = learn_and_draw(
        data,
        n=n,
        entities=entities,
        entity=entity,
        time=time,
        basket=basket,
        item=item,
        baskets=baskets,
        holdout=holdout,
        target=target,
        seed=seed,
        workers=workers,
        progress=progress,
        schema=schema,
        primary_key=primary_key,
        public=public,
        learner=learner,
        settings=settings,
    )
    report = judge_drawn(drawn, target=target, seed=seed, workers=workers, progress=progress)
    return Synthesis(drawn.model.frame.restore(drawn.twin), report, drawn.model)
