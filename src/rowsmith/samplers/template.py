"""Texts put together from other columns."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._joined import Joiner, Part, part
from rowsmith.samplers._text_forms import formed, known


@dataclass(frozen=True, kw_only=True)
class Template(ColumnSampler):
    """A text with the values of other columns in it; null where one of them is null.

    A form may stand behind a name: {number:05d}, {price:,.2f}, {day:%d.%m.%Y}, {name:upper} (or lower, title), or {name:.1}
    for its first letter.
    """

    text: str
    """Text such as '{first} {last} <{email}>', with names of columns in braces ({{ is a brace)."""

    def __post_init__(self) -> None:
        if not self.reads:
            raise SpecError(f"text={self.text!r}: expected a name of a column in braces, such as {{name}}.")

    @property
    def type(self) -> pa.DataType:
        """Text."""
        return pa.string()

    @property
    def reads(self) -> tuple[str, ...]:
        """The names in braces."""
        return tuple(dict.fromkeys(name for _, name, _ in self._parts if name))

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Join the parts."""
        pieces: list[Part] = []
        for literal, name, form in self._parts:
            pieces += [literal] if literal else []
            if name:
                try:
                    pieces.append(part(given[name], partial(formed, form=form)))
                except SpecError as fault:
                    raise SpecError(f"text: {{{name}}}: {fault}") from None
        return self._joiner.join(pieces)

    @cached_property
    def _joiner(self) -> Joiner:
        return Joiner()

    @cached_property
    def _parts(self) -> list[tuple[str, str, str]]:
        """What stands before a column, its name (none at the end), and its form."""
        try:
            parts = list(string.Formatter().parse(self.text))
        except ValueError as fault:
            raise SpecError(
                f"text={self.text!r}: is not a template ({fault}); a brace is written {{{{ or }}}}."
            ) from None
        for _, name, form, conversion in parts:
            if conversion or name == "":
                raise SpecError(
                    f"text={self.text!r}: expected names of columns in braces, such as {{name}} or {{n:03d}}."
                )
            if not known(form or ""):
                raise SpecError(
                    f"text={self.text!r}: the form {form!r} is not known; expected one such as 05d, ,.2f, %d.%m.%Y, "
                    "upper, lower, title, or .1 (first letter)."
                )
        return [(literal, name or "", form or "") for literal, name, form, _ in parts]
