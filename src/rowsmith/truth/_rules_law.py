"""The joint law of the items that rules name: exact shares for what was asked, and no tie that was not.

Items that rules name together, directly or through others, form a group; groups are independent of one another. In
a group, the law is that of greatest entropy among those in which every side and every union of a rule has its
share, and two items that no rule names together are independent, or as nearly so as the rules allow.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.truth._maxent import MOST_ITEMS, fit, most_of, shares_of, support_range
from rowsmith.truth._rule import MOST_LIFT, Items, Rule, below, listed

T = TypeVar("T", str, int)
_EVEN = 1e-6  # of a lift


@dataclass(frozen=True)
class Group:
    """Items whose presence hangs together.

    Attributes:
        items: in alphabetical order.
        cells: probability of each cell (see `_maxent`), shape (2^items,).
    """

    items: tuple[str, ...]
    cells: NDArray[np.float64]

    def share(self, items: Iterable[str]) -> float:
        """Share of baskets that hold all of some of its items."""
        return float(shares_of(self.cells)[bits_of(self.items, items)])


def groups_of(rules: Mapping[str, Rule], shares: Mapping[Items, float]) -> list[Group]:
    """The laws of all items that have a known share.

    Args:
        rules: with all their numbers.
        shares: known shares of sets of items.

    Raises:
        SpecError: no law has such shares, or none without ties that nobody asked for.
    """
    for name, rule in rules.items():
        _sides_fit(name, rule, shares)
    shares = dict(shares) | free_items(rules, shares)
    out = []
    for items in components([*(rule.all for rule in rules.values()), *(s for s in shares if len(s) == 1)]):
        own = {name: rule for name, rule in rules.items() if rule.all <= items}
        out.append(_group(own, {s: share for s, share in shares.items() if s <= items}, items))
    return out


def components(sets: Iterable[frozenset[T]]) -> list[frozenset[T]]:
    """Sets joined where they share an item, in the order of their first items."""
    out: list[frozenset[T]] = []
    for one in sets:
        touched = [other for other in out if other & one]
        out = [other for other in out if not other & one] + [one.union(*touched)]
    return sorted(out, key=lambda items: sorted(items))


def free_items(rules: Mapping[str, Rule], shares: Mapping[Items, float]) -> dict[Items, float]:
    """Shares of single items that nothing fixes: such that items on one side of a rule are independent of one another."""
    from scipy import optimize

    every = sorted({item for rule in rules.values() for item in rule.all})
    free = [item for item in every if frozenset([item]) not in shares]
    if not free:
        return {}
    rows, rest = [], []
    sides = {frozenset(side) for rule in rules.values() for side in (rule.when, rule.then) if len(side) > 1}
    for side in sorted(sides, key=sorted):
        pieces = _pieces(side, rules)
        single = [item for piece in pieces if len(piece) == 1 for item in piece]
        known = [piece for piece in pieces if len(piece) > 1 or piece in shares]
        rows.append([float(item in single) for item in free])
        rest.append(-np.log(shares[side]) + sum(np.log(shares[piece]) for piece in known))
    # The most that an item must hold, so that it is not rarer than a set with it; and a pull to the same share for all.
    held = [max(share for items, share in shares.items() if item in items) for item in free]
    weak = 1e-6 * np.eye(len(free))
    solved = optimize.lsq_linear(
        np.vstack([rows, weak]), np.append(rest, np.zeros(len(free))), bounds=(0.05, np.maximum(-np.log(held), 0.06))
    )
    return {frozenset([item]): round(float(np.exp(-x)), 9) for item, x in zip(free, solved.x, strict=True)}


def _sides_fit(name: str, rule: Rule, shares: Mapping[Items, float]) -> None:
    """Refuse a side that would be in more, or fewer, baskets than its items leave room for (Fréchet's bounds)."""
    assert rule.confidence is not None
    for side in (rule.when, rule.then):
        alone = {item: shares[frozenset([item])] for item in side if frozenset([item]) in shares}
        low = max(0.0, 1 - sum(1 - share for share in alone.values())) if len(alone) == len(side) else 0.0
        high, share = min(alone.values(), default=1.0), shares[frozenset(side)]
        if len(side) == 1 or low <= share <= high:
            continue
        given = ", ".join(f"{item} in {alone[item]:.4g}" for item in sorted(alone))
        if side == rule.when:
            span = f"support from {rule.confidence * low:.4g} to {below(rule.confidence * high)}"
        elif low == 0:
            span = f"a lift from {rule.confidence / high:.4g} on"
        else:
            span = f"a lift from {rule.confidence / high:.4g} to {rule.confidence / low:.4g}"
        raise SpecError(
            f"rule {name!r}: {listed(side)} would be together in {share:.4g} of the baskets, which have {given}; together they can be in "
            f"{low:.4g} to {high:.4g}, so take {span}, or give them other frequencies."
        )


def _pieces(side: Items, rules: Mapping[str, Rule]) -> list[Items]:
    """Parts of one side of a rule: those that rules of their own tie, and single items."""
    left, out = side, []
    for rule in sorted(rules.values(), key=lambda r: (-len(r.all), sorted(r.all))):
        if rule.all <= left:
            out.append(rule.all)
            left -= rule.all
    return [*out, *(frozenset([item]) for item in sorted(left))]


def _group(rules: Mapping[str, Rule], shares: Mapping[Items, float], items: Items) -> Group:
    order = tuple(sorted(items))
    if len(order) > MOST_ITEMS:
        raise SpecError(
            f"rules {_names(rules)}: tie {len(order)} items to one another ({listed(order)}); expected at most {MOST_ITEMS}, so let "
            "some rules share no items with the others."
        )
    if _fit(order, shares) is None:
        raise _impossible(rules, shares)
    cells = _nearly_independent(rules, shares, order)
    for name, rule in rules.items():
        for side in (rule.when, rule.then):
            if len(side) > 1:
                _no_forced_side(name, rule, frozenset(side), rules, shares, order)
    ties = forced(Group(order, cells), rules)
    if ties:
        raise _tied(ties[0], rules, shares, order)
    return Group(order, cells)


def _fit(order: tuple[str, ...], shares: Mapping[Items, float]) -> NDArray[np.float64] | None:
    own = {s: share for s, share in shares.items() if s <= frozenset(order)}
    return fit(len(order), [bits_of(order, s) for s in own], list(own.values()))


def _nearly_independent(
    rules: Mapping[str, Rule], shares: Mapping[Items, float], order: tuple[str, ...]
) -> NDArray[np.float64]:
    """The law in which items that no rule names together are as independent as can be.

    Where they cannot be independent, their shares lie between that of independence and that of the law without the
    wish, as near to the first as a bisection finds.
    """
    loose = _fit(order, shares)
    assert loose is not None
    every = shares_of(loose)
    pairs = _unnamed(rules, order)
    even = {p: float(np.prod([shares[frozenset([i])] for i in p])) for p in pairs}
    tied = {p: float(every[bits_of(order, p)]) for p in pairs}

    def law(ease: float) -> NDArray[np.float64] | None:
        return _fit(order, dict(shares) | {p: (1 - ease) * even[p] + ease * tied[p] for p in pairs})

    best = law(0.0)
    if best is not None:
        return best
    low, high, best = 0.0, 1.0, loose
    for _ in range(7):
        middle = (low + high) / 2
        found = law(middle)
        if found is None:
            low = middle
        else:
            high, best = middle, found
    return best


def _unnamed(rules: Mapping[str, Rule], order: Sequence[str]) -> list[Items]:
    pairs = [frozenset(pair) for pair in itertools.combinations(order, 2)]
    return [pair for pair in pairs if not any(pair <= rule.all for rule in rules.values())]


def forced(group: Group, rules: Mapping[str, Rule]) -> list[tuple[Items, float]]:
    """Pairs that no rule names together, and yet have a lift above the limit; with it, the greatest first."""
    out = []
    every = shares_of(group.cells)
    for pair in _unnamed(rules, group.items):
        alone = [every[bits_of(group.items, [item])] for item in pair]
        lift = float(every[bits_of(group.items, pair)] / np.prod(alone))
        if lift > MOST_LIFT + _EVEN:
            out.append((pair, lift))
    return sorted(out, key=lambda found: -found[1])


def _no_forced_side(
    name: str,
    rule: Rule,
    side: Items,
    rules: Mapping[str, Rule],
    shares: Mapping[Items, float],
    order: tuple[str, ...],
) -> None:
    """Refuse a side of rare items that would have to come together far more often than by chance."""
    if any(other.all == side for other in rules.values()):  # a rule asks for it
        return
    without = {s: share for s, share in shares.items() if not side <= s}
    law = _fit(
        order, without | {p: float(np.prod([shares[frozenset([i])] for i in p])) for p in _unnamed(rules, order)}
    )
    if law is None:
        law = _fit(order, without)
    assert law is not None, "fewer wishes than those that could be met"
    chance = float(shares_of(law)[bits_of(order, side)])
    lift = shares[side] / chance
    if lift <= MOST_LIFT + _EVEN:
        return
    assert rule.confidence is not None
    assert rule.lift is not None
    if side == frozenset(rule.when):
        setting, value, most = "support", rule.support, MOST_LIFT * chance * rule.confidence
        span = f"from 0 to {most:.4g}; the nearest is {below(most)}"
    else:
        setting, value, most = "lift", rule.lift, rule.confidence / (MOST_LIFT * chance)
        span = f"from {most:.4g} on; the nearest is {1.001 * most:.4g}"
    raise SpecError(
        f"rule {name!r}: {setting}={value:.4g}: {listed(side)} would be together in {shares[side]:.4g} of the baskets, a lift of "
        f"{lift:.3g} that no rule asks for, since by chance they are in {chance:.4g}; give them greater frequencies, plant a rule of "
        f"them alone, or take {setting} {span}."
    )


def _impossible(rules: Mapping[str, Rule], shares: Mapping[Items, float]) -> SpecError:
    """What to say of rules that no law fulfils: as few of them as do not go together, and the room for the last."""
    names = list(rules)
    kept = next(names[: i + 1] for i in range(len(names)) if not _possible(names[: i + 1], rules, shares))
    for name in kept[:-1]:
        fewer = [n for n in kept if n != name]
        if not _possible(fewer, rules, shares):
            kept = fewer
    last = rules[kept[-1]]
    order = tuple(sorted(frozenset().union(*(rules[n].all for n in kept))))
    others = {s: v for s, v in _asked(kept, rules, shares).items() if s != last.all}
    span = support_range(
        len(order), [bits_of(order, s) for s in others], list(others.values()), bits_of(order, last.all)
    )
    assert last.support is not None
    assert last.confidence is not None
    said = f"rules {_names(kept)}: cannot hold together"
    if span is None:
        return SpecError(f"{said}, whatever the support of {kept[-1]!r}; change the frequencies of their items.")
    low, high = span
    inner = (high - low) / 50  # the ends themselves leave no room for chance
    nearest = min(max(last.support, low + inner), high - inner)
    when = last.support / last.confidence
    return SpecError(
        f"{said}: with the others as they are, support={last.support:.4g} of {kept[-1]!r} can be from {low:.4g} to {high:.4g} (confidence "
        f"{low / when:.4g} to {high / when:.4g}); the nearest is support={nearest:.4g}, confidence={nearest / when:.4g}."
    )


def _asked(names: Sequence[str], rules: Mapping[str, Rule], shares: Mapping[Items, float]) -> dict[Items, float]:
    own = [rules[name] for name in names]
    every = frozenset().union(*(rule.all for rule in own))
    sets = {frozenset(side) for rule in own for side in (rule.when, rule.then, rule.all)}
    return {s: share for s, share in shares.items() if s in sets or (len(s) == 1 and s <= every)}


def _possible(names: Sequence[str], rules: Mapping[str, Rule], shares: Mapping[Items, float]) -> bool:
    asked = _asked(names, rules, shares)
    return _fit(tuple(sorted(frozenset().union(*asked))), asked) is not None


def _tied(
    tie: tuple[Items, float], rules: Mapping[str, Rule], shares: Mapping[Items, float], order: tuple[str, ...]
) -> SpecError:
    """What to say of a lift that rules force on items that no rule names together: how near to chance they would have to be."""
    pair, lift = tie
    asked = _asked(list(rules), rules, shares)
    single = {item: shares[frozenset([item])] for item in order}
    chance = {s: float(np.prod([single[item] for item in s])) for s in asked}
    pairs = _unnamed(rules, order)
    way = most_of(
        len(order),
        [bits_of(order, s) for s in asked],
        list(chance.values()),
        list(asked.values()),
        [bits_of(order, p) for p in pairs],
        [MOST_LIFT * float(np.prod([single[item] for item in p])) for p in pairs],
    )
    way *= 0.98  # the ends themselves leave no room for chance
    calm = []
    for name, rule in rules.items():
        both, when = (
            (1 - way) * chance[s] + way * asked[s] for s in (frozenset(side) for side in (rule.all, rule.when))
        )
        calm.append(f"{name!r} support={both:.4g}, confidence={both / when:.4g}")
    near = [name for name, rule in rules.items() if rule.all & pair]
    return SpecError(
        f"rules {_names(near)}: force a lift of {lift:.3g} on {listed(pair)}, which no rule names together; expected at most "
        f"{MOST_LIFT:g}. Plant a rule of those two, or bring the rules nearer to chance; the nearest, each as much as the others: "
        f"{'; '.join(calm)}."
    )


def bits_of(order: Sequence[T], items: Iterable[T]) -> int:
    """Some of the items of a group as a number (see `_maxent`)."""
    return sum(1 << order.index(item) for item in items)


def _names(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)
