"""Ray, on this machine with two workers: the same bytes, workers that die, many small chunks."""

import json
import os
import signal

import pytest

from rowsmith.core.errors import InternalError, SpecError
from rowsmith.engine import plan
from rowsmith.engine.executors import Workers
from rowsmith.engine.make import make
from rowsmith.engine.ray_tasks import RayTasks
from rowsmith.spec.model import Spec

ray = pytest.importorskip("ray", reason="Ray has no wheel for this Python")
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning",  # these two are Ray's own
    "ignore::FutureWarning",
    "ignore:os.fork:RuntimeWarning",  # JAX's, where another test has loaded it: what Ray forks, it replaces at once
)

SPEC = {
    "tables": {
        "customers": {"rows": 400, "columns": {"id": "id", "name": "person.name"}},
        "orders": {
            "per": {"table": "customers", "count": {"kind": "poisson", "mean": 2}},
            "columns": {"id": "id", "customer": "parent", "amount": "uniform"},
            "rules": {"some": "amount > 0.2"},
        },
    },
    "chunk_rows": 50,
}


@pytest.fixture(scope="module", autouse=True)
def cluster():
    yield
    ray.shutdown()


def files(folder):
    found = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    tables = json.loads(found.pop("manifest.json"))["tables"]
    return found, tables


def test_the_same_bytes_as_in_process(tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "PART_ROWS", 150)
    spec = Spec(**SPEC)
    make(spec, tmp_path / "one")
    make(spec, tmp_path / "ray", executor="ray", workers=2)
    assert files(tmp_path / "one") == files(tmp_path / "ray")
    alone, together = make(spec), make(spec, executor="ray", workers=2)
    assert all(alone[name].equals(together[name]) for name in alone)


def test_a_worker_that_dies_costs_only_its_own_chunks(tmp_path):
    def die_once(piece):
        mark = tmp_path / f"{piece}"
        tries = len(mark.read_text()) if mark.exists() else 0
        mark.write_text("x" * (tries + 1))
        if piece == 3 and not tries:
            os.kill(os.getpid(), signal.SIGKILL)
        return piece * 2

    assert list(RayTasks(2).run(die_once, range(8))) == [piece * 2 for piece in range(8)]
    assert len((tmp_path / "3").read_text()) == 2
    assert (
        sum(len((tmp_path / f"{piece}").read_text()) for piece in range(8)) <= 8 + 2
    )  # another may have shared its worker


def test_a_worker_that_always_dies_is_given_up():
    def die(piece):
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(InternalError, match="a worker of Ray died four times over one task"):
        list(RayTasks(2).run(die, range(1)))


def test_two_thousand_tiny_chunks_with_few_in_flight(tmp_path):
    sent = []

    def pieces():
        for piece in range(2000):
            sent.append(piece)
            yield piece

    for done, result in enumerate(RayTasks(2).run(lambda piece: piece + 1, pieces())):
        assert result == done + 1
        assert len(sent) - done <= 6
    assert len(sent) == 2000


def test_faults_come_back_as_they_were_raised():
    tables = {"t": {"rows": 500, "columns": {"x": "uniform"}, "rules": {"never": "x > 2"}}}
    with pytest.raises(SpecError, match=r"^tables.t.rules: only 0.00% .* never \(x > 2\) .* bounds that fit it\.$"):
        make(Spec(tables=tables, chunk_rows=50), executor="ray", workers=2)


def test_arguments_that_cannot_be():
    with pytest.raises(SpecError, match=r"executor='rey': is not a known executor; did you mean 'ray'"):
        Workers(2, "rey")
    with pytest.raises(SpecError, match="only the executor ray has an address"):
        Workers(2, address="host:6379")
    with pytest.raises(SpecError, match="workers=0: expected a whole number from 1"):
        Workers(0, "ray")
    ray.shutdown()
    with pytest.raises(
        SpecError, match=r"address='127.0.0.1:1': nothing answers there \(.*\); start Ray, or leave it out"
    ):
        make(Spec(**SPEC), executor="ray", address="127.0.0.1:1")
    assert Workers(None, "ray").count is None
