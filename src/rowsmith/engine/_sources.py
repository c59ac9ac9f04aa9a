"""The columns of a source for some rows: what it is given, and what its faults say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pyarrow as pa

from rowsmith.core.errors import RowsmithError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.engine._worlds import emitted
from rowsmith.spec.worlds import Told

if TYPE_CHECKING:
    from rowsmith.engine._batch import Batch


def drawn(batch: Batch, name: str, made: Mapping[str, pa.Array], key: Key) -> Mapping[str, pa.Array] | pa.RecordBatch:
    """The columns of a source of a batch's table.

    Args:
        batch: the rows.
        name: of the source.
        made: columns that are there. Where rows are drawn again, those of the source that stay are among them: they are
            given to it, so that the others go with them.
        key: random stream of the source in these rows.

    Raises:
        SpecError: it cannot make them; the message has its path.
    """
    source = next(s for s in batch.table.sources if s.name == name)
    if isinstance(source.sampler, Told):
        try:
            return emitted(batch, source.sampler)
        except RowsmithError as fault:
            raise type(fault)(f"{source.path}={source.sampler.name!r}: {fault}") from None
    given = {c: made[c] for c in source.columns if c in made} | {c: batch.read(c) for c in source.reads}
    rows = Rows(int(batch.numbers[0]) if batch.n else 0, batch.n)
    try:
        return source.sampler.sample(rows, key, given)
    except RowsmithError as fault:  # what it says of itself has no place in this spec
        raise type(fault)(f"{source.path}: {fault}") from None
