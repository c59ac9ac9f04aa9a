"""Settings that may differ from row to row: one number, or what an SQL expression gives for each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError


@dataclass(frozen=True)
class Sql:
    """An SQL expression that gives a setting its value in each row; written `{sql: "…"}` in a spec."""

    expression: str


Number = float | Sql | NDArray[Any]
"""A numeric setting. Before a sampler is asked for n rows, each `Sql` in it has become an array, shape (n,)."""


def require(
    settings: object,
    name: str,
    *,
    above: float | None = None,
    least: float | None = None,
    below: float | None = None,
    most: float | None = None,
) -> None:
    """Refuse a numeric setting outside its range; one that is still an expression, or None, passes.

    Args:
        settings: the object.
        name: of its field: a number, an array, `Sql` or None.
        above: the value must be greater than this.
        least: and at least this.
        below: and less than this.
        most: and at most this.

    Raises:
        SpecError: `name=value`, and what was expected. The caller puts the path in front.
    """
    value = getattr(settings, name)
    if value is None or isinstance(value, Sql):
        return
    numbers = np.asarray(value, dtype=float)
    good = np.isfinite(numbers)
    words = []
    for bound, holds, text in (
        (above, np.greater, "greater than"),
        (least, np.greater_equal, "at least"),
        (below, np.less, "less than"),
        (most, np.less_equal, "at most"),
    ):
        if bound is not None:
            good &= holds(numbers, bound)
            words.append(f"{text} {bound:g}")
    if not good.all():
        shown = numbers[~good].flat[0] if numbers.ndim else value
        raise SpecError(f"{name}={shown:g}: expected a finite number{' ' if words else ''}{' and '.join(words)}.")
