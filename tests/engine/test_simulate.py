"""Worlds in specs: what they emit is a table like any other."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import rowsmith as rs
from rowsmith.core.rng import Key
from rowsmith.engine.make import preview
from rowsmith.engine.verify import verify
from rowsmith.simulate._world import Emission


@dataclass(frozen=True, kw_only=True)
class Walkers(rs.World):
    """Walkers on a line, in parts of ten steps each; whoever is beyond a border leaves it."""

    walkers: Annotated[int, rs.Param(1, 1000, "walkers")] = 5
    """How many."""
    steps: Annotated[int, rs.Param(1, 10_000, "steps")] = 30
    """How long."""
    fault: str = ""
    """What goes wrong, for tests."""

    def check(self) -> None:
        """Nothing hangs on anything."""

    @property
    def tables(self) -> Mapping[str, rs.Emitted]:
        """Walkers and their steps."""
        return {
            "walkers": rs.Emitted(about="A walker.", key="walker_id", columns={"born": rs.Field(pa.int64(), "step")}),
            "steps": rs.Emitted(
                about="A step.",
                points={"walker_id": "walkers", "before_id": "walkers"},
                columns={"place": rs.Field(pa.float64(), "where", "m")},
            ),
        }

    @property
    def parts(self) -> int:
        """Ten steps each."""
        return -(-self.steps // 10)

    def run(self, key: Key, first: int = 0) -> Iterator[Emission]:
        """One new walker comes with every part."""
        rng = key.generator()
        place = np.zeros(0)
        for part in range(self.parts):
            born = self.walkers if part == 0 else 1
            place = np.concatenate([place, np.zeros(born)])
            rows = []
            for _ in range(min(10, self.steps - part * 10)):
                place = place + rng.standard_normal(len(place))
                rows.append(place)
            number = np.arange(len(place))
            told = {
                "walkers": {"born": np.full(born, part * 10)},
                "steps": {
                    "walker_id": np.tile(number, len(rows)),
                    "before_id": np.tile(number, len(rows)) - 1,
                    "place": np.concatenate(rows),
                },
            }
            if self.fault == "column":
                told["steps"].pop("place")
            if self.fault == "table":
                told["others"] = {}
            if self.fault == "length":
                told["steps"]["place"] = np.zeros(1)
            if self.fault == "missing":
                told["steps"]["place"][0] = np.nan
            if self.fault == "type":
                told["walkers"]["born"] = ["a"] * born
            if self.fault == "end" and part == 1:
                return
            yield told


def test_a_world_of_ones_own_emits_tables_with_keys_and_links():
    made = rs.simulate(Walkers(), replications=2, seed=3)
    assert made["runs"].select(["run", "part"]).to_pydict() == {"run": [1, 1, 1, 2, 2, 2], "part": [1, 2, 3] * 2}
    assert made["walkers"]["walker_id"].to_pylist() == list(range(1, 15))
    steps = made["steps"]
    second = steps.filter(pa.compute.equal(steps["run"], 2))
    assert set(second["walker_id"].to_pylist()) == set(range(8, 15))
    assert set(second["before_id"].to_pylist()) == {None, *range(8, 14)}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("column", "emits no steps.place"),
        ("table", "emits a table 'others'"),
        ("length", "columns of steps of different lengths"),
        ("missing", "steps.place with 1 missing values"),
        ("type", "walkers.born as something else than int64"),
        ("end", "ends before part 2 of the 3"),
    ],
)
def test_a_world_that_emits_something_else_is_told_so(fault, words):
    with pytest.raises(rs.SpecError, match=f"world='Walkers': the world .*{words}|{words}"):
        rs.simulate(Walkers(fault=fault))


VISITS = {"world": "web_visits"}


def web(**more):
    entries = {
        "visitors": {"world": "web_visits", "parameters": {"visitors": {"sql": "people"}}},
        "sessions": {"world": "web_visits"},
        "orders": {"world": "web_visits"},
    }
    return rs.Spec(seed=5, parameters={"people": 800}, tables={n: {**e, **more.get(n, {})} for n, e in entries.items()})


def test_other_columns_read_what_the_world_emits():
    spec = web(
        sessions={
            "columns": {
                "mood": {"kind": "category", "values": {"good": 2, "bad": 1}},
                "per_page": {"sql": "seconds / pages"},
            }
        },
        visitors={"columns": {"spent": {"sql": "count(sessions.session_id)"}}},
        orders={
            "columns": {"phone": {"sql": "visitors.device = 'phone'"}, "shop": {"kind": "formula", "sql": "amount * 2"}}
        },
    )
    made = rs.make(spec)
    sessions = made["sessions"]
    assert set(sessions["mood"].to_pylist()) == {"good", "bad"}
    assert sessions["per_page"][0].as_py() == sessions["seconds"][0].as_py() / sessions["pages"][0].as_py()
    assert pa.compute.sum(made["visitors"]["spent"]).as_py() == sessions.num_rows
    found = duckdb.connect()
    for name in ("visitors", "sessions", "orders"):
        found.register(name, made[name])
    right = found.sql(
        "select bool_and(phone = (device = 'phone')) from orders join sessions using (session_id) join visitors using (visitor_id)"
    )
    assert right.fetchall() == [(True,)]


def test_columns_beside_a_world_do_not_change_it():
    bare, more = rs.make(web()), rs.make(web(sessions={"columns": {"x": {"kind": "normal"}}}))
    assert more["sessions"].drop(["x"]).equals(bare["sessions"])
    assert more["orders"].equals(bare["orders"])


def test_a_key_may_be_another_and_links_follow_it():
    made = rs.make(web(visitors={"columns": {"visitor_id": "uuid"}}))
    assert set(made["sessions"]["visitor_id"].to_pylist()) == set(made["visitors"]["visitor_id"].to_pylist())
    formatted = {"walker_id": {"kind": "id", "format": "W{:04d}"}}
    own = rs.Spec(tables={"walkers": {"world": (world := Walkers()), "columns": formatted}, "steps": {"world": world}})
    assert set(rs.make(own)["steps"]["walker_id"].to_pylist()) == {f"W{n:04d}" for n in range(1, 8)}


def test_truth_can_be_planted_and_dirt_spilt_on_what_a_world_emits():
    spec = rs.Spec(
        seed=2,
        tables={
            "sessions": {"world": "web_visits", "parameters": {"visitors": 3000}, "columns": {"score": "planted"}},
            "visitors": VISITS,
        },
        truth={
            "score": {"plant": "regression", "table": "sessions", "target": "score", "on": {"pages": 0.5}, "r2": 0.6},
            "holes": {"plant": "missing", "table": "visitors", "column": "country", "rate": 0.1},
        },
    )
    made = rs.make(spec)
    assert 0.05 < made["visitors"]["country"].null_count / 3000 < 0.15
    assert made["sessions"]["score"].null_count == 0
    assert made.flaws.num_rows == made["visitors"]["country"].null_count


def test_what_a_world_emits_can_be_changed_when_all_rows_are_there(tmp_path):
    bare = rs.make(web())
    noise, more = {"noise": {"relative": 0.2, "columns": ["seconds"]}}, {"balance": "landing_page"}
    spec = web(sessions={"then": [noise, more]}, orders={"then": [{"dropout": 0.2}]})
    made = rs.make(spec)
    sessions, before = made["sessions"], bare["sessions"]
    assert sessions.schema == before.schema
    assert made["visitors"].equals(bare["visitors"])
    assert not sessions["seconds"].slice(0, before.num_rows).equals(before["seconds"])
    assert sessions["pages"].slice(0, before.num_rows).equals(before["pages"])
    assert len(set(pa.compute.value_counts(sessions["landing_page"]).field("counts").to_pylist())) == 1
    # keys stay keys, and links lead to rows
    assert sessions["session_id"].to_pylist() == list(range(1, sessions.num_rows + 1))
    assert set(made["orders"]["session_id"].drop_null().to_pylist()) <= set(before["session_id"].to_pylist())
    assert made["orders"]["amount"].null_count > 0
    for workers in (1, 2):
        files = rs.make(spec, tmp_path / str(workers), workers=workers).files
        assert all(pq.read_table(files[name]).cast(made[name].schema).equals(made[name]) for name in files)


def test_changes_that_would_leave_links_to_nothing_are_refused(tmp_path):
    words = "tables.sessions.then.undersample: leaves out [0-9,]+ rows, to which orders may"
    with pytest.raises(rs.SpecError, match=words):
        rs.make(web(sessions={"then": [{"undersample": "landing_page"}]}), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_series_of_a_world_can_be_thinned_and_made_faulty():
    entries = {
        "readings": {
            "world": "traffic",
            "parameters": {"horizon": 3600, "length": 200, "tracked": 1.0},
            "then": [{"sensor_fault": {"share": 0.2, "columns": ["speed"], "time": "at", "entity": ["detector_id"]}}],
        },
        "trajectories": {
            "world": "traffic",
            "then": [{"thin": {"every": 2, "time": "at", "entity": ["vehicle_id"]}}],
        },
    }
    made = rs.make(rs.Spec(tables=entries))
    bare = rs.make(rs.Spec(tables={n: {k: v for k, v in e.items() if k != "then"} for n, e in entries.items()}))
    assert made["trajectories"].num_rows == bare["trajectories"].num_rows / 2
    assert made["readings"]["vehicles"].equals(bare["readings"]["vehicles"])
    assert not made["readings"]["speed"].equals(bare["readings"]["speed"])


def test_the_workers_do_not_matter(tmp_path):
    settings = {"visitors": 40_000}
    one = rs.simulate("web_visits", tmp_path / "one", set=settings, tables=("orders", "page_views"), workers=1)
    two = rs.simulate("web_visits", tmp_path / "two", set=settings, tables=("orders", "page_views"), workers=2)
    for name in one.files:
        assert pq.read_table(one.files[name]).equals(pq.read_table(two.files[name])), name
    assert one.rows["runs"] == 3


def test_a_sweep_runs_every_point_and_tells_it():
    made = rs.simulate(
        "traffic",
        set={"length": 100, "horizon": 20},
        sweep={"density": {"from": 0.1, "to": 0.3, "step": 0.1}, "vmax": [2, 5]},
        replications=2,
    )
    runs = made["runs"]
    assert runs["density"].to_pylist() == [0.1] * 4 + [0.2] * 4 + [0.3] * 4
    assert runs["vmax"].to_pylist() == [2, 2, 5, 5] * 3
    assert runs["run"].to_pylist() == list(range(1, 13))
    assert len(set(made["vehicles"]["run"].to_pylist())) == 12


def test_points_of_a_sweep_share_their_random_numbers():
    made = rs.simulate("web_visits", set={"visitors": 300}, sweep={"order_value": [10.0, 20.0]}, tables=("visitors",))
    rows = made["visitors"].drop(["visitor_id", "run"])
    assert rows.slice(0, 300).equals(rows.slice(300))


def test_a_database_declares_keys_and_links(tmp_path):
    rs.simulate("web_visits", tmp_path / "web.sqlite", set={"visitors": 200})
    import sqlite3

    with sqlite3.connect(tmp_path / "web.sqlite") as database:
        links = {(r[3], r[2]) for r in database.execute("pragma foreign_key_list(page_views)")}
        assert links == {("session_id", "sessions"), ("page_id", "pages")}
        assert database.execute("pragma foreign_key_check").fetchall() == []
    database.close()


def test_a_folder_has_a_dictionary_a_page_and_the_log(tmp_path):
    made = rs.simulate("web_visits", tmp_path / "web", set={"visitors": 300}, plot=True)
    lines = (tmp_path / "web" / "access.log").read_text().splitlines()
    assert len(lines) == made.rows["access_log"]
    table = pq.read_table(made.files["access_log"]).sort_by("at")
    assert sorted(lines) == sorted(table["line"].to_pylist())
    assert "## Parameters" in (tmp_path / "web" / "dictionary.md").read_text()
    assert "<svg" in (tmp_path / "web" / "page.html").read_text()


def test_a_preview_simulates_one_part():
    found = preview(web(), 7)
    assert [t.num_rows for t in found.values()] == [1, 7, 7, 7]
    assert found["sessions"]["visitor_id"].to_pylist() == rs.make(web())["sessions"]["visitor_id"].to_pylist()[:7]


def test_a_table_of_runs_has_another_name_where_it_is_taken():
    entry = {"rows": 2, "columns": {"a": "id"}}
    with pytest.raises(rs.SpecError, match="another table of that name"):
        rs.Spec(tables={"runs": entry, "orders": {"world": "web_visits"}})
    spec = rs.Spec(
        tables={
            "runs": entry,
            "parts": {"world": "web_visits", "emit": "runs", "parameters": {"visitors": 50}},
            "visitors": VISITS,
        }
    )
    assert set(rs.make(spec)) == {"runs", "parts", "visitors"}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"world": "web_visit"}, r"tables.sessions.world='web_visit' is not a known world; did you mean 'web_visits'"),
        ({"world": ["a"]}, r"tables.sessions.world=\['a'\]"),
        (
            {"world": "web_visits", "emit": "session"},
            "emit='session': the world has no such table; did you mean 'sessions'",
        ),
        ({"world": "web_visits", "rows": 7}, "rows=7: the rows of a world's table come from the world"),
        (
            {"world": "web_visits", "parameters": {"visitors": -1}},
            "parameters.visitors=-1: expected a number at least 1",
        ),
        (
            {"world": "web_visits", "parameters": {"visitor": 1}},
            "parameters.visitor: no such setting of WebVisits; did you mean 'visitors'",
        ),
        (
            {"world": "web_visits", "parameters": {"visitors": "many"}},
            "parameters.visitors='many': expected a whole number",
        ),
        ({"world": "web_visits", "parameters": 7}, "parameters=7: expected a mapping"),
        ({"world": "web_visits", "parameters": {"visitors": {"sql": "n"}}}, "there is no parameter 'n'"),
        ({"world": "web_visits", "replications": 1.5}, "replications=1.5: expected a whole number from 1"),
        ({"world": "web_visits", "sweep": {"lift": {"from": 1, "to": 0, "step": 1}}}, "sweep.lift="),
        (
            {"world": "web_visits", "sweep": {"left": [1]}},
            "sweep.left: no such parameter of web_visits; did you mean 'lift'",
        ),
        (
            {"world": "web_visits", "sweep": {"lift": [0.1, 99.0]}},
            "parameters.lift=99.0: expected a number at least -0.95, at most 10",
        ),
        ({"emit": "sessions"}, "expected either `rows`, or `per`"),
    ],
)
def test_faults_are_told_with_their_path(entry, words):
    with pytest.raises(rs.SpecError, match=words):
        rs.Spec(tables={"sessions": entry})


def test_tables_of_one_world_must_agree():
    with pytest.raises(rs.SpecError, match=r"parameters\.visitors=6: another table of this world says otherwise"):
        rs.Spec(
            tables={
                "sessions": {"world": "web_visits", "parameters": {"visitors": 5}},
                "visitors": {"world": "web_visits", "parameters": {"visitors": 6}},
            }
        )
    with pytest.raises(rs.SpecError, match="the tables a and b are the same"):
        rs.Spec(tables={name: {"world": "web_visits", "emit": "sessions"} for name in "ab"})


def test_rows_of_a_world_are_not_set_from_outside():
    with pytest.raises(rs.SpecError, match=r"rows.runs=5: expected a whole number from 0 to 1\."):
        rs.make(web(), rows={"runs": 5})


def test_a_world_has_no_other_rows_than_it_emits_whatever_the_chunk():
    assert dataclasses.is_dataclass(Walkers)
    made = [rs.make(rs.Spec(chunk_rows=n, tables={"steps": {"world": Walkers()}}))["steps"] for n in (1, 65_536)]
    assert made[0].equals(made[1])


def test_verify_finds_what_was_planted_on_a_world(tmp_path):
    spec = rs.Spec(
        seed=4,
        tables={"sessions": {"world": "web_visits", "parameters": {"visitors": 3000}, "columns": {"score": "planted"}}},
        truth={
            "score": {"plant": "regression", "table": "sessions", "target": "score", "on": {"pages": 0.5}, "r2": 0.6}
        },
    )
    rs.make(spec, tmp_path / "web")
    report = verify(tmp_path / "web")
    assert report.found
