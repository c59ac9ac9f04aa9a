"""Fitted state in one file: arrays and JSON in a zip, never code.

A state is a dict whose leaves are JSON values or NumPy arrays of plain numbers. Text lives in the JSON. The file is a
zip of `state.json`, in which an array is a reference, and one `.npy` member an array. Reading it runs no code: arrays
are read with `allow_pickle=False`, sizes are checked before memory is taken, and every fault is a `ModelFileError`.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from rowsmith.core.errors import ModelFileError
from rowsmith.core.files import atomic

State = dict[str, Any]

FORMAT = "rowsmith-state"
MAX_EXPANDED = 8 << 30  # bytes: a small file that unpacks to more than this is an attack or a mistake
_MARK = "\0"
_ARRAY = _MARK + "array"
_KINDS = "biuf"  # booleans and numbers; anything else could carry objects
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError, RecursionError, NotImplementedError, OSError,
)  # fmt: skip
"""What reading a file raises that is none of ours, or damaged."""
_EPOCH = (1980, 1, 1, 0, 0, 0)  # a fixed time, so that equal states are equal bytes


def write_state(path: str | os.PathLike[str], state: Mapping[str, Any], *, kind: str, version: int) -> None:
    """Write a state under a name that appears only when it is whole.

    Args:
        path: the file.
        state: nested dicts and lists with JSON values and NumPy arrays of numbers as leaves.
        kind: what the file holds, such as "table-model".
        version: of the layout of that kind.

    Raises:
        OutputError: the file cannot be written.
    """
    arrays: list[np.ndarray[Any, Any]] = []
    document = {"format": FORMAT, "kind": kind, "version": version, "state": _pack(state, arrays)}
    with atomic(path) as part, zipfile.ZipFile(part, "w") as archive:
        _add(archive, "state.json", json.dumps(document, ensure_ascii=False, allow_nan=True).encode())
        for number, array in enumerate(arrays):
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
            _add(archive, f"{number}.npy", buffer.getvalue())


def state_kind(path: str | os.PathLike[str]) -> str:
    """What a file holds, such as "table-model"; empty where it is no such file, which `read_state` then says.

    Raises:
        ModelFileError: the file would unpack to too much.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = archive.getinfo("state.json").file_size
            if size > MAX_EXPANDED:
                raise ModelFileError(f"{path}: would unpack to {size:,} bytes; a model has at most {MAX_EXPANDED:,}.")
            document = json.loads(archive.read("state.json"))
    except _UNREADABLE:
        return ""
    return str(document.get("kind", "")) if isinstance(document, dict) else ""


def read_state(path: str | os.PathLike[str], *, kind: str, version: int) -> State:
    """Read what `write_state` wrote.

    Raises:
        ModelFileError: not such a file, damaged, too large, or of another version.
    """
    shown = str(path)
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
            if size > MAX_EXPANDED:
                raise ModelFileError(f"{shown}: would unpack to {size:,} bytes; a model has at most {MAX_EXPANDED:,}.")
            document = json.loads(archive.read("state.json"))
            _check_header(shown, document, kind, version)
            return _expect_dict(shown, _unpack(document["state"], archive))
    except FileNotFoundError:
        raise ModelFileError(f"{shown}: no such file.") from None
    except (IsADirectoryError, PermissionError) as fault:
        raise ModelFileError(f"{shown}: cannot be read ({fault.strerror}).") from None
    except _UNREADABLE:
        raise ModelFileError(
            f"{shown}: is not a whole rowsmith model: the file is damaged, cut short, or something else; "
            "write it again with `rowsmith fit`."
        ) from None


def _check_header(shown: str, document: Any, kind: str, version: int) -> None:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ModelFileError(f"{shown}: is not a rowsmith model.")
    if document.get("kind") != kind:
        raise ModelFileError(f"{shown}: holds a {document.get('kind')!r}; expected a {kind!r}.")
    if document.get("version") != version:
        raise ModelFileError(
            f"{shown}: has format version {document.get('version')!r}, this rowsmith reads version {version}; "
            "fit the model again, or use the rowsmith that wrote it."
        )


def _expect_dict(shown: str, value: Any) -> State:
    if not isinstance(value, dict):
        raise ModelFileError(f"{shown}: is not a rowsmith model.")
    return value


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, content, compresslevel=1)


def _pack(value: Any, arrays: list[np.ndarray[Any, Any]]) -> Any:
    if isinstance(value, np.ndarray):
        assert value.dtype.kind in _KINDS, f"an array of {value.dtype} cannot be saved"
        arrays.append(value)
        return {_ARRAY: len(arrays) - 1}
    if isinstance(value, Mapping):
        # A name of the user's that starts like our mark gets one more mark in front.
        return {_MARK + k if k.startswith(_MARK) else k: _pack(v, arrays) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_pack(v, arrays) for v in value]
    return value.item() if isinstance(value, np.generic) else value


def _unpack(value: Any, archive: zipfile.ZipFile) -> Any:
    if isinstance(value, dict):
        if _ARRAY in value:
            with archive.open(f"{int(value[_ARRAY])}.npy") as member:
                array = np.lib.format.read_array(io.BytesIO(member.read()), allow_pickle=False)
            if array.dtype.kind not in _KINDS:
                raise ValueError(array.dtype)
            return array
        return {k.removeprefix(_MARK): _unpack(v, archive) for k, v in value.items()}
    if isinstance(value, list):
        return [_unpack(v, archive) for v in value]
    return value
