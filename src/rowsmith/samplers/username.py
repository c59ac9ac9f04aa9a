"""Names of accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._ascii import first_last
from rowsmith.samplers._entity import Entity
from rowsmith.samplers._phrases import Choice, Join, Pattern, Phrase, Words
from rowsmith.samplers._vocabulary import ADJECTIVES, NOUNS


@dataclass(frozen=True, kw_only=True)
class Username(Entity):
    """Names of accounts: msmith42 or mary_smith7 after a person's name, quiet_otter317 without one."""

    of: str | None = None
    """Column with the person's name; without it, an English adjective and noun are drawn."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The column of names."""
        return () if self.of is None else (self.of,)

    @property
    def by_row(self) -> bool:
        """If unique and free; one that follows a name has the row's number in it to be unique."""
        return self.unique and self.of is None

    def phrase(self) -> Phrase:
        """Adjective, noun, number."""
        return _phrase()

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """After the name: its initial or the whole first word, the last word, a number."""
        if self.of is None:
            return super().sample(rows, key, given)
        first, last = first_last(given[self.of], between="_")
        rng = key.generator()
        short = pa.array(rng.random(rows.n) < 0.5)
        alone = pc.equal(last, "")
        initial = pc.if_else(alone, first, pc.utf8_slice_codeunits(first, 0, 1))
        first = pc.if_else(short, initial, first)
        last = pc.if_else(short, pc.utf8_slice_codeunits(last, 1), last)
        if self.unique:
            number = pa.array(rows.numbers + 1).cast(pa.string())
        else:
            number = pa.array([str(i) for i in range(1, 1000)]).take(pa.array(rng.integers(999, size=rows.n)))
        return pc.binary_join_element_wise(first, last, number, "")


@cache
def _phrase() -> Phrase:
    adjective, noun = Words.of(ADJECTIVES), Words.of(NOUNS)
    return Choice.of(
        [
            (Join((adjective, "_", noun, Pattern("%##"))), 1.0),
            (Join((adjective, noun, Pattern("%#"))), 1.0),
            (Join((adjective, ".", noun)), 1.0),
            (Join((adjective, "_", noun, Pattern("%####"))), 1.0),
        ]
    )
