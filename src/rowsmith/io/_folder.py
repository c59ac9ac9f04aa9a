"""Folders that a run writes its files into: of this machine, or by a URL that fsspec knows (`s3://`, `gs://`, `memory://`).

Names of files are relative to the folder, with `/` between the parts.
"""

from __future__ import annotations

import contextlib
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rowsmith.core.errors import OutputError
from rowsmith.core.files import discard, explain_os_errors
from rowsmith.io._open import hide_password

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem


class Folder(ABC):
    """Where files lie. Picklable: every worker writes its own files. `str` gives its name as it may be shown."""

    @abstractmethod
    def begin(self) -> list[Path]:
        """Make the folder, if it is not there.

        Returns:
            The folders that were made, for `undo`.

        Raises:
            OutputError: nothing can be written there.
        """

    @abstractmethod
    def undo(self, made: list[Path]) -> None:
        """Remove the folders that `begin` made, unless something is in them by now."""

    @abstractmethod
    def put(self, local: Path, name: str) -> None:
        """Move a file of this machine here: it appears whole.

        Raises:
            OutputError: the disk or the store refuses.
        """

    @abstractmethod
    def read(self, name: str) -> bytes | None:
        """What a small file holds; None if it is not there."""

    @abstractmethod
    def kind(self, name: str) -> str | None:
        """Whether a name is a "file" or a "folder"; None if it is not there."""

    @abstractmethod
    def inner(self, name: str) -> Folder:
        """A folder inside."""

    @abstractmethod
    def names(self) -> list[str]:
        """Names of files and folders directly inside, in order; none, where the folder is not there."""

    @abstractmethod
    def move(self, name: str, to: str) -> None:
        """Give a file or folder another name, which nothing has.

        Raises:
            OutputError: the disk or the store refuses.
        """

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove a file or a folder with all that is in it, if it is there."""

    @abstractmethod
    def scratch(self) -> contextlib.AbstractContextManager[str]:
        """A folder of this machine for files in the making, removed at the end; what is killed leaves it behind."""

    @contextlib.contextmanager
    def file(self, name: str) -> Iterator[Path]:
        """A path of this machine to write a file to; when the block is left without a fault, it is in the folder, whole.

        Raises:
            OutputError: it cannot be written.
        """
        with self.scratch() as place:
            local = Path(place) / Path(name).name  # with its ending, which tells a sink what to write
            yield local
            self.put(local, name)

    def write(self, name: str, content: bytes) -> None:
        """Write a small file, whole.

        Raises:
            OutputError: it cannot be written.
        """
        with self.file(name) as path, explain_os_errors(path):
            path.write_bytes(content)


@dataclass(frozen=True)
class LocalFolder(Folder):
    """A folder of this machine.

    Attributes:
        path: of the folder.
    """

    path: Path

    def begin(self) -> list[Path]:
        """Make the folder and those above it."""
        missing = [f for f in (self.path, *self.path.parents) if not f.exists()]
        with explain_os_errors(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        return missing

    def undo(self, made: list[Path]) -> None:
        """Remove empty folders."""
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()

    def put(self, local: Path, name: str) -> None:
        """Rename it: at once, on one disk."""
        final = self.path / name
        with explain_os_errors(final):
            final.parent.mkdir(parents=True, exist_ok=True)
            local.replace(final)

    def scratch(self) -> contextlib.AbstractContextManager[str]:
        """A hidden folder inside, so that a file need not change disks."""
        return tempfile.TemporaryDirectory(prefix=".", dir=self.path)

    def read(self, name: str) -> bytes | None:
        """What a file holds."""
        try:
            return (self.path / name).read_bytes()
        except OSError:
            return None

    def kind(self, name: str) -> str | None:
        """Whether a name is a file or a folder."""
        path = self.path / name
        return "folder" if path.is_dir() else "file" if path.exists() else None

    def inner(self, name: str) -> LocalFolder:
        """A folder inside."""
        return LocalFolder(self.path / name)

    def names(self) -> list[str]:
        """Names inside."""
        return sorted(p.name for p in self.path.iterdir()) if self.path.is_dir() else []

    def move(self, name: str, to: str) -> None:
        """Rename: at once, on one disk."""
        with explain_os_errors(self.path / to):
            (self.path / to).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).replace(self.path / to)

    def remove(self, name: str) -> None:
        """Remove a file or folder."""
        discard(self.path / name)

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True)
class RemoteFolder(Folder):
    """A folder that fsspec reaches. Files are written on this machine first, and put there whole.

    Attributes:
        url: of the folder, with its scheme.
    """

    url: str

    def begin(self) -> list[Path]:
        """Make the folder, where the store has folders."""
        system, path = self._open()
        with explain_os_errors(str(self)):
            system.makedirs(path, exist_ok=True)
        return []

    def undo(self, made: list[Path]) -> None:
        """Nothing: an empty folder of a store is none."""

    def put(self, local: Path, name: str) -> None:
        """Upload it."""
        system, path = self._open()
        final = f"{path}/{name}"
        with explain_os_errors(f"{self}/{name}"):
            system.makedirs(final.rpartition("/")[0], exist_ok=True)
            system.put_file(str(local), final)

    def scratch(self) -> contextlib.AbstractContextManager[str]:
        """A folder for temporary files."""
        return tempfile.TemporaryDirectory()

    def read(self, name: str) -> bytes | None:
        """What a file holds."""
        system, path = self._open()
        try:
            return system.cat_file(f"{path}/{name}")  # type: ignore[no-any-return]
        except OSError:
            return None

    def kind(self, name: str) -> str | None:
        """Whether a name is a file or a folder."""
        system, path = self._open()
        found = f"{path}/{name}"
        return "folder" if system.isdir(found) else "file" if system.exists(found) else None

    def inner(self, name: str) -> RemoteFolder:
        """A folder inside."""
        return RemoteFolder(f"{self.url}/{name}")

    def names(self) -> list[str]:
        """Names inside."""
        system, path = self._open()
        if not system.isdir(path):
            return []
        return sorted(str(found).rstrip("/").rpartition("/")[2] for found in system.ls(path, detail=False))

    def move(self, name: str, to: str) -> None:
        """Move: in stores without names to change, a copy."""
        system, path = self._open()
        with explain_os_errors(f"{self}/{to}"):
            system.mv(f"{path}/{name}", f"{path}/{to}", recursive=True)

    def remove(self, name: str) -> None:
        """Remove a file or folder."""
        system, path = self._open()
        with contextlib.suppress(OSError):
            system.rm(f"{path}/{name}", recursive=True)

    def _open(self) -> tuple[AbstractFileSystem, str]:
        import fsspec

        try:
            system, path = fsspec.core.url_to_fs(self.url)
        except (ImportError, ValueError) as fault:  # a scheme that is not known, or whose package is missing
            raise OutputError(f"{self}: cannot be reached ({str(fault).rstrip('.')}).") from None
        return system, path.rstrip("/")

    def __str__(self) -> str:
        return hide_password(self.url)


def open_folder(target: str) -> Folder:
    """The folder of a name or URL.

    Raises:
        OutputError: it is a file.
    """
    if "://" in target:
        return RemoteFolder(target.rstrip("/"))
    path = Path(target)
    if path.exists() and not path.is_dir():
        raise OutputError(f"{target}: is a file; give the name of a folder.")
    return LocalFolder(path)
