"""Links that go once together: rows with a key of their own, of which no two have the same parents."""

import sqlite3
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from tests.engine._linked import PLAIN, key, points, rng, schema

import rowsmith as rs
from rowsmith.io._tables import read_tables

TAKES = {
    "students": (["student_id"], []),
    "courses": (["course_id"], []),
    "takes": (["take_id"], [key("student_id", "students", "student_id"), key("course_id", "courses", "course_id")]),
}


def school(once=True):
    """Students, courses, of which some are much liked, and who takes which; at one course of a hundred it is not known."""
    r = rng(1)
    liked = np.arange(1, 16) / np.arange(1, 16).sum()
    pick = [r.choice(15, r.integers(2, 8), replace=not once, p=liked) for _ in range(200)]
    course = np.concatenate(pick)
    return {
        "students": pa.table({"student_id": np.arange(200), "year": np.arange(200) % 4}),
        "courses": pa.table({"course_id": np.arange(15), "hours": np.arange(15) % 3}),
        "takes": pa.table({
            "take_id": np.arange(len(course)),
            "student_id": np.repeat(np.arange(200), [len(p) for p in pick]),
            "course_id": pa.array(course, mask=r.random(len(course)) < 0.01),
            "grade": r.integers(1, 6, len(course)),
        }),
    }  # fmt: skip


def pairs(takes):
    both = zip(takes["student_id"].to_pylist(), takes["course_id"].to_pylist(), strict=True)
    return Counter(pair for pair in both if None not in pair)


@pytest.mark.parametrize("scale", [1.0, 0.5, 3.0])
def test_no_two_rows_have_the_same_parents(scale, tmp_path):
    real = school()
    model = rs.fit(real, schema=schema(**TAKES), **PLAIN)
    twin = model.sample(scale=scale, seed=1)
    assert max(pairs(twin["takes"]).values()) == 1
    assert twin["takes"].num_rows > 0.95 * scale * real["takes"].num_rows
    assert twin["takes"]["take_id"].to_pylist() == sorted(set(twin["takes"]["take_id"].to_pylist()))
    assert points(twin["takes"], ["course_id"], twin["courses"], ["course_id"])
    model.save(tmp_path / "school.rowsmith")
    assert rs.load(tmp_path / "school.rowsmith").sample(scale=scale, seed=1)["takes"].equals(twin["takes"])


def test_rows_that_have_the_same_parents_may_have_them():
    twin = rs.fit(school(once=False), schema=schema(**TAKES), **PLAIN).sample(seed=1)
    assert max(pairs(twin["takes"]).values()) > 1


def test_a_unique_constraint_of_a_database_stays(tmp_path):
    with sqlite3.connect(tmp_path / "few.sqlite") as base:
        base.executescript(
            "create table a(id integer primary key); create table b(id integer primary key);"
            "create table c(id integer primary key, a integer references a(id), b integer references b(id), unique (a, b))"
        )
        base.executemany("insert into a values (?)", [(i,) for i in range(40)])
        base.executemany("insert into b values (?)", [(i,) for i in range(40)])
        base.executemany("insert into c values (?, ?, ?)", [(i, i % 40, (i // 40 + i) % 40) for i in range(60)])
    rs.fit(read_tables([str(tmp_path / "few.sqlite")]), **PLAIN).sample_to(tmp_path / "twin.sqlite", seed=2)
    with sqlite3.connect(tmp_path / "twin.sqlite") as base:
        (text,) = base.execute("select sql from sqlite_master where name = 'c'").fetchone()
        rows = base.execute("select a, b from c").fetchall()
    assert "UNIQUE" in text.upper()
    assert len(rows) == len(set(rows)) == 60
