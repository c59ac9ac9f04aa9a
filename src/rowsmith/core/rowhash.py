"""Hashes of rows: equal values give equal hashes in any batch, in any process, however a column is laid out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.permutation import mix

MOST_REPEATS = 0.02
"""Share of rows up to which they may repeat the key of another one where it is one all the same: slips, and rows that came twice."""

_WORD = 8  # bytes


def row_hashes(columns: Sequence[pa.Array], words: int = 1) -> NDArray[np.uint64]:
    """A hash of each row.

    Args:
        columns: at least one, n values each; what stands in place of a null is not told from other values.
        words: 64-bit words of a hash. Of a million rows, two have the same one word with a chance of 3e-8; the same two
            words, of a billion, with a chance of 2e-21.

    Returns:
        Shape (n, words).

    >>> a, b = row_hashes([pa.array(["x", "y"]), pa.array([1, 2])]), row_hashes([pa.array(["y"]), pa.array([2])])
    >>> bool(a[1, 0] == b[0, 0]), bool(a[0, 0] == b[0, 0])
    (True, False)
    """
    out = np.zeros((words, len(columns[0])), dtype=np.uint64)
    for column in columns:
        for word, hashes in enumerate(_hashes(column, words)):
            out[word] = mix(out[word] * np.uint64(31) + hashes, word)
    return out.T


def complete(columns: Sequence[pa.Array]) -> NDArray[np.bool_]:
    """Which rows have a value in every column, shape (n,)."""
    out = np.ones(len(columns[0]), dtype=bool)
    for column in columns:
        if column.null_count or pa.types.is_dictionary(column.type) or pa.types.is_null(column.type):
            out &= column.is_valid().to_numpy(zero_copy_only=False)
            if pa.types.is_dictionary(column.type) and column.dictionary.null_count:
                out &= column.dictionary_decode().is_valid().to_numpy(zero_copy_only=False)
    return out


def _hashes(column: pa.Array, words: int) -> Sequence[NDArray[np.uint64]]:
    """So many hashes of each value of a column, shape (n,) each."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        places = column.indices.cast(pa.int64()).fill_null(0).to_numpy()
        values = column.dictionary if len(column.dictionary) else pa.nulls(1)
        return [hashes[places] for hashes in _hashes(values, words)]
    if pa.types.is_null(kind):
        return [np.zeros(len(column), np.uint64)] * words
    if pa.types.is_boolean(kind):
        return _of_numbers(column.fill_null(False).to_numpy(zero_copy_only=False).astype(np.uint64), words)
    if pa.types.is_floating(kind):
        numbers = column.cast(pa.float64()).fill_null(0.0).to_numpy() + 0.0  # minus zero is zero
        return _of_numbers(np.where(np.isnan(numbers), np.nan, numbers).view(np.uint64), words)
    if pa.types.is_decimal(kind):
        return _of_decimals(column, kind.byte_width // _WORD, words)
    if pa.types.is_integer(kind):
        return _of_numbers(column.fill_null(0).to_numpy().astype(np.int64).view(np.uint64), words)
    if pa.types.is_temporal(kind) and not pa.types.is_interval(kind):
        return _hashes(column.view(pa.int32() if kind.bit_width == 32 else pa.int64()), words)
    if not _is_bytes(kind):
        column = pa.array([repr(value) for value in column.to_pylist()], pa.string())
    return _of_bytes(column.cast(pa.large_binary()).fill_null(b""), words)


def _is_bytes(kind: pa.DataType) -> bool:
    tests = ("string", "large_string", "string_view", "binary", "large_binary", "binary_view", "fixed_size_binary")
    return any(getattr(pa.types, f"is_{test}")(kind) for test in tests)


def _of_numbers(numbers: NDArray[np.uint64], words: int) -> list[NDArray[np.uint64]]:
    return [mix(numbers, _seed(word)) for word in range(words)]


def _of_decimals(column: pa.Array, width: int, words: int) -> list[NDArray[np.uint64]]:
    """Hashes of decimals, which are `width` words wide each."""
    parts = np.frombuffer(column.buffers()[1], dtype="<u8") if len(column) else np.empty(0, np.uint64)
    parts = parts.reshape(-1, width)[column.offset : column.offset + len(column)]
    out = [np.zeros(len(column), dtype=np.uint64) for _ in range(words)]
    for word in range(words):
        for part in range(width):
            out[word] = mix(out[word] ^ parts[:, part], _seed(word))
    return out


def _of_bytes(values: pa.Array, words: int) -> list[NDArray[np.uint64]]:
    """Hashes of texts: the sum of a hash of every eight bytes and their place, and the length."""
    n = len(values)
    if n == 0:
        return [np.empty(0, np.uint64)] * words
    ends = np.frombuffer(values.buffers()[1], dtype="<i8")[values.offset : values.offset + n + 1]
    raw = values.buffers()[2]
    data = np.frombuffer(raw, np.uint8)[ends[0] : ends[-1]] if raw is not None else np.empty(0, np.uint8)
    lengths = np.diff(ends)
    parts = lengths // _WORD + 1
    starts = np.cumsum(parts) - parts
    if (lengths == lengths[0]).all():
        rows = np.zeros((n, int(parts[0]) * _WORD), np.uint8)
        rows[:, : lengths[0]] = data.reshape(n, -1)
        padded, places = rows.ravel(), np.tile(np.arange(parts[0]), n)
    else:
        padded = np.zeros(int(parts.sum()) * _WORD, np.uint8)
        padded[np.arange(len(data)) + np.repeat(starts * _WORD - (ends[:-1] - ends[0]), lengths)] = data
        places = np.arange(len(padded) // _WORD) - np.repeat(starts, parts)
    eights = padded.view("<u8") + places.astype(np.uint64) * np.uint64(0xD6E8FEB86659FD93)
    lengths = lengths.astype(np.uint64)
    sums = [np.add.reduceat(mix(eights, _seed(word)), starts) for word in range(words)]
    return [mix(np.bitwise_xor(total, lengths), word) for word, total in enumerate(sums)]


def _seed(word: int) -> int:
    return 0x5851F42D4C957F2D * (word + 1)
