"""Settings that describe themselves: a frozen keyword-only dataclass with a docstring line under each field.

From them come the checks of a spec, the help of the command line and the reference pages, so that a new learner, column
kind or measure says everything about itself in its own file.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import itertools
import re
import textwrap
import threading
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import numpy as np

from rowsmith.core.errors import SpecError, suggest
from rowsmith.core.values import Sql

T = TypeVar("T")


@dataclass(frozen=True)
class Setting:
    """One field of a settings class.

    Attributes:
        name: the field.
        type: its annotation, evaluated.
        default: its default, `dataclasses.MISSING` where it must be given.
        help: the docstring under it.
    """

    name: str
    type: Any
    default: Any
    help: str


def settings_of(kind: type[Any]) -> dict[str, Setting]:
    """The settings of a class, in the order of its fields.

    Args:
        kind: a dataclass whose fields each have a docstring line under them.
    """
    help_lines: dict[str, str] = {}
    for owner in reversed(kind.__mro__):
        help_lines |= _docs_under_fields(owner) if dataclasses.is_dataclass(owner) else {}
    hints = typing.get_type_hints(kind)
    return {
        f.name: Setting(f.name, hints[f.name], _default(f), help_lines.get(f.name, ""))
        for f in dataclasses.fields(kind)
        if f.init
    }


def build(kind: type[T], values: Mapping[str, Any], where: str) -> T:
    """An object of a settings class from plain values, checked.

    Args:
        kind: the class.
        values: setting name to value, as YAML or a command line give them.
        where: path into the document, for the message.

    Raises:
        SpecError: an unknown setting, or a value of another type.
    """
    known = settings_of(kind)
    values = {n: _number(v) if n in known and known[n].type is float else v for n, v in values.items()}
    for name, value in values.items():
        if name not in known:
            raise SpecError(f"{where}.{name}: no such setting of {kind.__name__}{suggest(name, known)}")
        if not _fits(value, known[name].type):
            expected = type_text(known[name].type)
            raise SpecError(f"{where}.{name}={value!r}: expected {expected}. {known[name].help}".rstrip())
    ready = {n: tuple(v) if isinstance(v, list) else v for n, v in values.items()}
    missing = [s.name for s in known.values() if s.default is dataclasses.MISSING and s.name not in ready]
    if missing:
        raise SpecError(f"{where}: {kind.__name__} needs {', '.join(missing)}.")
    return kind(**ready)


def check_ranges(settings: Any, ranges: Mapping[str, tuple[float, float]]) -> None:
    """See whether numbers are in their ranges.

    Args:
        settings: an object of a class of settings.
        ranges: least and greatest value, by name.

    Raises:
        SpecError: one is not; the message names it.
    """
    for name, (low, high) in ranges.items():
        if not low <= getattr(settings, name) <= high:
            raise SpecError(f"{name}={getattr(settings, name)!r}: expected a number from {low} to {high}.")


def changed(settings: Any) -> dict[str, Any]:
    """The fields that differ from their defaults, as plain values: what a document needs to say.

    Args:
        settings: an instance of a settings class.
    """
    out = {}
    for setting in settings_of(type(settings)).values():
        value = getattr(settings, setting.name)
        if setting.default is dataclasses.MISSING or value != setting.default:
            out[setting.name] = list(value) if isinstance(value, tuple) else value
    return out


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


_PARSING = threading.Lock()
"""Two threads that parse at once may stop each other in CPython up to 3.12 (issue gh-106905)."""


@cache
def _docs_under_fields(owner: type) -> dict[str, str]:
    try:
        with _PARSING:
            tree = ast.parse(textwrap.dedent(inspect.getsource(owner)))
    except (OSError, TypeError):  # a class made in a console has no source; it just has no help
        return {}
    body = typing.cast(ast.ClassDef, tree.body[0]).body
    return {
        field.target.id: inspect.cleandoc(line.value.value)
        for field, line in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(line, ast.Expr)
        and isinstance(line.value, ast.Constant)
        and isinstance(line.value.value, str)
    }


def _number(value: Any) -> Any:
    """A value that YAML takes for text though it is a number: `1e-6`, which has no point."""
    return float(value) if isinstance(value, str) and re.fullmatch(r"[-+]?[0-9]+[eE][-+]?[0-9]+", value) else value


def _fits(value: Any, hint: Any) -> bool:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return True
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, a) for a in args)
    if origin is typing.Literal:
        return value in args
    if origin is tuple:
        inner = args[0] if args else Any
        return isinstance(value, list | tuple) and all(_fits(v, inner) for v in value)
    if isinstance(origin, type) and issubclass(origin, Mapping | np.ndarray):
        return isinstance(value, origin)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint) if isinstance(hint, type) else True


def type_text(hint: Any) -> str:
    """A setting's type as a reader would say it."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return "one of " + ", ".join(map(repr, args))
    if origin in (typing.Union, types.UnionType):
        # an array is what SQL becomes before it is used: nothing that a person writes
        words = [type_text(a) for a in args if typing.get_origin(a) is not np.ndarray and a is not types.NoneType]
        return " or ".join(dict.fromkeys(words))
    if origin is tuple:
        return f"a list, each {type_text(args[0])}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"a mapping of {type_text(args[0])} to {type_text(args[1])}"
    return _WORDS.get(hint) or getattr(hint, "__name__", None) or str(hint).replace("typing.", "")


_WORDS = {float: "a number", int: "a whole number", str: "a text", bool: "true or false", Sql: "{sql: …}"}
