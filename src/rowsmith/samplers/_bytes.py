"""Texts made as a matrix of bytes, one row a text: much faster than joining texts."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.permutation import Numbers

Matrix = NDArray[np.uint8]
_FOUR = 10_000


def texts(matrix: Matrix) -> pa.Array:
    """Texts of one length.

    Args:
        matrix: ASCII, shape (n, length).

    >>> texts(np.frombuffer(b"abcd", np.uint8).reshape(2, 2)).to_pylist()
    ['ab', 'cd']
    """
    n, width = matrix.shape
    offsets = np.arange(n + 1, dtype=np.int64) * width
    return _strings(offsets, np.ascontiguousarray(matrix).reshape(-1))


def texts_of_codepoints(matrix: NDArray[Any]) -> pa.Array:
    """Texts of any lengths and characters.

    Args:
        matrix: Unicode code points, shape (n, greatest length), 0 where there is no character.

    >>> texts_of_codepoints(np.array([[104, 0, 233], [0, 0, 0]], np.uint32)).to_pylist()
    ['hé', '']
    """
    ascii_only = matrix.size == 0 or matrix.max() < 128
    there = matrix != 0
    if ascii_only and there.all():
        return texts(matrix.astype(np.uint8, copy=False))
    points = matrix[there]
    if ascii_only:
        ends, data = np.cumsum(there.sum(axis=1)), points.astype(np.uint8)
    else:
        size = 1 + (matrix > 0x7F).astype(np.int64) + (matrix > 0x7FF) + (matrix > 0xFFFF)
        ends = np.cumsum((size * there).sum(axis=1))
        encoded = points.astype("<u4").tobytes().decode("utf-32-le").encode()
        data = np.frombuffer(encoded, np.uint8)
    return _strings(np.concatenate(([0], ends)), data)


def _strings(offsets: NDArray[np.int64], data: NDArray[np.uint8]) -> pa.Array:
    n = len(offsets) - 1
    return pa.Array.from_buffers(pa.string(), n, [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(data)])


def digits(numbers: Numbers, width: int) -> Matrix:
    """Decimal digits, zeros in front.

    Args:
        numbers: from 0 to below 10 ** width, shape (n,).
        width: at least 1.

    Returns:
        ASCII, shape (n, width).

    >>> bytes(digits(np.array([42]), 3)[0])
    b'042'
    """
    blocks = -(-width // 4)
    out = np.empty((len(numbers), blocks), dtype=np.uint32)
    rest = numbers.astype(np.uint64)
    for block in reversed(range(blocks)):
        above = rest // np.uint64(_FOUR)
        out[:, block] = _quads()[(rest - above * np.uint64(_FOUR)).astype(np.intp)]
        rest = above
    return out.view(np.uint8)[:, 4 * blocks - width :]


def hexadecimal(words: NDArray[np.uint64]) -> Matrix:
    """The 16 hexadecimal digits of each word, shape (n, 16).

    >>> bytes(hexadecimal(np.array([255], np.uint64))[0])
    b'00000000000000ff'
    """
    big = words.astype(">u8").view(np.uint8).reshape(len(words), 8)
    return _pairs()[big].view(np.uint8).reshape(len(words), 16)


@cache
def _quads() -> NDArray[np.uint32]:
    number = np.arange(_FOUR)[:, None] // np.array([1000, 100, 10, 1]) % 10
    return np.ascontiguousarray(number + ord("0"), dtype=np.uint8).view(np.uint32).reshape(-1)


@cache
def _pairs() -> NDArray[np.uint16]:
    return np.frombuffer("".join(f"{i:02x}" for i in range(256)).encode(), np.uint16)
