"""The units of columns that a structure makes: a mean, a standard deviation and a number of decimals for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError

COARSEST = 0.5
"""A step of rounding, in standard deviations, that adds no more than 2 % of variance (Sheppard's correction: a twelfth of its
square)."""


@dataclass(frozen=True)
class Unit:
    """How numbers of mean 0 and standard deviation 1 are written.

    Attributes:
        mean: of the column.
        sd: its standard deviation.
        round: decimals; None for all.
    """

    mean: float = 0.0
    sd: float = 1.0
    round: int | None = None

    def __call__(self, z: NDArray[np.float64]) -> pa.Array:
        """Numbers in these units, null where they are nan; shape (n,)."""
        values = self.mean + self.sd * z
        if self.round is not None:
            values = np.round(values, self.round) + 0.0  # no -0.0
        return pa.array(values, mask=np.isnan(values))


def units(
    columns: Sequence[str], scale: Mapping[str, Any] | None, rounding: Mapping[str, Any] | int | None
) -> dict[str, Unit]:
    """The unit of each column.

    Args:
        columns: that are made.
        scale: column to [mean, standard deviation]; [0, 1] for those left out.
        rounding: decimals of all, or of each by name.

    Raises:
        SpecError: a name that is none of the columns, or numbers that cannot be.
    """
    scale = {} if scale is None else scale
    decimals = rounding if isinstance(rounding, Mapping) else dict.fromkeys(columns, rounding)
    for setting, given in (("scale", scale), ("round", decimals)):
        for name in given:
            if name not in columns:
                raise SpecError(f"{setting}.{name}: is no column that is made here; expected {', '.join(columns)}.")
    out = {}
    for name in columns:
        mean, sd = _pair(name, scale.get(name, (0.0, 1.0)))
        places = decimals.get(name)
        if places is not None and (isinstance(places, bool) or not isinstance(places, int)):
            raise SpecError(f"round.{name}={places!r}: expected a whole number of decimals.")
        if places is not None and 10.0**-places > COARSEST * sd:
            fine = int(np.ceil(-np.log10(COARSEST * sd)))
            raise SpecError(
                f"round.{name}={places}: steps of {10.0**-places:g} are too coarse for a standard deviation of {sd:g}; "
                f"expected {fine} decimals or more."
            )
        out[name] = Unit(mean, sd, places)
    return out


def _pair(name: str, value: Any) -> tuple[float, float]:
    good = isinstance(value, list | tuple) and len(value) == 2
    if not good or not all(isinstance(v, int | float) and not isinstance(v, bool) and np.isfinite(v) for v in value):
        raise SpecError(f"scale.{name}={value!r}: expected [mean, standard deviation], such as [100, 15].")
    if value[1] <= 0:
        raise SpecError(f"scale.{name}={value!r}: expected a standard deviation above 0.")
    return float(value[0]), float(value[1])
