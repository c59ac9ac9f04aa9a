"""Rules in baskets that nobody planted.

Items that planted rules name are tied, directly or through shared items, and what follows from a rule is allowed: that a
part of one side brings a part of the other, that more items do no harm, and a tie of two items through a third. What follows
is computed: from the baskets' own shares of all parts of planted rules, the law of greatest entropy gives the share that
any other set of these items should have. Items on the same side of a rule do not follow from it: they should have the share that they
would have without it. A set is unplanned where it is in more than 1.5 times as many baskets as it should be.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.itemsets import Levels, shared
from rowsmith.truth._basket_table import Purchases, purchases
from rowsmith.truth._itemsets import frequent
from rowsmith.truth._maxent import MOST_ITEMS, fit, shares_of
from rowsmith.truth._plant import Finding
from rowsmith.truth._rule import MOST_LIFT
from rowsmith.truth._rules_law import bits_of, components
from rowsmith.truth._rules_mined import Counted, beyond_chance, findings, followed

_FALSE = 0.05  # chance of one false alarm in a table
_LEAST = 5
_DEEPEST = 4
Counts = NDArray[np.int64]
Places = frozenset[int]


def planned_in(settings: Mapping[str, Any]) -> tuple[list[Mapping[str, Sequence[str]]], bool]:
    """What the settings of an `association` or a `baskets` plant, as `unplanned` takes it: the rules, and whether others go together.

    >>> planned_in({"basket": "items", "when": ["pasta"], "then": ["sauce"], "support": 0.06})
    ([{'when': ['pasta'], 'then': ['sauce']}], False)
    """
    rules = settings["rules"].values() if "rules" in settings else [settings]
    sides: list[Mapping[str, Sequence[str]]] = [
        {"when": list(rule.get("when", rule.get("if"))), "then": list(rule["then"])} for rule in rules
    ]
    return sides, bool(settings.get("patterns"))


def unplanned(
    question: Mapping[str, Any],
    table: pa.Table,
    planned: Sequence[Mapping[str, Sequence[str]]],
    others: bool = False,
) -> list[Finding]:
    """Lifts above 1.5, beyond chance, that do not follow from what was planted.

    Pairs of items are all tested, sets of three and four where they are frequent; a set with an unplanned one in it is
    not told again. Each test is of the number of baskets against 1.5 times the expected, at 5 % for all tests together
    (Bonferroni).

    Args:
        question: where the baskets are; see `purchases`.
        table: it.
        planned: the rules, each with its items `when` and `then`. Items that rules tie to more than 15 others may all go together.
        others: whether items that no rule names may go together.

    Raises:
        DataError: there are no baskets in it.
    """
    bought = purchases(question, table)
    items = followed(bought)
    both = bought.together(items)
    law = _Expected(bought, items, both, tuple(planned), others)
    levels = frequent(bought, items, both, _DEEPEST)
    candidates = [_pairs(law, both), *(_sets(law, levels, size) for size in range(3, levels.deepest + 1))]
    found: list[Finding] = []
    told: list[set[int]] = []
    for size, (sets, counts, expected) in enumerate(candidates, 2):
        # all that there could be are tests, since those that are known were picked for being in many baskets
        tests = math.comb(len(items) if size == 2 else len(levels.sets[1]), size) * len(candidates)
        for at in np.flatnonzero(_too_many(counts, expected, bought.n) < _FALSE / max(tests, 1)):
            one = sets[at].tolist()
            if not any(before <= set(one) for before in told):
                told.append(set(one))
                found.append(_finding(law, one, int(counts[at])))
    return found


@dataclass(frozen=True)
class _Expected:
    """Shares that sets of items should have by what was planted."""

    bought: Purchases
    items: Counts
    both: Counts
    planned: tuple[Mapping[str, Sequence[str]], ...]
    others: bool

    @cached_property
    def names(self) -> list[str]:
        return [self.bought.names[i] for i in self.items]

    @cached_property
    def bits(self) -> NDArray[np.uint64]:
        return self.bought.bits(self.items)

    @cached_property
    def rules(self) -> list[tuple[Places, Places]]:
        """The two sides of each planted rule, as places."""
        return [(self._places(one["when"]), self._places(one["then"])) for one in self.planned]

    @cached_property
    def block(self) -> Places:
        """Items of which any may go together."""
        named = frozenset[int]().union(*(when | then for when, then in self.rules))
        return frozenset(range(len(self.items))) - named if self.others else frozenset()

    @cached_property
    def tied(self) -> list[tuple[int, ...]]:
        """Items tied to one another."""
        sets = [*(when | then for when, then in self.rules), self.block]
        return [tuple(sorted(one)) for one in components(one for one in sets if one)]

    @cached_property
    def whose(self) -> Counts:
        """Number of the ties that each item is in; items that nothing ties have numbers of their own."""
        out = np.arange(len(self.items)) + len(self.tied)
        for number, one in enumerate(self.tied):
            out[list(one)] = number
        return out

    @cached_property
    def _laws(self) -> dict[tuple[int, Places], NDArray[np.float64]]:
        return {}

    def count(self, one: Iterable[int]) -> int:
        """Baskets with all items of a set."""
        return int(shared(self.bits, np.array([sorted(one)]))[0])

    def allowed(self, one: Iterable[int]) -> bool:
        """Whether a set is what was planted: a part of a rule with items of both sides, or of items that may go together."""
        places = frozenset(one)
        return places <= self.block or any(
            places <= when | then and places & when and places & then for when, then in self.rules
        )

    def share(self, one: Sequence[int]) -> float:
        """Expected share of a set."""
        out = 1.0
        for number in sorted(set(self.whose[list(one)].tolist())):
            out *= self._piece(number, [i for i in one if self.whose[i] == number])
        return out

    def _piece(self, number: int, piece: list[int]) -> float:
        if len(piece) == 1:
            return float(self.both[piece[0], piece[0]] / self.bought.n)
        order, one = self.tied[number], frozenset(piece)
        if self.allowed(piece) or len(order) > MOST_ITEMS:
            return self.count(piece) / self.bought.n
        side = any(one <= when or one <= then for when, then in self.rules)
        key = (number, one if side else frozenset())
        if key not in self._laws:
            self._laws[key] = shares_of(self._fit(order, one if side else None))
        return float(self._laws[key][bits_of(order, piece)])

    def _fit(self, order: tuple[int, ...], without: Places | None) -> NDArray[np.float64]:
        """The law of tied items that has the shares of all parts of what was planted, but of those that hold a certain set."""
        n = self.bought.n
        inside = [when | then for when, then in self.rules if when | then <= set(order)]
        parts = {
            part
            for one in inside
            for size in range(1, len(one) + 1)
            for part in itertools.combinations(sorted(one), size)
            if without is None or not without <= set(part)
        } | {(i,) for i in order}
        wanted: dict[int, float] = {}
        for part in sorted(parts):
            alone = float(np.prod([self.both[i, i] / n for i in part]))
            # with a basket's worth of chance, so that there is a law that has room for everything
            wanted[bits_of(order, part)] = (self.count(part) + alone) / (n + 1) if len(part) > 1 else alone
        cells = fit(len(order), list(wanted), list(wanted.values()))
        assert cells is not None, "the baskets' own law, with a little chance in it, has these shares"
        return cells

    def _places(self, names: Iterable[str]) -> Places:
        return frozenset(self._place[name] for name in names if name in self._place)

    @cached_property
    def _place(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.names)}


_Candidates = tuple[Counts, Counts, NDArray[np.float64]]


def _pairs(law: _Expected, both: Counts) -> _Candidates:
    i, j = np.triu_indices(len(both), 1)
    seen = both[i, j] >= _LEAST
    return _tested(law, np.stack([i, j], axis=1)[seen], both[i, j][seen])


def _sets(law: _Expected, levels: Levels, size: int) -> _Candidates:
    return _tested(law, levels.sets[size], levels.counts[size])


def _tested(law: _Expected, sets: Counts, counts: Counts) -> _Candidates:
    """Sets that are no part of a planted one, with their expected shares."""
    shares = np.diag(law.both) / law.bought.n
    expected = shares[sets].prod(axis=1) if len(sets) else np.empty(0)
    whose = np.sort(law.whose[sets], axis=1)
    kept = np.ones(len(sets), dtype=bool)
    for at in np.flatnonzero((whose[:, 1:] == whose[:, :-1]).any(axis=1)):
        one = sets[at].tolist()
        kept[at] = not law.allowed(one)
        expected[at] = law.share(one)
    return sets[kept], counts[kept], expected[kept]


def _too_many(counts: Counts, expected: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Chance of at least so many baskets if there were 1.5 times as many as expected."""
    from scipy import special

    return np.asarray(special.bdtrc(counts - 1, n, np.minimum(MOST_LIFT * expected, 1.0)))


def _finding(law: _Expected, one: Sequence[int], count: int) -> Finding:
    """The lift of the rule that is furthest from chance among those of a set."""
    n = law.bought.n
    best: tuple[float, Finding] | None = None
    for size in range(len(one) - 1, 0, -1):
        for when in itertools.combinations(one, size):
            then = [i for i in one if i not in when]
            counted = Counted(count, law.count(when), law.count(then), n)
            z = float(beyond_chance(count, counted.when, counted.then, n))
            if best is None or z > best[0] + 1e-9:
                names = [law.names[i] for i in when], [law.names[i] for i in then]
                best = z, findings(*names, counted)[-1]
    assert best is not None
    return replace(best[1], note="not planted")
