"""Numbers and marks in one column: `12.5`, `<5`, `neg`, true. Numbers are learnt as numbers, marks as levels; so are dates amid words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.columns._amid import Amid
from rowsmith.columns._levels import LevelCodec, fit_levels
from rowsmith.columns._line_codec import LineCodec, fit_line
from rowsmith.columns._rare import check_rare, hide_levels
from rowsmith.core.errors import DataError
from rowsmith.core.grid import BINS, KNOTS
from rowsmith.core.protocols import Claim, CodeArray, Codec, ColumnKind, Profile, Rows
from rowsmith.core.rng import Key
from rowsmith.core.shield import FEW, Sharing, Shielded, Shielding, Units, Whole
from rowsmith.core.state import State
from rowsmith.core.text import Form

NUMBER = r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$"
FEWEST, SHARE = 8, 0.2
"""Numbers that must be there, in all and as a share, for text to be called mixed."""
MAX_MARKS = 200
MOSTLY, LEVELS = 0.9, 20
"""Share of numbers, and different ones, beyond which a few words do not make levels of them."""
MAX_PLAIN = 5
"""Numbers without a point beside numbers with fixed decimals, at most, for these to be marks."""


@dataclass(frozen=True)
class MixedCodec(Codec):
    """A fitted column of marks and numbers. Codes: the marks, the most frequent first, then the numbers' own.

    Attributes:
        marks: codec of the texts that are no numbers; None if there are none.
        numbers: codec of the numbers; None if there are none.
        digits: decimals that numbers are printed with, if their number is fixed. What has no point (`0` beside `1.50`)
            is a mark then. None: as many as needed.
        whole: whether whole numbers are printed without a point.
        amid: form of the texts that are no marks, where they are dates or such, and no plain numbers.
    """

    marks: LevelCodec | None
    numbers: LineCodec | None
    digits: int | None
    whole: bool
    amid: Amid | None = None
    ordered: bool = field(default=True, init=False)

    @property
    def size(self) -> int:  # type: ignore[override]
        """How many marks and ranges of numbers there are."""
        return self._marks + (self.numbers.size if self.numbers else 0)

    @property
    def exact(self) -> bool:  # type: ignore[override]
        """Whether every code is one value."""
        return self.numbers is None or self.numbers.exact

    @property
    def _marks(self) -> int:
        return self.marks.size if self.marks else 0

    def encode(self, values: pa.Array) -> CodeArray:
        """Codes of texts, shape (rows,)."""
        numeric = _among(values, self.digits, self.amid)
        if self.numbers is None:
            numeric[:] = False
        if self.marks is None:  # a mark where none was known: any number
            values = values if numeric.all() else pc.if_else(pa.array(numeric), values, self._any)
            numeric[:] = True
        codes = np.zeros(len(values), dtype=np.uint16)
        if self.numbers is not None:
            found = self.numbers.encode(_typed(values.filter(pa.array(numeric)), self.amid))
            codes[numeric] = found + np.uint16(self._marks)
        if self.marks is not None:
            codes[~numeric] = self.marks.encode(values.filter(pa.array(~numeric)))
        return codes

    def decode(self, codes: CodeArray, rows: Rows, key: Key) -> pa.Array:
        """Texts of codes."""
        numeric = codes >= self._marks
        made = []
        if self.marks is not None:
            made.append(self.marks.decode(codes[~numeric], rows, key))
        if self.numbers is not None:
            drawn = self.numbers.decode(codes[numeric] - np.uint16(self._marks), rows, key)
            made.append(self._texts(drawn))
        back = np.empty(len(codes), dtype=np.int64)
        back[np.concatenate([np.flatnonzero(~numeric), np.flatnonzero(numeric)])] = np.arange(len(codes))
        return pa.concat_arrays(made).take(pa.array(back))

    @property
    def _any(self) -> pa.Scalar:
        """The text of a number."""
        assert self.numbers is not None, "there is no mark"
        return self._texts(self.numbers.decode(np.zeros(1, np.uint16), Rows(0, 1), Key(0)))[0]

    def _texts(self, numbers: pa.Array) -> pa.Array:
        if self.amid is not None:
            return self.amid.show(numbers)
        return pa.array([self._show(x) for x in numbers.to_pylist()], pa.string())

    def _show(self, x: float) -> str:
        if self.digits is not None:
            return f"{x:.{self.digits}f}"
        return str(int(x)) if self.whole and x == int(x) else repr(x)

    def state(self) -> State:
        """Arrays and JSON from which `from_state` makes the same codec."""
        return {
            "marks": None if self.marks is None else self.marks.state(),
            "numbers": None if self.numbers is None else self.numbers.state(),
            "digits": self.digits,
            "whole": self.whole,
            "amid": None if self.amid is None else self.amid.state(),
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls(
            None if state["marks"] is None else LevelCodec.from_state(state["marks"]),
            None if state["numbers"] is None else LineCodec.from_state(state["numbers"]),
            state["digits"],
            bool(state["whole"]),
            None if state.get("amid") is None else Amid.from_state(state["amid"]),
        )


@dataclass(frozen=True, kw_only=True)
class Mixed(ColumnKind, Shielding, Sharing):
    """Numbers, or dates, and besides them text marks or truth values, in one column."""

    bins: int = BINS
    """About how many bins the numbers are cut into."""
    knots: int = KNOTS
    """At most how many pieces the law inside a bin is kept in; small bins get fewer."""
    ends: int = FEW
    """Rows that must lie at the least and the greatest drawn value, or beyond; 1 for a column that is public."""
    rare: int = FEW
    """A mark of fewer rows is not kept, as a level of a category."""

    codec: ClassVar[type[MixedCodec]] = MixedCodec

    def __post_init__(self) -> None:
        check_rare(self.rare)

    @classmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Claims values of several JSON types, and text of numbers and a few marks."""
        values = profile.values.drop_null()
        if not pa.types.is_string(values.type) or len(values) == 0:
            return None
        json = profile.form is not None and profile.form.get("as") == "json"
        digits, amid = _printed(values, profile.form)
        numeric = _among(values, digits, amid)
        marks = values.filter(pa.array(~numeric))
        kinds = int(pc.count_distinct(marks).as_py())
        if kinds > MAX_MARKS or kinds > 0.5 * max(len(marks), 10) or (amid is not None and kinds == 0):
            return None
        if json:
            return Claim(0.65, {}, "values of several types: numbers are learnt as numbers, all else as levels")
        if numeric.sum() < FEWEST or (amid is None and _numeric(values).mean() < SHARE):
            return None
        line = fit_line(_typed(values.filter(pa.array(numeric)), amid), BINS, KNOTS)
        if line.exact and (kinds == 0 or line.size <= LEVELS or numeric.mean() < MOSTLY):
            return None  # a few numbers among texts are levels like them
        if kinds == 0:
            return Claim(0.65, {}, "numbers, printed in several ways")
        what = "numbers" if amid is None else f"{amid.form['as']}s"
        marks_in = f"text marks in {len(marks):,} of {len(values):,} values"
        return Claim(0.65, {}, f"{what}, but for {marks_in}: each is learnt in its own way")

    def shielded(
        self, values: pa.Array, key: Key, units: Units | None = None, whole: Whole | None = None
    ) -> Shielded | None:
        """Without rare marks. Numbers are looked after by `ends`."""
        if not pa.types.is_string(values.type):
            return None
        numeric = _among(values, None, _printed(values, None)[1])
        own = None if units is None else units[~numeric]
        found = hide_levels(values.filter(pa.array(~numeric)), self.rare, own, whole or Whole.of(len(values), units))
        if found is None:
            return None
        hidden = np.zeros(len(values), dtype=bool)
        hidden[~numeric] = found.hidden
        return Shielded(values, hidden, found.levels, found.rows)

    def fit(self, values: pa.Array, form: Form | None, key: Key) -> MixedCodec:
        """Learn marks and numbers."""
        return self._fitted(values, form, None, None)

    def fit_shared(
        self, values: pa.Array, form: Form | None, key: Key, units: Units | None, whole: Whole
    ) -> MixedCodec:
        """The same; the ends of the numbers are those of enough entities."""
        return self._fitted(values, form, units, whole)

    def _fitted(self, values: pa.Array, form: Form | None, units: Units | None, whole: Whole | None) -> MixedCodec:
        if not pa.types.is_string(values.type):
            raise DataError(f"is of type {values.type}; the kind 'mixed' takes text or values of several types.")
        digits, amid = _printed(values, form)
        numeric = _among(values, digits, amid)
        marks, texts = values.filter(pa.array(~numeric)), values.filter(pa.array(numeric))
        own = None if units is None else units[numeric]
        return MixedCodec(
            marks=fit_levels(marks) if len(marks) else None,
            numbers=fit_line(_typed(texts, amid), self.bins, self.knots, self.ends, own, whole) if len(texts) else None,
            digits=digits,
            whole=not pc.all(pc.match_substring(texts, ".")).as_py() if len(texts) else True,
            amid=amid,
        )


