"""How typed values are printed as text, and read back: numbers, dates and times, booleans, codes.

A *form* is a small JSON mapping, kept beside a column, from which text is parsed and printed again. A form is only
recognised if every value prints back letter for letter, so that what is read is written the same way. Its entry `as`
says what the values are: `integer`, `float`, `decimal` (see `_numbers`), `date`, `time`, `timestamp`, `duration` (see
`_times`), `boolean` (with the words for `true` and `false`) or `json` (values of mixed type, each the JSON of itself).
An entry `null` is the word that stands for a missing value.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core import _numbers, _times
from rowsmith.core.errors import DataError

Form = Mapping[str, Any]

FIELD_FORM = b"rowsmith.form"
"""Key of an Arrow field's metadata under which a reader keeps the form, as JSON, of a column parsed from text."""

NULL_MARKS = (
    "NA",
    "N/A",
    "n/a",
    "na",
    "null",
    "NULL",
    "Null",
    "None",
    "nan",
    "NaN",
    "NAN",
    "-",
    "--",
    "?",
    "#N/A",
    ".",
)
SAMPLE = 1000  # texts that are tried before all

_TRUTHS = (("true", "false"), ("yes", "no"), ("on", "off"), ("ja", "nein"), ("oui", "non"), ("vrai", "faux"))
_LETTERS = (("t", "f"), ("y", "n"), ("j", "n"), ("wahr", "falsch"), ("sí", "no"), ("si", "no"), ("sim", "não"))


def recognise(
    texts: pa.Array | pa.ChunkedArray, *, decimal: str | None = None, day_first: bool | None = None
) -> tuple[pa.Array, Form] | None:
    """Typed values and their form, if every text (nulls apart) is of one form and prints back the same.

    Args:
        texts: strings, n of them.
        decimal: decimal sign, `.` or `,`, where the texts leave it open (1.025 or 1,025). Without: the point, and a
            comma groups thousands.
        day_first: whether 1/2/2024 is in February, where the texts leave it open. Without: it is in January.

    Returns:
        Values, n of them, and the form; None where the texts are just text.

    >>> values, form = recognise(pa.array(["79,26", None, "1.025,87"]))
    >>> values.to_pylist()
    [79.26, None, 1025.87]
    >>> form
    {'as': 'float', 'digits': 2, 'point': ',', 'thousands': '.'}
    >>> recognise(pa.array(["007", "0815"])) is None
    True
    """
    whole = _plain_strings(texts)
    present = whole.drop_null()
    if len(present) == 0:
        return None
    some = present.take(np.unique(np.linspace(0, len(present) - 1, SAMPLE).astype(np.int64)))
    marks = len(present) == len(whole)
    form = _recognise(some, decimal, day_first, marks=marks)
    if form is None:
        return None
    if len(some) < len(present) and not _prints_back(present, form):
        form = _recognise(present, decimal, day_first, marks=marks)
    return None if form is None else (parse(whole, form), form)


def months(texts: pa.Array | pa.ChunkedArray) -> tuple[pa.Array, Form] | None:
    """First days of months without a day, and their form; None where the texts are none. `recognise` leaves them a list of values.

    Args:
        texts: strings, n of them.

    >>> months(pa.array(["2024-01", None]))[1]
    {'as': 'date', 'layout': '%Y-%m'}
    """
    whole = _plain_strings(texts)
    present = whole.drop_null()
    forms = ({"as": "date", "layout": layout} for layout in _times.MONTHS)
    form = next((form for form in forms if len(present) and _prints_back(present, form)), None)
    return None if form is None else (parse(whole, form), form)


def parse(texts: pa.Array, form: Form) -> pa.Array:
    """Typed values of texts.

    Args:
        texts: strings, n of them.
        form: what they are.

    Raises:
        DataError: a text is not of the form.

    >>> parse(pa.array(["5 kg", "12 kg"]), {"as": "integer", "suffix": " kg"}).to_pylist()
    [5, 12]
    """
    texts = _plain_strings(texts)
    if form["as"] == "json":
        return texts
    mark = form.get("null")
    if mark is not None:
        texts = pc.if_else(pc.equal(texts, mark), pa.scalar(None, pa.string()), texts)
    try:
        return _values(texts, form)
    except (pa.ArrowInvalid, ValueError) as fault:
        raise DataError(f"a value is not of the form {dict(form)} ({str(fault).splitlines()[0]}).") from None


