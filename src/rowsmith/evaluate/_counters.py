"""Keys that count: `1000, 1001, …`, `P1000, P1001, …`. Such a value says nothing of its row, so it may come back."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

SPAN = 4
"""Unique whole numbers that fill at least one in so many of their range are a counter."""
CODE = 9
"""Characters of a code, at most: a postcode, the number of a room."""
FEWEST = 20
"""Texts of a shape that say which characters it has."""
AFFIXES = 3
"""What may stand around the numbers of a counter, at most: with more, it says something."""
_NUMBER = r"(?s)^(?P<before>.*?)(?P<number>[0-9]{1,18})(?P<after>[^0-9]*)$"
# Around the number of a counter nobody writes what addresses somebody, and digits only with letters or as a year: what
# is left out are e-mail and web addresses, telephones, accounts, social security numbers.
_ADDRESSES = r"[@:+]|\s.*[0-9]|[0-9].*\s"
_YEAR = r"(?:^|[^0-9])(?:19|20)[0-9]{2}(?:[^0-9]|$)"


def filled(numbers: NDArray[np.float64]) -> float:
    """Share of their range that whole numbers fill, if they all differ; else 0. So often does a guess hit one.

    >>> filled(np.array([7.0, 8.0, 10.0])), filled(np.array([7.0, 7.0]))
    (0.75, 0.0)
    """
    if len(numbers) == 0 or len(np.unique(numbers)) < len(numbers):
        return 0.0
    return float(len(numbers) / (numbers.max() - numbers.min() + 1))


def filled_shapes(texts: Sequence[str]) -> float:
    """How often a guess of the right shape hits one of different texts: the share that they are of all texts of their shapes.

    A shape has the parts, or characters, that were seen in each of its places; one of fewer than `FEWEST` texts says nothing. So
    postcodes of a town come back among made-up ones.

    >>> filled_shapes([f"{a}{b}" for a in "ABCDE" for b in range(1, 6)]), filled_shapes(["Anna", "Bert"])
    (1.0, 0.0)
    """
    by_shape: dict[str, set[str]] = {}
    for text in filter(_is_code, set(texts)):
        shape = re.sub("[a-z]", "a", re.sub("[A-Z]", "A", re.sub("[0-9]", "9", text)))
        by_shape.setdefault(shape, set()).add(text)
    share = 0.0
    for some in by_shape.values():
        if len(some) >= FEWEST:
            share += len(some) / len(set(texts)) * len(some) / _room(some)
    return share


def _is_code(text: str) -> bool:
    """Whether a text is short and of letters and digits: no telephone, account, card, security number or address of a person."""
    return (
        len(text) <= CODE
        and bool(re.search("[A-Za-z]", text))
        and bool(re.search("[0-9]", text))
        and not re.search("[@:+/.]", text)
    )


def _room(texts: set[str]) -> int:
    """How many texts have the parts of those of a shape: runs of letters that are few, as an area's, and any characters else."""
    parts = zip(*(re.findall(r"[A-Za-z]+|[0-9]+|[^A-Za-z0-9]+", text) for text in texts), strict=True)
    room = 1
    for part in map(set, parts):
        several = math.prod(len(set(place)) for place in zip(*part, strict=True))
        room *= len(part) if len(part) * FEWEST <= len(texts) else several
    return room


def filled_texts(texts: Sequence[str]) -> float:
    """As `filled`, of the numbers in texts such as `INV-2024/0017`; 0 where they are not that and nothing else.

    >>> filled_texts(["P7", "P8", "P10"]), filled_texts(["a7@b.org", "a8@b.org"]), filled_texts(["078-05-1", "078-05-2"])
    (0.75, 0.0, 0.0)
    >>> filled_texts(["Desk 1", "Desk 2"]), filled_texts(["Tel 030 1", "Tel 030 2"])
    (1.0, 0.0)
    """
    parts = pc.extract_regex(pa.array(texts, pa.string()), _NUMBER)
    if len(texts) == 0 or parts.null_count:
        return 0.0
    around = pc.unique(pc.binary_join_element_wise(parts.field("before"), parts.field("after"), "\0"))
    plain = pc.replace_substring_regex(around, _YEAR, "")
    named = pc.or_(pc.match_substring_regex(around, r"\pL"), pc.invert(pc.match_substring_regex(plain, "[0-9]")))
    if (
        len(around) > AFFIXES
        or pc.any(pc.match_substring_regex(around, _ADDRESSES)).as_py()
        or not pc.all(named).as_py()
    ):
        return 0.0
    return filled(parts.field("number").cast(pa.int64()).to_numpy().astype(np.float64))
