"""Facts by which a field recognises a real world, looked at over many seeds."""

from collections.abc import Callable, Mapping

FEW, MANY = (1, 2, 3), range(100)
FAR = 4.0
"""Standard errors beyond which a share is another than theory has it: one sound one in 16,000 is as far off."""
LEAST = 0.95
"""Share of seeds with which all facts of a world must hold."""


def failures(facts: Callable[[int], Mapping[str, bool]], seeds) -> dict[str, list[int]]:
    """Facts that did not hold, with the seeds."""
    out: dict[str, list[int]] = {}
    for seed in seeds:
        for name, holds in facts(seed).items():
            if not holds:
                out.setdefault(name, []).append(seed)
    return out


def check_few(facts):
    found = failures(facts, FEW)
    assert not found, found


def check_many(facts):
    found = failures(facts, MANY)
    failed = {seed for seeds in found.values() for seed in seeds}
    assert len(failed) <= (1 - LEAST) * len(MANY), found


def near(share: float, expected: float, n: int) -> bool:
    """Whether a share of n independent cases is what theory has."""
    return abs(share - expected) <= FAR * max(expected * (1 - expected) / n, 1e-12) ** 0.5
