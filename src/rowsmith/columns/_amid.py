"""Values of one printed form amid words: dates of which one says `soon`, amounts in `kg` of which some say `unknown`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core import text
from rowsmith.core.state import State
from rowsmith.core.text import Form

MOST = 0.5
"""Share of the texts that are of the form, from which on the others are words amid them."""
MAX_SHAPES = 10
"""Shapes that texts of one form have, at most: `1 kg` and `1.5 kg` are two."""


@dataclass(frozen=True)
class Amid:
    """The form of most texts, by which they are told from words.

    Attributes:
        shapes: of the texts, with 9 for digits and a for letters.
        form: how the values are printed.
    """

    shapes: tuple[str, ...]
    form: Form

    @classmethod
    def of(cls, values: pa.Array) -> Self | None:
        """The form of most of some texts without nulls; None if they have none."""
        some = values.take(np.unique(np.linspace(0, len(values) - 1, min(len(values), text.SAMPLE)).astype(np.int64)))
        counts = pc.value_counts(_shapes(some)).to_pylist()
        shapes = sorted((-c["counts"], c["values"]) for c in counts if "9" in c["values"])
        for first in (MAX_SHAPES, 1) if shapes and len(shapes) <= MAX_SHAPES else (1,):
            found = cls(tuple(shape for _, shape in shapes[:first]), {})
            form = found._form(some)
            if form is not None and (len(some) == len(values) or found._form(values) == form):
                return cls(found.shapes, form)
        return None

    def _form(self, values: pa.Array) -> Form | None:
        """The form of those texts that have one of the shapes, if most have."""
        texts = values.filter(pa.array(self.among(values)))
        if not len(texts) or len(texts) < MOST * len(values):
            return None
        found = text.recognise(texts)
        return None if found is None or found[1]["as"] in ("boolean", "json") or "null" in found[1] else found[1]

    def among(self, values: pa.Array) -> NDArray[np.bool_]:
        """Which texts are of the form, shape (rows,)."""
        told = pc.is_in(_shapes(values), pa.array(self.shapes, pa.string()))
        return np.array(told.to_numpy(zero_copy_only=False), dtype=bool)

    def typed(self, texts: pa.Array) -> pa.Array:
        """Values of texts of the form."""
        return text.parse(texts, self.form)

    def show(self, values: pa.Array) -> pa.Array:
        """Texts of values."""
        return text.show(values, self.form)

    def state(self) -> State:
        """Plain values."""
        return {"shapes": list(self.shapes), "form": dict(self.form)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls(tuple(state["shapes"]), dict(state["form"]))


def _shapes(values: pa.Array) -> pa.Array:
    """Texts with 9 for digits and a for letters."""
    return pc.replace_substring_regex(pc.replace_substring_regex(values, r"\p{L}+", "a"), r"[0-9]+", "9")
