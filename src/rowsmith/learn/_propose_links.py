"""Foreign keys that data show: columns whose values stand in a unique column of a table, and whose names say so.

A name that looks like a key's says it alone. Where a column is called as the unique one, without that look (`plate`, `subject`),
the values must show it too: small whole numbers stand in any counter, so numbers count where they lie scattered. What no name
tells is left to `_propose_values`.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core.codecs import plain_values
from rowsmith.core.graph import leads_to
from rowsmith.core.schema import ForeignKey, Table, arrow_type
from rowsmith.core.shield import FEW
from rowsmith.learn._propose_composite import composite
from rowsmith.learn._propose_values import CHANCE, filled, told_by_values
from rowsmith.learn._repeated import few_repeats

INSIDE = 0.95
"""Share of the values that must be in the other column."""
KEYS = ("identifier", "integer", "float", "category", "code", "text", "constant", "personal")
"""Kinds of columns that may point, or be pointed to."""
FEWEST, FEWEST_NAMED = 3, 2
"""Different values that must stand in a key which only they show; in one that is named after its table."""
COUNTED, SAID = 1, 4
"""How clear a link is, at most, to texts that count (`item 1`, `item 2`), and to a column that is said to be a key."""
GENERIC = frozenset(["id", "ids", "key", "code", "nr", "no", "num", "number", "uuid", "guid", "pk", "name", "value"])
"""Words that name a key of any table."""
ENDS = GENERIC | {"identifier", "uid", "ref", "reference", "serial", "token", "sku", "nummer"}
"""Words at the end of names of keys."""
UP = frozenset(
    [
        "parent",
        "manager",
        "boss",
        "supervisor",
        "superior",
        "reports",
        "chief",
        "head",
        "root",
        "reply",
        "previous",
        "prev",
    ]
)
"""Words of columns that point to another row of their own table."""


@dataclass(frozen=True)
class _Column:
    """A column that may be a key or point to one.

    Attributes:
        table: its table.
        name: its name.
        values: typed.
        words: of its name, lower case.
    """

    table: str
    name: str
    values: pa.Array
    words: tuple[str, ...]


def propose_links(tables: Mapping[str, pa.Table], schemas: Mapping[str, Table]) -> dict[str, list[ForeignKey]]:
    """Foreign keys of one column that tables show, by the table that points; each with what speaks for it.

    A column is proposed to point to at most one other: one that is unique, has its values, and is meant by its name, or is called
    the same, with values that chance would hardly have put there, unless another link leads to the same table. Where
    several are, and where two columns could point to each other (a payment of each order), the key of the table that it is named
    after comes first (`orders.order_id`), then one with more of the values, then one of more rows, then the first. No links make a circle.

    Args:
        tables: the rows, by name.
        schemas: kinds and types of their columns.
    """
    columns = [column for name in tables for column in _columns(name, tables[name], schemas[name])]
    repeats = {_place(c): _repeats(c, schemas[c.table]) for c in columns}
    keys = [c for c in columns if _may_be_key(c, repeats[_place(c)])]
    named = [_named(key, schemas[key.table]) for key in keys]
    found: list[tuple[tuple[float, ...], _Column, _Column, str]] = []
    for column in columns:
        for place, key in enumerate(keys):
            again = repeats[_place(key)]
            meant = min(_meant(column, key, schemas), named[place])
            called = not meant and not again and _called(column, key, schemas)
            if not (meant or called) or _place(key) == _place(column):
                continue
            inside, known = _inside(column.values, key.values)
            if known == 0 or inside < INSIDE * known or (called and not _shown(column, key, schemas)):
                continue
            strength = (meant, names_own(key.table, key.name), not again, inside / known, len(key.values), -place)
            found.append((strength, column, key, _why(inside, known, key, again)))
    chosen: dict[tuple[str, str], tuple[_Column, str]] = {}
    pairs: set[tuple[str, str]] = set()
    for rank, column, key, why in sorted(found, key=lambda each: each[0], reverse=True):
        pair = column.table, key.table
        if rank[0] <= COUNTED and pair in pairs:  # a copy of what the row pointed to says
            continue
        if _place(column) not in chosen and _place(column) not in _led_to(key, chosen):
            chosen[_place(column)] = key, why
            pairs.add(pair)
    _add_shown(columns, [key for key, says in zip(keys, named, strict=True) if says], repeats, schemas, chosen)
    out: dict[str, list[ForeignKey]] = {name: [] for name in tables}
    for column in columns:
        if _place(column) in chosen:
            key, why = chosen[_place(column)]
            link = ForeignKey(columns=(column.name,), table=key.table, targets=(key.name,), why=why)
            out[column.table].append(link)
    _add_composite(columns, {key.table for key, says in zip(keys, named, strict=True) if says}, out)
    return out


def _add_shown(
    columns: list[_Column],
    keys: list[_Column],
    repeats: Mapping[tuple[str, str], int | None],
    schemas: Mapping[str, Table],
    chosen: dict[tuple[str, str], tuple[_Column, str]],
) -> None:
    """What no name tells: columns whose values lead to the key of one table alone, or of the largest where texts do to several.

    A column without repeats may be the same rows of another table, and one that leads where another column of its row does is
    a copy of what stands there, unless both point to the same key (a giver and a taker).
    """
    for column in columns:
        own = schemas[column.table].primary_key == (column.name,)
        if own or _place(column) in chosen or repeats[_place(column)] == 0:
            continue
        led = {(key.table, _place(key)) for (table, _), (key, _) in chosen.items() if table == column.table}
        led_to = {table for table, _ in led}
        found = []
        for key in keys:
            if repeats[_place(key)] or _place(key) == _place(column) or _place(column) in _led_to(key, chosen):
                continue
            if key.table in led_to and (key.table, _place(key)) not in led:
                continue
            if why := told_by_values(column.values, key.values, column.words[-1:] == ("id",)):
                found.append((names_own(key.table, key.name), len(key.values), key, why))
        if len(found) == 1 or (found and pa.types.is_string(column.values.type)):
            _, _, key, why = max(found, key=lambda each: each[:2])
            known = len(column.values) - column.values.null_count
            chosen[_place(column)] = key, f"all {known:,} values are in {key.table}.{key.name}, {why}"


def _add_composite(columns: list[_Column], keyed: set[str], links: dict[str, list[ForeignKey]]) -> None:
    """Links of several columns to tables that neither have nor are pointed to by a key of one, unless they lead back."""
    keyed |= {key.table for each in links.values() for key in each}
    some: dict[str, dict[str, pa.Array]] = {name: {} for name in links}
    for column in columns:
        if not set(column.words) <= GENERIC:
            some[column.table][column.name] = column.values
    for parent, child in itertools.product(links, links):
        if parent not in keyed and parent != child and not leads_to(parent, child, _ways(links)):
            pointing, also = ({c for key in links[name] for c in key.columns} for name in (child, parent))
            link = composite(some, child, parent, INSIDE, pointing & also)
            links[child] += [] if link is None else [link]


def _ways(links: Mapping[str, list[ForeignKey]]) -> dict[str, set[str]]:
    """Tables that each table points to."""
    return {name: {key.table for key in each} for name, each in links.items()}


def shared_words(
    table: str, key: tuple[str, ...], schemas: Mapping[str, Table], links: Mapping[str, list[ForeignKey]]
) -> bool:
    """Whether a key holds words that are kept where other tables have them, and are nobody's: codes of tariffs, names of drugs.

    Args:
        table: whose key it is.
        key: its columns.
        schemas: kinds of all columns, each for itself.
        links: those that were proposed.
    """
    ends = [(table, key)]
    ends += [(n, k.columns) for n, each in links.items() for k in each if (k.table, k.targets) == (table, key)]
    known = [schemas[n].columns[columns[0]] for n, columns in ends]
    return len(key) == 1 and all(c.kind in ("category", "text") and not c.settings.get("made_up") for c in known)


def names_own(table: str, column: str) -> bool:
    """Whether a key's name is of its own table, rather than of another one.

    >>> names_own("orders", "order_id"), names_own("orders", "id"), names_own("payments", "order_id")
    (True, True, False)
    """
    own = tuple(w for w in words(column) if w not in GENERIC)
    return not own or _singular(words(table))[-len(own) :] == own


def _place(column: _Column) -> tuple[str, str]:
    return column.table, column.name


def _led_to(key: _Column, chosen: Mapping[tuple[str, str], tuple[_Column, str]]) -> list[tuple[str, str]]:
    """Where one comes from a key, itself included, along links that were chosen, which make no circle."""
    places = [_place(key)]
    while places[-1] in chosen:
        places.append(_place(chosen[places[-1]][0]))
    return places


def _columns(name: str, table: pa.Table, schema: Table) -> list[_Column]:
    out = []
    for column, known in schema.columns.items():
        if known.kind not in KEYS:
            continue
        values = plain_values(column, table[column].combine_chunks(), arrow_type(known.type), known.form)
        values = _whole(values)  # a frame of pandas has whole numbers with gaps as floats
        if pa.types.is_integer(values.type) or pa.types.is_string(values.type):
            out.append(_Column(name, column, values, words(column)))
    return out


def _whole(values: pa.Array) -> pa.Array:
    """Floats as whole numbers, if all are."""
    if not pa.types.is_floating(values.type) or values.null_count == len(values):
        return values
    try:
        return values.cast(pa.int64())
    except pa.ArrowInvalid:
        return values


def words(name: str) -> tuple[str, ...]:
    """The words of a name, lower case.

    >>> words("SupportRepId"), words("shop_id")
    (('support', 'rep', 'id'), ('shop', 'id'))
    """
    return tuple(w.lower() for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+", name))


def _repeats(column: _Column, schema: Table) -> int | None:
    """How many rows repeat the value of another one; None where a column has nulls, or another one is declared to be the key."""
    values = column.values
    if values.null_count or len(values) == 0 or schema.primary_key not in ((), (column.name,)):
        return None
    return len(values) - int(pc.count_distinct(values).as_py())


def _may_be_key(column: _Column, repeats: int | None) -> bool:
    """Whether no two rows have the same value, or only a few where the name is of the column's own table."""
    own = names_own(column.table, column.name)
    return repeats == 0 or (repeats is not None and own and few_repeats(repeats, len(column.values)))


