"""An association rule in baskets: who buys these buys those."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import pyarrow as pa

from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._plant import Calibration, Fact, Finding, Maker
from rowsmith.truth._rule import Rule, brief, facts_of, plain, title, told
from rowsmith.truth._rules_mined import mined
from rowsmith.truth.baskets import Baskets


@dataclass(frozen=True, kw_only=True)
class Association(Maker):
    """Baskets with some items hold others more often, or less often, than baskets do in general.

    Any two of `support`, `confidence` and `lift`, or numbers of rules about the same items, give the rest. Rules about one column are
    planted together, as `rules` of a `baskets`, so that each is exact and none forces another.

    >>> rule = Association(basket="items", when=("pasta",), then=("sauce",), support=0.06, confidence=0.65).at(0)
    >>> [(fact.name, round(fact.value, 3)) for fact in rule.facts({})]
    [('pasta -> sauce: support', 0.06), ('pasta -> sauce: confidence', 0.65), ('pasta -> sauce: lift', 3.0)]
    """

    basket: str
    """The column of baskets that is made: lists of items."""
    when: tuple[str, ...]
    """Items that bring the others; `if` in a spec."""
    then: tuple[str, ...]
    """Items that are brought."""
    support: float | None = None
    """Share of the baskets that hold all of both; by difficulty if nothing gives it."""
    confidence: float | None = None
    """Share of the baskets with `when` that hold `then` too; by difficulty if nothing gives it."""
    lift: float | None = None
    """Confidence divided by the share of all baskets with `then`: below 1 they shun one another; 3 to 2 if nothing gives it."""
    items: int | None = None
    """How many different items there are in all, if no `baskets` says so; by difficulty some 40 to 150."""
    size: float | None = None
    """Mean number of items in a basket, if no `baskets` says so; more by difficulty."""

    main: ClassVar[str] = "basket"

    @property
    def rule(self) -> Rule:
        """The rule alone."""
        return Rule(when=self.when, then=self.then, support=self.support, confidence=self.confidence, lift=self.lift)

    def at(self, difficulty: float) -> Self:
        """Numbers by difficulty, as if it was the only rule of its column."""
        alone = self._alone().at(difficulty)
        rule = alone.each[self._name]
        return replace(
            self,
            support=rule.support,
            confidence=rule.confidence,
            lift=rule.lift,
            items=alone.items,
            size=alone.size,
        )

    @property
    def reads(self) -> tuple[str, ...]:
        """Nothing."""
        return ()

    @property
    def makes(self) -> Mapping[str, pa.DataType]:
        """Lists of texts."""
        return {self.basket: pa.list_(pa.string())}

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """The law of the items."""
        return self._alone().calibrate(pilot)

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration) -> pa.RecordBatch:
        """Draw baskets."""
        return self._alone().sample(rows, key, given, calibration)

    def facts(self, calibration: Calibration) -> list[Fact]:
        """Support, confidence and lift."""
        return facts_of(self.rule)

    def question(self) -> dict[str, Any]:
        """The column."""
        return {"basket": self.basket}

    def brief(self) -> str:
        """Which items go together."""
        return brief(self.basket)

    def how(self, calibration: Calibration) -> str:
        """The rule in a sentence."""
        return told(self.rule)

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
    def _name(self) -> str:
        return title(self.when, self.then)

    def _alone(self) -> Baskets:
        return Baskets(basket=self.basket, rules={self._name: plain(self.rule)}, items=self.items, size=self.size)
