"""A sink that gets rows of the types that are learnt, and writes those that these stand for."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from rowsmith.core.errors import OutputError
from rowsmith.core.protocols import Sink
from rowsmith.core.standins import dressed, dressed_schema


class Dressed(Sink):
    """Turns columns back into their own types before they are written."""

    def __init__(self, sink: Sink, kinds: Mapping[str, pa.DataType]) -> None:
        self._sink, self._kinds = sink, kinds

    def open(self, schema: pa.Schema) -> None:
        """Begin; with the types that were learnt, where the format does not have the others."""
        try:
            self._sink.open(dressed_schema(schema, self._kinds))
        except OutputError:
            self._kinds = {}
            self._sink.open(schema)

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        self._sink.write(dressed(batch, self._kinds) if self._kinds else batch)

    def commit(self) -> None:
        """As the sink inside."""
        self._sink.commit()

    def abort(self) -> None:
        """As the sink inside."""
        self._sink.abort()
