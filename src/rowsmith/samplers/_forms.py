"""Checks of several settings at once."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from rowsmith.core.errors import SpecError
from rowsmith.core.values import Sql, require


def one_form(settings: object, *forms: tuple[str, ...], empty: bool = False) -> None:
    """Refuse settings that are not given in exactly one of several forms.

    Args:
        settings: the object; what is None is not given.
        forms: names of fields that belong together.
        empty: whether none of them may be given.

    Raises:
        SpecError: the message lists the forms.
    """
    names = dict.fromkeys(name for form in forms for name in form)
    given = [name for name in names if getattr(settings, name) is not None]
    if any(set(form) == set(given) for form in forms) or (empty and not given):
        return
    listed = ", or ".join(" and ".join(form) for form in forms)
    if not given:
        raise SpecError(f"nothing is given: expected {listed}.")
    raise SpecError(f"{shown(settings, *given)}: expected either {listed}, and nothing else of these.")


def ordered(settings: object, *names: str, strictly: bool = True) -> None:
    """Refuse numeric settings that do not rise; what is None, or still an expression, passes.

    Args:
        settings: the object.
        names: of its fields.
        strictly: whether equal ones are refused.

    Raises:
        SpecError: the message shows them.
    """
    known = [n for n in names if not isinstance(value := getattr(settings, n), Sql) and value is not None]
    for lower, upper in itertools.pairwise(known):
        a, b = np.broadcast_arrays(getattr(settings, lower), getattr(settings, upper))
        bad = ~(a < b) if strictly else ~(a <= b)
        if bad.any():
            raise SpecError(
                f"{lower}={a[bad].flat[0]:g}, {upper}={b[bad].flat[0]:g}: expected {lower} "
                f"{'less than' if strictly else 'at most'} {upper}."
            )


def whole(settings: object, name: str, *, least: float, most: float = 2.0**62) -> None:
    """Refuse a numeric setting that is no whole number in a range; None, or still an expression, passes.

    Raises:
        SpecError: the message shows it.
    """
    require(settings, name, least=least, most=most)
    value = getattr(settings, name)
    if value is None or isinstance(value, Sql):
        return
    numbers = np.asarray(value)
    bad = numbers != np.floor(numbers)
    if bad.any():
        raise SpecError(f"{name}={numbers[bad].flat[0]:g}: expected a whole number.")


def shown(settings: object, *names: str) -> str:
    """Settings for a message."""
    values = {name: getattr(settings, name) for name in names}
    return ", ".join(f"{n}={_text(v)}" for n, v in values.items())


def _text(value: Any) -> str:
    if isinstance(value, Sql):
        return "{sql: …}"
    if isinstance(value, np.ndarray):
        return f"{value.min():g} … {value.max():g}" if value.size else "…"
    return str(value)
