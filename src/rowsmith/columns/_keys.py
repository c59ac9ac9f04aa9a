"""Makers of keys: values that differ in every row because they come from the row's number."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.columns._invent import invent_keys
from rowsmith.columns._pattern import Patterns, fit_patterns
from rowsmith.columns._serial import LIMIT, Serial, fit_serial
from rowsmith.core.line import from_line, to_line
from rowsmith.core.permutation import Numbers, mix
from rowsmith.core.protocols import CodeArray
from rowsmith.core.schema import arrow_type
from rowsmith.core.state import State

UUID = r"(?i)^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
MAX_AFFIXES = 30
MAX_AFFIX = 24  # characters; longer ones are text
ROOM, ROOM_OF_ONE = 100, 4
"""Keys that shapes have room for, for each real one, at least: of a single shape, which may grow, fewer."""
_LAST_NUMBER = r"(?s)^(?P<before>.*?)(?P<number>[0-9]+)(?P<after>[^0-9]*)$"


class KeyMaker(ABC):
    """A law of keys.

    Attributes:
        law: its name in a state.
    """

    law: ClassVar[str]

    @property
    def size(self) -> int:
        """How many sorts of keys there are; a learner learns which."""
        return 1

    def encode(self, values: pa.Array) -> CodeArray:
        """The sort of each key."""
        return np.zeros(len(values), dtype=np.uint16)

    @abstractmethod
    def make(self, codes: CodeArray, rows: Numbers) -> pa.Array:
        """The keys of rows, each of the sort that its code says.

        Raises:
            SpecError: they run out; the message names how many there are.
        """

    @abstractmethod
    def say(self) -> str:
        """How keys are made, as the end of a sentence."""

    @abstractmethod
    def state(self) -> State:
        """Plain values."""

    @classmethod
    @abstractmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""


def _say(serial: Serial) -> str:
    how = {"count": "by counting", "stride": "rising by irregular steps", "shuffle": "by shuffled numbers"}
    return how[serial.law]


@dataclass(frozen=True)
class LineKeys(KeyMaker):
    """Keys on a number line: whole numbers, or dates.

    Attributes:
        type: Arrow type.
        serial: law of the numbers.
    """

    type: pa.DataType
    serial: Serial
    law = "line"

    def make(self, codes: CodeArray, rows: Numbers) -> pa.Array:
        """The keys of rows."""
        return from_line(_as_line(self.serial.make(rows, _top(self.type)), self.type), self.type)

    def say(self) -> str:
        """How keys are made."""
        return _say(self.serial)

    def state(self) -> State:
        """Plain values."""
        return {"type": str(self.type), "serial": self.serial.state()}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls(arrow_type(state["type"]), Serial.from_state(state["serial"]))


def _as_line(numbers: Numbers, kind: pa.DataType) -> Numbers | NDArray[np.float64]:
    return numbers.astype(np.float64) if pa.types.is_floating(kind) else numbers


def _top(kind: pa.DataType) -> int:
    if pa.types.is_uint64(kind):
        return 2**63 - 1  # see to_line: the upper half of the range
    if pa.types.is_integer(kind):
        return int(np.iinfo(kind.to_pandas_dtype()).max)
    if pa.types.is_decimal(kind):
        return int(min(10**kind.precision - 1, 2**63 - 1))
    if pa.types.is_floating(kind):
        return int(2 ** (np.finfo(kind.to_pandas_dtype()).nmant + 1))
    return 2**31 - 1 if pa.types.is_date32(kind) else 2**63 - 1


@dataclass(frozen=True)
class NumberedKeys(KeyMaker):
    """Texts around a number: `S0001`, `INV-17/A`.

    Attributes:
        affixes: what stands before and after the number; several sorts at most.
        width: digits of the number, padded with zeros; 0 if not padded.
        serial: law of the numbers.
    """

    affixes: tuple[tuple[str, str], ...]
    width: int
    serial: Serial
    law = "numbered"

    @property
    def size(self) -> int:
        """How many affixes there are."""
        return len(self.affixes)

    def encode(self, values: pa.Array) -> CodeArray:
        """Which affix each key has."""
        parts = pc.extract_regex(values, _LAST_NUMBER)
        own = pc.binary_join_element_wise(parts.field("before"), parts.field("after"), "\0")
        known = pa.array([f"{a}\0{b}" for a, b in self.affixes], pa.string())
        return np.asarray(pc.index_in(own, known).fill_null(0).to_numpy(zero_copy_only=False), dtype=np.uint16)

    def make(self, codes: CodeArray, rows: Numbers) -> pa.Array:
        """The keys of rows."""
        numbers = pa.array(self.serial.make(rows)).cast(pa.string())
        if self.width:
            numbers = pc.utf8_lpad(numbers, self.width, padding="0")
        picks = pa.array(codes)
        before, after = (pa.array([a[i] for a in self.affixes], pa.string()).take(picks) for i in (0, 1))
        return pc.binary_join_element_wise(before, numbers, after, "")

    def say(self) -> str:
        """How keys are made."""
        return _say(self.serial)

    def state(self) -> State:
        """Plain values."""
        return {"affixes": [list(a) for a in self.affixes], "width": self.width, "serial": self.serial.state()}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        affixes = tuple((str(a), str(b)) for a, b in state["affixes"])
        return cls(affixes, int(state["width"]), Serial.from_state(state["serial"]))


@dataclass(frozen=True)
class PatternKeys(KeyMaker):
    """Texts of stable shapes.

    Attributes:
        patterns: the shapes.
        seed: of the permutation.
    """

    patterns: Patterns
    seed: int
    law = "pattern"

    @property
    def size(self) -> int:
        """How many shapes there are."""
        return len(self.patterns.patterns)

    def encode(self, values: pa.Array) -> CodeArray:
        """The shape of each key."""
        return self.patterns.encode(values)

    def make(self, codes: CodeArray, rows: Numbers) -> pa.Array:
        """The keys of rows; of a single shape, those beyond what it has room for are longer by digits."""
        if self.size > 1:
            return self.patterns.unique(codes, rows, self.seed)
        turn, within = np.divmod(rows, rows.dtype.type(min(self.patterns.patterns[0].capacity, LIMIT)))
        keys = self.patterns.unique(codes, within, self.seed)
        if not turn.any():
            return keys
        longer = pc.binary_join_element_wise(keys, pa.array(turn).cast(pa.string()), "")
        return pc.if_else(pa.array(turn == 0), keys, longer)

    def say(self) -> str:
        """How keys are made."""
        return "in the same shape, by shuffled characters"

    def state(self) -> State:
        """Plain values."""
        return {"patterns": self.patterns.state(), "seed": self.seed}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls(Patterns.from_state(state["patterns"]), int(state["seed"]))


@dataclass(frozen=True)
class UuidKeys(KeyMaker):
    """Random UUIDs (RFC 9562, version 4), as text or as 16 bytes.

    Attributes:
        type: string or fixed_size_binary(16).
        upper: whether letters are capital.
        seed: of the hash.
    """

    type: pa.DataType
    upper: bool
    seed: int
    law = "uuid"

    def make(self, codes: CodeArray, rows: Numbers) -> pa.Array:
        """The keys of rows."""
        halves = np.stack([mix(rows.astype(np.uint64), self.seed + i) for i in (0, 1)], axis=1)
        halves[:, 0] = halves[:, 0] & np.uint64(0xFFFFFFFFFFFF0FFF) | np.uint64(0x4000)
        halves[:, 1] = halves[:, 1] & np.uint64(0x3FFFFFFFFFFFFFFF) | np.uint64(0x8000000000000000)
        raw = halves.astype(">u8").tobytes()
        if not pa.types.is_string(self.type):
            return pa.Array.from_buffers(pa.binary(16), len(rows), [None, pa.py_buffer(raw)]).cast(self.type)
        signs = np.frombuffer(b"0123456789ABCDEF" if self.upper else b"0123456789abcdef", np.uint8)
        bytes_ = np.frombuffer(raw, np.uint8).reshape(-1, 16)
        out = np.full((len(rows), 36), ord("-"), np.uint8)
        places = [i for i in range(36) if i not in (8, 13, 18, 23)]
        out[:, places[0::2]] = signs[bytes_ >> 4]
        out[:, places[1::2]] = signs[bytes_ & 15]
        ends = np.arange(len(rows) + 1, dtype=np.int64) * 36
        wide = pa.Array.from_buffers(
            pa.large_string(), len(rows), [None, pa.py_buffer(ends.tobytes()), pa.py_buffer(out.tobytes())]
        )
        return wide.cast(pa.string())

    def say(self) -> str:
        """How keys are made."""
        return "as random UUIDs"

    def state(self) -> State:
        """Plain values."""
        return {"type": str(self.type), "upper": self.upper, "seed": self.seed}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls(arrow_type(state["type"]), bool(state["upper"]), int(state["seed"]))


@dataclass(frozen=True)
class WordKeys(KeyMaker):
    """Made-up words with a number, for texts without a stable shape.

    Attributes:
        email: whether as e-mail addresses.
        seed: of the permutation.
    """

    email: bool
    seed: int
    law = "word"

    def make(self, codes: CodeArray, rows: Numbers) -> pa.Array:
        """The keys of rows."""
        return invent_keys(rows, self.seed, email=self.email)

    def say(self) -> str:
        """How keys are made."""
        return "as invented addresses" if self.email else "of invented words and numbers"

    def state(self) -> State:
        """Plain values."""
        return {"email": self.email, "seed": self.seed}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls(bool(state["email"]), int(state["seed"]))


MAKERS: dict[str, type[KeyMaker]] = {m.law: m for m in (LineKeys, NumberedKeys, PatternKeys, UuidKeys, WordKeys)}


def line_keys(values: pa.Array, width: int, seed: int) -> LineKeys | None:
    """The law of keys on a number line; None for numbers with a fraction.

    Args:
        values: in the order of the rows, no nulls.
        width: digits that all values are padded to when printed, or 0.
        seed: for what is random in the law.
    """
    line = to_line(values)
    if line.dtype.kind == "f":
        if not (np.isfinite(line).all() and (line == np.rint(line)).all() and (np.abs(line) < 2**53).all()):
            return None
        line = line.astype(np.int64)
    low, high = int(line.min()), int(line.max())
    if pa.types.is_integer(values.type) and low >= 0 and high < LIMIT:
        low, high = _same_digits(low, high, width, len(line))
    return LineKeys(values.type, fit_serial(line, low=low, high=min(high, _top(values.type)), seed=seed))


def numbered_keys(values: pa.Array, seed: int) -> NumberedKeys | None:
    """The law of texts around a number; None if they are not of that look."""
    parts = pc.extract_regex(values, _LAST_NUMBER)
    if parts.null_count:
        return None
    digits = parts.field("number")
    lengths = pc.utf8_length(digits).to_numpy()
    if lengths.max() > 18:
        return None
    own = pc.value_counts(pc.binary_join_element_wise(parts.field("before"), parts.field("after"), "\0"))
    names, counts = own.field("values").to_pylist(), own.field("counts").to_numpy()
    if len(names) > min(MAX_AFFIXES, 1 + len(values) // 5) or max(map(len, names)) > MAX_AFFIX:
        return None
    numbers = digits.cast(pa.int64()).to_numpy()
    if len(np.unique(numbers)) < len(numbers):  # the same number under two affixes: the number alone is no key
        return None
    one_width = len(set(lengths.tolist())) == 1
    padded = bool(pc.any(pc.and_(pc.starts_with(digits, "0"), pc.greater(pc.utf8_length(digits), 1))).as_py())
    if padded and not one_width:
        return None
    width = int(lengths[0]) if padded else 0
    low, high = _same_digits(int(numbers.min()), int(numbers.max()), width, len(numbers))
    order = sorted(range(len(names)), key=lambda i: (-counts[i], names[i]))
    affixes = tuple((a, b) for a, _, b in (names[i].partition("\0") for i in order))
    return NumberedKeys(affixes, width, fit_serial(numbers, low=low, high=high, seed=seed))


def text_keys(values: pa.Array, seed: int) -> KeyMaker:
    """The law of keys that are text.

    Args:
        values: in the order of the rows, no nulls.
        seed: for what is random in the law.
    """
    if pc.all(pc.match_substring_regex(values, UUID)).as_py():
        return UuidKeys(pa.string(), bool(pc.any(pc.match_substring_regex(values, "[A-F]")).as_py()), seed)
    numbered = numbered_keys(values, seed)
    if numbered is not None:
        return numbered
    patterns = fit_patterns(values, parts=False)
    if patterns is not None:
        room = ROOM if len(patterns.patterns) > 1 else ROOM_OF_ONE
        if min(p.capacity for p in patterns.patterns) >= room * len(values):
            return PatternKeys(patterns, seed)
    return WordKeys(bool(pc.all(pc.match_substring(values, "@")).as_py()), seed)


def _same_digits(low: int, high: int, width: int, n: int) -> tuple[int, int]:
    """The range of numbers with as many digits as those seen."""
    if width:
        return 0, 10**width - 1
    if len(str(low)) == len(str(high)):
        return (0 if low == 0 else 10 ** (len(str(low)) - 1)), 10 ** len(str(high)) - 1
    return (low, high) if high - low > 4 * n else (0, 10 ** len(str(high)) - 1)
