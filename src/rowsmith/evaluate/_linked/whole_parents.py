"""Whole parents: can a classifier tell synthetic parents, with what their children come to, from real ones?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._family import aggregate_features, distinct
from rowsmith.evaluate._link_measure import LinkMeasure
from rowsmith.evaluate._links import Linked
from rowsmith.evaluate._means import mean_figure
from rowsmith.evaluate._measure import Aspect, Result, level_of, result, unmeasured
from rowsmith.evaluate._words import readable, show
from rowsmith.evaluate.c2st import ClassifierTest


@dataclass(frozen=True, kw_only=True)
class WholeParents(LinkMeasure):
    """AUC of boosted trees that tell synthetic parents from real ones by their columns and by aggregates of their children.

    As the "Classifier test", mean over tables that others point to; see "Trends with aggregates" for what is taken of children.
    Source: V. Hudovernik, M. Jurkovič, E. Štrumbelj, "Benchmarking the fidelity and utility of synthetic relational data"
    (2024), section 3.3 (C2ST with aggregation).
    """

    title: ClassVar[str] = "Classifier test with children"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 31

    good: float = 0.1
    """AUC above the ceiling up to which it is good."""
    fair: float = 0.25
    """AUC above the ceiling up to which it is fair."""
    most_rows: int = 4_000
    """Parents of each side."""
    fewest: int = 50
    """Parents of a table that is looked at."""

    def measure(self, linked: Linked) -> Result:
        """Look at every table that others point to."""
        found = {}
        for table, context in self._contexts(linked):
            taken = ClassifierTest(most_rows=self.most_rows).measure(context)
            if taken.figures:
                found[table] = taken
        if not found:
            return unmeasured(self, f"no table that others point to has {self.fewest} rows in every database.")
        figure = mean_figure(
            {n: r.figures[0] for n, r in found.items()}, label="AUC of telling parents apart, mean over tables"
        )
        assert figure.value is not None, "every part has a value"
        level = level_of(figure, self.good, self.fair)
        off = max(found, key=lambda n: found[n].figures[0].excess or 0.0)
        named = [readable(r["label"], 60) for r in found[off].details.get("bars", {}).get("rows", [])[:2]]
        hint = f" ({' and '.join(map(repr, named))})" if named else ""
        said = f"A classifier tells parents with their children from real ones with an AUC of {figure.value:.3f} on average"
        sentence = {
            "good": f"{said}; 0.5 is a coin flip.",
            "fair": f"{said}; look at {off!r} first{hint}.",
            "poor": f"{said}, most in {off!r}{hint}. What flows along links is not real: do not analyse tables together.",
        }[level]
        rows = [
            [readable(n), *(show(x, "AUC") for x in (r.figures[0].value, r.figures[0].floor, r.figures[0].ceiling))]
            for n, r in found.items()
        ]
        head = ["table", "synthetic", "floor", "ceiling"]
        return result(
            self,
            level,
            sentence,
            how=f"{len(found)} tables; at most {self.most_rows:,} parents of each side",
            figures=(figure,),
            details={"table": {"title": "Classifier test with children, table by table", "head": head, "rows": rows}},
        )

    def _contexts(self, linked: Linked) -> Iterator[tuple[str, Context]]:
        """Of each parent table its columns and its children's aggregates, in every database."""
        for table in linked.features:
            below = [i for i, link in enumerate(linked.links) if link.parent == table]
            features: list[Feature] = list(linked.features[table])
            for i in below:
                features += aggregate_features(linked.links[i].child, linked.features[linked.links[i].child])
            sides: dict[str, Columns] = {}
            for role, families in linked.families.items():
                own = linked.sides[role].tables[table]
                parts = [families[i].aggregates(linked.features[linked.links[i].child]).arrays for i in below]
                sides[role] = Columns((*own.arrays, *(a for part in parts for a in part)), own.n)
            if below and min(s.n for s in sides.values()) >= self.fewest:
                yield (
                    table,
                    Context(
                        features=distinct(features),
                        real=sides["real"],
                        synthetic=sides["synthetic"],
                        holdout=sides.get("holdout"),
                        names=(),
                        target=None,
                        key=linked.key.child("whole_parents", table),
                        workers=linked.workers,
                    ),
                )
