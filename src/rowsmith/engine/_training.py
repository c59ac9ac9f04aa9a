"""How the networks of a model were trained: from the fitted learner to curves by part, and to a note."""

from __future__ import annotations

from collections.abc import Mapping

from rowsmith.core.curves import Curves, Trained
from rowsmith.core.protocols import FittedLearner
from rowsmith.learn._parts import Parts


def curves_of(fitted: FittedLearner) -> dict[str, Curves]:
    """The training of each part (of all rows: `all rows`) that a network learnt."""
    each = fitted.fitted if isinstance(fitted, Parts) else {"all rows": fitted}
    return {name: one.curves for name, one in each.items() if isinstance(one, Trained)}


def training_note(curves: Mapping[str, Curves]) -> str:
    """What to say of it; empty where no network was trained."""
    said = "; ".join((f"{name}: " if len(curves) > 1 else "") + each.said for name, each in curves.items())
    return f"note: trained for {said}." if said else ""
