"""Changes by their names and plain settings, as a command line or a spec writes them."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import Any

from rowsmith.augment._change import CHANGES, Augmentation
from rowsmith.core.errors import SpecError
from rowsmith.core.settings import build, settings_of
from rowsmith.core.values import Sql


def change_of(name: str, settings: Mapping[str, Any] | Any, where: str) -> Augmentation:
    """A change.

    Args:
        name: of it; dashes count as underscores.
        settings: name to value; or the value of its main setting alone.
        where: path, for messages.

    Raises:
        SpecError: no such change or setting, or a value that does not fit.
    """
    kind = CHANGES.load(name.replace("-", "_"))
    if settings is None:
        settings = {}
    known = settings_of(kind)
    if not isinstance(settings, Mapping):
        if not kind.main:
            raise SpecError(f"{where}={settings!r}: expected settings by name: {', '.join(known) or 'it has none'}.")
        settings = {kind.main: settings}
    ready = {str(n): _valued(v, known[n].type if n in known else Any) for n, v in settings.items()}
    try:
        return build(kind, ready, where)
    except SpecError as fault:
        message = str(fault)
        raise SpecError(message if message.startswith(where) else f"{where}: {message}") from None


def _valued(value: Any, hint: Any) -> Any:
    """A value as a setting takes it: SQL, a list where one word is written, whole numbers where floats are."""
    if isinstance(value, Mapping) and set(value) == {"sql"} and Sql in typing.get_args(hint):
        return Sql(str(value["sql"]))
    if typing.get_origin(hint) is tuple and isinstance(value, str):
        return [word.strip() for word in value.split(",")]
    if hint is str and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value
