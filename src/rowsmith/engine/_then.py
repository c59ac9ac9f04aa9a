"""What a spec's `then` does to the rows of a table when all are made."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from rowsmith.columns._infer import infer
from rowsmith.core.errors import RowsmithError, SpecError
from rowsmith.core.rng import Key
from rowsmith.engine._augment_table import Worn
from rowsmith.engine.augment import change_rows
from rowsmith.engine.plan import MakePlan
from rowsmith.io._folder import Folder
from rowsmith.io._open import read_table
from rowsmith.spec.definitions import definitions

TYPED = ".arrow"
"""Ending of parts that are read again: such files keep every type."""
CHANGED = "changed"
"""Folder for tables that are changed when all rows are there."""


def changed(plan: MakePlan, name: str, rows: pa.Table) -> pa.Table:
    """The rows of a table after its changes.

    Args:
        plan: of the run.
        name: of the table.
        rows: all that were made.

    Raises:
        SpecError: what is wrong with a change, or it leaves out rows that others may point to.
        DataError: the rows cannot be changed so.
    """
    table = plan.spec.tables[name]
    made = definitions(plan.spec, plan.schemas)
    known = dataclasses.replace(
        infer(rows, name=name, primary_key=table.primary_key),
        foreign_keys=made[name].foreign_keys,
        rules=table.rules if all(type(change).lawful for change in table.then) else {},
    )
    worn = Worn.of(rows, known)
    try:
        state, steps = change_rows(name, known, worn.typed, table.then, key=Key(plan.seed).child(name, "then"))
    except RowsmithError as fault:
        raise type(fault)(f"{table.path}.then.{fault}") from None
    pointing = [other for other, definition in made.items() if any(k.table == name for k in definition.foreign_keys)]
    for step in steps:
        if step.dropped and pointing:
            raise SpecError(
                f"{table.path}.then.{step.change}: leaves out {step.dropped:,} rows, to which {', '.join(pointing)} may point; "
                "change that table, or leave no rows out."
            )
    return worn.restored(state.table)


def rewritten(
    plan: MakePlan,
    name: str,
    files: Sequence[Mapping[str, Any]],
    work: Folder,
    ending: str,
    write: Callable[[Folder, str, pa.Table], str],
) -> dict[str, Any]:
    """A table of a folder after its changes: its parts are read again, and one file takes their place.

    Args:
        plan: of the run.
        name: of the table.
        files: its parts.
        work: where they lie.
        ending: of the new file.
        write: writes a table under a name, and gives its checksum.

    Returns:
        The note of the new file.
    """
    parts = []
    with tempfile.TemporaryDirectory() as place:
        for number, file in enumerate(files):
            path = Path(place) / f"{number}{TYPED}"
            path.write_bytes(work.read(file["file"]) or b"")
            parts.append(read_table(str(path)))
    rows = pa.concat_tables([part.cast(plan.schemas[name]) for part in parts]).combine_chunks()
    done, entry = changed(plan, name, rows), f"{name}{ending}"
    checksum = write(work, f"{CHANGED}/{entry}", done)
    for old in sorted({str(file["file"]).partition("/")[0] for file in files}):
        work.remove(old)
    work.move(f"{CHANGED}/{entry}", entry)
    return {"file": entry, "rows": done.num_rows, "sha256": checksum}
