import random
from dataclasses import dataclass, field

import pyarrow as pa
import pytest

from rowsmith.core.errors import InternalError
from rowsmith.core.protocols import Sink
from rowsmith.core.rng import Key
from rowsmith.engine.plan import TablePlan
from rowsmith.engine.run import SampleChunk, batches, write


def plan(n, chunk_rows=100):
    return TablePlan("table", n, Key(3), chunk_rows=chunk_rows)


def drawn(model, n, workers=1):
    return pa.Table.from_batches(batches(plan(n), model.table, workers=workers), model.table.arrow_schema)


def test_rows_do_not_depend_on_workers_or_on_the_order_of_chunks(model):
    one = drawn(model, 450)
    assert one.equals(drawn(model, 450, workers=2))
    chunks = list(plan(450).chunks())
    random.Random(0).shuffle(chunks)
    made = {chunk.index: SampleChunk(model.table)(chunk) for chunk in chunks}
    assert pa.Table.from_batches([made[i] for i in sorted(made)]).equals(one)


def test_more_rows_keep_the_whole_chunks_of_fewer(model):
    assert drawn(model, 900).slice(0, 400).equals(drawn(model, 450).slice(0, 400))


@dataclass
class Memory(Sink):
    """A sink that notes what was done to it."""

    fault: BaseException | None = None
    log: list = field(default_factory=list)

    def open(self, schema):
        self.log.append("open")

    def write(self, batch):
        self.log.append(batch.num_rows)
        if self.fault is not None:
            raise self.fault

    def commit(self):
        self.log.append("commit")

    def abort(self):
        self.log.append("abort")


def test_a_table_is_committed_after_its_last_chunk(model):
    sink, steps = Memory(), []
    write(plan(250), model.table, sink, model.arrow_schema, progress=lambda *step: steps.append(step))
    assert sink.log == ["open", 100, 100, 50, "commit"]
    assert steps == [("drawing", 100, 250), ("drawing", 200, 250), ("drawing", 250, 250)]


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), OSError("full")])
def test_a_fault_or_ctrl_c_aborts(model, fault):
    sink = Memory(fault)
    with pytest.raises(type(fault)):
        write(plan(250), model.table, sink, model.arrow_schema)
    assert sink.log == ["open", 100, "abort"]


@dataclass(frozen=True)
class Dies:
    """A sampler whose process ends at its third chunk."""

    def sample(self, rows, key, given):
        import os

        if rows.first >= 200:
            os._exit(9)
        return pa.record_batch({"a": range(rows.n)})


def test_a_dead_worker_is_told_in_a_sentence():
    with pytest.raises(InternalError, match="a worker process died"):
        list(batches(plan(450), Dies(), workers=2))
