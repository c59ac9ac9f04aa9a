"""Processes that write into a folder: one run at a time, and none that stays behind."""

import os
import signal
import subprocess
import sys
import time

import pytest

from rowsmith.core.errors import OutputError
from rowsmith.engine.make import make
from rowsmith.spec.model import Spec

SCRIPT = """
import sys
from rowsmith.engine import plan
from rowsmith.engine.make import make
from rowsmith.spec.model import Spec
if __name__ == "__main__":
    plan.PART_ROWS = 200
    column = {"kind": "formula", "sql": "list_sum(range(id % 7 + 30000))"}
    spec = Spec(tables={"t": {"rows": 40_000, "columns": {"id": "id", "y": column}}}, chunk_rows=100)
    make(spec, sys.argv[1], workers=2)
"""


def until(holds, seconds=60):
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return holds()


def children(process):
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True, check=False)
    return [int(pid) for pid in listed.stdout.split()]


def runs(process):
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False
    ).stdout
    return bool(state) and not state.startswith("Z")


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux's ps")
def test_a_second_run_waits_its_turn_and_workers_leave_with_a_killed_parent(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    out = tmp_path / "out"
    with subprocess.Popen([sys.executable, tmp_path / "script.py", out], stderr=subprocess.DEVNULL) as run:
        assert until(lambda: list(out.glob(".rowsmith-*/notes/*")))
        workers = children(run.pid)
        assert len(workers) >= 2
        small = Spec(tables={"s": {"rows": 2, "columns": {"id": "id"}}})
        with pytest.raises(OutputError, match=rf"another run \(process {run.pid}\) writes here; wait for it"):
            make(small, out)
        os.kill(run.pid, signal.SIGKILL)
    assert until(lambda: not any(runs(worker) for worker in workers))
    assert make(small, out).rows == {"s": 2}
    assert not list(out.glob(".rowsmith-*"))
