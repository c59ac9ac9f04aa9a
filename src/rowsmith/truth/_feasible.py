"""Settings that cannot be: named, with the range that can, and the nearest value in it."""

from __future__ import annotations

import math

from rowsmith.core.errors import SpecError


def within(name: str, value: float | None, low: float, high: float, what: str) -> None:
    """Refuse a number outside a range, both ends of which are allowed; None passes.

    Args:
        name: of the setting.
        value: of it.
        low: least that can be.
        high: most that can be.
        what: it is: "a share of the rows".

    Raises:
        SpecError: it is outside.

    >>> within("share", 0.7, 0, 0.5, "a share of the rows")
    Traceback (most recent call last):
    rowsmith.core.errors.SpecError: share=0.7: expected a share of the rows from 0 to 0.5; the nearest is 0.5.
    """
    if value is None or low <= value <= high:
        return
    near = "" if math.isnan(value) else f"; the nearest is {low if value < low else high:.10g}"
    raise SpecError(f"{name}={value:.10g}: expected {what} from {low:.10g} to {high:.10g}{near}.")
