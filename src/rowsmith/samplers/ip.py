"""Network addresses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from rowsmith.core.errors import SpecError
from rowsmith.samplers._entity import Entity
from rowsmith.samplers._phrases import Choice, Join, Phrase, Words


@dataclass(frozen=True, kw_only=True)
class Ip(Entity):
    """IP addresses that lead nowhere: from blocks kept for documentation, or for private networks.

    Documentation: RFC 5737 (three blocks of 254 hosts), RFC 3849. Private: RFC 1918, and for version 6 RFC 4193.
    """

    version: Literal[4, 6] = 4
    """4 (192.0.2.17) or 6 (2001:db8:…)."""
    private: bool = False
    """Whether they are of private networks, of which there are many more in version 4."""

    def __post_init__(self) -> None:
        if self.version not in (4, 6):
            raise SpecError(f"version={self.version!r}: expected 4 or 6.")

    def phrase(self) -> Phrase:
        """A block and numbers in it."""
        return _version_4(self.private) if self.version == 4 else _version_6(self.private)


@cache
def _version_4(private: bool) -> Phrase:
    byte, host = Words.of(str(i) for i in range(256)), Words.of(str(i) for i in range(1, 255))
    if not private:
        return Join((Words.of(("192.0.2.", "198.51.100.", "203.0.113.")), host))
    middle = Words.of(str(i) for i in range(16, 32))
    return Choice.of(
        [
            (Join(("10.", byte, ".", byte, ".", host)), 1.0),
            (Join(("172.", middle, ".", byte, ".", host)), 1.0),
            (Join(("192.168.", byte, ".", host)), 1.0),
        ]
    )


@cache
def _version_6(private: bool) -> Phrase:
    # No group is zero, so that none may be left out: one address has one spelling (RFC 5952).
    group = Words.of(f"{i:x}" for i in range(1, 65536))
    if not private:
        return Join(("2001:db8:", group, ":", group, ":", group, ":", group, ":", group, ":", group))
    start = Words.of(f"fd{i:02x}:" for i in range(256))
    return Join((start, group, ":", group, ":", group, ":", group, ":", group, ":", group, ":", group))
