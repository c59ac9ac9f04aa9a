"""What a measure of linked tables is, the registry of them, and figures that are means over links."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rowsmith.core.registry import Registry
from rowsmith.evaluate._family import Family
from rowsmith.evaluate._links import Linked
from rowsmith.evaluate._measure import Figure, Judge, Result
from rowsmith.evaluate._words import readable, show

SPLITS = 4
"""Times that parents are dealt into two halves, to see how far apart two parts of one database are."""
STUDENT = 3.18
"""The 97.5 % point of Student's t with SPLITS - 1 degrees of freedom."""

Statistic = Callable[[int, Family, Family], "tuple[float | None, ...]"]
"""From the number of a link and the families of two databases to distances."""


class LinkMeasure(Judge):
    """Settings of one measure of linked tables. Subclasses are frozen keyword-only dataclasses, one a module of `_linked/`."""

    @property
    def name(self) -> str:
        """Of the module that it stands in."""
        return LINK_MEASURES.name_of(type(self))

    @abstractmethod
    def measure(self, linked: Linked) -> Result:
        """Judge the synthetic database. What cannot be measured is a result with a reason, never an error."""


LINK_MEASURES = Registry[LinkMeasure]("rowsmith.evaluate._linked", LinkMeasure, "measure of linked tables")  # type: ignore[type-abstract]


@dataclass(frozen=True)
class Along:
    """Distances along links.

    Attributes:
        figures: means over the links.
        each: by link, its name and the first distance: the value, its floor and its ceiling.
        worst: by figure, the link that is furthest from its ceiling; empty where no link has it.
    """

    figures: tuple[Figure, ...]
    each: tuple[tuple[str, float, float | None, float | None], ...]
    worst: tuple[str, ...]

    def details(self, title: str) -> dict[str, Any]:
        """The numbers of each link, and a table of them for the report, the furthest off first."""
        ranked = sorted(self.each, key=lambda e: (0.0 if e[3] is None else e[3]) - e[1])
        table = {
            "title": title,
            "head": ["link", "synthetic", "floor", "ceiling"],
            "rows": [[readable(n), *(show(x, self.figures[0].unit) for x in numbers)] for n, *numbers in ranked],
        }
        return {"table": table, "links": {n: {"value": v, "floor": f, "ceiling": c} for n, v, f, c in self.each}}


def along(linked: Linked, statistic: Statistic, use: str, *figures: dict[str, Any]) -> Along | None:
    """Distances of the synthetic database from the real one, link by link, with floor, ceiling and noise.

    The floor has every column and every link shuffled on its own. The ceiling is the holdout; where there is none, two
    halves of the parents, with their children (of a few parents, of the children), which are smaller, and so a little further
    apart than two databases of the whole size would be. The noise is that of dealing into halves.

    Args:
        linked: the databases.
        statistic: as many distances as there are figures; None where a link has none.
        use: names the random streams.
        figures: dicts of a `Figure`'s other fields.

    Returns:
        None where no link has the first distance.
    """
    roles = linked.families
    taken: dict[str, list[list[float | None]]] = {"value": [], "floor": [], "ceiling": []}
    splits: list[list[list[float | None]]] = [[] for _ in range(SPLITS)]
    for i in range(len(linked.links)):
        real = roles["real"][i]
        rng = linked.key.child(use, "floor", i).generator()
        taken["value"].append(list(statistic(i, real, roles["synthetic"][i])))
        taken["floor"].append(list(statistic(i, real, real.shuffled(rng))))
        for k in range(SPLITS):
            halves = real.halves(linked.key.child(use, "halves", i, k).generator())
            splits[k].append(list(statistic(i, *halves)))
        if "holdout" in roles:
            taken["ceiling"].append(list(statistic(i, real, roles["holdout"][i])))
        else:
            taken["ceiling"].append([_mean(numbers) for numbers in zip(*(s[i] for s in splits), strict=True)])
    known = [i for i, numbers in enumerate(taken["value"]) if numbers[0] is not None]
    if not known:
        return None
    out, worst = [], []
    for f, fields in enumerate(figures):
        numbers: dict[str, Any] = {role: _mean([each[i][f] for i in known]) for role, each in taken.items()}
        dealt = [x for x in (_mean([s[i][f] for i in known]) for s in splits) if x is not None]
        half = STUDENT * float(np.std(dealt, ddof=1)) if len(dealt) == SPLITS else None
        value = numbers["value"]
        span = {} if half is None or value is None else {"low": max(0.0, value - half), "high": value + half}
        noise = None if half is None else half * (1 + 1 / SPLITS) ** 0.5
        reason = "" if value is not None else "no link has it"
        out.append(Figure(**{"reason": reason, **fields}, **numbers, **span, noise=noise))
        off = {i: v - (taken["ceiling"][i][f] or 0.0) for i in known if (v := taken["value"][i][f]) is not None}
        worst.append(str(linked.links[max(off, key=lambda i: off[i])]) if off else "")
    each = tuple((str(linked.links[i]), *(taken[role][i][0] for role in ("value", "floor", "ceiling"))) for i in known)
    return Along(tuple(out), each, tuple(worst))  # type: ignore[arg-type]  # of known links the first is a number


def _mean(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return float(np.mean(known)) if known else None
