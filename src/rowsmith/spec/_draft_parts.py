"""What the parts of a draft hand to each other: a column of the data, and how the spec will make it."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column
from rowsmith.core.sql import references
from rowsmith.spec._draft_fit import Law
from rowsmith.spec._draft_laws import Settings
from rowsmith.spec._draft_numbers import Numbers, share

FEW_NULLS = 0.0005
"""Share of missing values from which a column has some in the spec."""
LAST = ("null", "round", "as", "by", "correlate", "hidden")
"""Settings that stand behind those of the kind, in this order."""


@dataclass(frozen=True, kw_only=True)
class DataColumn:
    """A column of the data.

    Attributes:
        name: in the spec.
        values: typed (text of one form is parsed), nulls among them, shape (rows,); of a large table a sample.
        every: the same of all rows, for what is unique.
        type: of the column as it stands in the table.
        column: what it is taken for.
        rare: rows that must share what is written into the spec.
        locale: language and country of the table's texts.
        key: random stream.
        taken: names that are given already.
        part: whether it is a part of a column, which has no hidden columns beside it.
    """

    name: str
    values: pa.Array
    every: pa.Array
    type: pa.DataType
    column: Column
    rare: int
    locale: str
    key: Key
    taken: set[str]
    part: bool = False

    def helper(self, ending: str) -> str:
        """A new name for a hidden column beside this one."""
        stem = re.sub(r"\W+", "_", f"{self.name}_{ending}", flags=re.ASCII).strip("_") or ending
        stem = stem if not stem[0].isdigit() else f"c_{stem}"
        return free_name(stem, self.taken)

    @property
    def is_text(self) -> bool:
        """Whether the column is text in the table."""
        return bool(pa.types.is_string(self.type))


@dataclass(frozen=True)
class Steps:
    """A lattice that numbers are on.

    Attributes:
        size: of a step, in units of the last decimal.
        offset: of the lattice from 0, likewise, from 0 to below the size.
        digits: decimals of the numbers.
        numbers: how many steps each is from the offset.
    """

    size: int
    offset: int
    digits: int
    numbers: Numbers

    def shown(self, x: int) -> str:
        """A size or an offset as a person writes it.

        >>> Steps(25, 0, 2, None).shown(25), Steps(500, 0, 2, None).shown(500)
        ('0.25', '5')
        """
        return f"{Decimal(x).scaleb(-self.digits).normalize():f}"

    @property
    def said(self) -> str:
        """What a reader should know."""
        size = self.shown(self.size)
        return f"steps of {size}, from {self.shown(self.offset)}" if self.offset else f"multiples of {size}"


def free_name(wanted: str, taken: set[str]) -> str:
    """The name, with a number behind it if it is taken; it is taken then. Case does not tell names apart in SQL."""
    name, number = wanted, 2
    while name.lower() in taken:
        name, number = f"{wanted}_{number}", number + 1
    taken.add(name.lower())
    return name


@dataclass(frozen=True, kw_only=True)
class Draft:
    """How a column will be made.

    Attributes:
        name: in the spec.
        settings: of its kind, and around it.
        note: what a reader should know; stands behind it as a comment.
        helpers: hidden columns that it needs.
        present: which rows of the data have a value, shape (rows,).
        numbers: the values, where they are numbers with a law.
        law: that they follow.
        codes: level of each row, -1 where there is none, shape (rows,); for categories.
        levels: as they are written; the codes count them.
        derived: whether what it depends on is settled: computed from other columns, a key, invented text.
        type: of the column in the table, where it is of numbers; of its steps, where it is on a lattice.
        groups: level of the category that its law depends on, of each row, shape (rows,).
        steps: the lattice that the numbers are on; the law is of steps then.
    """

    name: str
    settings: Settings
    note: str = ""
    helpers: tuple[Draft, ...] = ()
    present: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=bool))
    numbers: Numbers | None = None
    law: Law | None = None
    codes: NDArray[np.int64] | None = None
    levels: tuple[Any, ...] = ()
    derived: bool = False
    type: pa.DataType | None = None
    groups: NDArray[np.int64] | None = None
    steps: Steps | None = None

    @property
    def measured(self) -> Numbers | None:
        """What the law is of: the numbers, or their steps."""
        return self.numbers if self.steps is None else self.steps.numbers

    def having(self, **settings: Any) -> Draft:
        """The same with more settings."""
        return replace(self, settings={**self.settings, **settings})

    def noted(self, note: str) -> Draft:
        """The same with a note more."""
        return replace(self, note=f"{self.note}; {note}" if self.note and note else self.note or note)


def ordered(settings: Mapping[str, Any]) -> Settings:
    """Settings in the order in which they are written."""
    front = {name: value for name, value in settings.items() if name not in LAST}
    return front | {name: settings[name] for name in LAST if name in settings}


def null_share(values: pa.Array) -> Settings:
    """The setting `null` of a column, if it has nulls."""
    missing = values.null_count
    return {"null": share(missing / len(values))} if missing and missing >= FEW_NULLS * len(values) else {}


def plain_number(x: float) -> int | float:
    """A whole number without a point.

    >>> plain_number(3.0), plain_number(0.5)
    (3, 0.5)
    """
    return int(x) if float(x).is_integer() and abs(x) < 2**53 else x


def hidden(name: str, settings: Settings) -> Draft:
    """A column that others read only."""
    return Draft(name=name, settings={**settings, "hidden": True})


def reads(settings: Mapping[str, Any]) -> set[str]:
    """Columns that settings refer to."""
    found: set[str] = set()
    for name, value in settings.items():
        if name == "sql":
            found |= set(references(value, "sql"))
        elif name in ("by", "given", "correlate"):
            found |= set(value)
        elif name == "text":
            found |= {field for _, field, _, _ in string.Formatter().parse(value) if field}
        elif name in ("of", "from", "sex") and isinstance(value, str):
            found.add(value)
        elif name == "null" and isinstance(value, Mapping):
            found |= reads(value)
    return found


def law_settings(law: Law, numbers: Numbers, kind: pa.DataType) -> Settings:
    """Settings of a law, with what makes its numbers of a column's type."""
    settings = law.written()
    whole = bool(pa.types.is_integer(law.sampler().type))
    scale = kind.scale if pa.types.is_decimal(kind) else 0 if pa.types.is_integer(kind) else None
    if not whole and numbers.digits is not None and (scale is None or numbers.digits < scale):
        settings["round"] = numbers.digits
    if kind != (pa.int64() if whole else pa.float64()) and not pa.types.is_dictionary(kind):
        settings["as"] = type_text(kind)
    return settings


def type_text(kind: pa.DataType) -> str:
    """A type as a person would write it."""
    if pa.types.is_decimal128(kind):
        return f"decimal({kind.precision},{kind.scale})"
    known = {
        pa.string(): "text",
        pa.int64(): "integer",
        pa.float64(): "float",
        pa.float32(): "float32",
        pa.float16(): "float",
    }
    return known.get(kind, str(kind))


def quoted(name: str) -> str:
    """A name in SQL.

    >>> quoted("qty"), quoted("unit price"), quoted("order")
    ('qty', '"unit price"', '"order"')
    """
    try:
        plain = re.fullmatch(r"[A-Za-z_]\w*", name) is not None and references(name, "sql") == (name,)
    except SpecError:
        plain = False
    return name if plain else '"' + name.replace('"', '""') + '"'
