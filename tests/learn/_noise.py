"""Noise that repeats, for tests alone: the same counts get the same noise."""

import zlib
from contextlib import contextmanager

import numpy as np

from rowsmith.learn._private_noise import Noise, door


class Repeated(Noise):
    def __init__(self, seed=0, size=1.0):
        self.seed, self.size = seed, size

    def _rng(self, counts, scale):
        return np.random.default_rng([self.seed, zlib.crc32(np.ascontiguousarray(counts).tobytes()), int(scale * 1000)])

    def gaussian(self, counts, scale, reach):
        noise = self._rng(counts, scale).normal(0, scale * self.size, np.shape(counts))
        return counts + np.rint(noise).astype(np.int64), reach**2 / (2 * scale**2)

    def greatest(self, scores, scale, reach):
        noise = self._rng(scores, scale).gumbel(0, scale * self.size, len(scores))
        return int(np.argmax(scores + noise)), reach**2 / (2 * scale**2)

    def places(self, n):
        return np.random.default_rng(self.seed).random(n)


@contextmanager
def repeated(seed=0, size=1.0):
    """Fits inside have this noise; `size` 0 is none."""
    token = door.set(Repeated(seed, size))
    try:
        yield
    finally:
        door.reset(token)
