"""One association rule: its settings, what it is called, and the facts that follow."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rowsmith.core.errors import SpecError
from rowsmith.core.settings import build
from rowsmith.truth._plant import Fact

MOST_ITEMS = 5
"""Items of a rule; of one below base rate, `MOST_AGAINST`."""
MOST_AGAINST = 3
MOST_LIFT = 1.5
"""Lift that a rule may force on items that it does not name as a rule: from there on it would be one that nobody asked for."""
LEAST_SUPPORT = 0.005
"""Of a rule of three items or more: rarer sets are not looked for."""
AGAINST_WHEN, AGAINST_THEN = 0.02, 0.05
"""Shares of the two sides of a rule of three items below base rate, from which on it is looked for."""

Items = frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Baskets with some items hold others more often, or less often, than baskets do in general.

    Any two of `support`, `confidence`, `lift` and the items' frequencies give the rest.
    """

    when: tuple[str, ...]
    """Items that bring the others; `if` in a spec."""
    then: tuple[str, ...]
    """Items that are brought."""
    support: float | None = None
    """Share of the baskets that hold all of both."""
    confidence: float | None = None
    """Share of the baskets with `when` that hold `then` too."""
    lift: float | None = None
    """Confidence divided by the share of all baskets that hold `then`: above 1 they go together, below 1 they shun one another."""

    @property
    def all(self) -> Items:
        """Items of both sides."""
        return frozenset(self.when) | frozenset(self.then)


def rule_of(values: Mapping[str, Any], where: str) -> Rule:
    """A rule from plain values, in which `when` may be written `if`.

    Raises:
        SpecError: a setting is unknown, missing or of another type.
    """
    return build(Rule, {"when" if name == "if" else name: value for name, value in values.items()}, where)


def plain(rule: Rule) -> dict[str, Any]:
    """A rule as plain values."""
    numbers = {"support": rule.support, "confidence": rule.confidence, "lift": rule.lift}
    return {"when": list(rule.when), "then": list(rule.then)} | numbers


def title(when: Iterable[str], then: Iterable[str]) -> str:
    """What a rule is called wherever it comes from.

    >>> title(["pasta", "oil"], ["sauce"])
    'oil, pasta -> sauce'
    """
    return f"{listed(when)} -> {listed(then)}"


def listed(items: Iterable[str]) -> str:
    """Items in alphabetical order."""
    return ", ".join(sorted(items))


def below(value: float) -> str:
    """A number to four digits, rounded down so that it still holds as an upper bound.

    >>> below(0.0923077)
    '0.0923'
    """
    step = 10.0 ** (math.floor(math.log10(value)) - 3)
    return f"{math.floor(value / step + 1e-9) * step:.4g}"


def check(name: str, rule: Rule) -> None:
    """What can be said of a rule by itself.

    Raises:
        SpecError: it is none.
    """
    if not rule.when or not rule.then:
        side = "if" if not rule.when else "then"
        where = "" if name == title(rule.when, rule.then) else f"rule {name!r}: "
        raise SpecError(f"{where}{side}=[]: expected at least one item, such as {side}: [pasta].")
    every = [*rule.when, *rule.then]
    twice = sorted({item for item in every if every.count(item) > 1})
    if twice:
        raise SpecError(f"rule {name!r}: {listed(twice)} is there twice; expected each item once, on one side.")
    if "" in every:
        raise SpecError(f"rule {name!r}: an item is an empty text; expected a name.")
    for setting, value in (("support", rule.support), ("confidence", rule.confidence)):
        if value is not None and not 0 < value < 1 and not (setting == "confidence" and value == 1):
            nearest = min(max(value, 0.01), 0.99)
            raise SpecError(
                f"rule {name!r}: {setting}={value:g}: expected a share above 0 and below 1; the nearest is {nearest:g}."
            )
    if rule.lift is not None and not rule.lift > 0:
        raise SpecError(f"rule {name!r}: lift={rule.lift:g}: expected a number above 0.")
    if len(every) > MOST_ITEMS:
        raise SpecError(f"rule {name!r}: has {len(every)} items; expected at most {MOST_ITEMS}.")


def check_filled(name: str, rule: Rule) -> None:
    """What can be said when all its numbers are known.

    Raises:
        SpecError: nothing would be there to be found, or nobody would look.
    """
    assert rule.support is not None
    assert rule.confidence is not None
    assert rule.lift is not None
    base = rule.confidence / rule.lift
    if 0.9 < rule.lift < 1.1:
        raise SpecError(
            f"rule {name!r}: confidence={rule.confidence:.4g} is about the share of all baskets that hold "
            f"{listed(rule.then)}, {base:.4g}, so there is nothing to find; expected at most {0.9 * base:.4g} or at least "
            f"{1.1 * base:.4g}."
        )
    if rule.lift < 1 and (len(rule.then) > 1 or len(rule.all) > MOST_AGAINST):
        raise SpecError(
            f"rule {name!r}: has a lift of {rule.lift:.3g}, below 1; expected at most two items in `if` and one in `then`."
        )
    if len(rule.all) > 2 and rule.support < LEAST_SUPPORT:
        raise SpecError(
            f"rule {name!r}: support={rule.support:.4g}: three items and more are looked for only from {LEAST_SUPPORT:g} on; "
            f"the nearest is {LEAST_SUPPORT:g}."
        )
    when = rule.support / rule.confidence
    if rule.lift < 1 and len(rule.all) > 2 and (when < AGAINST_WHEN or base < AGAINST_THEN):
        raise SpecError(
            f"rule {name!r}: {listed(rule.when)} are in {when:.4g} and {listed(rule.then)} in {base:.4g} of the "
            f"baskets; two items that keep a third away are looked for only from {AGAINST_WHEN:g} and {AGAINST_THEN:g} on."
        )


def facts_of(rule: Rule) -> list[Fact]:
    """Support, confidence and lift of a rule whose numbers are known."""
    assert rule.support is not None
    assert rule.confidence is not None
    assert rule.lift is not None
    name, when, then = title(rule.when, rule.then), listed(rule.when), listed(rule.then)
    found = [
        ("support", f"share of baskets with {when}, {then}", rule.support, rule.support / rule.lift),
        ("confidence", f"share with {then} of baskets with {when}", rule.confidence, rule.confidence / rule.lift),
        ("lift", f"confidence over share of baskets with {then}", rule.lift, 1.0),
    ]
    return [
        Fact(name=f"{name}: {kind}", what=what, value=value, null=null, tolerance=value / 10, public=False)
        for kind, what, value, null in found
    ]


def brief(basket: str) -> str:
    """What to ask of a column of baskets."""
    return (
        f"Which items of {basket} bring others, or keep them away? Find the rules, with support, confidence and lift of each, "
        "named as in `first, second -> third: lift`, the items of a side in alphabetical order."
    )


def told(rule: Rule) -> str:
    """A rule whose numbers are known in a sentence."""
    assert rule.support is not None
    assert rule.confidence is not None
    assert rule.lift is not None
    return (
        f"{rule.confidence:.1%} of the baskets with {listed(rule.when)} hold {listed(rule.then)}, against "
        f"{rule.confidence / rule.lift:.1%} of all (lift {rule.lift:.2f}); {rule.support:.1%} of all baskets hold both."
    )
