"""Names, addresses and numbers of persons, taken out of free text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import pyarrow as pa

from rowsmith.augment._change import CellChange, CellWork
from rowsmith.augment._subject import Subject
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key

What = Literal["email", "url", "iban", "card", "phone", "ip"]
PATTERNS: dict[str, str] = {
    "email": r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    "url": r"\b(?:https?://|www\.)\S+",
    "iban": r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b",
    "card": r"\b(?:\d[ -]?){12,18}\d\b",
    "ip": r"\b(?:\d{1,3}\.){3}\d{1,3}\b",
    "phone": r"(?<!\w)(?:\+|00)?\d[\d ()/.-]{6,}\d\b",
}
"""What is looked for, in this order."""
SHORTEST = 3
"""Letters of a word of another column, at least, for it to be looked for."""


@dataclass(frozen=True, kw_only=True)
class Redact(CellChange):
    """E-mail addresses, links, account, card and telephone numbers in free text, replaced by their kind in brackets.

    Names are found only where they stand in other columns of the row (`words`), or are listed (`patterns`): what nobody listed
    stays, so read some rows before you hand them on. Finders of your own, such as a language model's, join as changes by an
    entry point in the group `rowsmith.augment`.

    >>> import rowsmith as rs, pyarrow as pa
    >>> rows = pa.table({"name": ["Ann Lee"], "note": ["Ann asked to write to ann@lee.org"]})
    >>> rs.augment(rows, rs.Redact(columns=("note",), words=("name",))).frame["note"].to_pylist()
    ['[name] asked to write to [email]']
    """

    columns: tuple[str, ...] = ()
    """Columns of text; all but keys and those in `words` if left out."""
    what: tuple[What, ...] = ("email", "url", "iban", "card", "ip", "phone")
    """What is looked for."""
    words: tuple[str, ...] = ()
    """Columns whose words are taken out of the text of their row, in any case: names."""
    patterns: Mapping[str, Any] | None = None
    """Regular expressions of your own, by what takes their place: `{ward: "ward \\\\d+"}`."""

    main: ClassVar[str] = "columns"
    lawful: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for name, pattern in (self.patterns or {}).items():
            try:
                re.compile(str(pattern))
            except re.error as fault:
                raise SpecError(f"patterns.{name}={pattern!r}: is no regular expression ({fault}).") from None

    def fit(self, subject: Subject) -> RedactWork:
        """The columns."""
        for name in self.words:
            subject.column(name, "words")
        names = subject.pick(self.columns, ("text",))
        names = names if self.columns else tuple(n for n in names if n not in self.words)
        if not names:
            raise SpecError("columns: there is no column of text beside keys and those in words.")
        return RedactWork(names, self)


@dataclass(frozen=True)
class RedactWork(CellWork):
    """Redaction of a table.

    Attributes:
        settings: what is looked for.
    """

    settings: Redact

    def change(self, rows: pa.RecordBatch, key: Key) -> Mapping[str, pa.Array]:
        """Take out what is found."""
        own = {str(name): re.compile(str(p)) for name, p in (self.settings.patterns or {}).items()}
        found = own | {name: re.compile(p) for name, p in PATTERNS.items() if name in self.settings.what}
        said = {name: rows.column(name).cast(pa.string()).to_pylist() for name in self.settings.words}
        out = {}
        for name in self.columns:
            column, texts = rows.column(name), []
            for i, text in enumerate(column.cast(pa.string()).to_pylist()):
                if text is not None:
                    for label, pattern in found.items():
                        text = pattern.sub(f"[{label}]", text)
                    for label, values in said.items():
                        for word in re.findall(rf"\w{{{SHORTEST},}}", values[i] or ""):
                            text = re.sub(rf"\b{re.escape(word)}\b", f"[{label}]", text, flags=re.IGNORECASE)
                texts.append(text)
            out[name] = pa.array(texts, pa.string()).cast(column.type)
        return out
