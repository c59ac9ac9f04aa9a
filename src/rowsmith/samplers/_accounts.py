"""International bank account numbers: how each country's are built, and their check digits, for whole columns.

Sources: ISO 13616 and SWIFT's "IBAN Registry" (lengths and structures); ISO/IEC 7064 (mod 97-10, mod 11-10); for the
checks inside a country's own number, ECBS TR 201 "Register of European Account Numbers" and the national standards named
there.

Bank codes are ones that the published lists of banks do not have (zeros or Zs, elsewhere nines, or 90), so that no
account is anybody's; only account numbers and branches vary.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.samplers._phrases import text_of

Table = NDArray[np.uint8]
"""Values of characters, shape (n, length): 0 to 9, and 10 to 35 for A to Z."""


@dataclass(frozen=True)
class Scheme:
    """A country's own account number.

    Attributes:
        pattern: digits and letters as they stand; `#` any digit, `n` any but 0, `r` one of nine (see `_eleven`), `k` a
            check digit.
        check: puts the check digits into a table.
    """

    pattern: str
    check: Callable[[Table], None] | None = None

    @cached_property
    def free(self) -> NDArray[np.intp]:
        """Places that may be chosen."""
        return np.flatnonzero([c in "#nr" for c in self.pattern])

    @cached_property
    def bases(self) -> NDArray[np.int64]:
        """How many values each of them has."""
        return np.array([10 if self.pattern[i] == "#" else 9 for i in self.free], dtype=np.int64)

    def fill(self, chosen: NDArray[np.uint8]) -> Table:
        """The numbers with these values in the free places, shape (n, places)."""
        out = np.empty((len(chosen), len(self.pattern)), dtype=np.uint8)
        out[:] = [0 if c in "#rk" else 1 if c == "n" else int(c, 36) for c in self.pattern]
        out[:, self.free] += chosen
        if self.check is not None:
            self.check(out)
        return out


def iban_of(country: str, own: Table) -> Table:
    """The whole number: country, check digits (ISO 7064, mod 97-10), the country's own."""
    code = [int(letter, 36) for letter in country]
    check = 98 - _mod_97(own, (*code, 0, 0))
    head = np.column_stack([np.broadcast_to(np.array(code, dtype=np.uint8), (len(own), 2)), check // 10, check % 10])
    return np.column_stack([head.astype(np.uint8), own])


def write(table: Table, group: int | None = None) -> pa.Array:
    """Texts of a table, with a space after each `group` characters."""
    width = table.shape[1]
    letters = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ ", dtype=np.uint8)
    if group:
        places = [i + i // group for i in range(width)]
        spaced = np.full((len(table), places[-1] + 1), 36, dtype=np.uint8)
        spaced[:, places] = table
        table = spaced
    return text_of(letters[table])


def luhn(table: Table, first: int = 0) -> None:
    """Set the last digit so that every second digit doubled, and all digits summed, ten divides (ISO/IEC 7812-1)."""
    total = np.zeros(len(table), dtype=np.int64)
    for turn, place in enumerate(range(table.shape[1] - 2, first - 1, -1)):
        digit = table[:, place].astype(np.int64) * (2 - turn % 2)
        total += digit - 9 * (digit > 9)
    table[:, -1] = -total % 10


def _mod_97(table: Table, after: tuple[int, ...] = ()) -> NDArray[np.int64]:
    """Remainder of the number that the characters spell, letters as two digits, more values after it."""
    rest = np.zeros(len(table), dtype=np.int64)
    letters = table.max(axis=0, initial=0) > 9
    for place in range(table.shape[1]):
        value = table[:, place].astype(np.int64)
        scale = np.where(value > 9, 100, 10) if letters[place] else np.int64(10)
        rest = (rest * scale + value) % 97
    for more in after:
        rest = (rest * (100 if more > 9 else 10) + more) % 97
    return rest


def _two(table: Table, values: NDArray[np.int64]) -> None:
    table[:, -2], table[:, -1] = values // 10, values % 10


def _iso_97(table: Table) -> None:
    """The last two digits by mod 97-10 (Portugal, Slovenia and neighbours)."""
    _two(table, 98 - _mod_97(table[:, :-2], (0, 0)))


def _belgian(table: Table) -> None:
    rest = _mod_97(table[:, :-2])
    _two(table, np.where(rest == 0, 97, rest))


def _french(table: Table) -> None:
    """The RIB's key: 97 less the remainder of 89 bank + 15 branch + 3 account."""
    _two(table, 97 - _mod_97(table[:, :-2], (0, 0)))


def _weighted(table: Table, weights: tuple[int, ...], places: range) -> NDArray[np.int64]:
    total = np.zeros(len(table), dtype=np.int64)
    for weight, place in zip(weights, places, strict=True):
        total += weight * table[:, place].astype(np.int64)
    return total


def _spanish(table: Table) -> None:
    for target, places, weights in ((8, range(0, 8), (4, 8, 5, 10, 9, 7, 3, 6)), (9, range(10, 20), _SPAIN)):
        digit = 11 - _weighted(table, weights, places) % 11
        table[:, target] = np.where(digit == 11, 0, np.where(digit == 10, 1, digit))


_SPAIN = (1, 2, 4, 8, 5, 10, 9, 7, 3, 6)
_ODD = np.array([1, 0, 5, 7, 9, 13, 15, 17, 19, 21])  # value of a digit in an odd place of an Italian number


def _italian(table: Table) -> None:
    digits = table[:, 1:].astype(np.int64)
    total = _ODD[digits[:, ::2]].sum(axis=1) + digits[:, 1::2].sum(axis=1)
    table[:, 0] = 10 + total % 26


def _eleven(weights: tuple[int, ...]) -> Callable[[Table], None]:
    """The last digit so that 11 divides the weighted sum of the last digits; its own weight is 1.

    One in eleven numbers has no such digit. So the digit before it, drawn from nine, steps over the value that would
    leave none.
    """

    def check(table: Table) -> None:
        size = len(weights)
        table[:, -2], bumped = 0, table[:, -2].astype(np.int64)
        rest = _weighted(table, weights, range(table.shape[1] - size, table.shape[1]))
        barred = (1 - rest) * pow(weights[-2], -1, 11) % 11
        bumped += bumped >= barred
        table[:, -2] = bumped
        table[:, -1] = -(rest + weights[-2] * bumped) % 11

    return check


def _ten(weights: tuple[int, ...], *places: range) -> Callable[[Table], None]:
    """The digit behind each run of places so that ten divides the weighted sum, weights repeated from the left."""

    def check(table: Table) -> None:
        for run in places:
            repeated = tuple(weights[i % len(weights)] for i in range(len(run)))
            table[:, run.stop] = -_weighted(table, repeated, run) % 10

    return check


def _croatian(table: Table) -> None:
    """Bank and account each with a digit by mod 11-10."""
    for places in (range(0, 6), range(7, 16)):
        rest = np.full(len(table), 10)
        for place in places:
            rest = (rest + table[:, place]) % 10
            rest = np.where(rest == 0, 10, rest) * 2 % 11
        table[:, places.stop] = (11 - rest) % 10


_CZECH = _eleven((6, 3, 7, 9, 10, 5, 8, 4, 2, 1))

SCHEMES: dict[str, Scheme] = {
    "AD": Scheme("0000" + "#" * 16),
    "AE": Scheme("000" + "#" * 16),
    "AL": Scheme("00000000" + "#" * 16),
    "AT": Scheme("00000" + "#" * 11),
    "BA": Scheme("999###########kk", _iso_97),
    "BE": Scheme("999#######kk", _belgian),
    "BG": Scheme("ZZZZ" + "#" * 14),
    "CH": Scheme("00000" + "#" * 12),
    "CY": Scheme("000" + "#" * 21),
    "CZ": Scheme("0000000000########rk", _CZECH),
    "DE": Scheme("00000000" + "#" * 10),
    "DK": Scheme("9999" + "#" * 10),
    "EE": Scheme("90#############k", _ten((7, 1, 3), range(2, 15))),
    "ES": Scheme("0000####kk##########", _spanish),
    "FI": Scheme("000000#######k", luhn),
    "FR": Scheme("00000################kk", _french),
    "GB": Scheme("ZZZZ000000########"),
    "GI": Scheme("ZZZZ" + "#" * 15),
    "GR": Scheme("000" + "#" * 20),
    "HR": Scheme("000000k#########k", _croatian),
    "HU": Scheme("000####k###############k", _ten((9, 7, 3, 1), range(0, 7), range(8, 23))),
    "IE": Scheme("ZZZZ000000########"),
    "IL": Scheme("000" + "#" * 16),
    "IS": Scheme("0000########0000000000"),  # the zeros at the end are the place of a national identity number
    "IT": Scheme("k00000" + "#" * 17, _italian),
    "LI": Scheme("00000" + "#" * 12),
    "LT": Scheme("00000" + "#" * 11),
    "LU": Scheme("000" + "#" * 13),
    "LV": Scheme("ZZZZ" + "#" * 13),
    "MC": Scheme("00000################kk", _french),
    "MD": Scheme("ZZ" + "#" * 18),
    "ME": Scheme("000#############kk", _iso_97),
    "MK": Scheme("000##########kk", _iso_97),
    "MT": Scheme("ZZZZ00000" + "#" * 18),
    "NL": Scheme("ZZZZ########rk", _eleven((10, 9, 8, 7, 6, 5, 4, 3, 2, 1))),
    "NO": Scheme("9999n####rk", _eleven((5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))),
    "PL": Scheme("00000000" + "#" * 16),
    "PT": Scheme("0000###############kk", _iso_97),
    "RO": Scheme("ZZZZ" + "#" * 16),
    "RS": Scheme("999#############kk", _iso_97),
    "SA": Scheme("00" + "#" * 18),
    "SE": Scheme("000" + "#" * 17),
    "SI": Scheme("00000########kk", _iso_97),
    "SK": Scheme("0000000000########rk", _CZECH),
    "SM": Scheme("k00000" + "#" * 17, _italian),
    "TR": Scheme("000000" + "#" * 16),
    "UA": Scheme("000000" + "#" * 19),
    "XK": Scheme("0000##########kk", _iso_97),
}
"""Country to its scheme."""
