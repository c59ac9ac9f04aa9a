"""Confident learning: rows by whether a model that never saw them is sure of their label, or of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.core.confident import UNSURE
from rowsmith.evaluate._profiler import AMBIGUOUS, EASY, HARD, Evidence, Hardness, Profiler


@dataclass(frozen=True, kw_only=True)
class Confident(Profiler):
    """Out-of-fold probabilities: easy if a model is sure of the label, hard if it is sure of another class.

    Source: C. Northcutt, L. Jiang, I. Chuang, "Confident learning: estimating uncertainty in dataset labels" (JAIR 70,
    2021), section 3.
    """

    measures: ClassVar[str] = "p (1 - p) of the label's probability"

    def profile(self, evidence: Evidence) -> Hardness:
        """Look at the folds."""
        labels = evidence.rows.labels
        own = evidence.chances[np.arange(len(labels)), labels]
        segment = np.select([evidence.likely != UNSURE, evidence.sure == labels], [HARD, EASY], AMBIGUOUS)
        return Hardness(segment, own, own * (1 - own))
