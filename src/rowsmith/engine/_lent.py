"""What other rooms do for changes of a table, since rooms do not import one another: a learner's draws, flaws of `truth/`."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import pyarrow as pa

from rowsmith.augment._subject import Subject
from rowsmith.core.codecs import plain_values
from rowsmith.core.errors import DataError
from rowsmith.core.rng import Key
from rowsmith.core.schema import Schema, Table, arrow_type
from rowsmith.engine.completion import completion
from rowsmith.engine.inspection import public_columns
from rowsmith.engine.model import fit as fit_model
from rowsmith.engine.plan import TablePlan
from rowsmith.engine.run import batches


def fit(subject: Subject, key: Key) -> Callable[[pa.Table, Key], pa.Table]:
    """Learn a table with the default learner; see `augment._change.Fit`.

    Nothing is protected: the rows that it learns stay beside those that it draws.
    """
    # what names rows cannot be drawn around others, and is given new values at the end
    names = [n for n in subject.table.column_names if n not in subject.fixed]
    if len(names) < 2:
        raise DataError("there is nothing to learn beside keys and one column; take method smote or random.")
    columns = {n: subject.schema.columns[n] for n in names}
    rules = {n: r for n, r in subject.keeper.rules.items() if not any(f in r for f in subject.fixed)}
    known = Table(columns=columns, rules=rules)
    model = fit_model(
        subject.table.select(names),
        schema=Schema(tables={subject.name: public_columns(known, "*")}),
        seed=key.child("fit").integer(),
    )

    def draw(given: pa.Table, stream: Key) -> pa.Table:
        around, n = completion(model.table, given)
        plan = TablePlan(subject.name, n, stream)
        made = pa.Table.from_batches(batches(plan, around), model.table.arrow_schema)
        out = []
        for field in subject.table.schema:
            if field.name not in names:
                out.append(pa.nulls(n, field.type))
                continue
            column, values = columns[field.name], made[field.name].combine_chunks()
            plain = plain_values(field.name, values, arrow_type(column.type or str(values.type)), column.form)
            out.append(plain if plain.type == field.type else plain.cast(field.type))
        return pa.table(out, schema=subject.table.schema)

    return draw


LENT = MappingProxyType({"fit": fit})
