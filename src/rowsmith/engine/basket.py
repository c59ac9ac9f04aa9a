"""The model of baskets that a user holds: fit it on lines of baskets, draw baskets from it, save it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import ModelFileError, SpecError
from rowsmith.core.frames import FrameKind, to_arrow
from rowsmith.core.grouping import entity_numbers
from rowsmith.core.protocols import Learner, Progress, Rows, silent
from rowsmith.core.provenance import MARK, Provenance
from rowsmith.core.rng import Key
from rowsmith.core.schema import Schema
from rowsmith.core.settings import build, settings_of
from rowsmith.core.state import read_state, write_state
from rowsmith.engine._basket_schema import Names, arranged_baskets, basket_lines
from rowsmith.engine._notes import protected_note
from rowsmith.engine._origin import kept, kept_from, learner_of, noted, program, settings_in
from rowsmith.engine._paid import refuse
from rowsmith.engine.executors import check_workers
from rowsmith.engine.model import Model
from rowsmith.engine.plan import TablePlan
from rowsmith.engine.run import batches, write
from rowsmith.engine.sequence import SequenceModel, check_count
from rowsmith.io._open import open_sink
from rowsmith.learn._basket_law import ItemSettings
from rowsmith.learn.basket import KIND, VERSION, BasketTable
from rowsmith.learn.table import TableModel


@dataclass(frozen=True)
class Drawing:
    """A `Sampler` of the lines of baskets that are drawn.

    Attributes:
        table: the learnt one.
        heads: all baskets.
        customers: of each basket; -1 where they are not known.
        units: number of the first basket of each customer, or of each basket, and the number of baskets.
        begins: number of the first item of each basket, and the number of items.
        key: random stream of the table.
    """

    table: BasketTable
    heads: pa.RecordBatch
    customers: NDArray[np.int64]
    units: NDArray[np.int64]
    begins: NDArray[np.int64]
    key: Key

    @property
    def plan(self) -> TablePlan:
        """Of the customers, or of the baskets: as many in a chunk as have about its rows."""
        return TablePlan.of_groups(self.table.name, len(self.units) - 1, int(self.begins[-1]), self.key)

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.RecordBatch:
        """All lines of some customers or baskets: `rows` counts these, not their lines."""
        lo, hi = int(self.units[rows.first]), int(self.units[rows.first + rows.n])
        return self.table.rows(self.heads.slice(lo, hi - lo), self.customers[lo:hi], lo, int(self.begins[lo]), self.key)


@dataclass(frozen=True)
class BasketModel:
    """A learnt table of baskets.

    Attributes:
        table: draws its rows.
        n_rows: how many rows it learnt from.
        frame: the kind of frame that `sample` returns.
        metadata: of the Arrow schema it learnt from: how the file was written.
        settings: of the learner, as plain values.
        made_by: name and version of the program that learnt it.
    """

    table: BasketTable
    n_rows: int
    frame: FrameKind = field(default_factory=FrameKind)
    metadata: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    made_by: str = ""

    @property
    def provenance(self) -> Provenance:
        """Where its rows come from, as it is marked in what is drawn."""
        return Provenance(
            made_by=self.made_by,
            method="learnt",
            learner="baskets",
            settings=self.settings,
            learnt_rows=self.n_rows,
            protected=tuple(vars(each) for each in self.table.protected),
        )

    @property
    def notes(self) -> list[str]:
        """What a user should know of the rows that it draws."""
        return [note for note in (self._turned_note, self.protected_note) if note]

    @property
    def _turned_note(self) -> str:
        """What to say where basket and item may have been taken for one another; else empty."""
        basket = self.table.schema.basket
        if basket is None or self.table.law.size <= self.n_baskets:
            return ""
        return (
            f"note: there are more items ({self.table.law.size:,}) than baskets ({self.n_baskets:,}); if the columns are the wrong way "
            f"round, say --basket {basket.item} --item {basket.id}."
        )

    @property
    def protected_note(self) -> str:
        """What to say of values that the model does not keep; empty if there are none."""
        basket = self.table.schema.basket
        known = basket is not None and bool(basket.entity)
        return protected_note(self.table.protected, self.n_rows, "customers" if known else "")

    @property
    def schema(self) -> Schema:
        """What the model takes for valid."""
        return Schema(tables={self.table.name: self.table.schema})

    @property
    def arrow_schema(self) -> pa.Schema:
        """Names and types of the columns, with what a sink needs to write them like the input."""
        return self.provenance.marked(self.table.arrow_schema.with_metadata(dict(self.metadata) or None))

    @property
    def n_baskets(self) -> int:
        """How many baskets it learnt from."""
        return self.table.n_baskets

    @property
    def n_entities(self) -> int | None:
        """How many customers it learnt from; None where they are not known."""
        heads = self.table.heads
        return None if isinstance(heads, TableModel) else heads.n_entities

    @property
    def learnt(self) -> str:
        """How much it learnt besides its rows, in words."""
        of = "" if self.n_entities is None else f" of {self.n_entities:,} customers"
        return (
            f"{len(self.table.schema.columns)} columns in {self.n_baskets:,} baskets{of}, {self.table.law.size:,} items"
        )

    def sample(
        self,
        baskets: int | None = None,
        *,
        entities: int | None = None,
        seed: int = 0,
        workers: int = 1,
        progress: Progress = silent,
    ) -> Any:
        """Draw baskets into memory.

        Args:
            baskets: how many; as many as were learnt if left out. Where customers are known, they say how many there are.
            entities: customers, where they are known; as many as were learnt if left out.
            seed: the same seed gives the same rows.
            workers: how many processes; the rows do not depend on it.
            progress: told how many are done.

        Returns:
            A frame of the kind that the model learnt from, a row for each item of a basket, basket by basket, those of a
            customer together.

        Raises:
            SpecError: an argument out of its range, or a rule that is broken too often.
        """
        drawing = self._drawing(baskets, entities, seed, workers, progress)
        rows = batches(drawing.plan, drawing, workers=workers, progress=progress)
        return self.frame.restore(pa.Table.from_batches(rows, schema=self.table.arrow_schema))

    def sample_to(
        self,
        target: str | os.PathLike[str],
        baskets: int | None = None,
        *,
        entities: int | None = None,
        seed: int = 0,
        format: str | None = None,
        workers: int = 1,
        progress: Progress = silent,
    ) -> int:
        """Draw baskets into a file or database, chunk by chunk: memory does not grow with their items, but with the baskets.

        Args:
            target: file name or database URL.
            baskets: as in `sample`.
            entities: as in `sample`.
            seed: the same seed gives the same bytes.
            format: name of the format, if the ending of the target does not say it.
            workers: how many processes; the bytes do not depend on it.
            progress: told how many are done.

        Returns:
            How many baskets there are.

        Raises:
            SpecError: as `sample`.
            OutputError: the target cannot be written.
        """
        drawing = self._drawing(baskets, entities, seed, workers, progress)
        sink = open_sink(str(target), format, kinds=self.frame.kinds)
        write(drawing.plan, drawing, sink, self.arrow_schema, workers=workers, progress=progress)
        return int(drawing.heads.num_rows)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one file: arrays and JSON, no code.

        Raises:
            OutputError: the file cannot be written.
        """
        write_state(path, {"table": self.table.state(), **kept(self)}, kind=KIND, version=VERSION)

    def _drawing(
        self, baskets: int | None, entities: int | None, seed: int, workers: int, progress: Progress
    ) -> Drawing:
        check_workers(workers)
        check_count("baskets", baskets, 0)
        check_count("entities", entities, 0)
        table, heads = self.table, self.table.heads
        shared: dict[str, Any] = {"seed": seed, "workers": workers, "progress": progress}
        if isinstance(heads, TableModel):
            if entities is not None:
                raise SpecError(
                    f"entities={entities}: the model does not know whose baskets they are; ask for baskets (--baskets)."
                )
            drawn = Model(heads, self.n_baskets).sample(self.n_baskets if baskets is None else baskets, **shared)
            customers = np.full(drawn.num_rows, -1, dtype=np.int64)
            units = np.arange(drawn.num_rows + 1)
        else:
            if baskets is not None:
                raise SpecError(
                    f"baskets={baskets}: the model draws customers with all their baskets; ask for customers (--entities)."
                )
            drawn = SequenceModel(heads, self.n_baskets).sample(entities, **shared)
            customers = entity_numbers(drawn, table.customers)
            units = np.append(np.flatnonzero(np.diff(customers, prepend=-1)), drawn.num_rows)
        whole = drawn.unify_dictionaries().combine_chunks().to_batches()
        rows = whole[0] if whole else pa.RecordBatch.from_pylist([], schema=drawn.schema)
        begins = np.append(0, np.cumsum(table.sizes(rows)))
        return Drawing(table, rows, customers, units, begins, Key(seed).child(table.name))


