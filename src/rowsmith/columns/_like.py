"""What kinds have in common whose values are made anew: their look can be declared by a few made-up values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from rowsmith.core.domains import Anew, Declaring, Domain
from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Codec, ColumnKind
from rowsmith.core.rng import Key
from rowsmith.core.shield import Sharing, Units, Whole
from rowsmith.core.text import Form


@dataclass(frozen=True, kw_only=True)
class Alike(ColumnKind, Declaring, Sharing):
    """Settings of a kind whose values are made anew."""

    anew: ClassVar[bool] = True

    like: tuple[str, ...] = ()
    """Made-up values from which the look is taken, in place of the column's own."""

    def usual(self, type: pa.DataType) -> tuple[str, ...]:
        """Values of the look that is taken where nothing is to be read off the data and none is declared; none if there is none."""
        return ()

    def shown(self, values: pa.Array) -> pa.Array:
        """The values from which the look is taken: the column's own, if none are declared.

        Raises:
            SpecError: those that are declared are not of the column's type.
        """
        return self._typed(self.like, values.type) if self.like else values

    def fit_shared(self, values: pa.Array, form: Form | None, key: Key, units: Units | None, whole: Whole) -> Codec:
        """The look of one value of each entity, so that what one of them has in many rows is not what many have."""
        if units is None:
            return self.fit(values, form, key)
        order = key.child("units").generator().permutation(len(units))
        one = np.sort(order[np.unique(units[order], return_index=True)[1]])
        return self.fit(values.take(pa.array(one)), form, key)

    def domain(self, type: pa.DataType, form: Form | None) -> Anew:
        """Nothing of the values need be known."""
        if not (self.like or self.usual(type)):
            raise SpecError(
                "like: say by made-up values what the column looks like, such as `like: [AB-1234, CD-5678]`."
            )
        self._typed(self.like or self.usual(type), type)
        return Anew(type)

    def coded(self, domain: Domain, form: Form | None, key: Key) -> Codec:
        """The codec of the look that is declared, or of the usual one."""
        assert isinstance(domain, Anew)
        return self.fit(self._typed(self.like or self.usual(domain.type), domain.type), form, key)

    def _typed(self, texts: tuple[str, ...], type: pa.DataType) -> pa.Array:
        try:
            return pa.array(texts, pa.string()).cast(type)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            raise SpecError(f"like={texts[0]!r}: expected values of the column's type {type}.") from None
