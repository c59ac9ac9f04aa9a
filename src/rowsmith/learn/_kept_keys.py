"""Keys that are words which anybody may know, such as the codes of tariffs: kept, each with the numbers of children that it has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.codecs import ColumnCodec, fit_codec, load_codec
from rowsmith.core.protocols import CodeArray, Rows
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column
from rowsmith.core.shield import FEW
from rowsmith.core.state import State
from rowsmith.learn._profile import Profile

KIND = "category"
"""Kind of a key whose values are kept."""
LIST = 20
"""Rows up to which texts that all differ are a list of words, and no texts of persons."""
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Kept:
    """Values of a key that enough rows of other tables share.

    Attributes:
        codec: of the values.
        codes: of the real rows, shape (rows,); that of null where the value is not kept.
    """

    codec: ColumnCodec
    codes: CodeArray

    @classmethod
    def of(cls, name: str, column: Column, values: pa.Array, shared: Index, key: Key) -> Kept:
        """The values of the real rows.

        Args:
            name: of the column.
            column: how it is learnt.
            values: of the real rows.
            shared: rows of other tables that have each, or the entities that these belong to, shape (rows,).
            key: random stream.
        """
        few = column.public or len(values) < LIST
        kept = np.full(len(values), True) if few else shared >= FEW
        known = pc.if_else(pa.array(kept), values, pa.nulls(len(values), values.type))
        codec = fit_codec(name, Column(kind=KIND, type=column.type, form=column.form, public=True), known, key)
        return cls(codec, codec.encode(known))

    def values(
        self, profile: Profile, drawn: dict[str, pa.Array], made: pa.Array, rng: np.random.Generator
    ) -> pa.Array:
        """The key of drawn rows: each has that of a real row with the same numbers of children, if there is one left.

        Args:
            profile: what rows have from real ones.
            drawn: columns of the rows.
            made: made-up keys, as many as there are drawn and real rows together.
            rng: decides between equal rows.
        """
        real = len(self.codes)
        rows = profile.origins(len(made) - real, drawn, rng)
        known = self.codec.decode(self.codes, Rows(0, real), Key(0))
        some = known.take(pa.array(rows, mask=rows < 0))
        free = made.filter(pc.invert(pc.is_in(made, value_set=known.drop_null())))
        gone = np.cumsum(some.is_null().to_numpy(zero_copy_only=False)) - 1
        return pc.coalesce(some, free.take(pa.array(np.maximum(gone, 0))))

    def state(self) -> State:
        """Arrays and JSON."""
        return {"codec": self.codec.state(), "codes": self.codes}

    @classmethod
    def from_state(cls, state: State) -> Kept:
        """The inverse of `state`."""
        return cls(load_codec(KIND, state["codec"]), state["codes"].astype(np.uint16))
