"""Where a training stands, in a file, so that one that was cut short goes on: arrays and JSON, as a model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.state import State, read_state, write_state

KIND, VERSION = "training", 1
"""What a checkpoint says of itself."""


@dataclass(frozen=True)
class Checkpoint:
    """A file whose name hangs on all that the training does, so that another training never takes it for its own."""

    path: Path

    @classmethod
    def of(cls, folder: str, settings: Any, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Of a training.

        Args:
            folder: where it is kept; made if need be.
            settings: of the training, plain values.
            arrays: with which it begins, and what it learns from, by name.

        Raises:
            SpecError: the folder cannot be made.
        """
        from rowsmith import __version__

        digest = hashlib.blake2b(repr((__version__, settings)).encode(), digest_size=12)
        for name, array in arrays.items():
            digest.update(f"{name}{array.shape}{array.dtype}".encode() + np.ascontiguousarray(array).tobytes())
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise SpecError(
                f"checkpoints={folder!r}: is no folder that can be written ({fault.strerror}); name another."
            ) from None
        return cls(Path(folder) / f"{digest.hexdigest()}.training")

    def write(self, state: State) -> None:
        """Keep where training is."""
        write_state(self.path, state, kind=KIND, version=VERSION)

    def read(self) -> State | None:
        """What was kept; None if nothing was.

        Raises:
            ModelFileError: the file is damaged.
        """
        return read_state(self.path, kind=KIND, version=VERSION) if self.path.exists() else None

    def remove(self) -> None:
        """Training has ended."""
        self.path.unlink(missing_ok=True)
