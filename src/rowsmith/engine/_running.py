"""Who writes into a folder: two runs at once would take each other's files away."""

from __future__ import annotations

import json
import os
import socket

from rowsmith.core.errors import OutputError
from rowsmith.io._folder import Folder

NOTE = "running.json"


def claim(folder: Folder, works: list[str], work: str) -> None:
    """Note that this process writes into a folder, by way of a folder inside.

    Args:
        folder: where the files go.
        works: folders inside in which runs gather their files.
        work: the one of this run; it is there.

    Raises:
        OutputError: another process of this machine is at it. One that was killed, or is of another machine, is not known of.
    """
    for name in works:
        other = _owner(folder.inner(name))
        if other is not None:
            raise OutputError(
                f"{folder}: another run (process {other}) writes here; wait for it, or give another folder."
            )
    folder.inner(work).write(NOTE, json.dumps({"host": socket.gethostname(), "process": os.getpid()}).encode())


def _owner(work: Folder) -> int | None:
    """The process that gathers files in a folder, if it still runs and is not this one."""
    try:
        note = json.loads(work.read(NOTE) or b"{}")
        process, here = int(note.get("process", 0)), note.get("host") == socket.gethostname()
    except (ValueError, AttributeError, TypeError):  # cut short, when a run was killed
        return None
    if not here or process in (0, os.getpid()) or os.name == "nt":  # on Windows, asking would end the other one
        return None
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass  # it runs, and is somebody else's
    return process
