"""Baskets: lists of items, with rules in them that were asked for, and no others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._baskets import Others, draw, ready, usual_items, usual_size
from rowsmith.truth._plant import Calibration, Fact, Finding, Maker
from rowsmith.truth._quest import Patterns
from rowsmith.truth._rule import Rule, brief, check, facts_of, plain, rule_of, told
from rowsmith.truth._rules_filled import filled
from rowsmith.truth._rules_law import Group, groups_of
from rowsmith.truth._rules_mined import mined


@dataclass(frozen=True, kw_only=True)
class Baskets(Maker):
    """A column of baskets, in which some items go together by rules and all others come independently.

    Supports and confidences of rules are exact in the long run, also where rules share items. With `patterns`, the
    other items come in sets, as in the benchmark of Agrawal and Srikant (1994): rules among them are then there,
    and not asked for.
    """

    basket: str
    """The column of baskets that is made: lists of items."""
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Rules by name, each with `if`, `then`, and any of support, confidence, lift."""
    frequencies: Mapping[str, float] = field(default_factory=dict)
    """Shares of the baskets that hold an item, for items where it matters."""
    items: int | None = None
    """How many different items there are in all; by difficulty some 40 to 150 besides those of the rules."""
    size: float | None = None
    """Mean number of items in a basket; by difficulty 3 to 8 besides those of the rules."""
    names: tuple[str, ...] = ()
    """Names of the items; groceries if left out."""
    skew: float = 0.8
    """How much more often popular items are bought than others (exponent of Zipf's law), from 0: all alike."""
    empty: bool = False
    """Whether a basket may be empty."""
    patterns: int = 0
    """How many sets of other items are often bought together; 0 for none, so that they come independently."""
    pattern_size: float = 4.0
    """Mean number of items in such a set."""
    correlation: float = 0.5
    """Mean share of such a set's items that the set before it has too."""
    corruption: float = 0.5
    """Mean level at which such a set loses items in a basket."""
    patterns_seed: int = 0
    """Another number gives other sets."""

    main: ClassVar[str] = "basket"

    @property
    def each(self) -> dict[str, Rule]:
        """The rules by name; after `at`, with all numbers."""
        return {name: rule_of(values, f"rules.{name}") for name, values in self.rules.items()}

    def at(self, difficulty: float) -> Self:
        """Numbers of rules and background by difficulty; the rules are checked together."""
        if self.skew < 0:
            raise SpecError(f"skew={self.skew:g}: expected a number from 0.")
        if self.patterns_seed < 0:
            raise SpecError(f"patterns_seed={self.patterns_seed}: expected a whole number from 0.")
        self._patterns.check()
        rules, groups = self._law(difficulty)
        items = usual_items(groups, self.names, difficulty) if self.items is None else self.items
        size = usual_size(groups, items, difficulty) if self.size is None else self.size
        out = replace(self, rules={name: plain(rule) for name, rule in rules.items()}, items=items, size=size)
        ready(groups, out._others)
        return out

    @property
    def reads(self) -> tuple[str, ...]:
        """Nothing."""
        return ()

    @property
    def makes(self) -> Mapping[str, pa.DataType]:
        """Lists of texts."""
        return {self.basket: pa.list_(pa.string())}

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """The law of the items: names, probabilities of every group's cells, how often the others are bought."""
        _, groups = self._law(0.0)
        return ready(groups, self._others)

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration) -> pa.RecordBatch:
        """Draw baskets."""
        return pa.record_batch({self.basket: draw(rows.n, key, calibration)})

    def facts(self, calibration: Calibration) -> list[Fact]:
        """Support, confidence and lift of every rule."""
        return [fact for rule in self.each.values() for fact in facts_of(rule)]

    def question(self) -> dict[str, Any]:
        """The column."""
        return {"basket": self.basket}

    def brief(self) -> str:
        """Which items go together."""
        return brief(self.basket)

    def how(self, calibration: Calibration) -> str:
        """The rules in sentences, and what is beside them."""
        others = len(calibration["items"]) - calibration["named"]
        way = f"in {self.patterns} sets that are often bought together" if self.patterns else "independently"
        return " ".join([*(told(rule) for rule in self.each.values()), f"{others} other items come {way}."])

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """Mine the baskets for rules: pairs of items all, larger sets where they are frequent."""
        return mined(question, table)

    @staticmethod
    def unplanned(question: Mapping[str, Any], settings: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """Items that go together though no rule says so: lifts."""
        from rowsmith.truth._collateral_baskets import planned_in, unplanned

        return unplanned(question, table, *planned_in(settings))

    @property
    def _patterns(self) -> Patterns:
        return Patterns(
            count=self.patterns, size=self.pattern_size, correlation=self.correlation, corruption=self.corruption
        )

    @property
    def _others(self) -> Others:
        assert self.items is not None, "`at` fills it in"
        assert self.size is not None, "`at` fills it in"
        return Others(
            items=self.items,
            size=self.size,
            names=self.names,
            skew=self.skew,
            empty=self.empty,
            patterns=self._patterns,
            seed=self.patterns_seed,
        )

    def _law(self, difficulty: float) -> tuple[dict[str, Rule], list[Group]]:
        rules = self.each
        for name, rule in rules.items():
            check(name, rule)
        for item, share in self.frequencies.items():
            if not (isinstance(share, int | float) and 0 < share < 1):
                raise SpecError(f"frequencies.{item}={share!r}: expected a share above 0 and below 1.")
        every, shares = filled(rules, self.frequencies, difficulty)
        return every, groups_of(every, shares)
