"""Values as whole numbers on a line, and back: how a key that counts is made; and what a time says of the calendar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core import text
from rowsmith.core.codecs import plain_values
from rowsmith.core.schema import Column, arrow_type
from rowsmith.learn._families import Families

Index = NDArray[np.int64]

PART = Column(kind="integer", type="int64", settings={"ends": 1})


def on_line(values: pa.Array) -> Index | None:
    """Whole numbers or times as whole numbers; None for other types.

    Args:
        values: typed, none of them null.
    """
    kind = values.type
    if pa.types.is_integer(kind):
        return np.asarray(values.cast(pa.int64()).to_numpy())
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        ticks = values.cast(pa.int32() if pa.types.is_date32(kind) else pa.int64())
        return np.asarray(ticks.to_numpy(), dtype=np.int64)
    return None


def off_line(numbers: Index, column: Column) -> pa.Array:
    """The inverse of `on_line`, in the type and form of a column.

    Args:
        numbers: shape (n,).
        column: with its type.
    """
    kind = arrow_type(column.type)
    typed = plain_values("", pa.array([], kind), kind, column.form).type
    width = pa.int32() if pa.types.is_date32(typed) else pa.int64()
    plain = pa.array(numbers).cast(width)
    plain = plain.cast(typed) if pa.types.is_integer(typed) else plain.view(typed)
    return plain if plain.type == kind else text.show(plain, column.form or {})


def parts_of(name: str, values: pa.Array) -> dict[str, tuple[Column, pa.Array]]:
    """Month, day, weekday and hour of times, as helpers that are given; nothing of other types.

    Args:
        name: of the column.
        values: typed.
    """
    kind = values.type
    if not (pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
        return {}
    parts = {"month": pc.month, "day": pc.day, "weekday": pc.day_of_week}
    parts |= {"hour": pc.hour} if pa.types.is_timestamp(kind) else {}
    return {f"·{part} {name}": (PART, of(values).cast(pa.int64())) for part, of in parts.items()}


@dataclass(frozen=True)
class Counted:
    """A column of the key that is another one in each row of a family, on a line of even steps.

    Attributes:
        first: number of the first place on the line.
        step: from one to the next.
        places: how many there are, of which each family has some; 0 where it has the first ones, as numbers of lines are.
    """

    first: int
    step: int
    places: int

    def of(self, families: Families, rng: np.random.Generator) -> Index:
        """Numbers of the rows of families, shape (n,)."""
        if not self.places:
            return self.first + self.step * families.place
        # as many places as a family has rows, by chance; a family that is larger than the line goes on behind it
        out = np.empty(len(families.rows), dtype=np.int64)
        for start, size in zip(families.starts.tolist(), families.size.tolist(), strict=True):
            some = rng.permutation(max(self.places, size))[:size]
            out[start : start + size] = np.sort(some)
        return self.first + self.step * out
