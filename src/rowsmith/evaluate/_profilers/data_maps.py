"""Data Maps: rows by how likely their label is while it is learnt, and how much that changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._profiler import Evidence, Hardness, Profiler, by_confidence


@dataclass(frozen=True, kw_only=True)
class DataMaps(Profiler):
    """Confidence and variability over the rounds of a boosted classifier.

    Source: S. Swayamdipta et al., "Dataset cartography: mapping and diagnosing datasets with training dynamics"
    (EMNLP 2020), section 2; cut into segments after L. Hansen, N. Seedat, M. van der Schaar, A. Petrovic, "Reimagining
    synthetic tabular data generation through data-centric AI" (NeurIPS 2023).
    """

    measures: ClassVar[str] = "standard deviation of p over the rounds"

    low: float = 0.25
    """Confidence up to which a row is hard; from 1 less this on, it is easy."""
    quantile: float = 0.5
    """Share of the rows that count as certain: those of the least variability, as in the paper."""
    certain: float = 0.15
    """Variability up to which a row is certain in any case."""

    def profile(self, evidence: Evidence) -> Hardness:
        """Look at the dynamics."""
        found = evidence.dynamics
        end = max(float(np.quantile(found.variability, self.quantile)), self.certain)
        return Hardness(by_confidence(found.mean, found.variability <= end, self.low), found.mean, found.variability)
