"""What is said of a model to whoever fits it or draws from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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
