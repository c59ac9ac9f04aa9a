"""International bank account numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError, suggest
from rowsmith.core.permutation import Numbers, permute
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._accounts import SCHEMES, iban_of, write
from rowsmith.samplers._combinations import enough
from rowsmith.samplers._phrases import by_group, plain

_MOST = 18  # free digits that decide a unique number; 10 ** 18 is the most that 62 bits hold


@dataclass(frozen=True, kw_only=True)
class Iban(ColumnSampler):
    """IBANs with right lengths and check digits, also those inside; the bank codes are no bank's."""

    country: str = "DE"
    """Country code, such as DE, FR, GB, ES, IT, NL, PL."""
    of: str | None = None
    """Column with country codes; it decides instead, row by row."""
    spaced: bool = False
    """Whether groups of four are set apart by spaces."""
    unique: bool = False
    """Whether no number comes twice."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "country", _known(self.country, f"country={self.country!r}"))
        if self.unique and self.of is not None:
            raise SpecError(f"unique=True: expected one country, not of={self.of!r}; leave one of them out.")

    @property
    def type(self) -> pa.DataType:
        """Text."""
        return pa.string()

    @property
    def reads(self) -> tuple[str, ...]:
        """The column of countries."""
        return () if self.of is None else (self.of,)

    @property
    def by_row(self) -> bool:
        """If unique."""
        return self.unique

    def at(self, numbers: Numbers, key: Key) -> pa.Array:
        """The free digits spell a keyed permutation of the row's number."""
        bases = SCHEMES[self.country].bases
        deciding = bases[-_MOST:]
        capacity = int(np.prod(deciding))
        enough(numbers, capacity)
        code = permute(numbers, capacity, key.integer())
        chosen = np.zeros((len(numbers), len(bases)), dtype=np.uint8)
        for place in reversed(range(len(bases) - len(deciding), len(bases))):
            code, chosen[:, place] = np.divmod(code, bases[place])
        return self._text(self.country, chosen)

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Free digits at random, country by country."""
        if self.unique:
            return self.at(rows.numbers, key)
        rng = key.generator()
        if self.of is None:
            return self._draw(self.country, rows.n, rng)
        coded = plain(given[self.of]).dictionary_encode()
        countries = [
            _known(code, f"of={self.of!r}: the column holds {code!r}") for code in coded.dictionary.to_pylist()
        ]
        group = coded.indices.fill_null(len(countries)).to_numpy()

        def make(country: int, members: NDArray[np.int64]) -> pa.Array:
            if country == len(countries):
                return pa.nulls(len(members), pa.string())
            return self._draw(countries[country], len(members), rng)

        return by_group(group, make)

    def _draw(self, country: str, n: int, rng: np.random.Generator) -> pa.Array:
        bases = SCHEMES[country].bases
        return self._text(country, rng.integers(bases, size=(n, len(bases)), dtype=np.uint8))

    def _text(self, country: str, chosen: NDArray[np.uint8]) -> pa.Array:
        return write(iban_of(country, SCHEMES[country].fill(chosen)), 4 if self.spaced else None)


def _known(country: str, shown: str) -> str:
    code = country.strip().upper()
    if code not in SCHEMES:
        raise SpecError(f"{shown}; expected the code of a country with IBANs{suggest(code, SCHEMES)}")
    return code
