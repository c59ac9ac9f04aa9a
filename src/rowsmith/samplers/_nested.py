"""Columns inside the settings of others: the items of a list, the fields of a struct."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import SAMPLERS, ColumnSampler
from rowsmith.core.settings import build, settings_of
from rowsmith.core.values import Sql
from rowsmith.samplers.formula import Formula
from rowsmith.samplers.uuid import Uuid

_AROUND = ("null", "as", "by", "correlate", "description")


def inner(settings: Any, where: str, *, any_type: bool = False) -> ColumnSampler:
    """The sampler that settings inside another's describe.

    Args:
        settings: `kind` and the settings of that kind, or the name of a kind alone.
        where: path to them, for messages.
        any_type: whether a type that is only known afterwards will do, as a formula's.

    Raises:
        SpecError: they are wrong, or the kind cannot stand inside another.
    """
    settings = {"kind": settings} if isinstance(settings, str) else settings
    if any_type and isinstance(settings, Mapping) and set(settings) == {"sql"}:
        settings = {"kind": "formula", **settings}
    if not isinstance(settings, Mapping) or not isinstance(settings.get("kind"), str):
        raise SpecError(f"{where}={settings!r}: expected a kind with its settings, such as {{kind: normal, mean: 10}}.")
    own = {str(k): v for k, v in settings.items() if k != "kind"}
    with at(where):
        kind = SAMPLERS.load(settings["kind"])
        for name, value in own.items():
            if name in _AROUND and name not in settings_of(kind):
                raise SpecError(f"{name}={value!r}: is possible for a whole column only; leave it out.")
            if isinstance(value, Sql) or (isinstance(value, Mapping) and set(value) == {"sql"}):
                raise SpecError(
                    f"{name}: SQL is not possible here; give a plain value, or make it a column of its own."
                )
        sampler = build(kind, own, where)
        if sampler.type is None and not (any_type and isinstance(sampler, Formula)):
            raise SpecError(f"kind={settings['kind']!r}: can only be a column of its own.")
        # Others are unique by the number of their row in the whole table, which is not known in here.
        if sampler.by_row and not isinstance(sampler, Uuid):
            raise SpecError(f"kind={settings['kind']!r}: values that never repeat can only be a column of their own.")
    return sampler


@contextmanager
def at(where: str) -> Iterator[None]:
    """Puts a path in front of the message of what goes wrong."""
    try:
        yield
    except SpecError as fault:
        if str(fault).startswith(where):
            raise
        raise SpecError(f"{where}.{fault}") from None
