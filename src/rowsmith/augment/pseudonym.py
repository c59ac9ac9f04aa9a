"""Names of persons and things, replaced by others of the same form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import pyarrow as pa

from rowsmith.augment._change import CellChange, CellWork
from rowsmith.augment._keyed import check_secret, disguised
from rowsmith.augment._subject import Subject
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.types import is_text


@dataclass(frozen=True, kw_only=True)
class Pseudonym(CellChange):
    """Keys and other names, replaced by others of the same form: digits for digits, letters for letters.

    With the same secret a value becomes the same pseudonym in every table, so joins hold; what differed still differs. Without
    the secret nobody can go back, and with it anybody can: keep it apart. Check digits are not kept. Where a form has few
    members, such as codes of two digits, the pseudonyms are the same codes in another order.

    >>> import rowsmith as rs, pyarrow as pa
    >>> done = rs.augment(pa.table({"patient": ["A-17", "B-02", "A-17"]}), rs.Pseudonym(("patient",), secret="correct horse"))
    >>> a, b, c = done.frame["patient"].to_pylist()
    >>> a == c != b, len(a), a[1]
    (True, 4, '-')
    """

    columns: tuple[str, ...] = field(kw_only=False)
    """Columns of text or whole numbers; keys too."""
    secret: str = field(repr=False)
    """The key of the pseudonyms, at least 8 signs; kept out of logs."""

    main: ClassVar[str] = "columns"
    lawful: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_secret(self.secret)
        if not self.columns:
            raise SpecError("columns=[]: expected the columns to replace.")

    def fit(self, subject: Subject) -> PseudonymWork:
        """See that the columns are such."""
        for name in self.columns:
            kind = subject.table.schema.field(subject.column(name, "columns")).type
            if not (is_text(kind) or pa.types.is_integer(kind)):
                raise SpecError(f"columns={name!r}: is {kind}; expected text or whole numbers.")
        return PseudonymWork(self.columns, self.secret)


@dataclass(frozen=True)
class PseudonymWork(CellWork):
    """Pseudonyms of a table.

    Attributes:
        secret: the key.
    """

    secret: str = field(repr=False)

    def change(self, rows: pa.RecordBatch, key: Key) -> Mapping[str, pa.Array]:
        """Replace values."""
        out = {}
        for name in self.columns:
            column = rows.column(name)
            kind, coded = column.type, column.dictionary_encode()
            words = coded.dictionary.cast(pa.string()).to_pylist()
            number = pa.types.is_integer(kind)
            new = pa.array([disguised(self.secret, word, number=number) for word in words], pa.string())
            try:
                out[name] = new.cast(kind).take(coded.indices)
            except pa.ArrowInvalid:
                raise SpecError(
                    f"columns={name!r}: a pseudonym has no place in {kind}; give the column a wider type."
                ) from None
        return out