def _numeric(values: pa.Array, digits: int | None = None) -> NDArray[np.bool_]:
    pattern = NUMBER if digits is None else rf"^-?(?:0|[1-9][0-9]*)\.[0-9]{{{digits}}}$"
    return np.array(pc.match_substring_regex(values, pattern).to_numpy(zero_copy_only=False), dtype=bool)


def _printed(values: pa.Array, form: Form | None) -> tuple[int | None, Amid | None]:
    """Decimals of the numbers, if all have as many, or else the form of most values, where they are no plain numbers."""
    if form is not None:
        return None, None
    few = _numeric(values).mean() < SHARE if len(values) else False
    return _digits(values), Amid.of(values) if few else None


def _among(values: pa.Array, digits: int | None, amid: Amid | None) -> NDArray[np.bool_]:
    """Which texts are numbers, or of the form of most."""
    return _numeric(values, digits) if amid is None else amid.among(values)


def _typed(texts: pa.Array, amid: Amid | None) -> pa.Array:
    return texts.cast(pa.float64()) if amid is None else amid.typed(texts)


def _digits(values: pa.Array) -> int | None:
    """The number of decimals, if all numbers with a point have as many, and those without are few."""
    texts = values.filter(pa.array(_numeric(values)))
    pointed = pc.match_substring(texts, ".")
    after = pc.utf8_length(pc.replace_substring_regex(texts.filter(pointed), r"^.*\.", ""))
    spread = pc.min_max(after)
    low, high = spread["min"].as_py(), spread["max"].as_py()
    if low is None or low != high or pc.any(pc.match_substring_regex(texts, "[eE]")).as_py():
        return None
    return int(low) if pc.count_distinct(texts.filter(pc.invert(pointed))).as_py() <= MAX_PLAIN else None
