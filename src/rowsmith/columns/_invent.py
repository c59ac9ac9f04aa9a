"""Words, names and addresses of our own, drawn in bulk: what stands in place of personal text."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.permutation import Numbers, mix, permute


def _list(words: str) -> list[str]:
    return words.split()


GIVEN = _list(
    "Bo Ed Jo Li Ada Ben Eva Ida Kai Leo Mia Ole Pia Ulf Alva Elko Ilva Isko Jona Lune Nele Orla Pavo Runa Tove Ulmo Veit Ziva Benta "
    "Corin Cosmo Dalia Edvin Fenja Gerlo Greta Hanne Ilvar Arvid Brisa Jaska Jorun Kasia Levin Linus Marit Mirel Nanno Nevio Quira "
    "Silvo Sunna Tilda Wanja Xenia Zelma Florin Hilmar Kerrin Odalys Perrin Rikard Tamsin Vianne Wenzel Yorick Adriane Bastian "
    "Cornell Delphin Eleonor Florens Gwendal Henrike Ingvild Leopold Adelheid Bernardo Cassilda Dorothea Friedrun Gottlieb Henriett "
    "Sieghild Alexandro Bernardin Celestine Friederun Guillerma"
)
FAMILY = _list(
    "Arn Bek Dal Esk Hol Ost Aber Bohl Carn Dorn Eide Falk Gard Holm Isen Abend Birke Cordt Drews Forst Gravn Hagen Ivers Lohse "
    "Garvin Halden Lunden Marlow Merrin Penrow Rosmer Vesper Yarrow Bellweg Dachser Corvall Eibring Elmsted Gladden Ilsing "
    "Imbrook Jarlsen Jentoft Kestrel Kirsten Lohmark Norbeck Oakmere Ostrand Ravndal Selbeck Thornby Torvald Waldrup Westrin Zellner "
    "Ahrling Barkfeld Birkholt Brenndal Dornbeck Feldgren Grauwald Halbrook Harkness Lindqvar Mooswald Nachtrab Pallgren "
    "Sandvoss Tannrick Ulverton Umland Varnhag Wendmoor Abelmoor Fennbrook Heidtmark Kaltbrunn Quellmann Rendsborg Steenhart Yttergard "
    "Zandvoort Falkenrath Birkenfeld Wallenroth Ostermoor"
)
WORDS = _list(
    "amber basin bridge brook candle cedar circle clay cloud copper corner cotton current dawn delta desk distant "
    "early easy echo even field fine forest garden gentle glass grain grey harbour hill hollow island kettle lake "
    "lamp ladder lantern late leaf level light linen little lower maple meadow mild mill moss narrow near north "
    "ocean oak open paper path pebble pine plain pocket pond quiet rain reed river road round sand shade shore "
    "silent silver slow small smooth south spring steady stone summer table tall thin tide timber upper valley "
    "velvet village walnut warm water white wide willow window winter wood wool yellow"
)
SYLLABLES = _list(
    "ba be bi bo ca ce co da de di do fa fe fi fo ga ge go ha he ho ja jo ka ke ki ko la le li lo lu ma me mi mo "
    "na ne ni no nu pa pe pi po ra re ri ro ru sa se si so su ta te ti to tu va ve vi vo wa we za ze zo"
)
STREETS = _list("lane road hill park walk yard court drive green place close mews street avenue square garden")
SHORT = _list("a of in on at by to the and old new red big own all low sky sea ash elm owl fog bay")
DOMAINS = ("example.com", "example.org", "example.net")  # reserved: RFC 2606
SHORT_DOMAIN = "a.test"  # for addresses that are shorter; reserved too
SHORTEST_EMAIL = len(SHORT_DOMAIN) + 4
CONSONANTS, VOWELS, DIGITS = "bcdfghjklmnprstvwz", "aeiou", "0123456789"
FEWEST_WORDS = 3
"""Known words of a length; of fewer, others are made of letters."""
SPOKEN = 8
"""Letters of a name that is another one in each row, from which on it can be made to be spoken."""
LARGEST = 2**62
"""Texts that are told apart by their number."""


def pick(options: list[str] | tuple[str, ...], n: int, rng: np.random.Generator) -> pa.Array:
    """N of the options, at random."""
    return pa.array(options, pa.string()).take(pa.array(rng.integers(len(options), size=n)))


def invent_keys(rows: Numbers, seed: int, *, email: bool) -> pa.Array:
    """A text for each row number, all different.

    Args:
        rows: row numbers from 0.
        seed: another seed, other texts.
        email: as e-mail addresses at domains that are reserved for examples.

    >>> len(set(invent_keys(np.arange(500), 3, email=True).to_pylist()))
    500
    """
    numbers = 100
    domain = len(SYLLABLES) ** 4 * numbers
    # Past the domain the numbers only grow: still unique, still the same words.
    turn, inside = np.divmod(rows, domain)
    mixed = permute(inside, domain, seed)
    mixed, number = np.divmod(mixed, numbers)
    parts = []
    for _ in range(4):
        mixed, place = np.divmod(mixed, len(SYLLABLES))
        parts.append(pa.array(SYLLABLES, pa.string()).take(pa.array(place)))
    tail = pa.array(number + turn * numbers).cast(pa.string())
    left, right = (pc.binary_join_element_wise(*parts[i : i + 2], "") for i in (0, 2))
    if not email:
        return pc.binary_join_element_wise(left, right, "-", tail, "").cast(pa.string())
    hosts = pa.array(DOMAINS, pa.string()).take(pa.array(number % len(DOMAINS)))
    return pc.binary_join_element_wise(left, ".", right, tail, "@", hosts, "")


def invent_emails(characters: NDArray[np.int64], rows: Numbers, seed: int) -> pa.Array:
    """An e-mail address for each row number, all different, at domains that are reserved (RFC 2606).

    Args:
        characters: how many each has, shape (n,), at least `SHORTEST_EMAIL`. So many rows that they run out get longer ones.
        rows: row numbers from 0, shape (n,).
        seed: another seed, other addresses.

    >>> invent_emails(np.array([12, 24]), np.array([0, 1]), 3).to_pylist()
    ['a8ma0@a.test', 'vutisubagi21@example.org']
    """
    out = np.empty(len(rows), dtype=object)
    for length in np.unique(characters).tolist():
        at = np.flatnonzero(characters == length)
        host = length >= len(DOMAINS[0]) + 5
        names = _letters(length - 1 - len(DOMAINS[0] if host else SHORT_DOMAIN), rows[at], seed)
        hosts = pa.array(DOMAINS if host else [SHORT_DOMAIN]).take(pa.array(rows[at] % (len(DOMAINS) if host else 1)))
        out[at] = pc.binary_join_element_wise(names, hosts, "@").to_pylist()
    return pa.array(out, pa.string())


def _letters(length: int, rows: Numbers, seed: int) -> pa.Array:
    """Small letters that can be spoken, with two digits, where there is room for that; another text for each row number."""
    picks = [*(VOWELS if i % 2 else CONSONANTS for i in range(length - 2)), DIGITS, DIGITS]
    if length < SPOKEN:
        any_letter = CONSONANTS + VOWELS
        picks = [any_letter, *([any_letter + DIGITS] * (length - 1))]
    domain, free = 1, 0  # the last ones say which row it is, the others come by chance
    for free in range(length, -1, -1):
        if free == 0 or domain * len(picks[free - 1]) > LARGEST:
            break
        domain *= len(picks[free - 1])
    turn, inside = np.divmod(rows, domain)
    rest, chance = permute(inside, domain, seed), mix(rows.astype(np.uint64), seed)
    signs = np.empty((len(rows), length), dtype=np.uint8)
    for i in range(length - 1, -1, -1):
        options = np.frombuffer(picks[i].encode(), np.uint8)
        if i >= free:
            rest, place = np.divmod(rest, len(options))
        else:
            chance = mix(chance, seed + i)
            place = (chance % np.uint64(len(options))).astype(np.int64)
        signs[:, i] = options[place]
    out = _from_signs(signs)
    again = pa.array(turn > 0)
    return pc.if_else(again, pc.binary_join_element_wise(out, pa.array(turn).cast(pa.string()), "-"), out)


def _from_signs(signs: NDArray[np.uint8]) -> pa.Array:
    """Texts of one length from their bytes, shape (n, length)."""
    ends = np.arange(len(signs) + 1, dtype=np.int64) * signs.shape[1]
    buffers = [None, pa.py_buffer(ends.tobytes()), pa.py_buffer(np.ascontiguousarray(signs).tobytes())]
    return pa.Array.from_buffers(pa.large_string(), len(signs), buffers).cast(pa.string())


def parted(
    characters: NDArray[np.int64], words: NDArray[np.int64], letters: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Letters of each word of texts, one text's after the other's; with a space between two words they come to its characters.

    Args:
        characters: of each text, shape (n,).
        words: of each text, shape (n,): one at least of a text that is not empty, and at most every other character one.
        letters: share of words of each number of letters, from 1.
        rng: how they are parted.
    """
    text = np.repeat(np.arange(len(words)), words)
    ends = np.cumsum(words)
    wished = np.searchsorted(np.cumsum(letters)[:-1], rng.random(len(text)), side="right") + 0.5
    spare = (characters - words + 1 - words)[text]  # beyond one letter a word
    reached = np.cumsum(wished)
    before = np.append(0.0, reached)[ends - words][text]
    whole = np.append(0.0, reached)[ends][text] - before
    upto = np.rint(spare * (reached - before) / whole).astype(np.int64)
    first = np.append(True, text[1:] != text[:-1])[: len(text)]
    out: NDArray[np.int64] = 1 + upto - np.where(first, 0, np.append(0, upto)[:-1])
    return out


