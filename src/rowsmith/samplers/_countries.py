"""Countries with their codes, and values found by others."""

from __future__ import annotations

import importlib
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core.errors import SpecError, suggest
from rowsmith.samplers._phrases import plain


@cache
def _countries() -> tuple[tuple[str, str, str], ...]:
    listed = importlib.import_module("faker.providers.date_time").Provider.countries
    rows = ((c.name, c.alpha_2_code, c.alpha_3_code) for c in listed)
    return tuple({name: (name, two, three) for name, two, three in rows}.values())


def names() -> tuple[str, ...]:
    """English names, in the order of `codes`."""
    return tuple(name for name, _, _ in _countries())


def codes(letters: int) -> tuple[str, ...]:
    """ISO 3166-1 codes of two or three letters."""
    return tuple(row[letters - 1] for row in _countries())


def found(column: pa.Array, known: tuple[str, ...], values: tuple[str, ...], setting: str, expected: str) -> pa.Array:
    """The value that goes with each text of a column; null where it is null.

    Args:
        column: texts.
        known: the texts that there are.
        values: what goes with each.
        setting: that named the column, for the message.
        expected: what it should hold, for the message.

    Raises:
        SpecError: another text.
    """
    texts = plain(column)
    place = pc.index_in(texts, value_set=pa.array(known, pa.string()), skip_nulls=True)
    if place.null_count > texts.null_count:
        strange = texts.filter(pc.and_(place.is_null(), texts.is_valid()))[0].as_py()
        raise SpecError(f"{setting}: the column holds {strange!r}; expected {expected}{suggest(strange, known)}")
    distinct = list(dict.fromkeys(values))
    where = {value: i for i, value in enumerate(distinct)}
    codes = pa.array(np.array([where[value] for value in values], dtype=np.int32)).take(place)
    return pa.DictionaryArray.from_arrays(codes, pa.array(distinct, pa.string()))