def fit_baskets(
    data: Any,
    *,
    basket: str | None = None,
    item: str | None = None,
    entity: Names = (),
    time: str | None = None,
    schema: Schema | None = None,
    public: Names = (),
    learner: str | Learner = "trees",
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    workers: int = 1,
    name: str = "table",
    progress: Progress = silent,
) -> BasketModel:
    """Learn a table of baskets.

    Args:
        data: a frame (pandas, polars, Arrow), a row for each item of a basket.
        basket: column that says to which basket a row belongs.
        item: column of the item.
        entity: column or columns that say whose baskets they are, if customers are known.
        time: column of the time of a customer's baskets; without one they stand in their order.
        schema: what is valid; its `basket` may say the four above.
        public: columns whose values may be known to all, as in `fit`.
        learner: of all that is not items, by name or with settings.
        settings: of a learner that was given by name, and `model` (maxent or chain): how the items are learnt.
        seed: the same data and seed give the same model.
        workers: how many threads; the model does not depend on it.
        name: of the table, where no schema says it.
        progress: told what has been done.

    Raises:
        DataError: the table cannot be learnt, or a row has no basket or no item.
        SpecError: an argument, a setting or the schema is wrong.
    """
    from rowsmith.learn._basket_fit import fit_baskets as fit_rows

    refuse(learner, "learns rows, not baskets")
    table, frame = to_arrow(data)
    check_workers(workers)
    lines = basket_lines(basket, item, entity, time, schema)
    if lines is None:
        raise SpecError(
            "baskets need the columns of basket and item; give basket and item (--basket COLUMN --item COLUMN)."
        )
    found = arranged_baskets(table, schema, lines, name, public)
    own = {n: v for n, v in (settings or {}).items() if n in settings_of(ItemSettings)}
    items = build(ItemSettings, own, "baskets")
    learner = learner_of(learner, {n: v for n, v in (settings or {}).items() if n not in own})
    fitted = fit_rows(
        found.rows,
        found.schema,
        found.heads,
        found.lines,
        learner,
        items,
        name=found.name,
        key=Key(seed).child(found.name),
        workers=workers,
        progress=progress,
    )
    return BasketModel(
        fitted,
        table.num_rows,
        frame,
        noted(table, (MARK,)),
        settings=vars(items) | settings_in(learner),
        made_by=program(),
    )


def load_basket(path: str | os.PathLike[str]) -> BasketModel:
    """Read a saved model of baskets. Runs no code from the file.

    Raises:
        ModelFileError: not such a model, damaged, or of another version.
    """
    state = read_state(path, kind=KIND, version=VERSION)
    try:
        return BasketModel(
            table=BasketTable.from_state(state["table"]),
            **kept_from(state),
        )
    except ModelFileError as fault:
        raise ModelFileError(f"{path}: {fault}") from None
    except (KeyError, TypeError, ValueError) as fault:
        raise ModelFileError(f"{path}: the model is damaged ({fault!r}).") from None
