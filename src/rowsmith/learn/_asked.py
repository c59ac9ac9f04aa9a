"""Conditions on rows of a database that no other table brings forth: what hangs on them is drawn around those that meet it.

Whole rows are drawn, with the numbers and groups of children that they shall have, and those that meet the condition are
kept. So what they are like in all else is as likely as the condition makes it, their children too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rowsmith.core import sql
from rowsmith.core.computed import wide
from rowsmith.core.conditions import WHERE, by_table
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.learn._apart import repeats
from rowsmith.learn._drawn import Drawn, joined
from rowsmith.learn._part import Part, read_name
from rowsmith.learn._tie_derived import Derived
from rowsmith.learn._where import Where

if TYPE_CHECKING:
    from rowsmith.learn.database import DatabaseTables

FIRST = 256
"""Rows that are drawn at least to see how many meet a condition, …"""
RATE = 0.001
"""… and the share from which on they are so few that it is given up."""


@dataclass(frozen=True)
class Asked:
    """What rows of one table must meet.

    Attributes:
        part: the table.
        expression: boolean SQL over its columns; a row in which it is null does not meet it.
    """

    part: Part
    expression: str

    def drawn(self, n: int, draw: Callable[[int, Key], Drawn], key: Key) -> Drawn:
        """N rows that meet it, no two with the same key.

        Args:
            n: how many.
            draw: makes rows: how many, and their random stream.
            key: random stream.

        Raises:
            SpecError: hardly any row meets it.
        """
        out, tried, met, limit = draw(0, key), 0, 0, max(n, FIRST) / RATE
        while out.n < n:
            if tried > limit:
                raise self._refusal(out.n, tried)
            size = int(1.1 * (n - out.n) * (tried + 1) / (met + 1)) if tried else n
            size = min(max(size, FIRST), int(FIRST / RATE))
            more = draw(size, key.child(WHERE, tried))
            kept = more.taken(np.flatnonzero(self._met(more)))
            tried, met = tried + size, met + kept.n
            out = joined(out, kept)
            if self.part.telling_apart:
                out = out.taken(np.flatnonzero(~repeats(self.part, out)))
        return out.taken(np.arange(n))

    def _met(self, rows: Drawn) -> NDArray[np.bool_]:
        read = sql.references(self.expression, WHERE)
        return sql.truth(self.expression, {name: wide(rows.columns[name]) for name in read}, WHERE)

    def _refusal(self, kept: int, tried: int) -> SpecError:
        return SpecError(
            f"where: only {kept / tried:.3%} of {tried:,} drawn rows of {self.part.name} meet it; ask for a condition that more "
            "rows meet, or for fewer rows (--rows)."
        )


def asked(model: DatabaseTables, expression: str) -> dict[str, Asked]:
    """A condition, by the tables that it is on.

    Args:
        model: the learnt tables.
        expression: boolean SQL; columns of a table may be written with its name in front. Each of the conditions that must
            all hold (`and`) reads one table only.

    Raises:
        SpecError: it is no condition on tables whose rows stand by themselves.
    """
    columns = {name: list(part.schema.columns) for name, part in model.parts.items()}
    found = by_table(expression, columns, model.roots)
    for name in found:
        _check_free(model, name, expression)
    return {name: _checked(model.parts[name], " and ".join(each), expression) for name, each in found.items()}


def _check_free(model: DatabaseTables, table: str, expression: str) -> None:
    part = model.parts[table]
    if part.public:
        why = f"the rows of {table} come as they are, as it is public"
    elif part.above is not None and part.above.depths:
        why = f"the rows of {table} point to one another"
    elif part.above is not None:
        why = f"the rows of {table} are drawn around those of {model.links[part.above.link].parent}"
    else:
        return
    free = [t for t in model.roots if model.parts[t].above is None]
    raise SpecError(
        f"where={expression!r}: {why}. Conditions can be on {', '.join(free) if free else 'no table here'}."
    )


def _checked(part: Part, bare: str, expression: str) -> Asked:
    """A condition on one table.

    Raises:
        SpecError: no learnt row meets it, or it reads what is made after the rows.
    """
    late = dict(_late(part))
    for name in sql.references(bare, WHERE):
        if name in late:
            raise SpecError(f"where={expression!r}: {part.name}.{name} {late[name]}; ask something of other columns.")
        if part.model is None or name not in part.model.schema.columns:
            raise SpecError(
                f"where={expression!r}: {part.name}.{name} is a key, which is made anew; ask something of other columns."
            )
    assert part.model is not None, "a column of it is read"
    return Asked(part, Where.of(part.model, bare).expression)


def _late(part: Part) -> Iterator[tuple[str, str]]:
    """Columns that follow from rows drawn later, and why."""
    changed = {
        r.column: "sums up rows that are drawn after it" for each in part.rollups.values() for r in each if not r.shared
    }
    changed |= {
        p.column: "is that of a row that is drawn after it" for each in part.picked.values() for p in each if not p.down
    }
    changed |= {c.column: "is that of a row it points to" for each in part.matched.values() for c in each}
    yield from changed.items()
    changed |= {read_name(i, c): "is that of a row it points to" for i, each in part.reads.items() for c in each}
    for tie in part.model.ties.each if part.model is not None else ():
        if isinstance(tie, Derived) and set(changed).intersection(tie.reads):
            changed[tie.column] = "follows from such a column"
            yield (
                tie.column,
                f"is computed from {', '.join(_said(n) for n in sorted(set(changed).intersection(tie.reads)))}, which comes after it",
            )


def _said(name: str) -> str:
    """A column as a person knows it."""
    return name.split(" ", 1)[1] + " of a row it points to" if name.startswith("⇑") else name
