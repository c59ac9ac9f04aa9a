"""The risk that somebody is found in a table, of users' frames, before and after a change."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rowsmith.augment._risk import AT_RISK, SIZES, Risk, carried, risk_of
from rowsmith.core.files import atomic
from rowsmith.core.frames import to_arrow
from rowsmith.engine.augment import Augmented
from rowsmith.evaluate._risk_page import page

__all__ = ["Risk", "RiskChange", "risk", "risk_change"]


def risk(data: Any, quasi: Sequence[str], *, sensitive: str | None = None, population: Any = None) -> Risk:
    """How likely somebody who knows some columns of a person finds the row of that person.

    Args:
        data: a frame (pandas, polars, Arrow).
        quasi: columns that others may know: age, sex, place.
        sensitive: a column that nobody shall learn from them.
        population: a frame of all persons that the rows may be of, with these columns; for the journalist's risk.

    Raises:
        DataError: no frame.
        SpecError: there is no such column.

    >>> import pyarrow as pa
    >>> found = risk(pa.table({"age": [30, 30, 41], "ill": ["a", "b", "a"]}), ["age"], sensitive="ill")
    >>> found.k, found.unique, found.prosecutor, round(found.marketer, 2), found.l
    (1, 1, 1.0, 0.67, 1)
    """
    others = None if population is None else to_arrow(population)[0]
    return risk_of(to_arrow(data)[0], _names(quasi), sensitive, others)


@dataclass(frozen=True)
class RiskChange:
    """What a change did to the risk of a table.

    Attributes:
        before: risk of the table as it was.
        after: risk of the changed table.
        without: by column that others may know, the share of the rows at risk before and after if they did not know it.
    """

    before: Risk
    after: Risk
    without: dict[str, tuple[float, float]]

    def __str__(self) -> str:
        return f"risk before: {self.before}\nrisk after: {self.after}"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it: as JSON if the ending says so, else as one HTML page that opens without a network.

        Raises:
            OutputError: the file cannot be written.
        """
        found: dict[str, Any] = {"before": vars(self.before), "after": vars(self.after), "without": self.without}
        found |= {"at_risk_above": AT_RISK, "sizes": SIZES}
        is_json = os.path.splitext(str(path))[1].lower() == ".json"
        with atomic(path) as part:
            written = json.dumps(found, ensure_ascii=False, indent=1) + "\n" if is_json else page(found)
            part.write_text(written, encoding="utf-8")


def risk_change(
    data: Any, done: Augmented, quasi: Sequence[str], *, sensitive: str | None = None, population: Any = None
) -> RiskChange:
    """The risk of a table before and after a change of it.

    Persons of the population go with the rows they are like: what a change made of a row's values it would make of theirs.

    Args:
        data: the frame that was changed.
        done: what `augment` made of it.
        quasi: columns that others may know.
        sensitive: a column that nobody shall learn from them.
        population: a frame of all persons that the rows may be of.

    Raises:
        DataError: no frame.
        SpecError: there is no such column.

    >>> import pyarrow as pa, rowsmith as rs
    >>> rows = pa.table({"age": [30, 31, 40, 41], "sex": ["f", "f", "m", "m"]})
    >>> found = risk_change(rows, rs.augment(rows, rs.Generalise("age", step=10)), ["age", "sex"])
    >>> found.before.k, found.after.k, found.without["sex"]
    (1, 2, (1.0, 1.0))
    """
    quasi, (before, _), (after, _) = _names(quasi), to_arrow(data), to_arrow(done.frame)
    people = None if population is None else to_arrow(population)[0]
    first = risk_of(before, quasi, sensitive, people)
    last = risk_of(after, quasi, sensitive)
    if people is not None:
        moved = carried(before, after, done.source, people, quasi)
        seen = risk_of(after, quasi, None, moved)
        last = dataclasses.replace(last, journalist=seen.journalist, journalist_at_risk=seen.journalist_at_risk)
    without = {}
    for name in quasi if len(quasi) > 1 else ():
        others = [each for each in quasi if each != name]
        without[name] = (risk_of(before, others).at_risk, risk_of(after, others).at_risk)
    return RiskChange(first, last, without)


def _names(quasi: Sequence[str]) -> tuple[str, ...]:
    return (quasi,) if isinstance(quasi, str) else tuple(quasi)
