"""Data-IQ: rows by how likely their label is while it is learnt, and how uncertain it stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._profiler import Evidence, Hardness, Profiler, by_confidence


@dataclass(frozen=True, kw_only=True)
class DataIQ(Profiler):
    """Confidence and aleatoric uncertainty over the rounds of a boosted classifier.

    Source: N. Seedat, J. Crabbé, I. Bica, M. van der Schaar, "Data-IQ: Characterizing subgroups with heterogeneous outcomes
    in tabular data" (NeurIPS 2022), section 3.
    """

    measures: ClassVar[str] = "mean of p (1 - p) over the rounds"

    low: float = 0.25
    """Confidence up to which a row is hard; from 1 less this on, it is easy."""
    quantile: float = 0.5
    """Share of the rows that count as certain: those of the least uncertainty, as in the paper."""
    certain: float = 0.15
    """Uncertainty up to which a row is certain in any case, or at most half the rows of an easy table could be easy."""

    def profile(self, evidence: Evidence) -> Hardness:
        """Look at the dynamics."""
        found = evidence.dynamics
        end = max(float(np.quantile(found.aleatoric, self.quantile)), self.certain)
        return Hardness(by_confidence(found.mean, found.aleatoric <= end, self.low), found.mean, found.aleatoric)
