"""Ways to one row: where two links of a real row always lead on to one and the same, do they in the twin?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from rowsmith.core.ways import BROKEN, MOSTLY, Way, apart, end_of, ways_up
from rowsmith.evaluate._link_measure import LinkMeasure
from rowsmith.evaluate._links import Linked, Side
from rowsmith.evaluate._measure import Aspect, Figure, Level, Result, grade, result, unmeasured, worst
from rowsmith.evaluate._words import percent, readable

NORMAL = 1.96
"""The 97.5 % point of the normal law."""
HALF = 0.5
"""Share of the rows that break what is usual, up to which a twin that has lost it is poor."""
NONE_SEEN = 3.0
"""Rows of so many may be others where none of as many was (the rule of three, 95 %)."""


@dataclass(frozen=True)
class _Rule:
    """Two ways from one table that lead to one row.

    Attributes:
        table: where they begin.
        ways: both.
        broken: share of the real rows from which they do not.
        chance: what it would be by chance.
        noise: how far another share may lie above it by chance (95 %).
    """

    table: str
    ways: tuple[Way, Way]
    broken: float
    chance: float
    noise: float

    @property
    def usual(self) -> bool:
        """Whether it is no rule, but what is usual."""
        return self.broken > BROKEN * self.chance

    def level(self, share: float, measure: Ways) -> Level:
        """How much it matters that a share of the rows break it."""
        excess = max(0.0, share - self.broken)
        if not self.usual:
            return grade(excess, measure.good, measure.fair, noise=self.noise)
        whole = self.chance - self.broken
        level = grade(excess / whole, measure.good_usual, measure.fair_usual, noise=self.noise / whole)
        return "fair" if level == "poor" and self.broken > HALF else level

    def said(self, linked: Linked) -> str:
        """What it is about, for a reader."""
        one, other = (".".join("+".join(linked.links[i].columns) for i in way) for way in self.ways)
        return f"{self.table}: {one} and {other}"

    def ends(self, linked: Linked) -> str:
        """Table to which the ways lead."""
        return linked.links[self.ways[0][-1]].parent

    def broken_in(self, side: Side) -> float:
        """Share of the rows of a database that break it."""
        one, other = (end_of(way, side.up, side.tables[self.table].n) for way in self.ways)
        both = (one >= 0) & (other >= 0)
        return float((one != other)[both].mean()) if both.any() else 0.0


@dataclass(frozen=True, kw_only=True)
class Ways(LinkMeasure):
    """Share of rows from which two ways lead to different rows, where real ones lead to one, beyond the real share; the worst.

    The class of a grade's pupil is that of its course, clerk and car of a rental are of one branch, who leads somebody is of the same
    branch. Pairs of ways of up to three links are looked for in the real rows: those that lead to one row in all of them, or in 95 % of
    those in which it would not be so by chance. Those that do so in 20 % of these, as who pays an order usually gets it, are looked at for
    how much of that is lost. Source: path equations of D. Spivak, "Functorial data migration" (2012), section 3.
    """

    title: ClassVar[str] = "Ways to one row"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 2

    good: float = 0.005
    """Share of rows that break a rule, beyond that of the real ones, up to which it is good."""
    fair: float = 0.03
    """Share of rows that break a rule, beyond that of the real ones, up to which it is fair."""
    good_usual: float = 0.15
    """Part of what is usual and no rule that may be lost for it to be good."""
    fair_usual: float = 0.4
    """Part of what is usual and no rule that may be lost for it to be fair."""

    def measure(self, linked: Linked) -> Result:
        """Look at every pair of ways."""
        rules = list(_rules(linked))
        if not rules:
            return unmeasured(self, "no two ways along the links lead to one row.", decisive=False)
        made = [rule.broken_in(linked.synthetic) for rule in rules]
        excess = [max(0.0, b - rule.broken) for b, rule in zip(made, rules, strict=True)]
        levels = [rule.level(share, self) for share, rule in zip(made, rules, strict=True)]
        level = worst(levels)
        at = max(range(len(rules)), key=lambda i: (levels[i] == level, excess[i]))
        rule, share = rules[at], made[at]
        said = f"{rule.said(linked)} lead to different rows of {rule.ends(linked)} in {percent(share)} of the rows"
        sentence = {
            "good": "Where two ways along the links lead to one row, they do in the twin, as often.",
            "fair": f"{said}, in {percent(rule.broken)} of the real ones; look at these first.",
            "poor": f"{said}, in {percent(rule.broken)} of the real ones. Do not join along both.",
        }[level]
        figure = Figure(
            name="apart",
            label="rows whose ways lead apart, beyond the real share, worst pair",
            value=excess[at],
            unit="share",
            better="lower",
            ideal=0.0,
            bad=0.5,
        )
        ranked = sorted(zip(excess, made, rules, strict=True), key=lambda each: -each[0])
        table = {
            "title": "Rows from which two ways lead apart",
            "head": ["ways", "to", "synthetic", "real"],
            "rows": [
                [readable(r.said(linked)), readable(r.ends(linked)), percent(b), percent(r.broken)]
                for _, b, r in ranked
            ],
        }
        ways = {r.said(linked): {"value": b, "real": r.broken} for _, b, r in ranked}
        return result(
            self,
            level,
            sentence,
            how=f"{len(rules)} pairs of ways, every row",
            figures=(figure,),
            details={"table": table, "ways": ways},
        )


def _rules(linked: Linked) -> Iterator[_Rule]:
    """Pairs of ways that lead to one row in the real database, none of which follows from a shorter one."""
    for table, columns in linked.real.tables.items():
        ways = ways_up(linked.links, table)
        itself = [i for i, link in enumerate(linked.links) if link.child == link.parent == table]
        longer = [(i, *way) for i in itself for way in ways]  # by the row above, in a tree
        ends = {way: end_of(way, linked.real.up, columns.n) for way in (*ways, *longer)}
        found: set[tuple[Way, Way]] = set()
        for place, one in enumerate(ways, 1):
            for other in (*ways[place:], *((i, *one) for i in itself)):
                if one[0] == other[0] or linked.links[one[-1]].parent != linked.links[other[-1]].parent:
                    continue
                if any((one[:-k], other[:-k]) in found for k in range(1, min(len(one), len(other)))):
                    continue
                shares = apart(ends[one], ends[other], MOSTLY)
                if shares is not None:
                    (broken, chance), rows = shares, int(((ends[one] >= 0) & (ends[other] >= 0)).sum())
                    noise = NONE_SEEN / rows + NORMAL * (2 * broken * (1 - broken) / rows) ** 0.5
                    rule = _Rule(table, (one, other), broken, chance, noise)
                    found |= set() if rule.usual else {(one, other)}
                    yield rule
