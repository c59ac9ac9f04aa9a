"""Changes by their names and plain settings, as a command line or a spec writes them."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rowsmith.augment._change import CHANGES, Augmentation
from rowsmith.core.errors import SpecError
from rowsmith.core.settings import build, settings_of
from rowsmith.core.sql import references
from rowsmith.core.values import Sql

if TYPE_CHECKING:
    from rowsmith.spec.check import Checker
    from rowsmith.spec.model import Spec


def change_of(name: str, settings: Mapping[str, Any] | Any, where: str) -> Augmentation:
    """A change.

    Args:
        name: of it; dashes count as underscores.
        settings: name to value; or the value of its main setting alone.
        where: path, for messages.

    Raises:
        SpecError: no such change or setting, or a value that does not fit.
    """
    kind = CHANGES.load(name.replace("-", "_"))
    if settings is None:
        settings = {}
    known = settings_of(kind)
    if not isinstance(settings, Mapping):
        if not kind.main:
            raise SpecError(f"{where}={settings!r}: expected settings by name: {', '.join(known) or 'it has none'}.")
        settings = {kind.main: settings}
    ready = {str(n): _valued(v, known[n].type if n in known else Any) for n, v in settings.items()}
    try:
        return build(kind, ready, where)
    except SpecError as fault:
        message = str(fault)
        raise SpecError(message if message.startswith(where) else f"{where}: {message}") from None


def _valued(value: Any, hint: Any) -> Any:
    """A value as a setting takes it: SQL, a list where one word is written, whole numbers where floats are."""
    if isinstance(value, Mapping) and set(value) == {"sql"} and Sql in typing.get_args(hint):
        return Sql(str(value["sql"]))
    if typing.get_origin(hint) is tuple and isinstance(value, str):
        return [word.strip() for word in value.split(",")]
    if hint is str and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value


def changes_of(entries: Any) -> tuple[Augmentation, ...]:
    """The changes of a table, as its `then` lists them.

    Args:
        entries: a list; each entry is a name, or a mapping of one name to settings, or to its main setting.

    Raises:
        SpecError: it is no such list, or what is wrong with a change.
    """
    if not isinstance(entries, list):
        raise SpecError(f"{entries!r}: expected a list of changes, such as `- noise: {{relative: 0.02}}`.")
    out = []
    for number, entry in enumerate(entries):
        if isinstance(entry, str):
            entry = {entry: None}
        if not isinstance(entry, Mapping) or len(entry) != 1:
            raise SpecError(f"{number + 1}={entry!r}: expected one change, such as `noise: {{relative: 0.02}}`.")
        ((name, settings),) = entry.items()
        out.append(change_of(str(name), settings, str(name)))
    return tuple(out)


def check_then(spec: Spec, checker: Checker) -> None:
    """Note changes that would make false what a spec says of its tables."""
    facts = {each.table for each in spec.truth}
    exact = {target.table for target in spec.targets}
    for table in spec.tables.values():
        if not table.then:
            continue
        with checker.at("tables", table.name, "then"):
            for what, names in (("truth", facts), ("targets", exact)):
                if table.name in names:
                    raise SpecError(
                        f"{table.name} has {what} that would be false after changes; make the table first, and change it with "
                        "`rowsmith augment`."
                    )
            if all(type(change).lawful for change in table.then):
                for name, rule in table.rules.items():
                    others = [r for r in references(rule, f"{table.path}.rules.{name}") if r not in table.written]
                    if others:
                        raise SpecError(
                            f"the rule {name} reads {', '.join(others)}, which is not in the table, so changes cannot keep it; "
                            "write its value into the rule, or leave the changes out."
                        )
