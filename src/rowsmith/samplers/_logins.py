"""What e-mail addresses and user names are made of."""

from __future__ import annotations

from collections import Counter

from rowsmith.samplers._ascii import fold
from rowsmith.samplers._phrases import Phrase, Words

DOMAINS = ("example.com", "example.org", "example.net")
"""RFC 2606: reserved for documentation."""

NUMBERS = ("",) * 100 + tuple(str(number) for number in range(1, 101))
"""What follows a name: half of the time nothing."""


def folded_words(names: Phrase) -> Words:
    """Words with their weights, in letters a to z."""
    shares = names.shares() if isinstance(names, Words) else dict.fromkeys(names.slots()[0], 1.0)
    out: Counter[str] = Counter()
    for word, share in zip(fold(list(shares)), shares.values(), strict=True):
        if word:
            out[word] += share  # type: ignore[assignment]
    return Words.of(out)
