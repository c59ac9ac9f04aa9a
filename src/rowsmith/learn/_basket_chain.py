"""Items of baskets by a chain: each frequent item is there or not given those before it, by small boosted trees.

Beside earlier items, a tree sees how many items the basket has and how many places are still free, so that baskets come out
at their size. What is left to the items that are too seldom for a chain is drawn by the law of pairs (`_basket_pairs.py`), given
the frequent ones.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import ModelFileError
from rowsmith.core.permutation import mix
from rowsmith.core.protocols import Progress, silent
from rowsmith.core.rng import Key
from rowsmith.core.state import State
from rowsmith.learn._basket_pairs import Arrays, Ints, Pairs, Signs
from rowsmith.learn._basket_pairs_fit import Baskets
from rowsmith.learn._splits import Settings

HEAD = 256
"""Items in the chain at most."""
HEAD_SHARE, HEAD_BASKETS = 0.003, 30
"""Share and number of baskets that an item in the chain must have."""
ROWS = 200_000
"""Baskets that the chain learns from; of more, a random part."""
SEEN = 24
"""Earlier items and signs that a tree sees: those that tell most of an item."""
TELLS = 1.5
"""Standard deviations by which they must differ from chance."""
SIZE, FREE, OTHERS = 0, 1, 2
"""Places of the features: items of the basket, free places, then signs and items."""


@dataclass(frozen=True)
class Link:
    """An item's place in the chain.

    Attributes:
        seen: places of the features that its trees see.
        forest: the trees, as `_boost.fit_column` returns them.
    """

    seen: Ints
    forest: dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Chain:
    """A law of items in baskets of given sizes.

    Attributes:
        pairs: of all items, for those that are not in the chain.
        links: of the most frequent items, in their order.
    """

    pairs: Pairs
    links: tuple[Link, ...]

    @property
    def size(self) -> int:
        """How many items there are."""
        return self.pairs.size

    @property
    def signs(self) -> int:
        """How many signs there are."""
        return self.pairs.signs

    @cached_property
    def _rest(self) -> Arrays:
        return self.pairs.rest(len(self.links))

    def draw(self, begins: Ints, signs: Signs, seeds: NDArray[np.uint64], key: Key) -> Ints:
        """Items of baskets, none twice in one; as `Pairs.draw`, but baskets hang on those that are drawn beside them."""
        from rowsmith.learn import _descend

        sizes = np.diff(begins)
        features = _features(sizes, signs, self.size, self.signs, len(self.links))
        free = sizes.copy()
        there = []
        for place, link in enumerate(self.links):
            rows = np.flatnonzero(free > 0)
            features[FREE] = np.minimum(free, 255)
            drawn = _descend.draw_column(
                link.forest, features[link.seen[:, None], rows], key.child(place).integer() >> 23
            )
            having = rows[drawn > 0]
            features[OTHERS + self.signs + place, having] = 1
            free[having] -= 1
            there.append(having)
        known = sizes - free
        whose = np.concatenate(there) if there else np.zeros(0, dtype=np.int64)
        which = np.repeat(np.arange(len(there)), [len(each) for each in there])
        order = np.argsort(whose, kind="stable")
        whose, which = whose[order], which[order]
        items = np.full(int(begins[-1]), -1, dtype=np.int64)
        first = np.cumsum(known) - known
        items[begins[:-1][whose] + np.arange(len(whose)) - first[whose]] = which
        self.pairs.fill(begins, items, known, signs, seeds, self._rest)
        basket = np.repeat(np.arange(len(sizes)), sizes)
        return items[np.lexsort((mix(np.arange(len(items), dtype=np.uint64), key.integer()), basket))]

    def state(self) -> State:
        """Arrays and JSON from which `from_state` makes the same."""
        return {
            "pairs": self.pairs.state(),
            "links": [{"seen": link.seen, "forest": link.forest} for link in self.links],
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`.

        Raises:
            ModelFileError: an array points outside another, which compiled code would follow.
        """
        from rowsmith.learn import _splits

        pairs = Pairs.from_state(state["pairs"])
        links = tuple(Link(each["seen"].astype(np.int64), each["forest"]) for each in state["links"])
        for place, link in enumerate(links):
            fault = _splits.fault(link.forest, len(link.seen), 2)
            inside = ((link.seen >= 0) & (link.seen < OTHERS + pairs.signs + place)).all()
            if fault or not inside or len(links) > pairs.size:
                raise ModelFileError(f"the trees of item {place} are damaged{fault}.")
        return cls(pairs, links)


