"""Nothing is written over what it is made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rowsmith.core.errors import SpecError
from rowsmith.io._tables import local_path

READ = ("source", "sources", "model", "given", "known", "schema", "holdout")
WRITTEN = ("output", "report", "json")
"""Options of commands that name what is read, and what is written. Where something is learnt, a model is written, too."""


def apart(options: Mapping[str, Any]) -> None:
    """Check that what a command writes is not what it reads.

    Args:
        options: of the command, by name.

    Raises:
        SpecError: it is: the real rows would be lost.
    """
    learns = "sources" in options
    read = [name for option in READ if not (learns and option == "model") for name in _names(options.get(option))]
    for target in (name for option in (*WRITTEN, *["model"] * learns) for name in _names(options.get(option))):
        for source in read:
            one, two = local_path(source), local_path(target)
            if one is not None and two is not None and one.exists() and two.exists() and one.samefile(two):
                raise SpecError(f"{target}: is read from too, and would be lost; name another target.")


def _names(value: Any) -> list[str]:
    return (
        [value]
        if isinstance(value, str)
        else [v for v in value if isinstance(v, str)]
        if isinstance(value, list)
        else []
    )
