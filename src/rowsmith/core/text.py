"""How typed values are printed as text, and read back: numbers, dates and times, booleans, codes.

A *form* is a small JSON mapping, kept beside a column, from which text is parsed and printed again. A form is only
recognised if every value prints back letter for letter, so that what is read is written the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

Form = Mapping[str, Any]

FIELD_FORM = b"rowsmith.form"
"""Key of an Arrow field's metadata under which a reader keeps the form, as JSON, of a column parsed from text."""


def recognise(texts: pa.Array) -> tuple[pa.Array, Form] | None:
    """Typed values and their form, if every text (nulls apart) is of one form and prints back the same."""
    raise NotImplementedError


def parse(texts: pa.Array, form: Form) -> pa.Array:
    """Typed values of texts."""
    raise NotImplementedError


def show(values: pa.Array, form: Form) -> pa.Array:
    """Texts of typed values."""
    raise NotImplementedError
