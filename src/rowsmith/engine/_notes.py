"""What is said of a model to whoever fits it or draws from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rowsmith.columns._names import names_things
from rowsmith.core.schema import Column, Schema, Table
from rowsmith.core.shield import FEW, fewest
from rowsmith.learn._protected import Protected


def protected_note(protected: Sequence[Protected], n_rows: int, units: str = "") -> str:
    """What to say of values that a model does not keep, since too few of its rows share them; empty if there are none.

    Args:
        protected: columns, and what was left out.
        n_rows: of the table.
        units: what rows belong to, if too few of these may not share a value either.
    """
    if not protected:
        return ""
    most = fewest(FEW, n_rows)
    return (
        f"note: values of fewer than {most} rows{f', or of too few {units},' * bool(units)} are not kept: "
        f"{', '.join(_shown(each, n_rows) for each in protected)}. "
        "If a column's values may be known to all, say so: --public COLUMN."
    )


def protected_tables_note(protected: Mapping[str, Sequence[Protected]], n_rows: Mapping[str, int]) -> str:
    """The same of the tables of a database, by their names."""
    parts = [_shown(each, n_rows[name], f"{name}.") for name, some in protected.items() for each in some]
    if not parts:
        return ""
    return (
        f"note: values of too few rows, or of too few of the entities that these hang on, are not kept: {', '.join(parts)}. "
        "If a column's values may be known to all, say `public: true` in the schema."
    )


def repeats_note(tables: Mapping[str, Table]) -> str:
    """What to say of columns that are keys but for a few rows; empty if there are none.

    Args:
        tables: schemas by the name that is shown, empty for a table that is the only one.
    """
    some = [
        f"{name} ({100 * share:g} % of the rows)"
        for name, column in _columns(tables)
        if column.kind == "identifier" and (share := float(column.settings.get("repeats", 0)))
    ]
    if not some:
        return ""
    return (
        f"note: some rows repeat a key: {', '.join(some)}. As many of what is drawn do. "
        "If they should not, leave `repeats` out in the schema (`rowsmith inspect`)."
    )


def marks_note(tables: Mapping[str, Table]) -> str:
    """What to say of columns of numbers or dates with text among them; empty if there are none.

    Args:
        tables: schemas by the name that is shown, empty for a table that is the only one.
    """
    some = [name for name, column in _columns(tables) if column.kind == "mixed" and column.form is None]
    if not some:
        return ""
    return (
        f"note: text marks stand among the numbers or dates of {', '.join(some)} (`rowsmith inspect` says in how many rows). "
        "Where they are slips, mend them."
    )


def follows_note(tables: Mapping[str, Table]) -> str:
    """What to say of columns that are computed from the row before; empty if there are none.

    Args:
        tables: schemas by the name that is shown, empty for a table that is the only one.
    """
    some = [
        f"{f'{table}.' * bool(table)}{column} = {said}"
        for table, schema in tables.items()
        for column, said in schema.follows.items()
    ]
    return f"note: computed from the row before: {', '.join(some)}." if some else ""


def _columns(tables: Mapping[str, Table]) -> Iterator[tuple[str, Column]]:
    """All columns by the names that are shown."""
    for table, schema in tables.items():
        for name, column in schema.columns.items():
            yield f"{table}.{name}" if table else name, column


def look_ups_note(schema: Schema) -> str:
    """What to say of texts of look-up tables that are made anew; empty if there are none.

    Meant are tables of things that others point to and that point to none; of a table of persons nobody is asked.
    """
    pointed = {key.table for table in schema.tables.values() for key in table.foreign_keys}
    texts = [
        f"{name}.{column}"
        for name, table in schema.tables.items()
        if name in pointed and not table.foreign_keys and not table.public and names_things(name)
        for column, known in table.columns.items()
        if known.kind == "text"
    ]
    if not texts:
        return ""
    return (
        f"note: texts of {', '.join(texts)} are made anew, as nearly every row has its own. If anybody may see such a table, say "
        "`public: true` of it in the schema (`rowsmith inspect`), and its rows come as they are."
    )


def _shown(each: Protected, n_rows: int, table: str = "") -> str:
    many = f"{each.levels:,} {'value' if each.levels == 1 else 'values'}"
    share = float(f"{100 * each.rows / n_rows:.2g}")  # 100 is no 1e+02
    return f"{table}{each.column} ({many}, {share:g} % of the rows{', made up' * each.made_up})"


def promise_note(promise: Mapping[str, Any]) -> str:
    """What to say of a guarantee and its price; empty if there is none."""
    if not promise:
        return ""
    spent = ", ".join(f"{what} {100 * part:.2g} %" for what, part in promise["spent"].items())
    few = [f"{name} ({100 * part:.2g} %)" for name, part in promise["left_out"].items() if part < 1]
    anew = [name for name, part in promise["left_out"].items() if part == 1]
    lost = (
        f" Values that too few rows share are left out, declare them (`levels`) if you know them: {', '.join(few)}."
        if few
        else ""
    )
    lost += f" Of these nothing is kept, as hardly any value repeats: {', '.join(anew)}." if anew else ""
    return (
        f"note: differentially private, epsilon={promise['epsilon']:g}, delta={promise['delta']:g}, for {promise['unit']}; "
        f"the number of rows is about right. Spent on: {spent}.{lost}"
    )


def lacking_note(n: int) -> str:
    """What to say of times that a grid lacks; empty if it lacks none."""
    if not n:
        return ""
    return (
        f"{n:,} times of an otherwise regular grid are lacking, and gaps are drawn like these; add rows for them, with nulls, and trend "
        "and seasons are learnt better."
    )
