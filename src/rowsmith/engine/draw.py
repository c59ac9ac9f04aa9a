"""Draw from any model into a file: what can be asked of which, and what to say of it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Progress, silent
from rowsmith.engine.basket import BasketModel
from rowsmith.engine.model import Model
from rowsmith.engine.sequence import SequenceModel


def draw_to(
    model: Model | SequenceModel | BasketModel,
    target: str | os.PathLike[str],
    *,
    rows: int | None = None,
    given: Any = None,
    where: str | None = None,
    balance: str | None = None,
    drop: Sequence[str] | None = None,
    entities: int | None = None,
    steps: int | None = None,
    known: Any = None,
    shift: Mapping[str, float] | None = None,
    baskets: int | None = None,
    seed: int = 0,
    format: str | None = None,
    workers: int = 1,
    progress: Progress = silent,
) -> tuple[str, ...]:
    """Draw from a model into a file or database.

    Args:
        model: of a table, of sequences, or of baskets.
        target: file name or database URL.
        rows: of a table; see `Model.sample`, as for the next three.
        given: see there.
        where: see there.
        balance: see there.
        drop: parts not to draw; see `Model.without`.
        entities: of sequences or baskets; see `SequenceModel.sample` and `BasketModel.sample`.
        steps: of sequences; see there.
        known: rows that sequences go on from; see there.
        shift: a scenario of sequences; see there.
        baskets: see there.
        seed: the same seed gives the same bytes.
        format: name of the format, if the ending of the target does not say it.
        workers: how many processes; the bytes do not depend on it.
        progress: told what has been done.

    Returns:
        Sentences on what was drawn.

    Raises:
        SpecError: something that is asked of the other sort of model, or as `sample`.
        DataError: as `sample`.
        OutputError: the target cannot be written.
    """
    of_tables = {"rows": rows, "given": given, "where": where, "balance": balance, "drop": drop}
    of_groups = {"entities": entities, "steps": steps, "known": known, "shift": shift, "baskets": baskets}
    shared: dict[str, Any] = {"seed": seed, "format": format, "workers": workers, "progress": progress}
    if isinstance(model, SequenceModel):
        _refuse({**of_tables, "baskets": baskets}, "sequences", "entities (--entities) or steps (--steps)")
        n = model.sample_to(target, entities, steps=steps, known=known, shift=shift, **shared)
        if known is not None:
            return (f"drew {n:,} rows that come after {known.num_rows:,} known ones",)
        many = model.n_entities if entities is None else entities
        return (f"drew {n:,} rows" + ("" if model.is_single else f" in {many:,} sequences"),)
    if isinstance(model, BasketModel):
        wanted = "baskets (--baskets)" if model.n_entities is None else "customers (--entities)"
        _refuse({**of_tables, "steps": steps, "known": known, "shift": shift}, "baskets", wanted)
        n = model.sample_to(target, baskets, entities=entities, **shared)
        of = model.n_entities if entities is None else entities
        return (f"drew {n:,} baskets" + ("" if of is None else f" of {of:,} customers"),)
    for name, value in of_groups.items():
        if value is not None:
            shown = name if name in ("known", "shift") else f"{name}={value}"
            raise SpecError(f"{shown}: the model is of a table without sequences or baskets; ask for rows (--rows).")
    if drop is not None:
        model = model.without(*drop)
    model.sample_to(target, rows, given=given, where=where, balance=balance, **shared)
    plain = given is None and where is None and balance is None
    n = rows if rows is not None else model.n_rows if given is None else given.num_rows
    note = model.key_note if plain else model.key_note_around(() if given is None else given.column_names)
    return (f"drew {n:,} rows", *([note] if note else []))


def _refuse(asked: Mapping[str, Any], what: str, instead: str) -> None:
    """Refuse what a model of sequences or baskets cannot do."""
    for name, value in asked.items():
        if value is not None:
            raise SpecError(f"{name}: the model is of {what}, which are not drawn row by row; ask for {instead}.")
