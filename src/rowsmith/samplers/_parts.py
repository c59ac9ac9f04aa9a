"""Distributions inside the settings of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import SAMPLERS
from rowsmith.core.settings import build
from rowsmith.core.values import Sql
from rowsmith.samplers._distribution import Distribution


def distribution(settings: Any, where: str) -> Distribution:
    """The distribution that settings describe.

    Args:
        settings: `kind`, and the settings of that kind.
        where: path to them, for messages.

    Raises:
        SpecError: they are not those of a distribution.
    """
    if not isinstance(settings, Mapping) or not isinstance(settings.get("kind"), str):
        raise SpecError(f"{where}: expected a distribution, such as {{kind: normal, mean: 10, sd: 2}}.")
    for name, value in settings.items():
        if isinstance(value, Sql) or (isinstance(value, Mapping) and set(value) == {"sql"}):
            raise SpecError(f"{where}.{name}: SQL is not possible inside another distribution; give a number.")
    try:
        kind = SAMPLERS.load(settings["kind"])
    except SpecError as fault:
        raise SpecError(f"{where}.kind: {fault}") from None
    if not issubclass(kind, Distribution):
        raise SpecError(
            f"{where}.kind={settings['kind']!r}: is no distribution of numbers; expected one such as 'normal'."
        )
    try:
        return build(kind, {str(k): v for k, v in settings.items() if k != "kind"}, where)
    except SpecError as fault:
        if str(fault).startswith(where):
            raise
        raise SpecError(f"{where}.{fault}") from None