def _named(key: _Column, schema: Table) -> int:
    """How clearly a column that may be a key is one: `SAID` by a declaration or its name, `COUNTED` by its texts, or 0."""
    if schema.primary_key or GENERIC & set(key.words[-1:]):
        return SAID
    # Numbers that only count, such as sizes from 1 to 12, have others like them in any table.
    says = key.words[-1:] and (key.words[-1] in ENDS or key.words[-1].endswith("id") or names_own(key.table, key.name))
    if schema.columns[key.name].kind != "identifier":
        return 0
    return SAID if says else COUNTED if pa.types.is_string(key.values.type) else 0


def _called(column: _Column, key: _Column, schemas: Mapping[str, Table]) -> bool:
    """Whether a column is called as a unique one of another table, which is named after it or has it first."""
    other = column.table != key.table and column.words == key.words and not set(key.words) <= GENERIC
    first = next(iter(schemas[key.table].columns)) == key.name
    return other and (first or names_own(key.table, key.name))


def _shown(column: _Column, key: _Column, schemas: Mapping[str, Table]) -> bool:
    """Whether the values of a column that is called as a key show that it points there."""
    values, counts = pc.value_counts(column.values.drop_null()).flatten()
    own = names_own(key.table, key.name)
    if len(values) < (FEWEST_NAMED if own else FEWEST):
        return False
    if pa.types.is_string(values.type):
        # Words that would be kept in the column are kept as a key, too, or there is no link.
        words_of_all = schemas[key.table].columns[key.name].kind == "text"
        return not words_of_all or (len(values) >= len(key.values) and int(counts.to_numpy().min()) >= FEW)
    return own or len(values) * math.log(filled(key.values)) < math.log(CHANCE)


