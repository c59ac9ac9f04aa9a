"""Forms of values in a template: `{number:05d}`, `{price:,.2f}`, `{day:%d.%m.%Y}`, `{name:upper}`, `{name:.1}`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core import text
from rowsmith.core.errors import SpecError
from rowsmith.samplers._shown import local, plain

_DIRECTIVES = r"%-?[mdHI]|%[YyMSbBp]|[^%]"
_CASES = {"lower": pc.utf8_lower, "upper": pc.utf8_upper, "title": pc.utf8_title}


def known(form: str) -> bool:
    """Whether there is such a form; the empty one is."""
    return not form or any(re.fullmatch(pattern, form) for pattern, _, _, _ in _FORMS)


def formed(values: pa.Array, form: str) -> pa.Array:
    """Texts of values; null stays null.

    Raises:
        SpecError: the form is not one of values of this type.

    >>> formed(pa.array([7, -7]), "03d").to_pylist()
    ['007', '-07']
    """
    values = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
    if not form or pa.types.is_null(values.type):
        return plain(values)
    found, fits, expected, show = next(
        (found, fits, expected, show)
        for pattern, fits, expected, show in _FORMS
        if (found := re.fullmatch(pattern, form))
    )
    if not fits(values.type):
        raise SpecError(f"the form {form!r} is for {expected}, and the column is {values.type}.")
    return show(values, found)


def _whole(values: pa.Array, found: re.Match[str]) -> pa.Array:
    body = text.show(values, {"as": "integer"} | ({"thousands": ","} if found["comma"] else {}))
    width = int(found["width"] or 0)
    if not width:
        return body
    size = pc.ascii_ltrim(body, "-")
    padded, shorter = pc.ascii_lpad(size, width, "0"), pc.ascii_lpad(size, max(width - 1, 1), "0")
    return pc.if_else(pc.starts_with(body, "-"), pc.binary_join_element_wise("-", shorter, ""), padded)


def _fixed(values: pa.Array, found: re.Match[str]) -> pa.Array:
    digits = int(found["digits"])
    values = pc.round(values, digits) if pa.types.is_decimal(values.type) else values.cast(pa.float64())
    return text.show(values, {"as": "float", "digits": digits} | ({"thousands": ","} if found["comma"] else {}))


def _dated(values: pa.Array, found: re.Match[str]) -> pa.Array:
    if pa.types.is_timestamp(values.type):
        return text.show(local(values), {"as": "timestamp", "layout": found[0]})
    return text.show(values, {"as": "date" if pa.types.is_date(values.type) else "time", "layout": found[0]})


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


_FORMS: tuple[tuple[str, Callable[[pa.DataType], bool], str, Callable[[pa.Array, Any], pa.Array]], ...] = (
    (r"(0(?P<width>[1-9]\d?))?(?P<comma>,)?d?", pa.types.is_integer, "whole numbers", _whole),
    (r"(?P<comma>,)?\.(?P<digits>\d)f", _is_number, "numbers", _fixed),
    (rf"(?=.*%)({_DIRECTIVES})+", pa.types.is_temporal, "dates, times and timestamps", _dated),
    ("|".join(_CASES), _is_text, "texts", lambda values, found: _CASES[found[0]](values)),
    (r"\.(\d+)", _is_text, "texts", lambda values, found: pc.utf8_slice_codeunits(values, 0, int(found[1]))),
)
"""Pattern of a form, types that it fits, those in words, and what makes the texts."""