def _features(sizes: Ints, signs: Signs, size: int, n_signs: int, head: int) -> NDArray[np.uint8]:
    """What trees see, without the items, shape (features, baskets)."""
    out = np.zeros((OTHERS + n_signs + head, len(sizes)), dtype=np.uint8)
    out[SIZE] = np.minimum(sizes, 255)
    out[OTHERS + signs.told - size, np.repeat(np.arange(len(sizes)), np.diff(signs.begins))] = 1
    return out


def fit_chain(
    baskets: Baskets, pairs: Pairs, settings: Settings, *, key: Key, workers: int = 1, progress: Progress = silent
) -> Chain:
    """Learn the chain.

    Args:
        baskets: at least one.
        pairs: the law of all items.
        settings: how trees are grown.
        key: random stream of the fit.
        workers: how many threads; the result does not depend on it.
        progress: told what has been done.
    """
    from rowsmith.learn import _boost

    settings = replace(settings, floor=settings.floor // 2)  # each has all baskets; with more, it learns them by heart
    n = len(baskets.sizes)
    counts = np.bincount(baskets.items, minlength=baskets.size)
    head = min(int((counts >= max(HEAD_BASKETS, HEAD_SHARE * n)).sum()), HEAD)
    if n > ROWS:
        baskets = baskets.part(np.sort(key.generator().permutation(n)[:ROWS]))
    sizes = baskets.sizes
    features = _features(sizes, baskets.signs, baskets.size, baskets.n_signs, head)
    basket = np.repeat(np.arange(len(sizes)), sizes)
    inside = baskets.items < head
    features[OTHERS + baskets.n_signs + baskets.items[inside], basket[inside]] = 1
    own = features[OTHERS + baskets.n_signs :]
    frees = sizes - np.cumsum(own, axis=0, dtype=np.int64) + own
    tells = _tells(features[OTHERS:], own, sizes)

    def learn(place: int) -> Link:
        rows = np.flatnonzero(frees[place] > 0)
        strength = tells[place, : baskets.n_signs + place]
        others = np.argsort(-strength, kind="stable")[:SEEN]
        seen = np.concatenate([[SIZE, FREE], np.sort(others[strength[others] > TELLS]) + OTHERS])
        local = features[seen[:, None], rows]
        local[FREE] = np.minimum(frees[place, rows], 255)
        codes = own[place, rows].astype(np.uint16)
        nominal = np.zeros(len(seen), dtype=np.bool_)
        seed = key.child(place).integer() >> 23
        return Link(seen, _boost.fit_column(local, nominal, codes, 2, False, settings, seed))

    links = []
    with ThreadPoolExecutor(workers) as threads:
        for link in threads.map(learn, range(head)):
            links.append(link)
            progress("learning items", len(links), head)
    return Chain(pairs, tuple(links))


def _tells(features: NDArray[np.uint8], own: NDArray[np.uint8], sizes: Ints) -> NDArray[np.float64]:
    """By how many standard deviations signs and items are together with items more, or less, often than by chance.

    Shape (items, signs and items). By chance, larger baskets have more of everything.
    """
    together = (own.astype(np.float32) @ features.T.astype(np.float32)).astype(np.float64)
    size = sizes.astype(np.float32)
    share = own.sum(axis=1) / sizes.sum()
    expected = share[:, None] * (features.astype(np.float32) @ np.maximum(size - 1, 0.5))[None, :]
    return np.asarray(np.abs(together - expected) / np.sqrt(expected + 1))
