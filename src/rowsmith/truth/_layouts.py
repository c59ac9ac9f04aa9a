"""Texts of dates, numbers and phone numbers in other layouts, and what layout a text has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core.errors import SpecError, suggest
from rowsmith.core.text import Form, recognise, show

What = Literal["dates", "numbers", "phones"]
NUMBERS = {
    "1,234.56": {"point": ".", "thousands": ","},
    "1.234,56": {"point": ",", "thousands": "."},
    "1 234,56": {"point": ",", "thousands": " "},
    "1234,56": {"point": ",", "thousands": ""},
    "1234.56": {"point": ".", "thousands": ""},
}
PHONES = ("digits", "dashes", "dots", "spaces", "zeros")
USUAL = {"dates": ("%d.%m.%Y", "%m/%d/%Y"), "numbers": ("1.234,56",), "phones": ("digits", "dashes")}
"""Layouts that are taken if none are named."""
_DIRECTIVES = re.compile(r"(?:%(?:-[mdHI]|[YymdbBHMSIp])|[^%])+")
_JOINTS = {"dashes": "-", "dots": ".", "spaces": " "}


def check_layouts(what: What, layouts: Sequence[str]) -> None:
    """See that layouts are known.

    Raises:
        SpecError: one is not.
    """
    for layout in layouts:
        if what == "dates":
            if not _DIRECTIVES.fullmatch(layout) or "%" not in layout:
                raise SpecError(
                    f"layouts: {layout!r} is no layout of a date; expected one such as '%d.%m.%Y' or '%-d %b %Y'."
                )
        elif layout not in (known := list(NUMBERS if what == "numbers" else PHONES)):
            raise SpecError(f"layouts: {layout!r} is no layout of {what}{suggest(layout, known)}")


def form_of(texts: pa.Array, what: What, name: str) -> Form | None:
    """How the texts of a column are printed; None for phone numbers, which need none.

    Raises:
        SpecError: they are not all of one form.
    """
    if what == "phones":
        return None
    found = recognise(texts)
    kinds = ("date", "timestamp") if what == "dates" else ("integer", "float", "decimal")
    if found is None or found[1]["as"] not in kinds:
        example = "2024-07-01" if what == "dates" else "1234.56"
        raise SpecError(f"{name}: expected texts that are all {what} in one layout, such as {example}.")
    return dict(found[1])


def laid_out(texts: pa.Array, what: What, layout: str, form: Form | None) -> pa.Array:
    """Texts in another layout; as they are where it makes no difference.

    Args:
        texts: n of them, none null.
        what: they are.
        layout: one that `check_layouts` knows.
        form: what `form_of` gave.
    """
    if what == "phones":
        return _phone(texts, layout)
    from rowsmith.core.text import parse

    assert form is not None
    if what == "dates":
        return show(parse(texts, form), {**form, "layout": layout})
    other = {k: v for k, v in {**form, **NUMBERS[layout]}.items() if k != "thousands" or v}
    return show(parse(texts, form), other)


def pattern(texts: pa.Array, what: What) -> pa.Array:
    """What texts look like: runs of digits as 9, four digits in a date as 9999, runs of letters as A.

    >>> pattern(pa.array(["2024-07-01", "1 Jul 2024"]), "dates").to_pylist()
    ['9999-9-9', '9 A 9999']
    """
    out = pc.replace_substring_regex(texts, r"\pL+", "A")
    if what != "dates":
        return pc.replace_substring_regex(out, r"[0-9]+", "9")
    out = pc.replace_substring_regex(out, r"[0-9]+", r"<\0>")
    out = pc.replace_substring_regex(out, r"<[0-9]{4}>", "YYYY")
    return pc.replace_substring(pc.replace_substring_regex(out, r"<[0-9]+>", "9"), "YYYY", "9999")


def _phone(texts: pa.Array, layout: str) -> pa.Array:
    if layout == "digits":
        return pc.replace_substring_regex(texts, r"[^0-9+]", "")
    if layout == "zeros":
        return pc.replace_substring_regex(texts, r"^\s*\+", "00")
    joint = _JOINTS[layout]
    out = pc.replace_substring_regex(texts, r"[\s().\-/]+", joint)
    return pc.utf8_trim(out, joint)