def worded(letters: NDArray[np.int64], known: list[str], rng: np.random.Generator) -> pa.Array:
    """Words of so many letters each: of those that are known, made of letters where there are too few of the length.

    Args:
        letters: of each word, shape (n,).
        known: words to choose from.
        rng: which.
    """
    pools: list[pa.Array] = []
    index, size = np.empty(len(letters), dtype=np.int64), 0
    for length in np.unique(letters).tolist():
        at = np.flatnonzero(letters == length)
        fit = [word for word in known if len(word) == length]
        if len(fit) >= FEWEST_WORDS:
            pool, place = pa.array(fit, pa.string()), rng.integers(len(fit), size=len(at))
        else:
            pool, place = _spoken(length, len(at), rng), np.arange(len(at))
            pool = pc.utf8_capitalize(pool) if known and known[0][:1].isupper() else pool
        pools.append(pool)
        index[at] = size + place
        size += len(pool)
    return pa.concat_arrays(pools).take(pa.array(index)) if pools else pa.array([], pa.string())


def _spoken(length: int, n: int, rng: np.random.Generator) -> pa.Array:
    """N words of so many letters, consonants and vowels in turn."""
    options = [np.frombuffer(signs.encode(), np.uint8) for signs in (CONSONANTS, VOWELS)]
    kind = (np.arange(length) + rng.integers(2, size=n)[:, None]) % 2
    place = rng.random((n, length))
    made = [o[(place * len(o)).astype(np.int64)] for o in options]
    return _from_signs(np.where(kind == 0, *made))


def joined_words(words: pa.Array, counts: NDArray[np.int64]) -> pa.Array:
    """Texts of so many of the words each, in their order."""
    ends = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(ends), words), " ")
