"""Names to classes: what a room offers, without importing it.

A room is a folder; each public module in it defines one class that is named in specs and on the command line by its
module's name. Third parties join by an entry point in the group of the room (`rowsmith.learn = name -> module:Class`).
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Generic, TypeVar

from rowsmith.core.errors import InternalError, SpecError, suggest

T = TypeVar("T")


@dataclass(frozen=True)
class Registry(Generic[T]):
    """The classes of one room.

    Attributes:
        package: dotted name of the folder, also the group of its entry points.
        base: what every class of the room is a subclass of.
        noun: what one of them is called in messages.
        skip: public modules of the folder that are not named things themselves (they compose others).
    """

    package: str
    base: type[T]
    noun: str
    skip: tuple[str, ...] = ()

    def names(self) -> list[str]:
        """Every name, sorted, without importing anything behind it."""
        return sorted(_modules(self.package, self.skip) | set(_plugins(self.package)))

    def load(self, name: str) -> type[T]:
        """The class behind a name.

        Raises:
            SpecError: no such name (the message has the close ones).
        """
        if name in _modules(self.package, self.skip):
            return self._only_class(f"{self.package}.{name}")
        plugin = _plugins(self.package).get(name)
        if plugin is None:
            raise SpecError(f"{name!r} is not a known {self.noun}{suggest(name, self.names())}")
        found = plugin.load()
        if not (isinstance(found, type) and issubclass(found, self.base)):
            raise SpecError(f"the plug-in {plugin.value!r} for {self.noun} {name!r} is not a {self.base.__name__}.")
        return found

    def name_of(self, kind: type[T]) -> str:
        """The name under which a class of this room is known."""
        if kind.__module__.startswith(self.package + "."):
            return kind.__module__.removeprefix(self.package + ".")
        for name, plugin in _plugins(self.package).items():
            if plugin.value == f"{kind.__module__}:{kind.__qualname__}":
                return name
        raise SpecError(
            f"the {self.noun} {kind.__qualname__} has no name: a class outside rowsmith needs an entry point in "
            f"the group {self.package!r}, or it could not be loaded again."
        )

    def _only_class(self, module_name: str) -> type[T]:
        module = importlib.import_module(module_name)
        found = [
            v
            for v in vars(module).values()
            if isinstance(v, type) and issubclass(v, self.base) and v.__module__ == module_name
        ]
        if len(found) != 1:
            raise InternalError(f"{module_name} defines {len(found)} classes of {self.base.__name__}; it must be one.")
        return found[0]


@cache
def _modules(package: str, skip: tuple[str, ...]) -> frozenset[str]:
    # The folder is found through its parent's path, so that not even the room's __init__ is run.
    parent, _, leaf = package.rpartition(".")
    roots = importlib.import_module(parent).__path__
    folders = [str(Path(root) / leaf) for root in roots]
    found = {
        m.name: m.ispkg for m in pkgutil.iter_modules(folders) if not m.name.startswith("_") and m.name not in skip
    }
    out = {name for name, is_folder in found.items() if not is_folder}
    for name in found.keys() - out:  # a folder groups names: `person.email`
        inner = pkgutil.iter_modules([str(Path(folder) / name) for folder in folders])
        out |= {f"{name}.{m.name}" for m in inner if not m.name.startswith("_")}
    return frozenset(out)


@cache
def _plugins(group: str) -> dict[str, Any]:
    return {point.name: point for point in metadata.entry_points(group=group)}
