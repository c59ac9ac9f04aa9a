"""Fitted baskets: what is said of a basket, how many items it has, which ones, and what is said of each.

What is the same in all lines of a basket is a row of a table of its own, with the number of its items; that is learnt like
any other table (`table.py`), or, where customers are known, as a sequence of their baskets (`sequence.py`). Items are drawn
given all that (`_basket_pairs.py`), and then the columns of each line given its item, again as a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.codecs import ColumnCodec, load_codec
from rowsmith.core.errors import ModelFileError, RowsmithError
from rowsmith.core.permutation import mix
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.schema import Schema, Table
from rowsmith.core.state import State
from rowsmith.learn._basket_law import Law, law_from_state, law_state
from rowsmith.learn._basket_lines import Lines
from rowsmith.learn._basket_pairs import Ints
from rowsmith.learn._basket_signs import Calendar, Levels, Teller, signs_of
from rowsmith.learn._protected import Protected
from rowsmith.learn._relations import Rollup, as_type
from rowsmith.learn.sequence import SequenceTable
from rowsmith.learn.table import TableModel, field_of

KIND, VERSION = "basket-model", 1
"""What the file of a model says of itself."""


@dataclass(frozen=True)
class BasketTable:
    """A fitted table of baskets.

    Attributes:
        name: the table's.
        schema: its columns, kinds and types, and what makes it baskets.
        heads: draws what is the same in all lines of a basket, and the number of its items.
        count: name there of this number.
        place: name there of a basket's number among those of its customer, if that stands for the time; else empty.
        items: codec of the items.
        codes: code of each item of the law, shape (items,).
        law: draws the items.
        tellers: what columns of the baskets tell of the items.
        lines: draws the other columns of the lines.
        rollups: columns of baskets that sum up their lines.
        n_baskets: how many there were.
        protected: columns of which values that too few rows share were left out.
    """

    name: str
    schema: Table
    heads: TableModel | SequenceTable
    count: str
    place: str
    items: ColumnCodec
    codes: NDArray[np.int64]
    law: Law
    tellers: tuple[Teller, ...]
    lines: Lines
    rollups: tuple[Rollup, ...]
    n_baskets: int
    protected: tuple[Protected, ...] = ()

    @property
    def arrow_schema(self) -> pa.Schema:
        """Names and types of what is drawn, with the printed forms that a text sink needs."""
        return pa.schema([field_of(name, column) for name, column in self.schema.columns.items()])

    @property
    def customers(self) -> tuple[str, ...]:
        """Columns of `heads` that say whose baskets they are; none where that is not known."""
        return () if isinstance(self.heads, TableModel) else self.heads.keys

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns that are made anew: of the basket and of the customer."""
        assert self.schema.basket is not None
        return (*self.schema.basket.entity, self.schema.basket.id)

    def sizes(self, heads: pa.Table | pa.RecordBatch) -> Ints:
        """Number of different items of each basket."""
        drawn = heads[self.count].cast(pa.int64()).to_numpy()
        return np.asarray(np.clip(drawn, 1, len(self.codes)), dtype=np.int64)

    def rows(self, heads: pa.RecordBatch, customers: Ints, first: int, line: int, key: Key) -> pa.RecordBatch:
        """The lines of some baskets, one basket after the other.

        Args:
            heads: as drawn, a row each.
            customers: of each basket, those of one stand together; -1 where they are not known.
            first: number of the first basket; each has a random stream of its own.
            line: number of its first line, on which made-up keys depend.
            key: random stream of the table.

        Raises:
            SpecError: rules are broken too often.
        """
        sizes = self.sizes(heads)
        begins = np.append(0, np.cumsum(sizes))
        own = {teller.column: heads[teller.column] for teller in self.tellers}
        signs = signs_of(self.tellers, own, len(self.codes), len(sizes), customers)
        seeds = mix(np.arange(first, first + len(sizes), dtype=np.uint64), key.child("items").integer())
        items = self.law.draw(begins, signs, seeds, key.child("items", first))
        values = self.items.decode(
            self.codes[items].astype(np.uint16), Rows(line, len(items)), key.child("column", self.items.name)
        )
        which, drawn = self.lines.rows(values, items, begins, heads, line, key.child("lines", first))
        basket = pa.array(np.repeat(np.arange(len(sizes)), sizes)[which])
        out = {**drawn, self.items.name: values.take(pa.array(which))}
        for name in self.schema.columns:
            if name not in out:
                out[name] = heads[name].take(basket)
        for each in self.rollups:
            totals = each.totals(drawn, basket.to_numpy(), len(sizes))
            out[each.column] = as_type(totals, out[each.column].type).take(basket)
        schema = self.arrow_schema
        return pa.RecordBatch.from_arrays([out[field.name] for field in schema], schema=schema)

    def state(self) -> State:
        """Arrays and JSON from which `from_state` makes the same."""
        return {
            "schema": Schema(tables={self.name: self.schema}).to_dict(),
            "heads": self.heads.state(),
            "count": self.count,
            "place": self.place,
            "items": self.items.state(),
            "codes": self.codes,
            "law": law_state(self.law),
            "tellers": [{"sort": type(t).__name__, **t.state()} for t in self.tellers],
            "lines": self.lines.state(),
            "rollups": [each.state() for each in self.rollups],
            "n_baskets": self.n_baskets,
            "protected": [vars(each) for each in self.protected],
        }

    @classmethod
    def from_state(cls, state: State) -> BasketTable:
        """The inverse of `state`.

        Raises:
            ModelFileError: the state does not describe a table of baskets.
        """
        try:
            name, schema = Schema.from_dict(state["schema"]).only
            assert schema.basket is not None
            heads: TableModel | SequenceTable
            heads = (SequenceTable if schema.basket.entity else TableModel).from_state(state["heads"])
            found = cls(
                name=name,
                schema=schema,
                heads=heads,
                count=state["count"],
                place=state["place"],
                items=load_codec(schema.columns[schema.basket.item].kind, state["items"]),
                codes=state["codes"].astype(np.int64),
                law=law_from_state(state["law"]),
                tellers=tuple(SORTS[each["sort"]].from_state(each) for each in state["tellers"]),
                lines=Lines.from_state(state["lines"]),
                rollups=tuple(map(Rollup.from_state, state["rollups"])),
                n_baskets=int(state["n_baskets"]),
                protected=tuple(Protected(**each) for each in state["protected"]),
            )
            found.check()
            return found
        except ModelFileError:
            raise
        except RowsmithError as fault:
            raise ModelFileError(f"the model is damaged or from another version: {fault}") from None
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, AssertionError) as fault:
            raise ModelFileError(f"the model is damaged: its parts do not fit together ({fault!r}).") from None

    def check(self) -> None:
        """Check that the parts fit together.

        Raises:
            ModelFileError: they do not.
        """
        codes, own = self.codes, set(self.heads.schema.columns)
        wanted = set(self.schema.columns) - set(self.lines.columns) - {self.items.name}
        if not (
            codes.shape == (self.law.size,)
            and ((codes >= 0) & (codes < self.items.size)).all()
            and sum(teller.size for teller in self.tellers) == self.law.signs
            and all(each.values.shape == codes.shape for each in self.lines.usual)
            and all({each.column} <= wanted and set(self.lines.columns) >= set(each.reads) for each in self.rollups)
            and own >= wanted | set(self.lines.context) | {self.count} | {teller.column for teller in self.tellers}
        ):
            raise ModelFileError("the model is damaged: its items and its baskets do not fit together.")


SORTS: Mapping[str, type[Levels] | type[Calendar]] = {"Levels": Levels, "Calendar": Calendar}
