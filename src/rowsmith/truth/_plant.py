"""What a planted structure is: settings that plant it, facts that follow, and the analysis that finds them again.

A structure is a frozen keyword-only dataclass in a public module of `truth/`. It is a `Maker`, which makes columns from
others of the same row, or a `Changer`, which spoils rows that are made. Finding is apart from planting on purpose: `find` is
a static method that gets the question and the tables, as an analyst would, and never the settings or the key.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.protocols import Rows
from rowsmith.core.registry import Registry
from rowsmith.core.rng import Key

Value = float | str | tuple[str, ...]
"""Of a fact: a number, a word, or several words in no order."""
Calibration = Mapping[str, Any]
"""Numbers, or lists of numbers, by name: plain JSON values."""
Verdict = Literal["found", "missed", "contradicted"]

PILOT = 65_536
"""Rows that a structure is fitted to."""
Z = 1.959964
"""Standard errors on either side of a 95 % interval."""
_LONGEST = 300.0
"""Logarithm of the end of an interval that still says something."""
FAR = 4.0
"""Standard errors beyond which an estimate contradicts the planted value: one sound estimate in 16,000 is as far off."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing that is true of the tables.

    Attributes:
        name: unique within its structure; the finding of it has the same.
        what: what kind of thing it is, in words: "coefficient of price".
        value: the true value.
        null: the value that would mean that nothing is there, such as 0 for a coefficient; None if there is none.
        tolerance: how far from it the answer of a person may be for full marks; None for words.
        public: whether its name may be told to a student: not where the name is the answer, as of a rule to be mined.
        pilot: whether the value is itself an estimate, from the `PILOT` rows that `calibrate` has seen.
        time: whether the value is a moment, as days since 1970-01-01; people read and write it as a date.
    """

    name: str
    what: str
    value: Value
    null: float | None = None
    tolerance: float | None = None
    public: bool = True
    pilot: bool = False
    time: bool = False


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What the data say of a fact.

    Attributes:
        name: that of the fact.
        estimate: of its value.
        error: standard error of a number; None where there is none, as of words.
        low: lower end of the 95 % interval.
        high: its upper end.
        note: how it was found, or why not.
    """

    name: str
    estimate: Value | None
    error: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""


def normal(
    name: str, estimate: float, error: float, note: str = "", *, least: float = -math.inf, most: float = math.inf
) -> Finding:
    """A finding with the interval of a normal estimate.

    Args:
        name: of the fact.
        estimate: of its value.
        error: its standard error.
        note: how it was found.
        least: that the value can be, such as 0 for a share, where the interval ends.
        most: that it can be.
    """
    low, high = (float(min(max(estimate + side * Z * error, least), most)) for side in (-1, 1))
    return Finding(name=name, estimate=float(estimate), error=float(error), low=low, high=high, note=note)


def portion(name: str, count: float, n: float, note: str = "", *, none: str = "there are no rows") -> Finding:
    """A finding of a share that was counted.

    Its error is that of Agresti and Coull (The American Statistician 52, 1998), so that a share near 0 has an interval too.

    Args:
        name: of the fact.
        count: how many, from 0 to n.
        n: of how many.
        note: how it was found.
        none: what to say if n is 0.
    """
    if n <= 0:
        return Finding(name=name, estimate=None, note=none)
    nearly = (count + 2) / (n + 4)
    return normal(name, count / n, math.sqrt(nearly * (1 - nearly) / (n + 4)), note, least=0, most=1)


def from_log(name: str, log: float, error: float, note: str = "") -> Finding:
    """A finding of a number above 0, with the interval of its logarithm.

    Args:
        name: of the fact.
        log: the logarithm of the estimate.
        error: standard error of that.
        note: how it was found.
    """
    if not abs(log) + Z * error < _LONGEST:
        return Finding(name=name, estimate=None, note="too few rows to tell")
    value, reach = math.exp(log), math.exp(Z * error)
    return Finding(name=name, estimate=value, error=value * error, low=value / reach, high=value * reach, note=note)


