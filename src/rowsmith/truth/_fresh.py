"""Keys for rows that are added to a table without a look at all of it: from a range that its own keys do not reach."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.permutation import permute
from rowsmith.core.rng import Key
from rowsmith.truth._dirt import Places, is_text

UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
NUMBERED = re.compile(r"(\D*)(\d+)(\D*)", re.DOTALL)
SMALL, LARGE = 10**9, 10**12
"""Where keys of added rows begin that are whole numbers: where those of the table are well below."""
MOST_WIDTH = 15


def fresh_form(keys: pa.Array, name: str) -> dict[str, Any]:
    """Of what form new keys are to be, as JSON values: `fresh` makes them.

    Args:
        keys: some of the table.
        name: of the column.

    Raises:
        SpecError: there is no way to tell new ones that the table cannot have.
    """
    kind, keys = keys.type, keys.drop_null()
    if pa.types.is_integer(kind) and kind.bit_width >= 32:
        largest = pc.max(keys).as_py() or 0
        if largest < SMALL // 10:
            return {"as": "number", "from": SMALL, "size": SMALL}
        if kind.bit_width == 64 and largest < LARGE // 10:
            return {"as": "number", "from": LARGE, "size": 9 * LARGE}
    if is_text(kind) and len(keys):
        texts = keys.cast(pa.string())
        if pc.all(pc.match_substring_regex(texts, UUID)).as_py():
            return {"as": "uuid"}
        first, widths = NUMBERED.fullmatch(texts[0].as_py()), pc.unique(pc.utf8_length(texts))
        if first is not None and len(first[2]) <= MOST_WIDTH:
            before, digits, after = first.groups()
            pattern = f"^{re.escape(before)}[0-9]+{re.escape(after)}$"
            if pc.all(pc.match_substring_regex(texts, pattern)).as_py():
                padded = len(widths) == 1
                size = 10 ** len(digits) // 2 if padded else SMALL
                return {"as": "text", "before": before, "after": after, "padded": padded, "from": size, "size": size}
    raise SpecError(
        f"keys=new: of {name} ({kind}) no keys can be told that the table has not; expected whole numbers of 32 bits or more, "
        "texts with one number in them, or UUIDs; or take keys: keep."
    )


def fresh(keys: pa.Array, numbers: Places, key: Key, form: Mapping[str, Any], name: str) -> pa.Array:
    """New keys, of the type of the old ones; different for different rows of a table.

    Args:
        keys: all that these rows have.
        numbers: of the rows, from 0, that get one, shape (m,).
        key: random stream of these rows.
        form: what `fresh_form` gave.
        name: of the column.

    Raises:
        DataError: the table reaches the range that is kept for new keys.
    """
    if form["as"] == "uuid":
        return pa.array(_uuids(len(numbers), key.generator()), pa.string()).cast(keys.type)
    start, size = form["from"], form["size"]
    reached = max(_largest(keys, form), int(numbers.max(initial=0)))
    if reached >= start:
        raise DataError(
            f"keys=new: {name} has come to {reached:,}, and copies get keys from {start:,}; take keys: keep."
        )
    made = start + permute(numbers, size, SEED)
    if form["as"] == "number":
        return pa.array(made, pa.int64()).cast(keys.type)
    digits = pa.array(made, pa.int64()).cast(pa.string())
    return pc.binary_join_element_wise(form["before"], digits, form["after"], "").cast(keys.type)


SEED = 0x5D0B1E
"""Of the order of new keys: one for all chunks, since no two rows may come to the same."""


def _largest(keys: pa.Array, form: Mapping[str, Any]) -> int:
    """The largest number of some keys, or one that is not larger and has as many digits."""
    if form["as"] == "number":
        return int(pc.max(keys).as_py() or 0)
    texts = keys.cast(pa.string())
    around = len(form["before"]), len(form["after"])
    if form["padded"]:
        last = pc.max(texts).as_py()
        digits = "" if last is None else last[around[0] : len(last) - around[1]]
        return int(digits) if digits.isdecimal() else 0
    return int(10 ** ((pc.max(pc.utf8_length(texts)).as_py() or 0) - sum(around) - 1))


def _uuids(n: int, generator: np.random.Generator) -> list[str]:
    raw = generator.bytes(16 * n).hex()
    out = []
    for i in range(0, 32 * n, 32):
        a = raw[i : i + 32]
        out.append(f"{a[:8]}-{a[8:12]}-4{a[13:16]}-{'89ab'[int(a[16], 16) % 4]}{a[17:20]}-{a[20:]}")
    return out
