"""Changes by their names and plain settings, as a command line or a spec writes them."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rowsmith.augment._change import CHANGES, Augmentation
from rowsmith.augment._rules import Keeper
from rowsmith.core.errors import SpecError
from rowsmith.core.settings import build, settings_of
from rowsmith.core.sql import references
from rowsmith.core.values import Sql
from rowsmith.samplers.parent import Parent
from rowsmith.samplers.reference import Reference
from rowsmith.spec.links import place_of
from rowsmith.spec.truth_checks import plants_in, used
from rowsmith.truth._plant import Changer

if TYPE_CHECKING:
    from rowsmith.spec.check import Checker
    from rowsmith.spec.model import Spec, TableSpec


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
    lists = [each for each in (hint, *typing.get_args(hint)) if typing.get_origin(each) is tuple]
    if lists and isinstance(value, str):
        words = [word.strip() for word in value.split(",")]
        return (
            [int(word) if word.isdecimal() else word for word in words] if int in typing.get_args(lists[0]) else words
        )
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
    told = _told(spec)
    for table in spec.tables.values():
        if not table.then:
            continue
        with checker.at("tables", table.name, "then"):
            lawful = all(type(change).lawful for change in table.then)
            if table.name in told:
                keeper = Keeper.of(table.name, table.rules if lawful else {}, table.written, table.primary_key)
                for change in table.then:
                    _check_told(table, change, keeper, told[table.name])
            if lawful:
                for name, rule in table.rules.items():
                    others = [r for r in references(rule, f"{table.path}.rules.{name}") if r not in table.written]
                    if others:
                        raise SpecError(
                            f"the rule {name} reads {', '.join(others)}, which is not in the table, so changes cannot keep it; "
                            "write its value into the rule, or leave the changes out."
                        )


def _told(spec: Spec) -> dict[str, dict[str, str]]:
    """What planted facts and exact targets hang on: by table, each column of it, and the path of what hangs on it.

    A column "" stands for the rows, of which there must be as many as there are.
    """
    out: dict[str, dict[str, str]] = {}

    def hang(table: str, column: str, path: str) -> None:
        out.setdefault(table, {}).setdefault(column, path)

    plants = plants_in(spec)
    for each in spec.truth:
        plant = plants[each.name]
        for column in plant.changes if isinstance(plant, Changer) else ():
            hang(each.table, column, each.path)
        for _, table, column in used(spec, each, plant):
            hang(table, column, each.path)
    for target in spec.targets:
        moved = () if target.rows_of is not None else (target.column,)
        for name in (*moved, *(references(target.by, target.path) if target.by is not None else ())):
            kind, head, column = place_of(spec, spec.tables[target.table], name)
            if kind in ("own", "ancestor"):
                hang(head, column, target.path)
        if target.rows_of is not None:
            hang(target.rows_of, "", target.path)
    return out


def _keys(table: TableSpec) -> frozenset[str]:
    """Columns by which rows of the table, and of those above it, are found; changes leave them alone that are not told to."""
    pointing = (n for n, column in table.columns.items() if isinstance(column.sampler, Parent | Reference))
    return frozenset((*table.primary_key, *pointing))


def _check_told(table: TableSpec, change: Augmentation, keeper: Keeper, told: Mapping[str, str]) -> None:
    """See that a change leaves alone what facts and targets hang on."""
    name, first = CHANGES.name_of(type(change)), next(iter(told.values()))
    keys = _keys(table)
    way = "or make the table first, and change it with `rowsmith augment`"
    if not type(change).same_rows:
        raise SpecError(
            f"{name}: changes which rows or columns there are, and {first} would be false after that; expected a change of cells, {way}."
        )
    if not change.named and not keys.union([""]).issuperset(told):
        free = [column for column in table.written if column not in told and column not in keys]
        raise SpecError(
            f"{name}: says nothing of which columns it changes, and {first} hangs on some; name them in "
            f"`{type(change).named_by}` (free: {', '.join(free) or 'none'}), {way}."
        )
    told = {**dict.fromkeys(keys, first), **told}
    for column in sorted(told.keys() & keeper.followers(change.named)):
        how = "changes" if column in change.named else f"changes {', '.join(change.named)}, and by a rule with it"
        raise SpecError(f"{name}: {how} {column}, and {told[column]} hangs on it; name other columns, {way}.")
