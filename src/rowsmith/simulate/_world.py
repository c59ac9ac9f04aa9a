"""What a world is: parameters, tables with a data dictionary, and a run that emits them part by part.

A world is a frozen keyword-only dataclass in a public module of `simulate/`; its fields are the parameters, each annotated
with a `Param` (range, unit, source) and with a docstring line under it. One *run* is one replication. It is emitted in
*parts*, so that memory is bounded by the agents that are there and not by the events that they leave: a part is a span of
time, or, where agents never meet, some of the agents (`independent`).
"""

from __future__ import annotations

import math
import typing
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.registry import Registry
from rowsmith.core.rng import Key
from rowsmith.core.settings import settings_of
from rowsmith.simulate._picture import Picture

RUNS = "runs"
"""The table that every world has: a row for each part of each run, to which all its other rows belong."""
NOTE, STEADY = "note", "steady"
"""A column of that table, where a world has it, that says in words when a run came to nothing good, and what it says otherwise."""
TEXT = pa.dictionary(pa.int32(), pa.string())
"""Type of a column with a few words."""
MOMENT = pa.timestamp("ms")
Values = Any
"""An array, a list or an Arrow array of one length."""
Rows = Mapping[str, Values]
Emission = Mapping[str, Rows | Callable[[], Rows]]
"""Table to column to values: what happened in a part. A column of `per` or `points` holds row numbers, from 0: of the part
where the world is `independent`, else of the run; -1 points to nothing. Tables in which nothing happened may be left out. A
function is called where somebody wants the table."""


@dataclass(frozen=True)
class Param:
    """What may stand in a parameter: `density: Annotated[float, Param(0, 1, "cars a cell")] = 0.1`.

    Attributes:
        low: least value.
        high: greatest value; None if there is none.
        unit: of the values; "" for a pure number.
        source: where the default comes from.
        open: whether `low` itself is too low.
    """

    low: float
    high: float | None = None
    unit: str = ""
    source: str = ""
    open: bool = False

    @property
    def range(self) -> str:
        """The range in words.

        >>> Param(0, 1, open=True).range, Param(1).range
        ('greater than 0, at most 1', 'at least 1')
        """
        least = f"greater than {self.low:,.10g}" if self.open else f"at least {self.low:,.10g}"
        return least if self.high is None else f"{least}, at most {self.high:,.10g}"

    def holds(self, value: float) -> bool:
        """Whether a value is in the range."""
        above = value > self.low if self.open else value >= self.low
        return math.isfinite(value) and above and (self.high is None or value <= self.high)


@dataclass(frozen=True)
class Field:
    """A column of a world's table.

    Attributes:
        type: Arrow type.
        about: what it holds.
        unit: of its values.
        nullable: whether a value may be missing.
    """

    type: pa.DataType
    about: str
    unit: str = ""
    nullable: bool = False


@dataclass(frozen=True, kw_only=True)
class Emitted:
    """A table of a world.

    Attributes:
        about: what a row is.
        columns: its columns, but for keys.
        key: name of its key, which counts its rows; None for none.
        per: column to the table whose rows its rows belong to, if not to the part of the run itself: they are emitted in the
            order of those, in the same part.
        points: column to the table whose rows it points to.
        once: whether all rows of a run come in its first part, for they are there from the beginning; then pointers number them
            in the run.
        lines: name of a file that its column `line` is written into besides, in the order of its column `at`.
    """

    about: str
    columns: Mapping[str, Field]
    key: str | None = None
    per: tuple[str, str] | None = None
    points: Mapping[str, str] = field(default_factory=dict)
    once: bool = False
    lines: str | None = None


@dataclass(frozen=True, kw_only=True)
class Odd:
    """A world in the form of the ODD protocol (Grimm et al., 2020): what a reader needs to build it again.

    Attributes:
        purpose: and by which facts its field recognises a real one.
        entities: with their state, and the scales of time and space.
        process: what happens in what order, and what is updated at once.
        concepts: design concepts: what emerges, who adapts, what is random, what is observed.
        start: the state at the beginning.
        inputs: what comes from outside.
        submodels: the rules, with equations and sources.
    """

    purpose: str
    entities: str
    process: str
    concepts: str
    start: str
    inputs: str = "None."
    submodels: str


class World(ABC):
    """Parameters of a world. Subclasses are frozen keyword-only dataclasses, one a module of `simulate/`.

    >>> from rowsmith.simulate.traffic import Traffic
    >>> Traffic(density=1.5)
    Traceback (most recent call last):
    rowsmith.core.errors.SpecError: density=1.5: expected a number greater than 0, at most 1 (cars a cell).
    """

    independent: ClassVar[bool] = False
    """Whether any part can be emitted without those before it."""
    odd: ClassVar[Odd | None] = None
    """What the world is, in the form of the ODD protocol."""

    def __post_init__(self) -> None:
        for name, param in params_of(type(self)).items():
            value = getattr(self, name)
            each = value if isinstance(value, tuple) else (value,)
            if any(isinstance(v, int | float) and not param.holds(v) for v in each):
                unit = f" ({param.unit})" if param.unit else ""
                raise SpecError(f"{name}={value!r}: expected a number {param.range}{unit}.")
        for name in settings_of(type(self)):
            _check_numbers(name, getattr(self, name))
        self.check()

    @abstractmethod
    def check(self) -> None:
        """Refuse parameters that do not go together.

        Raises:
            SpecError: `name=value`, and what was expected. The caller puts the path in front.
        """

    @property
    @abstractmethod
    def tables(self) -> Mapping[str, Emitted]:
        """What it emits, by name; parents first. A table `runs` holds what is told of each part."""

    @property
    @abstractmethod
    def parts(self) -> int:
        """In how many parts a run is emitted."""

    @abstractmethod
    def run(self, key: Key, first: int = 0) -> Iterator[Emission]:
        """Simulate, and emit part after part.

        Args:
            key: random stream of the run; nothing else is random.
            first: part to begin with, not 0 only where the world is `independent`.
        """


class Pictured(ABC):
    """A world whose runs can be looked at."""

    @abstractmethod
    def pictures(self, tables: Mapping[str, pa.Table]) -> Sequence[Picture]:
        """What is worth looking at, for a page.

        Args:
            tables: of one run or more, as they are written.
        """


class Calibrated(ABC):
    """A world whose parameters can be found from a file of real observations."""

    @classmethod
    @abstractmethod
    def settings_from(cls, lines: Iterable[str]) -> dict[str, Any]:
        """Parameters under which the world makes such observations.

        Args:
            lines: of the file.

        Raises:
            DataError: it is of another form, or says too little.
        """


def _check_numbers(name: str, value: Any) -> None:
    """Refuse what is no number at the ends of a mapping."""
    for key, inner in value.items() if isinstance(value, Mapping) else ():
        if isinstance(inner, Mapping):
            _check_numbers(f"{name}.{key}", inner)
        elif isinstance(inner, bool) or not isinstance(inner, int | float):
            raise SpecError(f"{name}.{key}={inner!r}: expected a number.")


def params_of(kind: type[World]) -> dict[str, Param]:
    """Range, unit and source of the parameters that have them, by name."""
    hints = typing.get_type_hints(kind, include_extras=True)
    found = {name: getattr(hint, "__metadata__", ()) for name, hint in hints.items()}
    return {name: p for name in settings_of(kind) for p in found[name] if isinstance(p, Param)}


WORLDS = Registry[World]("rowsmith.simulate", World, "world")  # type: ignore[type-abstract]
