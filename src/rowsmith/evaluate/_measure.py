"""What a measure is, what it returns, and the registry of measures.

A measure is a frozen keyword-only dataclass in a public module of `evaluate/`; its fields are its settings. It looks at a
`Context`, which was prepared once for all of them, and returns a `Result` of plain data, so that the report and the
terminal know nothing about single measures: adding one is adding one file.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from rowsmith.core.registry import Registry

if TYPE_CHECKING:
    from rowsmith.evaluate._context import Context

Aspect = Literal["fidelity", "utility", "privacy"]
Level = Literal["good", "fair", "poor", "not measured"]

ASPECTS: tuple[Aspect, ...] = ("fidelity", "utility", "privacy")
LEVELS: tuple[Level, ...] = ("good", "fair", "poor")
"""From best to worst."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One number of a measure, between what bad and what perfect data would read.

    Attributes:
        name: short, unique within its measure; a key in JSON.
        label: what a reader sees.
        value: of the synthetic table; None if it could not be measured.
        unit: "%", "AUC", "R²", "D²" (of a deviance), "SD" (standard deviations), "share" (of 1), or another word for a plain number.
        better: which direction is better.
        ideal: the best value there could be, for the scale.
        bad: a clearly bad value, at which the scale starts unless a worse one is shown.
        floor: what independent columns read (every real column shuffled on its own).
        ceiling: what real rows that nobody learnt from read.
        control: what a plain copy of the training rows reads, where that is the danger.
        low: lower end of the value's 95 % interval, if its noise is known.
        high: upper end.
        noise: how far value and ceiling may lie apart by chance (95 %), if it is known.
        reason: why value is None.
        words: what the number says between its floor and its ceiling; written here if left out.
    """

    name: str
    label: str
    value: float | None
    unit: str
    better: Literal["lower", "higher"]
    ideal: float
    bad: float | None = None
    floor: float | None = None
    ceiling: float | None = None
    control: float | None = None
    low: float | None = None
    high: float | None = None
    noise: float | None = None
    reason: str = ""
    words: str = ""

    def __post_init__(self) -> None:
        for number in (self.value, self.floor, self.ceiling, self.control, self.low, self.high, self.noise):
            assert number is None or math.isfinite(number), f"{self.name}: {number} is not a result"
        assert self.value is not None or self.reason, f"{self.name}: neither a value nor a reason"
        object.__setattr__(self, "words", self.words or _words(self))

    @property
    def excess(self) -> float | None:
        """How far the value is from the ceiling on the bad side; negative where it is better."""
        if self.value is None or self.ceiling is None:
            return None
        return self.value - self.ceiling if self.better == "lower" else self.ceiling - self.value


def _words(figure: Figure) -> str:
    """Where a number stands, in words."""
    excess = figure.excess
    if figure.value is None:
        return f"not measured: {figure.reason}"
    if excess is None:
        return ""
    if abs(excess) <= (figure.noise if figure.noise is not None else 0.0):
        return "like unseen real rows: the difference is inside the noise"
    if excess <= 0:
        return "at least as good as unseen real rows"
    bad, named = (
        (figure.control, "a copy of the training rows")
        if figure.control is not None
        else (figure.floor, "independent columns")
    )
    span = 0.0 if bad is None else (bad - figure.ceiling if figure.better == "lower" else figure.ceiling - bad)  # type: ignore[operator]
    if span <= 0:
        return "further from the ideal than unseen real rows"
    if excess >= 0.99 * span:
        return f"no better than {named}"
    return f"{100 * (1 - excess / span):.0f} % of the way from {named} to unseen real rows"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a measure found.

    Attributes:
        measure: name of the measure.
        title: what a reader sees.
        aspect: the question that it helps to answer.
        level: good, fair, poor or not measured.
        sentence: the finding in plain words, with what to do about it.
        how: on how many rows and by what means, in one line.
        figures: its numbers; the first is the main one.
        details: JSON values. The report draws those that it knows: `columns` (name to error), `pairs` (dicts of a, b,
            error, real, synthetic), `bars` (dict of title and rows of label and share), `curve` (dict of title, x, y and
            lines of label and points, all from 0 to 1; `log` draws both axes by powers of ten), `twins` (dict of
            title and rows of label, real and synthetic share), `table` (dict of title, head and rows of texts), `clouds`
            (see `_plane`), `regions` (see `_regions`) and `plots` (list of dicts of title, note and plots, see `_plots`).
        notes: limits of this run that a reader should know.
        decisive: whether the verdict on its aspect may hang on it; else it is evidence beside the others.
    """

    measure: str
    title: str
    aspect: Aspect
    level: Level
    sentence: str
    how: str = ""
    figures: tuple[Figure, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    decisive: bool = True


class Judge(ABC):
    """What measures of a table and of a database have in common.

    Attributes:
        title: what a reader sees.
        aspect: the question that it helps to answer.
        order: place in the report.
        decisive: whether the verdict on the aspect may hang on it.
    """

    title: ClassVar[str]
    aspect: ClassVar[Aspect]
    order: ClassVar[int]
    decisive: ClassVar[bool] = True

    @property
    @abstractmethod
    def name(self) -> str:
        """Of the measure, in limits and in JSON."""


class Measure(Judge):
    """Settings of one measure. Subclasses are frozen keyword-only dataclasses, one a module of `evaluate/`.

    Attributes:
        thorough: whether it is only taken in a full judgement, as it takes long.
        every_column: whether it looks at all columns of a very wide table; the others look at a random part.
    """

    thorough: ClassVar[bool] = False
    every_column: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """Of the module that it stands in."""
        return MEASURES.name_of(type(self))

    @abstractmethod
    def measure(self, context: Context) -> Result:
        """Judge the synthetic table. What cannot be measured is a result with a reason, never an error."""


MEASURES = Registry[Measure]("rowsmith.evaluate", Measure, "measure")  # type: ignore[type-abstract]


def result(measure: Judge, level: Level, sentence: str, **parts: Any) -> Result:
    """A result that carries the measure's own name, title and aspect."""
    return Result(
        measure=measure.name,
        title=measure.title,
        aspect=measure.aspect,
        level=level,
        sentence=sentence,
        **{"decisive": measure.decisive} | parts,
    )


def unmeasured(measure: Judge, reason: str, **parts: Any) -> Result:
    """The result of a measure that could not be taken; not `decisive` where there is nothing that it could look at."""
    return result(measure, "not measured", f"Not measured: {reason}", **parts)


def grade(excess: float, good: float, fair: float, span: float | None = None, noise: float = 0.0) -> Level:
    """The level of a value by how far it is from the ceiling, on the bad side.

    Args:
        excess: distance from the ceiling; negative where the value is better.
        good: up to here it is good.
        fair: up to here it is fair.
        span: distance between floor and ceiling. Half-way to the floor is poor, however small the span, unless that is
            too close to the ceiling to tell.
        noise: what the excess may be by chance. What is inside it is good, unless so few rows were there that anything
            up to fair would be.

    >>> grade(0.01, 0.05, 0.2), grade(0.1, 0.05, 0.2), grade(0.1, 0.05, 0.2, span=0.15)
    ('good', 'fair', 'poor')
    """
    if excess <= max(good, min(noise, fair)):
        return "good"
    halfway = span / 2 if span is not None and span > 2 * good else math.inf
    return "fair" if excess <= min(fair, halfway) else "poor"


def level_of(figure: Figure, good: float, fair: float) -> Level:
    """The level of a figure by its place between floor and ceiling and by its noise; without a ceiling, by the ideal.

    Args:
        figure: has a value.
        good: distance from the ceiling up to which it is good.
        fair: distance up to which it is fair.
    """
    assert figure.value is not None, f"{figure.name} has no value to grade"
    ceiling = figure.ideal if figure.ceiling is None else figure.ceiling
    sign = 1.0 if figure.better == "lower" else -1.0
    span = None if figure.floor is None else sign * (figure.floor - ceiling)
    return grade(sign * (figure.value - ceiling), good, fair, span, figure.noise or 0.0)


def candid(measure: Judge, found: Result) -> Result:
    """A finding; that nothing can be told where unseen real rows read as badly as shuffled ones, and the synthetic ones no better.

    So it is of few rows, and where there is nothing to learn. It is no finding that such a table is good.

    Args:
        measure: whose limits `good` and `fair` say what is near; one without them tells.
        found: what it found. Attacks tell: that shuffled rows give nothing away is as it should be.
    """
    main = found.figures[0] if found.figures else None
    good, fair = (getattr(measure, name, None) for name in ("good", "fair"))
    if main is None or good is None or fair is None or found.level != "good" or found.aspect == "privacy":
        return found
    if main.value is None or main.floor is None or main.ceiling is None:
        return found
    sign = 1.0 if main.better == "lower" else -1.0
    from_floor = sign * (main.floor - main.ceiling)
    if from_floor > good or min(sign * (each - main.ideal) for each in (main.value, main.ceiling)) <= fair:
        return found
    sentence = (
        f"{found.title} cannot tell: unseen real rows read no better there than columns shuffled on their own. There are too few of them, "
        "or there is nothing to learn."
    )
    return replace(found, level="not measured", sentence=sentence)


def worst(levels: list[Level]) -> Level:
    """The worst of some levels; those not measured do not count.

    >>> worst(["good", "not measured", "fair"])
    'fair'
    """
    return max((x for x in levels if x != "not measured"), key=LEVELS.index, default="not measured")