def verdict(fact: Fact, finding: Finding | None, rows: int = 0) -> Verdict:
    """Whether a finding is that of the fact.

    Args:
        fact: the truth.
        finding: of it, if there is one.
        rows: of the table, by which the error of a value from the pilot compares with that of the finding.

    A number is found if its interval shows that something is there, and the estimate lies within `FAR` standard errors of the
    planted value; words are found if they are the same.
    """
    if finding is None or finding.estimate is None:
        return "missed"
    if isinstance(fact.value, str | tuple):
        same = set(_words(fact.value)) == set(_words(finding.estimate))
        return "found" if same else "contradicted"
    if not isinstance(finding.estimate, int | float):
        return "contradicted"  # a key that anybody may have written says that it is a number
    estimate = float(finding.estimate)
    if not math.isfinite(estimate):
        return "missed"
    low, high = finding.low, finding.high
    if fact.null is not None and low is not None and high is not None and low <= fact.null <= high:
        return "missed"
    allowed = FAR * finding.error if finding.error is not None else (fact.tolerance or 0.0)
    if fact.pilot:  # both are estimates, and an error falls with the root of the rows
        allowed *= math.sqrt(1 + rows / PILOT)
    return "found" if abs(estimate - fact.value) <= allowed + 1e-12 else "contradicted"


def _words(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, tuple | list) else (str(value),)


class Plant(ABC):
    """Settings of one planted structure."""

    main: ClassVar[str]
    """The setting that names its main column, which may be written with its table: `sales.amount`."""

    @abstractmethod
    def at(self, difficulty: float) -> Self:
        """The same, with settings that were left out as hard as is asked for.

        Args:
            difficulty: from 0, easy, to 1, hard.

        Raises:
            SpecError: the settings contradict one another (the message names them and what is feasible).
        """

    @property
    @abstractmethod
    def reads(self) -> tuple[str, ...]:
        """Columns that it reads: of its table, or with a dot, of a parent's."""

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """Numbers that hang on the scale of the columns that it reads, such as the noise for a share of variance.

        Args:
            pilot: rows of these columns, some ten thousand, made for this alone: never those of the tables, so that rows do
                not depend on how many there are.

        Raises:
            SpecError: the structure cannot be in such columns.
        """
        return {}

    @abstractmethod
    def facts(self, calibration: Calibration) -> list[Fact]:
        """What is true of the tables by it."""

    @abstractmethod
    def question(self) -> dict[str, Any]:
        """What `find` has to know, and a student may: names of columns, no answers. Plain JSON values."""

    @abstractmethod
    def brief(self) -> str:
        """The question to a student, one or two sentences, without the answer."""

    @abstractmethod
    def how(self, calibration: Calibration) -> str:
        """How it was planted, in one or two sentences, for the instructor."""

    @staticmethod
    @abstractmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """Find the facts again, as a competent analyst would.

        Args:
            question: what `question` gave.
            table: the rows, as anybody can read them.

        Raises:
            DataError: a column that it needs is not there or of another kind.
        """

    @staticmethod
    def unplanned(question: Mapping[str, Any], settings: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """What is in the rows of the sort that the structure plants, and was not planted. Most have nothing to look for.

        Args:
            question: what `question` gave.
            settings: of the structure, as the key has them: what was planted.
            table: the rows.
        """
        return []


class Maker(Plant):
    """Makes columns: a `Sampler` whose given columns are those that it reads."""

    @property
    @abstractmethod
    def makes(self) -> Mapping[str, pa.DataType]:
        """Columns that it makes, with their types."""

    @abstractmethod
    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration) -> pa.RecordBatch:
        """Make the columns in `makes` for some rows; as `Sampler.sample`."""


@dataclass(frozen=True)
class Change:
    """Values of one column that were spoilt.

    Attributes:
        rows: positions in the rows that were given to `change`, shape (m,).
        column: the column; "" where whole rows were repeated.
        clean: the values before, m of them.
        dirty: the values after.
        mechanism: how it came about, in a word or two.
        copies: where rows were repeated, positions of the copies in the rows that `change` gives back, shape (m,): it is
            there that the dirty values are, and `rows` says what they are copies of. For whole rows, the values are keys.
    """

    rows: NDArray[np.int64]
    column: str
    clean: pa.Array
    dirty: pa.Array
    mechanism: str
    copies: NDArray[np.int64] | None = None


class Changer(Plant):
    """Spoils rows that are made. Other columns and structures have read the clean values."""

    repeats: ClassVar[bool] = False
    """Whether it repeats rows, so that it has to come after all others that change its table."""

    @property
    @abstractmethod
    def changes(self) -> tuple[str, ...]:
        """Columns that it changes."""

    @abstractmethod
    def change(
        self, batch: pa.RecordBatch, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration
    ) -> tuple[pa.RecordBatch, Sequence[Change]]:
        """Change some rows.

        Args:
            batch: the columns of the table as they are written; its order and types are kept.
            rows: which rows of the table they are.
            key: random stream of this structure in these rows.
            given: the clean columns in `reads`.
            calibration: what `calibrate` gave.

        Returns:
            The rows, more of them if it repeats some; and what was changed.
        """


PLANTS = Registry[Plant]("rowsmith.truth", Plant, "planted structure")  # type: ignore[type-abstract]
