"""Whole entities: do attacks tell which customers were learnt, each with all its orders and their lines?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from rowsmith.evaluate._each_table import together
from rowsmith.evaluate._entities import entities
from rowsmith.evaluate._judge import results_of
from rowsmith.evaluate._link_measure import LinkMeasure
from rowsmith.evaluate._links import Linked
from rowsmith.evaluate._measure import LEVELS, Aspect, Figure, Result, result, unmeasured, worst
from rowsmith.evaluate._words import readable, show
from rowsmith.evaluate.copies import Copies
from rowsmith.evaluate.distance import Distance
from rowsmith.evaluate.membership import Membership
from rowsmith.evaluate.near_copies import NearCopies
from rowsmith.evaluate.singling_out import SinglingOut

ATTACKS = (Membership, SinglingOut, Copies, NearCopies, Distance)


@dataclass(frozen=True, kw_only=True)
class WholeEntities(LinkMeasure):
    """Attacks on entities: every row that hangs on no other, with all that hangs on it, taken as one row.

    A customer may be recognised by what all orders come to, though no row of any table was copied. So the attacks of single
    tables are made on a table of entities too: their own columns, and of the rows below them, in one step or more, how many
    there are, of a number the mean, the least and the greatest, of a time the first and the last, of a category how many levels
    occur, the most frequent one, and the share of the one that is most frequent in the real table. Entities are the rows of
    tables of 50 rows or more that are not public and point to no other such table. Limits are those of each attack. Source:
    the attacks'; that the unit of privacy is the person with all rows, as C. Dwork, A. Roth, "The algorithmic foundations of
    differential privacy" (2014), section 2.3, has it.
    """

    title: ClassVar[str] = "Attacks on whole entities"
    aspect: ClassVar[Aspect] = "privacy"
    order: ClassVar[int] = 48

    def measure(self, linked: Linked) -> Result:
        """Attack the entities of every table that has some."""
        attacks = [kind() for kind in ATTACKS]
        found: dict[str, dict[str, Result]] = {attack.name: {} for attack in attacks}
        for each in entities(linked):
            for attack, taken in zip(attacks, results_of(attacks, each.context), strict=True):
                found[attack.name][each.table] = taken
        tables = list(found[attacks[0].name])
        if not tables:
            return unmeasured(self, "no table has 50 rows on which others hang, and hangs on none.", decisive=False)
        summed = [together(attack, found[attack.name]) for attack in attacks]
        made = [r for r in summed if r.level != "not measured"]
        if not made:
            return unmeasured(self, summed[0].sentence.removeprefix("Not measured: "))
        decisive = [r for r in made if r.decisive]
        level = worst([r.level for r in decisive])
        listed = ", ".join(readable(n) for n in tables)
        if level == "good":
            sentence = f"No attack tells which rows of {listed} were learnt, each with all that hangs on it."
        else:
            first, said = next(r for r in decisive if r.level == level).sentence.split(": ", 1)
            sentence = f"{readable(first)}, each row with all that hangs on it: {said}"
        left = [r for r in summed if r not in made]
        if left:
            reason = left[0].sentence.removeprefix("Not measured: ")
            sentence += f" Not all attacks were made ({', '.join(r.title.lower() for r in left)}): {reason}"
        return result(
            self,
            level,
            sentence,
            how=f"{listed}; figures are means over them" if len(tables) > 1 else listed,
            figures=tuple(
                replace(f, name=r.measure, label=f"{r.title}: {f.label}") for r in made for f in r.figures[:1]
            ),
            details={
                "table": {
                    "title": "Attacks on whole entities, one by one",
                    "head": ["entities and attack", "synthetic", "copy", "unseen", "verdict"],
                    "rows": [row for n in tables for row in _rows(n, {a.title: found[a.name][n] for a in attacks})],
                }
            },
        )


def _rows(table: str, attacks: Mapping[str, Result]) -> list[list[str]]:
    """The figures of the attacks on the entities of a table."""
    return [
        [f"{readable(table)}: {title}, {f.label}", *_numbers(f), found.level if found.level in LEVELS else ""]
        for title, found in attacks.items()
        for f in found.figures
    ]


def _numbers(figure: Figure) -> list[str]:
    return [show(x, figure.unit) for x in (figure.value, figure.control, figure.ceiling)]
