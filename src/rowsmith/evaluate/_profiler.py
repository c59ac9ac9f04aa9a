"""What a profiler is, what it may look at, and the registry of profilers.

A profiler is a frozen keyword-only dataclass in a module of `_profilers/`; its fields are its settings. It looks at
`Evidence` and says of each row how sure a model is of its label, how uncertain the label is, and whether the row is easy,
ambiguous or hard.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.confident import UNSURE, sure_classes
from rowsmith.core.registry import Registry
from rowsmith.core.rng import Key
from rowsmith.evaluate._dynamics import Dynamics, dynamics, out_of_fold
from rowsmith.evaluate._labelled import Labelled
from rowsmith.evaluate._once import once
from rowsmith.evaluate._stats import Floats, Ints, auc, stratified_folds

SEGMENTS = ("easy", "ambiguous", "hard")
EASY, AMBIGUOUS, HARD = range(3)
FOLDS = 5
FAR_MORE = 2.0
"""Times the chance of its label that a row's likely class must have."""


@dataclass(frozen=True)
class Evidence:
    """What profilers look at, computed once, when one asks for it.

    Attributes:
        rows: the rows with a label.
        key: random stream of the profile.
        workers: threads.
    """

    rows: Labelled
    key: Key
    workers: int

    @once
    def dynamics(self) -> Dynamics:
        """The chance of each row's own label while a classifier learns it."""
        return dynamics(self.rows, self.key.child("dynamics"), self.workers)

    @once
    def folds(self) -> Ints:
        """The fold of each row, shape (n,)."""
        return stratified_folds(self.rows.labels, FOLDS, self.key.child("folds").generator())

    @once
    def chances(self) -> Floats:
        """The chance of each class by a classifier of the rows of other folds, shape (n, classes)."""
        return out_of_fold(self.rows, self.folds, self.workers)

    @once
    def sure(self) -> Ints:
        """The class of each row that such a classifier is sure of, or `UNSURE`, shape (n,).

        Fold by fold: the model of a fold whose labels happen to be worse was fitted to better ones, and is surer.
        """
        out = np.full(len(self.rows.labels), UNSURE)
        for k in range(FOLDS):
            held = self.folds == k
            out[held] = sure_classes(self.chances[held], self.rows.labels[held])
        return out

    @once
    def likely(self) -> Ints:
        """The class that each row is likely of, if its label is likely wrong, else `UNSURE`, shape (n,).

        The label is likely wrong if the classifier is sure of another class, and gives it far more than the label: a weak
        classifier is sure of a class that it gives a little more than others.
        """
        every = np.arange(len(self.rows.labels))
        other = np.where(self.sure == UNSURE, self.rows.labels, self.sure)
        better = self.chances[every, other] > FAR_MORE * self.chances[every, self.rows.labels]
        return np.where(better, other, UNSURE)

    @once
    def skill(self) -> float:
        """How well such a classifier tells the classes apart: mean AUC of one class against the rest."""
        labels = self.rows.labels
        return float(np.mean([auc(labels == k, self.chances[:, k]) for k in range(len(self.rows.classes))]))


@dataclass(frozen=True)
class Hardness:
    """What a profiler says of rows.

    Attributes:
        segment: place in `SEGMENTS` of each row, shape (n,).
        confidence: how likely its label is by the model, from 0 to 1, shape (n,).
        uncertainty: how uncertain its label is, shape (n,).
    """

    segment: Ints
    confidence: Floats
    uncertainty: Floats


class Profiler(ABC):
    """Settings of one way to profile rows."""

    measures: ClassVar[str]
    """What its uncertainty is, in a few words."""

    @abstractmethod
    def profile(self, evidence: Evidence) -> Hardness:
        """Look at the rows."""


def by_confidence(confidence: Floats, certain: NDArray[np.bool_], low: float) -> Ints:
    """Rows that are surely right are easy, those that are surely not what they say are hard; the rest is ambiguous.

    Args:
        confidence: in the row's label, shape (n,).
        certain: whether the uncertainty of the row is low, shape (n,).
        low: confidence up to which a row is hard; from 1 less this on, it is easy.
    """
    easy, hard = certain & (confidence >= 1 - low), certain & (confidence <= low)
    return np.select([easy, hard], [EASY, HARD], AMBIGUOUS)


PROFILERS = Registry[Profiler]("rowsmith.evaluate._profilers", Profiler, "profiler")  # type: ignore[type-abstract]
