"""What browsers call themselves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from rowsmith.samplers._entity import Entity
from rowsmith.samplers._phrases import Choice, Join, Phrase, Words


@dataclass(frozen=True, kw_only=True)
class UserAgent(Entity):
    """User-Agent lines of current browsers on computers and telephones."""

    def phrase(self) -> Phrase:
        """By browser and system, versions varying."""
        return _phrase()


@cache
def _phrase() -> Phrase:
    desktop = Words.of(
        {
            "Windows NT 10.0; Win64; x64": 0.72,
            "Macintosh; Intel Mac OS X 10_15_7": 0.2,
            "X11; Linux x86_64": 0.06,
            "X11; CrOS x86_64 14541.0.0": 0.02,
        }
    )
    phone = Words.of({f"Linux; Android {v}; K": w for v, w in (("10", 0.7), ("13", 0.1), ("14", 0.1), ("15", 0.1))})
    gecko = Words.of(
        {
            "Windows NT 10.0; Win64; x64": 0.7,
            "Macintosh; Intel Mac OS X 10.15": 0.15,
            "X11; Linux x86_64": 0.1,
            "X11; Ubuntu; Linux x86_64": 0.05,
        }
    )
    # Newer versions are more frequent.
    newer = {version: 1.2 ** (version - 120) for version in range(120, 141)}
    chrome = Words.of({str(v): w for v, w in newer.items()})
    edge = Words.of({f"{v}.0.0.0 Safari/537.36 Edg/{v}.0.0.0": w for v, w in newer.items()})
    firefox = Words.of({f"{v}.0) Gecko/20100101 Firefox/{v}.0": w for v, w in newer.items()})
    safari = {(major, minor): major - 15.0 for major in (16, 17, 18) for minor in range(7)}
    webkit, like = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/", "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/"
    mac = Words.of({f"{major}.{minor}": w for (major, minor), w in safari.items()})
    iphone = Words.of({f"{a}_{b} like Mac OS X) {like}{a}.{b}": w for (a, b), w in safari.items()})
    return Choice.of(
        [
            (Join(("Mozilla/5.0 (", desktop, f") {webkit}", chrome, ".0.0.0 Safari/537.36")), 0.38),
            (Join((f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit}", edge)), 0.08),
            (Join(("Mozilla/5.0 (", phone, f") {webkit}", chrome, ".0.0.0 Mobile Safari/537.36")), 0.24),
            (Join(("Mozilla/5.0 (iPhone; CPU iPhone OS ", iphone, " Mobile/15E148 Safari/604.1")), 0.18),
            (Join((f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {like}", mac, " Safari/605.1.15")), 0.06),
            (Join(("Mozilla/5.0 (", gecko, "; rv:", firefox)), 0.06),
        ]
    )
