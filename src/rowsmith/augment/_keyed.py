"""Keyed functions of values: the same secret gives the same result in every table, and without it nobody can go back.

Source: the Feistel construction with a keyed hash as its round function (M. Luby and C. Rackoff, 1988), over a range of whole
numbers by cycle walking (J. Black and P. Rogaway, "Ciphers with Arbitrary Finite Domains", 2002). It is no certified cipher.
"""

from __future__ import annotations

import hashlib
import string
from functools import lru_cache

from rowsmith.core.errors import SpecError

ROUNDS = 10
SHORTEST = 8
_ALPHABETS = (string.digits, string.ascii_uppercase, string.ascii_lowercase)


def check_secret(secret: str) -> None:
    """Refuse a secret that is guessed at once.

    Raises:
        SpecError: it is too short.
    """
    if len(secret) < SHORTEST:
        raise SpecError(
            f"secret: has {len(secret)} signs; expected at least {SHORTEST}, such as a phrase of several words."
        )


def keyed_number(secret: str, *words: str) -> int:
    """A whole number of 64 bits that nobody can tell without the secret.

    >>> keyed_number("a long secret", "ann") == keyed_number("a long secret", "ann")
    True
    """
    digest = hashlib.blake2b(key=_key(secret), digest_size=8)
    for word in words:
        raw = word.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8, "little") + raw)
    return int.from_bytes(digest.digest(), "little")


def permuted(secret: str, number: int, size: int, salt: str) -> int:
    """A number from 0 to below a size as another one: one to one.

    Args:
        secret: the key.
        number: from 0 to below `size`.
        size: of the range.
        salt: another one, another permutation.
    """
    if size <= 1:
        return number
    bits = max(2, (size - 1).bit_length())
    low = bits // 2
    while True:  # at most a few times: the range of the Feistel net is less than four times as large
        number = _feistel(secret, number, bits - low, low, salt)
        if number < size:
            return number


def disguised(secret: str, word: str, *, number: bool = False) -> str:
    """A word of the same form: digits for digits, letters for letters of the same case; all other signs stay.

    One to one among the words of a form, so that what differed still differs, and joins stay.

    Args:
        secret: the key.
        word: any text.
        number: whether it is a whole number, whose first digit is not 0.

    >>> disguised("a long secret", "AB-1234") == disguised("a long secret", "AB-1234")
    True
    """
    form = [next((a for a in _ALPHABETS if sign in a), "") for sign in word]
    if number and len(word.lstrip("-")) > 1:
        form[len(word) - len(word.lstrip("-"))] = "123456789"
    size, rank = 1, 0
    for sign, alphabet in zip(word, form, strict=True):
        if alphabet:
            size, rank = size * len(alphabet), rank * len(alphabet) + alphabet.index(sign)
    shape = "".join(alphabet[:1] or sign for sign, alphabet in zip(word, form, strict=True))
    rank, out = permuted(secret, rank, size, shape), []
    for sign, alphabet in zip(reversed(word), reversed(form), strict=True):
        if alphabet:
            rank, place = divmod(rank, len(alphabet))
            out.append(alphabet[place])
        else:
            out.append(sign)
    return "".join(reversed(out))


def _feistel(secret: str, number: int, high: int, low: int, salt: str) -> int:
    left, right = number >> low, number & ((1 << low) - 1)
    for turn in range(ROUNDS):
        width = high if turn % 2 == 0 else low
        mixed = _round(secret, salt, turn, right, width)
        left, right = right, left ^ mixed
    # after an even number of rounds both halves are where they were
    return (left << low) | right


def _round(secret: str, salt: str, turn: int, half: int, width: int) -> int:
    size = max(1, -(-width // 8))
    raw = half.to_bytes(-(-max(half.bit_length(), 1) // 8), "little")
    digest = hashlib.blake2b(
        turn.to_bytes(1, "little") + raw, key=_key(secret), salt=_salt(salt), digest_size=min(size, 64)
    ).digest()
    while len(digest) < size:
        digest += hashlib.blake2b(digest, key=_key(secret), digest_size=64).digest()
    return int.from_bytes(digest[:size], "little") & ((1 << width) - 1)


@lru_cache(maxsize=64)
def _key(secret: str) -> bytes:
    return hashlib.blake2b(secret.encode(), digest_size=64).digest()


@lru_cache(maxsize=4096)
def _salt(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
