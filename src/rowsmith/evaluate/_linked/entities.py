"""Whole entities: do attacks tell which customers were learnt, each with all its orders and their lines?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rowsmith.evaluate._entities import entities
from rowsmith.evaluate._entity_attacks import attacked
from rowsmith.evaluate._link_measure import LinkMeasure
from rowsmith.evaluate._links import Linked
from rowsmith.evaluate._measure import Aspect, Result, unmeasured


@dataclass(frozen=True, kw_only=True)
class WholeEntities(LinkMeasure):
    """Attacks on entities: every row that hangs on no other, with all that hangs on it, taken as one row.

    A customer may be recognised by what all orders come to, though no row of any table was copied. So the attacks of single
    tables are made on a table of entities too: their own columns, and of the rows below them, in one step or more, how many
    there are, of a number the mean, the least and the greatest, of a time the first and the last, of a category how many levels
    occur, the most frequent one, and the share of the one that is most frequent in the real table. Entities are the rows of
    tables of 50 rows or more that are not public and point to no other such table; links that close a circle do not count.
    Limits are those of each attack. Source: the attacks'; that the unit of privacy is the person with all rows, as C. Dwork, A.
    Roth, "The algorithmic foundations of differential privacy" (2014), section 2.3, has it.
    """

    title: ClassVar[str] = "Attacks on whole entities"
    aspect: ClassVar[Aspect] = "privacy"
    order: ClassVar[int] = 48

    def measure(self, linked: Linked) -> Result:
        """Attack the entities of every table that has some."""
        found = {each.table: each.context for each in entities(linked)}
        if not found:
            return unmeasured(self, "no table has 50 rows on which others hang, and hangs on none.", decisive=False)
        return attacked(self, found, "row", "all that hangs on it")
