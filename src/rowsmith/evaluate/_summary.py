"""The summary of a judgement: plain data, from which every form of the report is made."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from rowsmith.core.curves import Curves
from rowsmith.core.errors import DataError
from rowsmith.evaluate._measure import Aspect, Figure, Level, Result

VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Size:
    """How large a table is."""

    rows: int
    columns: int


@dataclass(frozen=True, kw_only=True)
class ColumnResult:
    """One column of both tables.

    Attributes:
        name: of the column.
        kind: number, time, category, or identifier (which is not compared).
        error: distance of the two distributions, 0 to 1; None where not compared.
        nulls: share of nulls, real and synthetic.
        overlay: what to draw; see `_overlay`.
    """

    name: str
    kind: str
    error: float | None
    nulls: tuple[float, float]
    overlay: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PairResult:
    """Two columns together.

    Attributes:
        a: first column.
        b: second column.
        error: difference of the two joint distributions (or correlations), 0 to 1.
        real: strength of the association in the real table, 0 to 1.
        synthetic: the same in the synthetic table.
    """

    a: str
    b: str
    error: float
    real: float
    synthetic: float


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The answer to one of the three questions, in words."""

    aspect: Aspect
    level: Level
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Summary:
    """All that was found. Numbers are finite; what could not be measured is None and says why.

    Attributes:
        tables: size of the real, the synthetic and, if given, the holdout table.
        settings: seed, target, and the settings of every measure.
        verdicts: one for each of fidelity, utility and privacy.
        measures: one result a measure, in the order of the report.
        columns: one result a column, worst first.
        pairs: one result a pair of columns, worst first.
        notes: what a reader must know: columns left out, samples taken, a holdout that is not unseen.
        training: how the networks of the twin's model were trained, by part of the rows, where that is known.
    """

    tables: Mapping[str, Size]
    settings: Mapping[str, Any]
    verdicts: tuple[Verdict, ...]
    measures: tuple[Result, ...]
    columns: tuple[ColumnResult, ...] = ()
    pairs: tuple[PairResult, ...] = ()
    notes: tuple[str, ...] = ()
    training: Mapping[str, Curves] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """What was judged: table, database, series or baskets."""
        kinds = {"tables": "database", "sequence": "series", "basket": "baskets"}
        return next((word for entry, word in kinds.items() if entry in self.settings), "table")

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {"rowsmith": VERSION, **plain(self)}

    def to_json(self) -> str:
        """The summary as a JSON document."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False, indent=1)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`.

        Raises:
            DataError: not such a document.
        """
        if not isinstance(document, Mapping) or document.get("rowsmith") != VERSION:
            raise DataError(f"this is not the summary of a judgement (or not of version {VERSION}).")
        try:
            return cls(
                tables={name: Size(**size) for name, size in document["tables"].items()},
                settings=document["settings"],
                verdicts=tuple(Verdict(**v) for v in document["verdicts"]),
                measures=tuple(_result(r) for r in document["measures"]),
                columns=tuple(ColumnResult(**c | {"nulls": tuple(c["nulls"])}) for c in document["columns"]),
                pairs=tuple(PairResult(**p) for p in document["pairs"]),
                notes=tuple(document["notes"]),
                training={name: Curves.from_dict(each) for name, each in document.get("training", {}).items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as fault:
            raise DataError(f"the summary of a judgement is damaged ({fault}).") from None

    def figure(self, measure: str, name: str | None = None) -> Figure:
        """One number of a measure: the main one, or the one of a name.

        Raises:
            KeyError: there is none.
        """
        for found in (f for r in self.measures if r.measure == measure for f in r.figures):
            if name is None or found.name == name:
                return found
        raise KeyError(measure if name is None else f"{measure}.{name}")


def _result(document: Mapping[str, Any]) -> Result:
    figures = tuple(Figure(**f) for f in document["figures"])
    return Result(**{**document, "figures": figures, "notes": tuple(document["notes"])})


def plain(value: Any) -> Any:
    """JSON values of a dataclass of plain data."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    assert value is None or isinstance(value, str | int | float | bool), f"{type(value)} is not plain"
    return value
