"""Values made coarser: numbers in steps, dates to the month, codes to their first signs, classes to groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.augment._change import CellChange, CellWork
from rowsmith.augment._numbers import Ruler, floats
from rowsmith.augment._subject import Subject, text
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.types import is_number, is_text, is_time
from rowsmith.core.values import require


@dataclass(frozen=True, kw_only=True)
class Generalise(CellChange):
    """Values of one column made coarser, in the type that it has.

    >>> import rowsmith as rs, pyarrow as pa
    >>> rs.augment(pa.table({"age": [34, 37, 51]}), rs.Generalise("age", step=10)).frame["age"].to_pylist()
    [30, 30, 50]
    """

    column: str = field(kw_only=False)
    """The column."""
    step: float | None = None
    """Of numbers: each becomes the multiple of the step at or below it."""
    unit: Literal["hour", "day", "week", "month", "quarter", "year"] | None = None
    """Of dates and times: each becomes the beginning of its month, and so on."""
    letters: int | None = None
    """Of text: so many first signs are kept, and the others become `*`, as in 10***."""
    groups: Mapping[str, Any] | None = None
    """Of text: class to the name of its group, as in {Graz: Austria}; others stay."""

    main: ClassVar[str] = "column"
    named_by: ClassVar[str] = "column"
    lawful: ClassVar[bool] = False

    def __post_init__(self) -> None:
        require(self, "step", above=0)
        require(self, "letters", least=0)
        given = [n for n in ("step", "unit", "letters", "groups") if getattr(self, n) is not None]
        if len(given) != 1:
            raise SpecError("step, unit, letters, groups: expected one of them, the one for the column's type.")

    def fit(self, subject: Subject) -> GeneraliseWork:
        """See that the way suits the column."""
        kind = subject.table.schema.field(subject.column(self.column, "column")).type
        ways = {"step": is_number(kind), "unit": is_time(kind), "letters": is_text(kind), "groups": is_text(kind)}
        for name, fits in ways.items():
            if getattr(self, name) is not None and not fits:
                able = " or ".join(n for n, good in ways.items() if good) or "another column"
                raise SpecError(f"{name}: {self.column} is {kind}; expected {able}.")
        ruler = Ruler.of(self.column, subject.values(self.column)) if self.step is not None else None
        return GeneraliseWork((self.column,), self, ruler)


@dataclass(frozen=True)
class GeneraliseWork(CellWork):
    """Coarser values of a table.

    Attributes:
        settings: how coarse.
        ruler: of numbers.
    """

    settings: Generalise
    ruler: Ruler | None

    def change(self, rows: pa.RecordBatch, key: Key) -> Mapping[str, pa.Array]:
        """Make values coarser."""
        settings, values = self.settings, rows.column(self.settings.column)
        kind = values.type
        if settings.step is not None and self.ruler is not None:
            step = settings.step * self.ruler.unit
            # a value on a step may lie a last bit below it
            out = self.ruler.at(np.floor(floats(values) / step + 1e-9) * step, values)
        elif settings.unit is not None:
            out = pc.floor_temporal(values, unit=settings.unit).cast(kind)
        elif settings.letters is not None:
            kept = pc.utf8_slice_codeunits(values, 0, settings.letters)
            length = pc.subtract(pc.utf8_length(values), pc.utf8_length(kept))
            out = pc.binary_join_element_wise(
                kept, pc.binary_repeat(pa.scalar("*").cast(kind), length), pa.scalar("").cast(kind)
            )
        else:
            groups = {text(name): text(group) for name, group in (settings.groups or {}).items()}
            coded = values.dictionary_encode()
            words = pa.array(
                [groups.get(word, word) for word in coded.dictionary.cast(pa.string()).to_pylist()], pa.string()
            )
            out = words.cast(kind).take(coded.indices)
        return {settings.column: out}
