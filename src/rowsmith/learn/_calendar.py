"""Columns that are read off a date or a moment: its year, its weekday, its day, seconds since 1970, or the moment again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core import sql
from rowsmith.core.computed import flags
from rowsmith.core.errors import RowsmithError
from rowsmith.learn._numbers import FEWEST, LOOK, NEARLY, Way
from rowsmith.learn._ties import Columns, quoted

MOST_TIMES = 20
"""Dates and moments of a table of which parts are looked for; the first of a wider one."""
NUMBERS = (
    "year({})", "month({})", "day({})", "quarter({})", "isodow({})", "dayofweek({})", "dayofyear({})", "week({})",
    "year({}) * 100 + month({})", "hour({})", "minute({})", "cast(epoch({}) as bigint)", "epoch_ms({})",
)  # fmt: skip
TEXTS = (
    "strftime({}, '%Y')", "strftime({}, '%Y-%m')", "strftime({}, '%Y%m')", "strftime({}, '%m')", "strftime({}, '%Y-%m-%d')",
    "strftime({}, '%G-W%V')", "strftime({}, '%A')", "strftime({}, '%a')", "strftime({}, '%B')", "strftime({}, '%b')",
    "strftime({}, '%b %Y')", "strftime({}, '%H:%M')", "'Q' || quarter({})", "year({}) || '-Q' || quarter({})",
    "year({}) || 'Q' || quarter({})",
)  # fmt: skip
TRUTHS = ("(isodow({}) >= 6)", "(isodow({}) <= 5)")


def calendar(rows: Columns, times: list[str], fixed: frozenset[str]) -> Iterator[list[Way]]:
    """Columns that follow from a date or a moment.

    Args:
        rows: real rows.
        times: names of the dates and moments.
        fixed: columns that follow from nothing.
    """
    look = {name: values.slice(0, LOOK) for name, values in rows.items() if name not in fixed}
    read = [name for name in times if name in look and getattr(look[name].type, "tz", None) is None][:MOST_TIMES]
    sorts = {
        NUMBERS: [n for n, v in look.items() if pa.types.is_integer(v.type)],
        TEXTS: [n for n, v in look.items() if pa.types.is_string(v.type) or pa.types.is_large_string(v.type)],
        TRUTHS: [n for n, v in look.items() if pa.types.is_boolean(v.type)],
    }
    for place, name in enumerate(read):
        for forms, targets in sorts.items():
            for form in forms if targets else ():
                yield from _ways(look, name, form.replace("{}", quoted(name)), targets)
        later = [n for n in read[place + 1 :] if look[n].type == look[name].type]
        yield from _ways(look, name, quoted(name), later)
        if pa.types.is_timestamp(look[name].type):
            days = [n for n in read if pa.types.is_date(look[n].type)]
            yield from _ways(look, name, f"cast({quoted(name)} as date)", days)


def _ways(rows: Columns, name: str, formula: str, targets: list[str]) -> Iterator[list[Way]]:
    """Of which columns a formula of another one says every value, or nearly every."""
    try:
        made = sql.evaluate(formula, {name: rows[name]}, name)
    except RowsmithError:
        return
    for target in targets:
        wanted = rows[target]
        if len(pc.unique(wanted.drop_null())) < 2:
            continue
        same = pc.equal(made if pa.types.is_integer(wanted.type) else made.cast(wanted.type), wanted)
        says = same.is_valid().to_numpy(zero_copy_only=False)
        if says.sum() >= FEWEST and np.mean(flags(same)[says]) >= NEARLY:
            yield [Way(target, formula)]