def _meant(column: _Column, key: _Column, schemas: Mapping[str, Table]) -> int:
    """How clearly a column's name means a key: 0 for not at all."""
    thing = _singular(words(key.table))
    own = tuple(w for w in key.words if w not in GENERIC)
    same = column.words == key.words
    if key.table == column.table:
        if column.name in schemas[column.table].primary_key or same:
            return 0
        ends = column.words[-1:] == key.words[-1:] and bool(
            UP & set(column.words) or (own and _holds(column.words, own))
        )
        return (
            2
            if ends or (UP & set(column.words) and column.words[-1:] != key.words[-1:] and len(column.words) > 1)
            else 0
        )
    if schemas[column.table].primary_key == (column.name,) and not (same and own):
        return 0
    if same and own:
        return 4
    if column.words in ((*thing, *key.words), thing):
        return 4
    if own and len(column.words) > len(key.words) and column.words[-len(key.words) :] == key.words:
        return 3  # home_shop_id means shops.shop_id
    if not own and column.words[-1:] == key.words[-1:] and _holds(column.words, thing):
        return 3
    return 0


def _holds(own: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Whether words stand in a row among others."""
    return any(own[i : i + len(others)] == others for i in range(len(own) - len(others) + 1))


def _singular(name: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a table's name, of one of its rows."""
    last = name[-1] if name else ""
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("s", "")):
        if last.endswith(ending) and len(last) > len(ending) + 1 and not last.endswith("ss"):
            return (*name[:-1], last[: -len(ending)] + instead)
    return name


def _inside(values: pa.Array, keys: pa.Array) -> tuple[int, int]:
    """How many values that are there stand among the keys, and how many are there."""
    there = values.drop_null()
    if pa.types.is_integer(there.type) and pa.types.is_integer(keys.type):
        there, keys = there.cast(pa.int64()), keys.cast(pa.int64())
    if there.type != keys.type:
        return 0, len(there)
    return int(pc.sum(pc.is_in(there, value_set=keys)).as_py() or 0), len(there)


def _why(inside: int, known: int, key: _Column, repeats: int | None) -> str:
    share = "all" if inside == known else f"{inside:,} of"
    unique = f"unique but for {repeats:,} rows" if repeats else "unique"
    return f"{share} {known:,} values are in {key.table}.{key.name}, which is {unique}, and the names agree"
