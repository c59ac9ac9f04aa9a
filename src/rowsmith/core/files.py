"""Writing files so that a name holds either the whole of the new or what was there before."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rowsmith.core.errors import OutputError


@contextlib.contextmanager
def atomic(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A hidden name beside the final one to write to; renamed on success, removed on any failure.

    Args:
        path: the final name. Its folder must exist.

    Yields:
        The name to write to.

    Raises:
        OutputError: the folder is missing, the name is a folder, or the disk refuses.
    """
    final = check_target(path)
    part = part_of(final)
    try:
        with explain_os_errors(final):
            yield part
            give_name(part, final)
    except BaseException:  # Ctrl-C too: nothing half-written stays behind
        discard(part)
        raise


def part_of(final: Path) -> Path:
    """A hidden name for what is to have another one when it is whole; beside it, or elsewhere if it is a device or a pipe."""
    folder = Path(tempfile.gettempdir()) if _is_device(final) else final.parent
    return folder / f".{final.name}.{secrets.token_hex(4)}.part"


def give_name(part: Path, final: Path) -> None:
    """Give what is whole its name; into a device or a pipe (`/dev/null`), which must stay what it is, it is copied."""
    if not _is_device(final):
        os.replace(part, final)
        return
    with part.open("rb") as made, final.open("wb") as device:
        shutil.copyfileobj(made, device)
    discard(part)


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


def check_target(path: str | os.PathLike[str]) -> Path:
    """The path, if a file can be written under it.

    Raises:
        OutputError: it is a folder, or its folder does not exist.
    """
    final = Path(path)
    if final.is_dir():
        raise OutputError(f"{final}: is a folder; give the name of a file to write.")
    if not final.parent.is_dir():
        raise OutputError(f"{final}: the folder {final.parent} does not exist; make it first.")
    return final


@contextlib.contextmanager
def explain_os_errors(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn what the operating system says while writing a path into an `OutputError`."""
    try:
        yield
    except OSError as fault:
        if fault.errno == errno.ENOSPC:
            raise OutputError(f"{path}: the disk is full; nothing was written under that name.") from fault
        raise OutputError(f"{path}: cannot be written ({fault.strerror or fault}).") from fault


def discard(part: Path) -> None:
    """Remove a half-written file or folder, if it is there."""
    with contextlib.suppress(OSError):
        if part.is_dir():
            shutil.rmtree(part)
        else:
            part.unlink(missing_ok=True)