def show(values: pa.Array, form: Form) -> pa.Array:
    """Texts of typed values.

    Args:
        values: of the type that `parse` gives, or of one near to it, n of them.
        form: how to print them.

    >>> show(pa.array([7, None, 815]), {"as": "integer", "width": 5}).to_pylist()
    ['00007', None, '00815']
    """
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    kind = form["as"]
    if kind == "json":
        return values
    if len(values) == 0 or values.null_count == len(values):
        texts = pa.nulls(len(values), pa.string())
    elif kind == "boolean":
        texts = pc.if_else(values.cast(pa.bool_()), form["true"], form["false"])
    else:
        texts = (_numbers if kind in ("integer", "float", "decimal") else _times).show(values, form)
    return texts if form.get("null") is None else texts.fill_null(form["null"])


def form_of(field: pa.Field) -> Form | None:
    """The form that a reader kept beside a column, if any."""
    kept = (field.metadata or {}).get(FIELD_FORM)
    return None if kept is None else json.loads(kept)


def with_form(field: pa.Field, form: Form) -> pa.Field:
    """The field with a form kept beside it.

    >>> form_of(with_form(pa.field("a", pa.int64()), {"as": "integer"}))
    {'as': 'integer'}
    """
    kept = json.dumps(dict(form), ensure_ascii=False).encode()
    return field.with_metadata((field.metadata or {}) | {FIELD_FORM: kept})


def json_texts(values: Sequence[Any]) -> pa.Array:
    """Each value as its JSON; None is null.

    >>> json_texts([1, "a", None, True]).to_pylist()
    ['1', '"a"', None, 'true']
    """
    return pa.array([None if v is None else json.dumps(v, ensure_ascii=False) for v in values], pa.string())


def json_values(texts: pa.Array | pa.ChunkedArray) -> list[Any]:
    """The inverse of `json_texts`.

    >>> json_values(pa.array(['1', '"a"', None]))
    [1, 'a', None]
    """
    return [None if t is None else json.loads(t) for t in texts.to_pylist()]


def _plain_strings(texts: pa.Array | pa.ChunkedArray) -> pa.Array:
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    texts = texts.dictionary_decode() if pa.types.is_dictionary(texts.type) else texts
    return texts if pa.types.is_string(texts.type) else texts.cast(pa.string())


def _recognise(present: pa.Array, decimal: str | None, day_first: bool | None, *, marks: bool) -> Form | None:
    """The form of texts without nulls, if they have one."""
    mark = _mark(present) if marks else None
    if mark is not None:
        present = present.filter(pc.not_equal(present, mark))
        if len(present) == 0:
            return None
    for form in _guess(present, decimal, day_first):
        if _prints_back(present, form):
            return form if mark is None else {**form, "null": mark}
    return None


def _mark(present: pa.Array) -> str | None:
    """The one word for missing values among the texts. A second one would be a value of its own."""
    found = pc.unique(present.filter(pc.is_in(present, pa.array(NULL_MARKS))))
    return found[0].as_py() if len(found) == 1 else None


def _guess(present: pa.Array, decimal: str | None, day_first: bool | None) -> Iterator[Form]:
    yield from _boolean(present)
    yield from _times.guess(present, day_first)
    yield from _numbers.guess(present, decimal)


def _boolean(present: pa.Array) -> Iterator[Form]:
    first = present[0].as_py()
    if len(first) > 6 or not first.isalpha():
        return
    words = pc.unique(present).to_pylist() if len(present) <= SAMPLE else _few(present)
    if not 1 <= len(words) <= 2:
        return
    for case in (str.lower, str.title, str.upper):
        for pair in _TRUTHS + _LETTERS:
            true, false = (case(word) for word in pair)
            # One word alone is taken for a truth only if it can hardly be anything else.
            if {true, false} == set(words) or (pair == _TRUTHS[0] and {true, false} >= set(words)):
                yield {"as": "boolean", "true": true, "false": false}


def _few(present: pa.Array) -> list[str]:
    words = pc.unique(present.slice(0, SAMPLE)).to_pylist()
    if len(words) > 2:
        return list(words)
    return list(pc.unique(present).to_pylist())


def _prints_back(present: pa.Array, form: Form) -> bool:
    try:
        return bool(pc.all(pc.equal(show(parse(present, form), form), present)).as_py())
    except (DataError, pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError, OverflowError):
        return False


def _values(texts: pa.Array, form: Form) -> pa.Array:
    kind = form["as"]
    if kind == "boolean":
        truth = pc.index_in(texts, pa.array([form["false"], form["true"]]))
        if truth.null_count > texts.null_count:
            raise DataError(f"a value is neither {form['true']!r} nor {form['false']!r}.")
        return truth.cast(pa.bool_())
    return (_numbers if kind in ("integer", "float", "decimal") else _times).parse(texts, form)
