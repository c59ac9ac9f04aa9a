"""Where a synthetic table came from, in a few words that travel with it: a mark that machines can read.

Parquet and Arrow files keep it among the metadata of their schema, databases in a comment on the table. It names no file, no
person and no seed.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import pyarrow as pa

MARK = b"rowsmith.synthetic"
"""Key of an Arrow schema's metadata under which the mark is kept, as JSON."""


_COMMENT = re.compile(rf"{re.escape(MARK.decode())} (\{{.*?\}})\s*(?=\*/|$)", re.DOTALL)


def comment_of(schema: pa.Schema) -> str | None:
    """The mark of a schema as a comment in SQL, which may stand between `/*` and `*/`; None if it has none that can be read.

    >>> comment_of(pa.schema([], metadata={MARK: b'{"synthetic": true}'}))
    'rowsmith.synthetic {"synthetic": true}'
    """
    try:
        mark = (schema.metadata or {})[MARK].decode()
        json.loads(mark)
    except (KeyError, ValueError, RecursionError):
        return None
    return f"{MARK.decode()} {mark}".replace("*/", "*\\/")  # which is the same in JSON


def of_comment(text: str | None) -> dict[bytes, bytes]:
    """What a reader notes of a table whose comment, or definition, has a mark in it.

    >>> of_comment('create table t (/* rowsmith.synthetic {"synthetic": true} */ a integer)')
    {b'rowsmith.synthetic': b'{"synthetic": true}'}
    """
    found = _COMMENT.search(text or "")
    return {} if found is None else {MARK: found[1].encode()}


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """How the rows of a table were made.

    Attributes:
        made_by: name and version of the program.
        method: "learnt" from real rows, or from a "spec".
        learner: what was learnt with.
        settings: of the learner, as plain values.
        learnt_rows: how many real rows.
        protected: columns of which values that too few rows share were left out, with how many values and rows.
        promise: of differential privacy, with what was spent on what.
    """

    made_by: str
    method: str
    learner: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    learnt_rows: int | None = None
    protected: tuple[Mapping[str, Any], ...] = ()
    promise: Mapping[str, Any] = field(default_factory=dict)

    def marked(self, schema: pa.Schema) -> pa.Schema:
        """A schema that says that its rows are synthetic."""
        return schema.with_metadata({**(schema.metadata or {}), MARK: self.to_json().encode()})

    def to_json(self) -> str:
        """The mark."""
        plain = {name: value for name, value in dataclasses.asdict(self).items() if value not in (None, {}, ())}
        return json.dumps({"synthetic": True, **plain}, ensure_ascii=False, sort_keys=True)

    @classmethod
    def of(cls, schema: pa.Schema) -> Self | None:
        """The mark of a schema; None if it has none that can be read."""
        try:
            found = json.loads((schema.metadata or {}).get(MARK, b"null"))
            known = {f.name for f in dataclasses.fields(cls)}
            return None if found is None else cls(**{name: value for name, value in found.items() if name in known})
        except (ValueError, TypeError, AttributeError, RecursionError):
            return None
