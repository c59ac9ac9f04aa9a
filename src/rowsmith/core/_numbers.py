"""Numbers as text: whole, with fixed or mixed decimals, grouped thousands, decimal comma, a unit before or behind.

Entries of a form of numbers, all optional but `as`:

- `as`: `integer`, `float` or `decimal` (exact, where a float would lose digits);
- `width`: digits of a code, filled up with leading zeros; `plus`: positive numbers have a sign too;
- `digits`: of the fraction; `least`: how many of them stay where the rest are zeros (without it: all);
- `short`: which numbers have no decimals beside others that have all: `zero`, or all that are `whole`;
- `point`: decimal sign other than `.`; `thousands`: sign between groups of three digits;
- `bare`: no zero before the point; `exponent`: `e` or `E`, for `digits` of scientific notation;
- `late`: a float without `digits` gets an exponent below 1e-6 (as in JavaScript), not below 1e-4 (as in Python);
- `prefix`, `suffix`: what stands around every number; `infinity`: how it is spelled.

Where a float has no `digits`, it is printed with as few as tell it from its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core._units import affixes
from rowsmith.core.errors import DataError

Form = Mapping[str, Any]

EXACT = 15  # decimal digits that a float keeps
MAX_DIGITS = 38  # of a decimal128
_SHORT = {"zero": "0", "whole": ""}
GROUPS = (" ", "'", "\u00a0", "\u202f", "’", "_")


def guess(texts: pa.Array, decimal: str | None) -> Iterator[Form]:
    """Forms that texts without nulls may have, the likeliest first; none is checked to print back.

    Args:
        texts: strings, at least one.
        decimal: decimal sign to prefer where the texts leave it open.
    """
    prefix, suffix = affixes(texts)
    around = ({"prefix": prefix} if prefix else {}) | ({"suffix": suffix} if suffix else {})
    bare = _strip(texts, around) if around else texts
    if not _all(bare, r"^[-+]?[0-9.,]([0-9 .,'’_\x{a0}\x{202f}]*[0-9])?([eE][-+]?[0-9]+)?$|^[-+]?[iI]nf(inity)?$"):
        return
    sign: dict[str, Any] = {}
    if _any(bare, r"^\+"):
        if not _all(bare, r"^[-+]|^0([.,]0*)?$") or not (_any(bare, r"^-|[.,]") or _all(bare, r"^.{0,7}$")):
            return  # a long number with a plus is rather a telephone's
        sign = {"plus": True}
        bare = pc.replace_substring_regex(bare, r"^\+", "")
    for form in _plain(bare, decimal):
        yield {"as": form["as"]} | form | sign | around


def _plain(texts: pa.Array, decimal: str | None) -> Iterator[dict[str, Any]]:
    if _all(texts, r"^-?[0-9]+$"):
        yield from _integer(texts)
        return
    word = _infinity(texts)
    if word is not None:
        texts = texts.filter(pc.invert(pc.match_substring_regex(texts, "(?i)inf")))
        if len(texts) == 0:
            return
    spelled: dict[str, Any] = {} if word is None else {"infinity": word}
    for point, group in _signs(texts, decimal):
        body = r"(0|[1-9][0-9]{0,2}(" + re.escape(group) + "[0-9]{3})*)" if group else "(0|[1-9][0-9]*)"
        bare = {"bare": True} if _any(texts, "^-?" + re.escape(point)) else {}
        fraction = f"{re.escape(point)}[0-9]+"
        body = f"([1-9][0-9]*)?{fraction}|0|[1-9][0-9]*" if bare else f"{body}({fraction})?"
        if not _all(texts, f"^-?({body})$"):
            continue
        style: dict[str, Any] = (
            ({"point": point} if point != "." else {}) | ({"thousands": group} if group else {}) | bare
        )
        style |= spelled
        if not _any(texts, re.escape(point)):
            yield {"as": "float" if spelled else "integer"} | style | ({"digits": 0} if spelled else {})
            continue
        yield from _fraction(texts, point, style)
    yield from _scientific(texts, spelled)


def _integer(texts: pa.Array) -> Iterator[dict[str, Any]]:
    if not _any(texts, "^-?0[0-9]"):
        yield {"as": "integer"}
        return
    span = pc.min_max(pc.binary_length(texts)).as_py()
    if span["min"] == span["max"] <= 18 and not _any(texts, "^-"):
        yield {"as": "integer", "width": span["max"]}


def _infinity(texts: pa.Array) -> str | None:
    marked = pc.unique(texts.filter(pc.match_substring_regex(texts, "(?i)inf")))
    words = {word.lstrip("-") for word in marked.to_pylist()} if len(marked) <= 2 else set()
    return words.pop() if len(words) == 1 else None


def _signs(texts: pa.Array, decimal: str | None) -> Iterator[tuple[str, str]]:
    """Decimal and grouping signs to try, in order."""
    group = next((g for g in GROUPS if _any(texts, re.escape(g))), "")
    dots, commas = _any(texts, r"\."), _any(texts, ",")
    if group:
        yield from [(",", group)] if commas else [(".", group)]
    elif dots and commas:
        yield from [(",", "."), (".", ",")] if _any(texts, r"\..*,") else [(".", ","), (",", ".")]
    elif dots:
        whole = _all(texts, r"^-?(0|[1-9][0-9]{0,2}(\.[0-9]{3})*)$")
        sure = whole and _any(texts, r"\..*\.")
        yield from [(",", "."), (".", "")] if sure or (whole and decimal == ",") else [(".", "")]
    elif commas:
        whole = _all(texts, r"^-?(0|[1-9][0-9]{0,2}(,[0-9]{3})*)$")
        sure = whole and _any(texts, ",.*,")
        yield from [(".", ","), (",", "")] if sure or (whole and decimal != ",") else [(",", "")]
    else:
        yield (".", "")


def _fraction(texts: pa.Array, point: str, style: dict[str, Any]) -> Iterator[dict[str, Any]]:
    place = pc.find_substring(texts, pattern=point)
    has = pc.greater_equal(place, 0)
    after = pc.subtract(pc.subtract(pc.binary_length(texts), place), len(point.encode()))
    span = pc.min_max(pc.if_else(has, after, 0)).as_py()
    most, least = span["max"], span["min"]
    before = pc.max(pc.if_else(has, place, pc.binary_length(texts))).as_py()  # at least the digits before the point
    if most + before <= EXACT:
        yield {"as": "float", "digits": most} | style
        if least < most:
            yield {"as": "float", "digits": most, "least": least} | style
        if least == 0:
            yield from ({"as": "float", "digits": most, "short": short} | style for short in ("zero", "whole"))
        return
    yield from _as_short(style, (least,) if least < 2 else (0,))
    if least == most and most + before <= MAX_DIGITS:
        yield {"as": "decimal", "digits": most} | style


def _scientific(texts: pa.Array, style: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if not _any(texts, "[eE]"):
        return
    yield from _as_short(style, (0, 1))
    found = re.fullmatch(r"-?[0-9](?:\.([0-9]+))?([eE])[-+]?[0-9]+", texts[0].as_py())
    if found:
        yield {"as": "float", "digits": len(found[1] or ""), "exponent": found[2]} | style


def _as_short(style: dict[str, Any], leasts: tuple[int, ...]) -> Iterator[dict[str, Any]]:
    for least in leasts:
        yield {"as": "float", "least": least} | style
        yield {"as": "float", "least": least, "late": True} | style


def parse(texts: pa.Array, form: Form) -> pa.Array:
    """Numbers of texts; nulls stay nulls.

    Raises:
        pa.ArrowInvalid: a text is no such number.
        DataError: a text lacks the form's prefix or suffix.
    """
    bare = _strip(texts, form)
    if form.get("plus"):
        bare = pc.replace_substring_regex(bare, r"^\+", "")
    if form.get("thousands"):
        bare = pc.replace_substring(bare, form["thousands"], "")
    if form.get("point", ".") != ".":
        bare = pc.replace_substring(bare, form["point"], ".")
    if form["as"] == "float":
        return bare.cast(pa.float64())
    if form["as"] == "decimal":
        return bare.cast(pa.decimal128(MAX_DIGITS, form["digits"]))
    for kind in (pa.int64(), pa.uint64()):
        try:
            return bare.cast(kind)
        except pa.ArrowInvalid:
            continue
    return bare.cast(pa.decimal128(MAX_DIGITS, 0))


def show(values: pa.Array, form: Form) -> pa.Array:
    """Texts of numbers; nulls stay nulls."""
    kind = form["as"]
    if kind == "integer":
        negative, body = _whole(values)
        body = pc.ascii_lpad(body, form["width"], "0") if "width" in form else body
    elif kind == "decimal" or pa.types.is_decimal(values.type):
        negative, body = _exact(values, form.get("digits", 0))
    elif "exponent" in form or "digits" not in form:
        negative, body = _shortest(values.cast(pa.float64()), form)
    else:
        negative, body = _fixed(values.cast(pa.float64()), form["digits"])
    if kind != "integer" and "least" in form:
        body = _trim(body, form["least"])
    if "short" in form:
        body = pc.replace_substring_regex(
            body, r"^0\.0+$" if form["short"] == "zero" else r"\.0+$", _SHORT[form["short"]]
        )
    if kind == "float" and "infinity" in form:
        body = pc.if_else(pc.equal(body, "inf"), form["infinity"], body)
    if form.get("bare"):
        body = pc.replace_substring_regex(body, r"^0\.", ".")
    return _dress(negative, body, form)


def _whole(values: pa.Array) -> tuple[pa.Array, pa.Array]:
    if pa.types.is_floating(values.type):
        values = pc.round(values).cast(pa.int64())
    if pa.types.is_decimal(values.type):
        return _exact(values, 0)
    text = values.cast(pa.string())
    negative = pc.starts_with(text, "-")
    return negative, pc.ascii_ltrim(text, "-")


def _exact(values: pa.Array, digits: int) -> tuple[pa.Array, pa.Array]:
    values = values.cast(pa.decimal128(MAX_DIGITS, digits))
    # The scale is taken away before printing, since Arrow prints small decimals with an exponent.
    units = pa.Array.from_buffers(
        pa.decimal128(MAX_DIGITS, 0), len(values), values.buffers(), values.null_count, values.offset
    )
    text = units.cast(pa.string())
    return pc.starts_with(text, "-"), _insert_point(pc.ascii_ltrim(text, "-"), digits)


def _fixed(values: pa.Array, digits: int) -> tuple[pa.Array, pa.Array]:
    numbers = values.to_numpy(zero_copy_only=False)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.rint(np.abs(numbers) * 10.0**digits)
        fits = scaled < 2.0**63
    units = np.where(fits, scaled, 0).astype(np.int64)
    body = _insert_point(pa.array(units).cast(pa.string()), digits)
    if not fits.all():
        # Infinity, and numbers too large to have a fraction: few, if any.
        large = ~fits & values.is_valid().to_numpy(zero_copy_only=False)
        texts = pa.array([f"{n:.{digits}f}" for n in np.abs(numbers[large])], pa.string())
        body = pc.replace_with_mask(body, pa.array(large), texts)
    body = pc.if_else(values.is_valid(), body, pa.scalar(None, pa.string()))
    return pa.array(np.signbit(numbers) & (scaled > 0) | _minus_zero(numbers)), body


def _minus_zero(numbers: Any) -> Any:
    return np.signbit(numbers) & (numbers == 0)


def _insert_point(text: pa.Array, digits: int) -> pa.Array:
    if digits == 0:
        return text
    padded = pc.ascii_lpad(text, digits + 1, "0")
    return _splice(padded, -digits, ".")


def _splice(text: pa.Array, place: int, what: str) -> pa.Array:
    spliced = pc.binary_replace_slice(text.view(pa.binary()), start=place, stop=place, replacement=what.encode())
    return spliced.view(pa.string())


def _trim(body: pa.Array, least: int) -> pa.Array:
    """The body without zeros at its end, `least` digits of the fraction apart."""
    if least:
        return pc.replace_substring_regex(body, rf"(\.[0-9]{{{least}}}[0-9]*?)0+$", r"\1")
    pointed = pc.match_substring(body, ".")
    cut = pc.ascii_rtrim(pc.ascii_rtrim(body, "0"), ".")
    # An exponent ends in digits that are no part of the fraction.
    return pc.if_else(pc.and_(pointed, pc.invert(pc.match_substring(body, "e"))), cut, body)


def _shortest(values: pa.Array, form: Form) -> tuple[pa.Array, pa.Array]:
    numbers = values.to_numpy(zero_copy_only=False)
    size = np.abs(numbers)
    if "exponent" in form:
        texts = np.char.mod(f"%.{form['digits']}{form['exponent']}", size)
        body = pa.array(texts.tolist(), pa.string())
    else:
        body = pa.array(size).cast(pa.string())
        small = (size != 0) & (size < 1e-4)
        odd = pc.match_substring(body, "e").fill_null(False).to_numpy(zero_copy_only=False) | small
        odd &= not form.get("late")
        if odd.any():
            texts = pa.array(size[odd].astype(str).tolist(), pa.string())
            body = pc.replace_with_mask(body, pa.array(odd), texts)
        whole = pc.match_substring_regex(body, "^[0-9]+$")
        body = pc.if_else(whole, pc.binary_join_element_wise(body, ".0", ""), body) if form.get("least", 1) else body
    body = pc.if_else(values.is_valid(), body, pa.scalar(None, pa.string()))
    return pa.array(np.signbit(numbers)), body


def _dress(negative: pa.Array, body: pa.Array, form: Form) -> pa.Array:
    point = form.get("point", ".")
    even = not {"exponent", "least", "short", "infinity"} & form.keys()
    if form.get("thousands") and even:  # the point is at the same distance from every end
        body = pc.replace_substring(body, ".", point) if point != "." else body
        digits = form.get("digits", 0)
        body = _group(body, form["thousands"], digits + 1 if digits else 0)
    elif form.get("thousands"):
        integer = _group(pc.replace_substring_regex(body, r"\..*$", ""), form["thousands"], 0)
        fraction = pc.replace_substring_regex(body, r"^[^.]*\.?", point)
        fraction = pc.if_else(pc.match_substring(body, "."), fraction, "")
        body = pc.binary_join_element_wise(integer, fraction, "")
    elif point != ".":
        body = pc.replace_substring(body, ".", point)
    minus = pc.any(negative).as_py()
    if not minus and not any(form.get(k) for k in ("plus", "prefix", "suffix")):
        return body
    positive = "+" if form.get("plus") else ""
    if positive:
        zero = pc.match_substring_regex(body, r"^[0.,]+$")
        positive = pc.if_else(zero, "", "+")
    sign = pc.if_else(negative, "-", positive)
    return pc.binary_join_element_wise(form.get("prefix", ""), sign, body, form.get("suffix", ""), "")


def _group(body: pa.Array, sign: str, tail: int) -> pa.Array:
    """Bodies with a sign between groups of three digits, which end `tail` bytes before their end."""
    lengths = pc.binary_length(body)
    longest = pc.max(lengths).as_py() or 0
    grown = 0
    for digits in range(tail + 3, longest, 3):
        longer = pc.greater(lengths, digits)
        # An infinity, say, has no digits to group.
        longer = pc.and_(longer, pc.invert(pc.match_substring(body, "n"))) if pc.any(longer).as_py() else longer
        body = pc.if_else(longer, _splice(body, -(digits + grown), sign), body)
        grown += len(sign.encode())
    return body


def _strip(texts: pa.Array, form: Form) -> pa.Array:
    prefix, suffix = form.get("prefix", ""), form.get("suffix", "")
    for affix, test in ((prefix, pc.starts_with), (suffix, pc.ends_with)):
        if affix and pc.any(pc.invert(test(texts, affix))).as_py():
            raise DataError(f"a value lacks {affix!r}.")
    if not prefix and not suffix:
        return texts
    return pc.utf8_slice_codeunits(texts, len(prefix), -len(suffix) or None)


def _all(texts: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(texts, pattern)).as_py())


def _any(texts: pa.Array, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(texts, pattern)).as_py())
