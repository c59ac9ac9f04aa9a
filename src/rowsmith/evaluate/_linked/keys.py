"""Keys: does every foreign key point to a row, and does no primary key come twice?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._link_measure import LinkMeasure
from rowsmith.evaluate._links import NULL, ORPHAN, Linked, Side
from rowsmith.evaluate._measure import Aspect, Figure, Result, grade, result, worst
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate._words import percent


@dataclass(frozen=True, kw_only=True)
class Keys(LinkMeasure):
    """Share of foreign keys without a parent and of primary keys that repeat, beyond the real shares; the worst of each.

    A key with a null in it points to nothing, and breaks nothing; how many there are is a third figure: the total variation of the
    shares of null, dangling and linked rows, mean over links.
    Source: SDMetrics' "Referential Integrity" and "Key Uniqueness".
    """

    title: ClassVar[str] = "Keys"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 1

    fair: float = 0.001
    """Share of broken keys up to which it is fair; good is none."""
    nulls_good: float = 0.02
    """Error of the null shares up to which it is good."""
    nulls_fair: float = 0.1
    """Error of the null shares up to which it is fair."""

    def measure(self, linked: Linked) -> Result:
        """Look at every key."""
        links = [str(link) for link in linked.links]
        real, made = (_shares(side) for side in (linked.real, linked.synthetic))
        dangling = {n: float(b[0] - a[0]) for n, a, b in zip(links, real, made, strict=True)}
        nulls = [
            float(np.abs(a - b).sum() / 2) if a.any() and b.any() else 0.0 for a, b in zip(real, made, strict=True)
        ]
        again = {n: share - linked.real.repeated[n] for n, share in linked.synthetic.repeated.items()}
        figures = [
            Figure(
                name=name,
                label=label,
                value=max(0.0, *each.values()) if each else None,
                unit="share",
                better="lower",
                ideal=0.0,
                bad=0.1,
                reason=f"there is no {what}",
            )
            for name, label, each, what in (
                ("dangling", "foreign keys without a parent, beyond the real share, worst link", dangling, "link"),
                ("repeated", "primary keys that repeat or hold a null, worst table", again, "primary key"),
            )
        ]
        mean = float(np.mean(nulls)) if nulls else None
        figures.append(
            Figure(
                name="nulls",
                label="error of the shares of null, dangling and linked rows",
                value=mean,
                unit="share",
                better="lower",
                ideal=0.0,
                bad=0.3,
                reason="there is no link",
            )
        )
        broken = {n: x for n, x in (dangling | again).items() if x > 0}
        of_keys = worst([grade(x, 0.0, self.fair) for x in broken.values()] + ["good"])
        level = of_keys if mean is None else worst([of_keys, grade(mean, self.nulls_good, self.nulls_fair)])
        if broken and of_keys == level:
            name, share = max(broken.items(), key=lambda x: x[1])
            what = "foreign keys without a parent" if name in dangling else "primary keys that repeat"
            sentence = (
                f"{percent(share)} of the rows of {name} have {what}: a database with these constraints refuses them."
            )
        elif level == "good":
            sentence = "Every foreign key finds its parent, and no primary key repeats, beyond what real ones do."
        else:
            off = links[int(np.argmax(nulls))]
            said = f"ow many rows point to nothing is {percent(mean or 0.0)} off, most at {off}."
            sentence = f"H{said}" if broken else f"Keys are valid, but h{said}"
        return result(
            self,
            level,
            sentence,
            how=f"{len(links)} links, {len(again)} primary keys, every row",
            figures=tuple(f for f in figures if f.value is not None),
        )


def _shares(side: Side) -> list[Floats]:
    """Of each link the shares of dangling, null and linked rows; zeros where the child has no rows."""
    found = [
        np.array([(up == ORPHAN).mean(), (up == NULL).mean(), (up >= 0).mean()]) if len(up) else np.zeros(3)
        for up in side.up
    ]
    return [np.asarray(each, dtype=np.float64) for each in found]
