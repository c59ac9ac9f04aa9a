"""What models of every kind begin with: a learner, what a table's reader noted, and who made them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any, Protocol

import pyarrow as pa

from rowsmith.core.definition import without_expressions
from rowsmith.core.errors import SpecError
from rowsmith.core.frames import FrameKind
from rowsmith.core.protocols import LEARNERS, Learner
from rowsmith.core.provenance import Provenance
from rowsmith.core.settings import build
from rowsmith.core.state import State

AUTO = "auto"
"""Name under which learners are tried out; see `engine.auto`."""


def settings_class(name: str) -> type[Any]:
    """What the settings of a learner stand in, by its name.

    Raises:
        SpecError: there is no such learner.
    """
    if name == AUTO:
        from rowsmith.engine.auto import Auto

        return Auto
    return LEARNERS.load(name)


def program() -> str:
    """Name and version of this program."""
    from rowsmith import __version__

    return f"rowsmith {__version__}"


def from_spec() -> Provenance:
    """Where rows come from that a spec makes."""
    return Provenance(made_by=program(), method="spec")


def learner_of(learner: str | Learner, settings: Mapping[str, Any] | None) -> Learner:
    """A learner by name, with settings; or as it is.

    Raises:
        SpecError: there is no such learner or setting, or learners would have to be tried out.
    """
    if not isinstance(learner, str):
        return learner
    if learner == AUTO:
        raise SpecError(
            f"learner={AUTO}: learners are tried out for a single table, not for sequences or linked tables; name one, such as trees."
        )
    return build(LEARNERS.load(learner), settings or {}, f"learner {learner}")


def settings_in(learner: Learner) -> dict[str, Any]:
    """The settings of a learner as plain values, without those that only say where it works (`kept: False` in their notes)."""
    fields: Any = dataclasses.fields(learner) if dataclasses.is_dataclass(learner) else ()
    return {f.name: getattr(learner, f.name) for f in fields if f.metadata.get("kept", True)}


class Kept(Protocol):
    """What a model of any kind keeps beside what it learnt: numbers of rows, how its source was written, who made it."""

    @property
    def n_rows(self) -> int:
        """How many rows it learnt from."""

    @property
    def frame(self) -> FrameKind:
        """The kind of frame that it returns."""

    @property
    def metadata(self) -> Mapping[str, str]:
        """Of the Arrow schema it learnt from."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """Of the learner."""

    @property
    def made_by(self) -> str:
        """Name and version of the program that learnt it."""


def kept(model: Kept) -> dict[str, Any]:
    """These parts of a model, to be saved; `kept_from` is the inverse."""
    return {
        "n_rows": model.n_rows,
        "frame": model.frame.state(),
        "metadata": dict(model.metadata),
        "settings": dict(model.settings),
        "made_by": model.made_by,
    }


def kept_from(state: State) -> dict[str, Any]:
    """These parts as a model takes them.

    Raises:
        KeyError, TypeError, ValueError: one is not there, or is damaged.
    """
    return {
        "n_rows": int(state["n_rows"]),
        "frame": FrameKind.from_state(state["frame"]),
        "metadata": state["metadata"],
        "settings": state["settings"],
        "made_by": state["made_by"],
    }


def noted(table: pa.Table, without: Collection[bytes], *, expressions: bool = False) -> dict[str, str]:
    """What the reader of a table noted of how it was written.

    Args:
        table: the table.
        without: notes that a model knows better, or keeps elsewhere.
        expressions: whether to keep what a database runs.
    """
    notes = (table.schema.metadata or {}).items()
    found = {k.decode(): v.decode() for k, v in notes if k.startswith(b"rowsmith.") and k not in without}
    return found if expressions else without_expressions(found)
