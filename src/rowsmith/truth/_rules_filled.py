"""Numbers of rules that follow from one another, and those left out, by difficulty.

What is known are shares of baskets that hold a set of items. A rule ties three of them: those of its two sides and of both.
Rules that share a side must agree on it, so a number given once is known to all.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from rowsmith.core.errors import SpecError
from rowsmith.truth._rule import Items, Rule, below, check_filled, listed

_SAME = 1e-9
_ROUNDED = 1e-3
"""As far as two numbers that people wrote may be apart, relative, and mean the same; the first holds."""


@dataclass
class Shares:
    """Shares of baskets that hold all items of a set, and who says so."""

    known: dict[Items, tuple[float, str]] = field(default_factory=dict)

    def __getitem__(self, items: Iterable[str]) -> float | None:
        found = self.known.get(frozenset(items))
        return None if found is None else found[0]

    def learn(self, items: Iterable[str], share: float, by: str) -> bool:
        """Whether it is news.

        Raises:
            SpecError: somebody else says otherwise.
        """
        key = frozenset(items)
        if key not in self.known:
            self.known[key] = (share, by)
            return True
        before, who = self.known[key]
        if abs(before - share) > _ROUNDED * max(before, share):
            raise SpecError(
                f"{who} and {by} fight: by the first {listed(key)} is in {before:.4%} of the baskets, by the second in {share:.4%}; "
                f"give numbers of the second by which it is {before:.6g}, or leave one of them out, and it follows."
            )
        return False


def filled(
    rules: Mapping[str, Rule], frequencies: Mapping[str, float], difficulty: float
) -> tuple[dict[str, Rule], dict[Items, float]]:
    """The rules with all numbers, and the known shares of sets of items.

    Args:
        rules: by name.
        frequencies: shares of baskets that hold an item.
        difficulty: from 0 to 1; the harder, the rarer is what is left open, and the nearer to chance.

    Raises:
        SpecError: two rules, or a rule and a frequency, contradict each other.
    """
    shares, out = Shares(), dict(rules)
    for item, share in frequencies.items():
        shares.learn([item], float(share), f"frequencies.{item}")
    while _derive_all(out, shares) or _fill_one(out, shares, difficulty) or _fill_bases(out, shares, difficulty):
        pass
    for name, rule in out.items():
        check_filled(name, rule)
    return out, {items: share for items, (share, _) in shares.known.items()}


def frechet(name: str, when: float, then: float, support: float) -> None:
    """Refuse a support that two shares leave no room for.

    Source: M. Fréchet (1935); the bounds of the share of two events together.

    Raises:
        SpecError: with the feasible range, and the nearest value in it.
    """
    low, high = max(0.0, when + then - 1), min(when, then)
    if low - _SAME <= support <= high + _SAME:
        return
    inner = (high - low) / 100  # the ends themselves leave no room for chance
    nearest = min(max(support, low + inner), high - inner)
    raise SpecError(
        f"rule {name!r}: support={support:.6g}, confidence={support / when:.6g} cannot be: with `when` in {when:.4%} and `then` in "
        f"{then:.4%} of the baskets, support is from {low:.4g} to {high:.4g} and confidence from {low / when:.4g} to "
        f"{high / when:.4g}; the nearest is support={nearest:.4g}, confidence={nearest / when:.4g}."
    )


def _derive_all(rules: dict[str, Rule], shares: Shares) -> bool:
    news = False
    for name, rule in list(rules.items()):
        rules[name], learnt = _derive(name, rule, shares)
        news |= learnt or rules[name] != rule
    return news


def _derive(name: str, rule: Rule, shares: Shares) -> tuple[Rule, bool]:
    when, then, both = shares[rule.when], shares[rule.then], shares[rule.all]
    s, c, lift = rule.support, rule.confidence, rule.lift
    if s is None and both is not None:
        s = both
    if c is None and s is not None and when is not None:
        c = s / when
    if c is None and lift is not None and then is not None:
        c = lift * then
    if lift is None and c is not None and then is not None:
        lift = c / then
    if s is None and c is not None and when is not None:
        s = c * when
    if c is not None and lift is not None and then is not None and c > 1 + _SAME:
        raise SpecError(
            f"rule {name!r}: lift={lift:.4g} cannot be: {listed(rule.then)} is in {then:.4%} of the baskets; expected a lift of at "
            f"most {1 / then:.4g}."
        )
    if c is not None and lift is not None and c / lift >= 1:
        raise SpecError(
            f"rule {name!r}: confidence={c:.4g}, lift={lift:.4g} cannot be: {listed(rule.then)} would be in {c / lift:.0%} of all "
            f"baskets; expected a lift above {c:.4g}."
        )
    if s is not None and c is not None and s >= c:
        raise SpecError(
            f"rule {name!r}: support={s:.4g}, confidence={c:.4g} cannot be: {listed(rule.when)} would be in {s / c:.0%} of all "
            f"baskets; expected a support from 0 to below {c:.4g}."
        )
    for share, whole, side in ((s, when, rule.when), (s, then, rule.then)):
        if share is not None and whole is not None and share > whole + _SAME:
            raise SpecError(
                f"rule {name!r}: support={share:.4g} is above the frequency of {listed(side)}, {whole:.4g}: the feasible range is 0 "
                f"to {whole:.4g}, the nearest {below(whole)}."
            )
    news, by = False, f"rule {name!r}"
    if s is not None and c is not None:
        news |= shares.learn(rule.when, s / c, by)
    if c is not None and lift is not None:
        news |= shares.learn(rule.then, c / lift, by)
    if s is not None:
        news |= shares.learn(rule.all, s, by)
    if s is not None and c is not None and lift is not None:
        frechet(name, s / c, c / lift, s)
    return _as_known(replace(rule, support=s, confidence=c, lift=lift), shares), news


def _as_known(rule: Rule, shares: Shares) -> Rule:
    """The rule with numbers that agree to the last digit with what is known, where they were rounded."""
    both, when, then = shares[rule.all], shares[rule.when], shares[rule.then]
    s, c, lift = rule.support, rule.confidence, rule.lift
    if s is not None and both is not None and not math.isclose(s, both):
        s = both
    if c is not None and both is not None and when is not None and not math.isclose(c, both / when):
        c = both / when
    if lift is not None and c is not None and then is not None and not math.isclose(lift, c / then):
        lift = c / then
    return replace(rule, support=s, confidence=c, lift=lift)


def _fill_one(rules: dict[str, Rule], shares: Shares, difficulty: float) -> bool:
    """Give one rule a number that nothing says."""
    for name, rule in rules.items():
        hard = _hard(rule, difficulty)
        against = rule.lift is not None and rule.lift < 1
        if rule.confidence is None:
            then = shares[rule.then]
            usual = 0.1 if against else 0.7 - 0.2 * hard
            if then is not None:
                usual = min(_lift(hard) * then, (then + 1) / 2)
            rules[name] = replace(rule, confidence=usual)
            return True
        if rule.support is None:
            one = [_share(item, rules, shares, difficulty) for item in rule.when]
            known = [share for share in one if share is not None]
            usual = 0.2 if against else 0.12 - 0.06 * hard
            if known:
                usual = math.prod(known) * 0.35 ** (len(one) - len(known))
            rules[name] = replace(rule, support=rule.confidence * usual)
            return True
    return False


def _share(item: str, rules: Mapping[str, Rule], shares: Shares, difficulty: float) -> float | None:
    """That of an item, if it is known, or will follow from rules that bring it alone."""
    brought = [
        r.confidence for r in rules.values() if r.then == (item,) and r.lift is None and r.confidence is not None
    ]
    known = shares[[item]]
    return min(brought) / _lift(difficulty) if known is None and brought else known


def _fill_bases(rules: dict[str, Rule], shares: Shares, difficulty: float) -> bool:
    """Give the brought items of rules without a lift a share of all baskets: one that fits all rules that bring them."""
    for name, rule in rules.items():
        if rule.lift is not None:
            continue
        then = frozenset(rule.then)
        one = [shares[[item]] for item in rule.then]
        known = [share for share in one if share is not None]
        alike = [r for r in rules.values() if frozenset(r.then) == then]
        sure = [r.confidence for r in alike if r.confidence is not None]
        base = min(sure) / _lift(_hard(rule, difficulty))
        if len(known) == len(one):
            base = math.prod(known)
        # room for all that is known of these items together, as if it came independently
        needed = 1.15 * (1 - math.prod(1 - r.support for r in alike if r.support is not None))
        inside = [share for items, (share, _) in shares.known.items() if then < items]
        base = min(max(base, needed, 1.15 * max(inside, default=0.0)), max(base, min(sure) / 1.25))
        assert rule.support is not None
        assert rule.confidence is not None
        most = 1 - (rule.support / rule.confidence - rule.support)
        rules[name] = replace(rule, lift=rule.confidence / min(base, 0.95 * most))
        return True
    return False


def _hard(rule: Rule, difficulty: float) -> float:
    """Sets of three items and more show only in more baskets, so their numbers are to be half as hard."""
    return difficulty if len(rule.all) == 2 else difficulty / 2


def _lift(difficulty: float) -> float:
    return 3.0 - difficulty
