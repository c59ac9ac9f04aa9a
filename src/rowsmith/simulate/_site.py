"""A site as a graph of kinds of pages: its laws for people and bots, and what follows from them by theory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError, suggest

EXIT = "exit"
Floats = NDArray[np.float64]
Graph = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Laws:
    """Laws of a walk, one for each sort of visitor.

    Attributes:
        pages: kinds of pages, in order.
        landing: probability of the first page, shape (laws, pages).
        onward: probability of the next page where there is one, shape (laws, pages, pages).
        stay: logarithm of the probability that there is a next page, shape (laws, pages).
    """

    pages: tuple[str, ...]
    landing: Floats
    onward: Floats
    stay: Floats


def landing_law(site: Graph, landing: Mapping[str, float]) -> Floats:
    """Probabilities of the first page, shape (pages,).

    Raises:
        SpecError: a page that is not there.
    """
    for page in landing:
        if page not in site:
            raise SpecError(f"landing.{page}: is no page of the site{suggest(page, site)}")
    weights = np.array([landing.get(page, 0.0) for page in site], dtype=float)
    return weights / weights.sum()  # type: ignore[no-any-return]


def laws(site: Graph, landing: Mapping[str, float], funnel: Sequence[str], lift: float) -> Laws:
    """The laws of persons with either variant of a test, and of bots.

    Raises:
        SpecError: the site cannot be left, or the lift is more than there is room for.
    """
    pages = tuple(site)
    weights = np.array([[site[page].get(to, 0.0) for to in (*pages, EXIT)] for page in pages], dtype=float)
    _check(site, pages, weights, landing_law(site, landing))
    total = weights.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        stay = np.log1p(-weights[:, -1] / total)
        onward = weights[:, :-1] / weights[:, :-1].sum(axis=1, keepdims=True)
    onward[~np.isfinite(onward)] = 1 / len(pages)  # nobody goes on from there
    other = _lifted(onward, pages.index(funnel[-2]), pages.index(funnel[-1]), lift)
    crawled, begun = onward.copy(), landing_law(site, landing)
    shut = [pages.index(page) for page in funnel[1:]]
    crawled[:, shut], begun[shut] = 0, 0
    stuck = crawled.sum(axis=1) == 0
    crawled[stuck] = begun if begun.sum() else np.eye(len(pages))[pages.index(funnel[0])]
    begun = begun if begun.sum() else crawled[stuck][0]
    crawled, begun = crawled / crawled.sum(axis=1, keepdims=True), begun / begun.sum()
    first = landing_law(site, landing)
    return Laws(pages, np.stack([first, first, begun]), np.stack([onward, other, crawled]), np.stack([stay] * 3))


def _lifted(onward: Floats, at: int, to: int, lift: float) -> Floats:
    """The law with one step made more likely, the others from there less."""
    out, before = onward.copy(), onward[at, to]
    after = before * (1 + lift)
    if before == 0 or after > 1 or (after < 1 and before == 1):
        raise SpecError(
            f"lift={lift!r}: of those who go on from the last page but one of the funnel {before:.0%} go to the last; expected a "
            "lift that leaves that between 0 and 100 %."
        )
    if before < 1:
        out[at] *= (1 - after) / (1 - before)
    out[at, to] = after
    return out


def _check(site: Graph, pages: tuple[str, ...], weights: Floats, first: Floats) -> None:
    for page, following in site.items():
        if page == EXIT:
            raise SpecError(f"site.{EXIT}: is no page; it stands among the weights of pages.")
        for to, weight in following.items():
            if to != EXIT and to not in site:
                raise SpecError(f"site.{page}.{to}: is no page of the site{suggest(to, [*site, EXIT])}")
            if not 0 <= weight < float("inf"):
                raise SpecError(f"site.{page}.{to}={weight!r}: expected a weight from 0.")
    for number, page in enumerate(pages):
        if weights[number].sum() <= 0:
            raise SpecError(f"site.{page}: leads nowhere; expected weights of pages, or of {EXIT}.")
    reached, leads = first > 0, weights[:, :-1] > 0
    leaves = weights[:, -1] > 0
    for _ in pages:
        reached |= (leads & reached[:, None]).any(axis=0)
        leaves |= (leads & leaves[None, :]).any(axis=1)
    stuck = [page for page, r, left in zip(pages, reached, leaves, strict=True) if r and not left]
    if stuck:
        raise SpecError(f"site.{stuck[0]}: has no way to {EXIT}, so that sessions would never end; give it one.")


def reach(found: Laws, law: int, haste: float, targets: Sequence[str]) -> list[float]:
    """Probability that a session gets to some pages, for a given impatience: hitting probabilities of an absorbing chain.

    Args:
        found: laws of the site.
        law: which of them.
        haste: how many times as soon the session ends.
        targets: pages.

    Source: Kemeny and Snell, "Finite Markov Chains" (1960), chapter 3.
    """
    steps = np.exp(haste * found.stay[law])[:, None] * found.onward[law]
    out = []
    for target in targets:
        at = found.pages.index(target)
        rest = steps.copy()
        rest[:, at] = 0
        hit = np.linalg.solve(np.eye(len(rest)) - rest, steps[:, at])
        hit[at] = 1.0
        out.append(float(found.landing[law] @ hit))
    return out
