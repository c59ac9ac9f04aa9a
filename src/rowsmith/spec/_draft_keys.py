"""Drafts of keys and codes: the law of their numbers, or a regular expression of their shape; no key of the data is kept."""

from __future__ import annotations

import itertools
import re
import string
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.columns._keys import LineKeys, NumberedKeys, PatternKeys, UuidKeys, WordKeys
from rowsmith.columns._pattern import Pattern, Patterns, fit_patterns
from rowsmith.columns._serial import Serial
from rowsmith.columns.identifier import Identifier
from rowsmith.core.errors import DataError
from rowsmith.spec._draft_laws import Settings
from rowsmith.spec._draft_levels import weights
from rowsmith.spec._draft_parts import DataColumn, Draft, hidden, null_share

CLASSES = {"9": string.digits, "a": string.ascii_lowercase, "A": string.ascii_uppercase}
HEX = (("0-9a-f", "0123456789abcdef"), ("0-9A-F", "0123456789ABCDEF"))
MOST_CHOICES = 30
"""Texts that may stand in one place of a code, if they are listed; more become any of as many characters."""
LEAST_SHARE = 0.02
"""Share of the codes that a shape must have to be drafted."""


def identifier(source: DataColumn) -> Draft:
    """The draft of a column of keys: unique, and made from the row's number."""
    values = source.every.drop_null().unique()  # a few rows may repeat a key; those of the draft do not
    width = (source.column.form or {}).get("width", 0)
    try:
        maker = Identifier().fit(values, source.column.form, source.key).maker
    except DataError:
        return _counted(source)
    if isinstance(maker, LineKeys) and not pa.types.is_temporal(values.type):
        settings = _numbers(maker.serial, len(values))
        if width or source.is_text:
            settings["format"] = f"{{:0{width}d}}" if width else "{}"
        elif source.type != pa.int64():
            settings["as"] = "float" if pa.types.is_float64(source.type) else str(source.type)
        return _key(source, settings)
    if isinstance(maker, NumberedKeys):
        return _numbered(source, maker, values)
    if isinstance(maker, UuidKeys):
        note = "16 bytes in the data, text here" if not source.is_text else ""
        return _key(source, {"kind": "uuid"}, note or ("capital letters in the data" if maker.upper else ""))
    if isinstance(maker, PatternKeys):
        return _key(source, {"kind": "regex", "pattern": expression(maker.patterns, 1), "unique": True})
    if isinstance(maker, WordKeys) and not maker.email:
        return _key(source, {"kind": "username", "unique": True}, "keys without a shape: names of accounts")
    if isinstance(maker, WordKeys):
        return _key(source, {"kind": "person.email", "unique": True})
    return _counted(source)


def _key(source: DataColumn, settings: Settings, note: str = "") -> Draft:
    present = source.values.is_valid().to_numpy(zero_copy_only=False)
    return Draft(
        name=source.name, settings={**settings, **null_share(source.values)}, note=note, present=present, derived=True
    )


def _numbers(serial: Serial, n: int) -> Settings:
    """Settings of the kind `id`. Where keys begin is rounded, since it is the key of a row."""
    start = _start(serial.start)
    if serial.law == "shuffle":
        steps = {"step": serial.step} if serial.step != 1 else {}
        return {"kind": "id", "start": start, **steps, "shuffled": max(serial.domain, n)}
    step = serial.step * (serial.gap if serial.law == "stride" else 1)
    return {"kind": "id", "start": start} | ({"step": step} if step != 1 else {})


def _start(first: int) -> int:
    """The first number, or one with a single digit before its zeros where it would tell of a row."""
    if -1 <= first < 10:
        return min(first, 1)
    size = int(10 ** (len(str(abs(first))) - 1))
    return first // size * size


def _numbered(source: DataColumn, maker: NumberedKeys, values: pa.Array) -> Draft:
    settings = _numbers(maker.serial, len(values))
    place = f"{{:0{maker.width}d}}" if maker.width else "{}"
    codes = maker.encode(values)
    affixes = [
        (before, after)
        for i, (before, after) in enumerate(maker.affixes)
        if int((codes == i).sum()) >= source.rare and not set("{}") & set(before + after)
    ]
    if not affixes:
        return _key(source, {**settings, "format": place}, "what stands around the number is left out")
    if len(affixes) == 1 or any(after for _, after in affixes):
        before, after = affixes[0]
        note = "" if len(maker.affixes) == 1 else "other beginnings and ends are left out"
        return _key(source, {**settings, "format": f"{before}{place}{after}"}, note)
    known = [before for before, _ in affixes]
    place_of = np.array([affixes.index(affix) if affix in affixes else -1 for affix in maker.affixes])
    front = hidden(source.helper("prefix"), {"kind": "category", "values": weights(place_of[codes], known)})
    number = hidden(source.helper("number"), settings)
    form = f":0{maker.width}d" if maker.width else ""
    made = _key(source, {"kind": "template", "text": f"{{{front.name}}}{{{number.name}{form}}}"})
    return replace(made, helpers=(front, number))


