"""Keys that are words which anybody may know, such as the codes of tariffs: kept, each with the numbers of children that it has.

In a short list the other words of a row go with them: the names of the tariffs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.codecs import ColumnCodec, fit_codec, load_codec
from rowsmith.core.errors import ModelFileError
from rowsmith.core.protocols import CodeArray, Rows
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column
from rowsmith.core.shield import FEW
from rowsmith.core.state import State

if TYPE_CHECKING:
    from rowsmith.learn._drawn import Drawn
    from rowsmith.learn._part import Part

KIND = "category"
"""Kind of a key whose values are kept."""
WORDS = (KIND, "boolean")
"""Kinds of columns that are words of a list."""
LIST = 20
"""Rows up to which texts that all differ are a list of words, and no texts of persons."""
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Kept:
    """Values of a key that enough rows of other tables share, or of words that go with such a key.

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
        few = column.public or (column.kind in WORDS and len(values) < LIST)
        kept = np.full(len(values), True) if few else shared >= FEW
        known = pc.if_else(pa.array(kept), values, pa.nulls(len(values), values.type))
        codec = fit_codec(name, Column(kind=KIND, type=column.type, form=column.form, public=True), known, key)
        return cls(codec, codec.encode(known))

    @property
    def _known(self) -> pa.Array:
        return self.codec.decode(self.codes, Rows(0, len(self.codes)), Key(0))

    def words(self, origins: Index, drawn: pa.Array) -> pa.Array:
        """What goes with the keys of drawn rows, shape (rows,).

        Args:
            origins: the real row that each has its key from, negative for none.
            drawn: what stands where there is none.
        """
        return pc.coalesce(self._known.take(pa.array(origins, mask=origins < 0)), drawn)

    def keys(self, origins: Index, made: pa.Array) -> pa.Array:
        """The keys of drawn rows, shape (rows,).

        Args:
            origins: as in `words`.
            made: made-up keys for those without one, as many as there are drawn and real rows together.
        """
        known = self._known
        some = known.take(pa.array(origins, mask=origins < 0))
        free = made.filter(pc.invert(pc.is_in(made, value_set=known.drop_null())))
        gone = np.cumsum(some.is_null().to_numpy(zero_copy_only=False)) - 1
        return pc.coalesce(some, free.take(pa.array(np.maximum(gone, 0))))

    def state(self) -> State:
        """Arrays and JSON."""
        return {"codec": self.codec.state(), "codes": self.codes}

    @classmethod
    def from_state(cls, state: State, n_rows: int) -> Kept:
        """The inverse of `state`, for a table of so many rows.

        Raises:
            ModelFileError: the codes are none of the values, or not one for each row.
        """
        codec, codes = load_codec(KIND, state["codec"]), state["codes"]
        if codes.shape != (n_rows,) or codes.min(initial=0) < 0 or codes.max(initial=0) >= codec.size:
            raise ModelFileError(f"the kept words of {codec.name} are not those of its {n_rows:,} rows.")
        return cls(codec, codes.astype(np.uint16))


def with_words(part: Part, drawn: Drawn, asked: bool, key: Key) -> None:
    """Give rows the keys that are kept, each those of a real row with as many children, and the words that go with them.

    Args:
        part: the table.
        drawn: its rows.
        asked: whether rows were drawn to meet a condition, which other words might not.
        key: random stream.
    """
    if not part.kept:
        return
    origins = part.profile.origins(drawn.n, drawn.columns, key.generator())
    for name, kept in part.kept.items():
        if name in part.made:
            drawn.columns[name] = kept.keys(origins, part.made[name].make(drawn.n + len(kept.codes), key.child(name)))
        elif not asked:
            drawn.columns[name] = kept.words(origins, drawn.columns[name])
