"""What draws the items of baskets, whichever way it was learnt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Progress, silent
from rowsmith.core.rng import Key
from rowsmith.core.state import State
from rowsmith.learn._basket_chain import Chain, fit_chain
from rowsmith.learn._basket_pairs import Pairs
from rowsmith.learn._basket_pairs_fit import Baskets, fit_pairs
from rowsmith.learn._splits import Settings

Law = Pairs | Chain
SORTS: dict[str, type[Pairs] | type[Chain]] = {"maxent": Pairs, "chain": Chain}


@dataclass(frozen=True, kw_only=True)
class ItemSettings:
    """How the items of baskets are learnt."""

    model: Literal["maxent", "chain"] = "maxent"
    """`maxent`: shares of items and of pairs, and nothing else. `chain`: trees for the frequent items, one after the other."""


def fit_law(
    baskets: Baskets,
    settings: ItemSettings,
    trees: Settings,
    least: int,
    *,
    key: Key,
    workers: int = 1,
    progress: Progress = silent,
) -> Law:
    """Learn the items of baskets.

    Args:
        baskets: at least one.
        settings: how.
        trees: how trees are grown.
        least: baskets in which a pair must be, or be expected, to be looked at.
        key: random stream of the fit.
        workers: how many threads; the result does not depend on it.
        progress: told what has been done.

    Raises:
        SpecError: customers are known, and the chain does not remember what they bought.
    """
    if settings.model == "chain" and baskets.remembered:
        raise SpecError(
            "model='chain': does not remember what a customer bought before; take model=maxent, or leave the customer out."
        )
    pairs = fit_pairs(baskets, least, key=key.child("pairs"), progress=progress)
    if settings.model == "maxent":
        return pairs
    return fit_chain(baskets, pairs, trees, key=key.child("chain"), workers=workers, progress=progress)


def law_state(law: Law) -> State:
    """Arrays and JSON from which `law_from_state` makes the same."""
    return {"sort": "chain" if isinstance(law, Chain) else "maxent", **law.state()}


def law_from_state(state: State) -> Law:
    """The inverse of `law_state`."""
    return SORTS[state["sort"]].from_state(state)