def _counted(source: DataColumn) -> Draft:
    """Keys of a type that is not made by number, such as dates: counted days or hours."""
    values = source.every.drop_null()
    if not (pa.types.is_date(values.type) or pa.types.is_timestamp(values.type)):
        return _key(source, {"kind": "id"}, f"keys of type {values.type} in the data, numbers here")
    ends = pc.min_max(values).as_py()
    number = hidden(source.helper("number"), {"kind": "id", "start": 0})
    daily = pa.types.is_date(values.type) or (ends["max"] - ends["min"]).days >= len(values) / 2
    sql = f"date '{ends['min'].year}-01-01' + {'to_days' if daily else 'to_hours'}({number.name}::int)"
    made = _key(
        source, {"sql": sql, "as": str(values.type)}, f"one a {'day' if daily else 'hour'}, as keys must differ"
    )
    return replace(made, helpers=(number,))


def code(source: DataColumn, values: pa.Array) -> Draft:
    """The draft of a column of texts of a few shapes."""
    patterns = fit_patterns(values.drop_null(), parts=True)
    assert patterns is not None, "the kind `code` claims text that has a shape"
    return _key(source, {"kind": "regex", "pattern": expression(patterns, source.rare / len(values))})


def expression(patterns: Patterns, least: float) -> str:
    r"""A regular expression for patterns.

    Args:
        patterns: the most frequent first.
        least: share of the rows that a pattern must have.

    >>> from rowsmith.columns._pattern import fit_patterns
    >>> found = fit_patterns(pa.array([f"AB-{i:03d}" for i in range(0, 1000, 7)]), parts=False)
    >>> expression(found, 0)
    'AB-[0-9]{3}'
    """
    kept = [p for p in patterns.patterns if p.share >= max(least, LEAST_SHARE)] or [patterns.patterns[0]]
    return "|".join(dict.fromkeys(_one(p) for p in kept))


def _one(pattern: Pattern) -> str:
    parts = [part for slot in pattern.slots for part in _slot(slot)]
    out = []
    for part, times in ((part, len(list(run))) for part, run in itertools.groupby(parts)):
        literal = not part.startswith(("[", "("))
        out.append(part * times if literal or times == 1 else f"{part}{{{times}}}")
    return "".join(out)


def _slot(texts: tuple[str, ...]) -> list[str]:
    """What may stand in one place, as parts of a regular expression."""
    if len(texts) == 1:
        return [re.sub(r"([\\.^$*+?{}\[\]|()])", r"\\\1", texts[0])]
    if len(texts[0]) == 1:
        return [_class(set(texts))]
    if len(texts) <= MOST_CHOICES:
        return ["(" + "|".join(re.sub(r"([\\.^$*+?{}\[\]|()])", r"\\\1", t) for t in texts) + ")"]
    return [_class(set(chars), whole=True) for chars in zip(*texts, strict=True)]


def _class(chars: set[str], *, whole: bool = False) -> str:
    """A class of characters; `whole` ones of those that they belong to."""
    for name, members in HEX:
        if chars == set(members):
            return f"[{name}]"
    parts = ""
    for members in CLASSES.values():
        own = sorted(chars & set(members))
        if own and (whole or len(own) == len(members)):
            parts += f"{members[0]}-{members[-1]}"
        else:
            parts += _ranges(own)
    others = sorted(chars - set("".join(CLASSES.values())))
    return "[" + parts + "".join(re.sub(r"([\\\]^\-\[])", r"\\\1", c) for c in others) + "]"


def _ranges(chars: list[str]) -> str:
    """Characters in a row as a range: 1-5."""
    out = ""
    for _, run in itertools.groupby(enumerate(chars), lambda pair: ord(pair[1]) - pair[0]):
        listed = [c for _, c in run]
        out += f"{listed[0]}-{listed[-1]}" if len(listed) > 2 else "".join(listed)
    return out
