"""A YAML or JSON document with the line of everything in it, so that a fault can be shown where it stands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

import yaml

from rowsmith.core.errors import SpecError
from rowsmith.core.yaml12 import Loader, ValueFault

Path = tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """Plain values and where they stand.

    Attributes:
        values: mappings, lists and scalars.
        name: of the file, for messages.
        lines: path to line, from 1.
    """

    values: Any
    name: str = "spec"
    lines: Mapping[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int | None:
        """Line of the nearest thing around a path that has one."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return None

    def beside(self, file: str) -> FilePath:
        """Where a file is that the document names: relative to its folder, or to the current one if it is in no file.

        Raises:
            SpecError: a document in a file names one outside of its folder: a spec from a stranger reads nothing else.
        """
        folder = FilePath(self.name).parent
        path = folder / file
        if self.lines and not path.resolve().is_relative_to(folder.resolve()):
            raise SpecError(
                f"{file!r}: lies outside of the folder of the spec; put it there, since a spec reads nothing else."
            )
        return path


def plain(values: Any) -> Any:
    """Values of a document as JSON can hold them: keys, dates and moments are texts.

    >>> import datetime
    >>> plain({1: [datetime.date(2024, 1, 31)]})
    {'1': ['2024-01-31']}
    """
    if isinstance(values, Mapping):
        return {str(key): plain(value) for key, value in values.items()}
    if isinstance(values, list | tuple):
        return [plain(value) for value in values]
    return values if values is None or isinstance(values, bool | int | float | str) else str(values)


def parse(text: str, name: str = "spec") -> Document:
    r"""The document in a YAML (or JSON) text.

    Raises:
        SpecError: not YAML, or a key stands twice in one mapping.

    >>> parse("a: 1\nb: {c: 2}").lines[("b", "c")]
    2
    """
    try:
        tree = yaml.compose(text, Loader=Loader)
        values = yaml.load(text, Loader=Loader)
    except yaml.YAMLError as fault:
        raise SpecError(_said(fault, text, name)) from None
    except RecursionError:
        raise SpecError(f"{name}: is nested too deeply; expected tables, columns and their settings.") from None
    lines: dict[Path, int] = {}
    if tree is not None:
        _note(tree, (), lines, name, set())
    return Document(values, name, lines)


def read(path: str) -> Document:
    """The document in a file.

    Raises:
        SpecError: it cannot be read, is empty, or is not YAML.
    """
    try:
        with open(path, encoding="utf-8") as file:
            found = parse(file.read(), path)
    except (OSError, UnicodeDecodeError) as fault:
        raise SpecError(f"{path}: the spec cannot be read ({getattr(fault, 'strerror', None) or fault}).") from None
    if found.values is None:
        raise SpecError(f"{path}: is empty; expected `tables:` and under it each table with its rows and columns.")
    return found


def _said(fault: yaml.YAMLError, text: str, name: str) -> str:
    """What is wrong with a text that is no document; of a JSON file in the words of JSON, which its writer knows."""
    if name.lower().endswith(".json"):
        try:
            json.loads(text)
        except json.JSONDecodeError as wrong:
            return f"{name}, line {wrong.lineno}: is not JSON ({wrong.msg})."
        except RecursionError:
            pass
    mark, problem = getattr(fault, "problem_mark", None), getattr(fault, "problem", None)
    if isinstance(fault, yaml.reader.ReaderError):  # it counts characters, and says so over two lines
        before = text[: fault.position]
        return f"{name}, line {before.count(chr(10)) + 1}: is not YAML (the sign {chr(fault.character)!r} in it)."
    at = f"{name}, line {mark.line + 1}" if mark is not None else name
    return f"{at}: {problem}" if isinstance(fault, ValueFault) else f"{at}: is not YAML ({problem or fault})."


def _note(node: yaml.Node, path: Path, lines: dict[Path, int], name: str, above: set[int]) -> None:
    if id(node) in above:
        raise SpecError(f"{name}, line {node.start_mark.line + 1}: an alias contains itself.")
    above = above | {id(node)}
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            word = str(key.value)
            line = key.start_mark.line + 1
            if word in seen and word != "<<":
                raise SpecError(f"{name}, line {line}: {'.'.join((*path, word))} stands twice; keep one of them.")
            seen.add(word)
            lines[(*path, word)] = line
            _note(value, (*path, word), lines, name, above)
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            lines[(*path, str(place))] = value.start_mark.line + 1
            _note(value, (*path, str(place)), lines, name, above)
