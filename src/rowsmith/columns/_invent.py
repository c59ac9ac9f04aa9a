"""Words, names and addresses of our own, drawn in bulk: what stands in place of personal text."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.permutation import Numbers, permute


def _list(words: str) -> list[str]:
    return words.split()


GIVEN = _list(
    "Alva Benta Corin Dalia Edvin Fenja Gerlo Hanne Ilvar Jorun Kasia Levin Marit Nevio Odalys Perrin Quira Runa "
    "Silvo Tamsin Ulmo Vianne Wenzel Xenia Yorick Zelma Arvid Brisa Cosmo Delphin Elko Florin Greta Hilmar Isko "
    "Jaska Kerrin Linus Mirel Nanno Orla Pavo Rikard Sunna Tilda Veit Wanja Ziva"
)
FAMILY = _list(
    "Abelmoor Ahrling Barkfeld Bellweg Birkholt Brenndal Corvall Dachser Dornbeck Eibring Elmsted Falkenrath "
    "Fennbrook Feldgren Garvin Gladden Grauwald Halbrook Harkness Heidtmark Ilsing Imbrook Jarlsen Jentoft "
    "Kaltbrunn Kestrel Kirsten Lindqvar Lohmark Lunden Marlow Merrin Mooswald Nachtrab Norbeck Oakmere Ostrand "
    "Pallgren Penrow Quellmann Ravndal Rendsborg Rosmer Sandvoss Selbeck Steenhart Tannrick Thornby Torvald "
    "Ulverton Umland Varnhag Vesper Waldrup Wendmoor Westrin Yarrow Yttergard Zandvoort Zellner"
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
STREETS = _list("lane road street way hill row court park")
DOMAINS = ("example.com", "example.org", "example.net")  # reserved: RFC 2606


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


def invent_words(counts: NDArray[np.int64], rng: np.random.Generator, *, many: bool) -> pa.Array:
    """Texts of so many words each, in small letters, parted by spaces.

    Args:
        counts: words of each text, shape (n,).
        rng: where the words come from.
        many: whether words should hardly ever repeat: then they are made of syllables.
    """
    total = int(counts.sum())
    if many:
        words = pc.binary_join_element_wise(*(pick(SYLLABLES, total, rng) for _ in range(3)), "")
    else:
        words = pick(WORDS, total, rng)
    ends = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(ends), words), " ")
