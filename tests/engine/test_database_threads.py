"""Hierarchies inside of families in the order of time: replies come after what they reply to, clerks are hired after their lead."""

import dataclasses

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.engine._linked import key, schema

import rowsmith as rs
from rowsmith.core.schema import Column, Table
from rowsmith.learn._depths import _trend
from rowsmith.learn._moved import Moved

START = pd.Timestamp("2024-01-01")
KINDS = np.array(["question", "answer", "comment"])


def forum(seed, threads=200, notices=0):
    """Threads of posts, most of which reply to a recent one, minutes after it; a post's kind hangs on its depth. Notices are in none."""
    r = np.random.default_rng(seed)
    thread, reply, minute, depth = [], [], [], []
    for t in range(threads):
        first, now = len(thread), int(r.integers(0, 400_000))
        for i in range(1 + min(int(r.geometric(0.15)), 40)):
            back = first if r.random() < 0.25 else len(thread) - min(int(r.geometric(0.5)), i)
            reply.append(back if i else -1)
            depth.append(depth[back] + 1 if i else 0)
            now += 1 + int(r.exponential(90)) if i else 0
            thread.append(t)
            minute.append(now)
    thread, reply, minute, depth = (
        np.array([*each, *[none] * notices]) for each, none in ((thread, -1), (reply, -1), (minute, 9_000), (depth, 0))
    )
    posts = pd.DataFrame({
        "post": np.arange(len(thread)) + 500,
        "thread": pd.array(np.where(thread < 0, 0, thread), "Int64"),
        "reply": pd.array(reply + 500, "Int64"),
        "posted": (START + pd.to_timedelta(minute, "min")).as_unit("us"),
        "kind": KINDS[np.minimum(depth, 2)],
        "length": r.poisson(300 / (1 + depth)),
    })  # fmt: skip
    posts.loc[thread < 0, "thread"] = pd.NA
    posts.loc[reply < 0, "reply"] = pd.NA
    return pd.DataFrame({"thread": np.arange(threads), "topic": r.choice(list("ABC"), threads)}), posts


FORUM = schema(
    threads=(["thread"], []), posts=(["post"], [key("thread", "threads", "thread"), key("reply", "posts", "post")])
)


def ruled(real, links):
    """The schema with rules that the real rows show."""
    found = rs.inspect(real).tables
    rules = {n: {k: e for k, e in t.rules.items() if "missing" not in k} for n, t in found.items()}
    return rs.Schema(tables={n: dataclasses.replace(t, rules=rules[n]) for n, t in links.tables.items()})


def tables(**frames):
    return {n: pa.Table.from_pandas(f, preserve_index=False) for n, f in frames.items()}


def walked(rows, name, above, family, mine, its):
    """Depth of each row; those that hang on one are of its family and come after it. A circle would go on for ever."""
    rows = rows.set_index(name)
    depth, at = np.zeros(len(rows), dtype=int), rows[above]
    while at.notna().any():
        assert depth.max() < len(rows)
        depth += at.notna().to_numpy()
        at = at.map(rows[above])
    below = rows[rows[above].notna()]
    ups = rows.loc[below[above]]
    assert (ups[family].to_numpy() == below[family].to_numpy()).all()
    there = below[mine].notna().to_numpy() & ups[its].notna().to_numpy()
    away = (below[mine].to_numpy() - ups[its].to_numpy())[there]
    return depth, away / np.timedelta64(1, "m")


def thread_like(posts):
    depth, away = walked(posts, "post", "reply", "thread", "posted", "posted")
    assert (away > 0).all()
    return depth, away


@pytest.mark.parametrize(("seed", "scale", "order"), [(0, 1.0, "thread"), (1, 2.0, "posted"), (2, 1.0, "none")])
def test_threads_are_as_deep_as_real_ones_and_replies_come_later(seed, scale, order, tmp_path):
    threads, posts = forum(seed)
    if order == "posted":
        posts = posts.sort_values("posted", kind="stable")
    elif order == "none":
        posts = posts.sample(frac=1, random_state=1)
    model = rs.fit(tables(threads=threads, posts=posts), schema=FORUM)
    drawn = model.sample(seed=1, scale=scale)["posts"]
    twin = drawn.to_pandas()
    (depth, away), (deep, real) = thread_like(twin), thread_like(posts)
    assert (twin[twin.reply.isna()].groupby("thread").size() == 1).all()
    assert twin.thread.nunique() == round(scale * len(threads))
    assert np.bincount(depth, minlength=30)[:30] / len(depth) == pytest.approx(
        np.bincount(deep, minlength=30)[:30] / len(deep), abs=0.02
    )
    assert (twin.kind.to_numpy() == KINDS[np.minimum(depth, 2)]).mean() > 0.97
    assert np.quantile(away, [0.25, 0.5, 0.75]) == pytest.approx(np.quantile(real, [0.25, 0.5, 0.75]), rel=0.25)
    assert (twin.posted.dt.second == 0).all(), "minutes stay minutes"
    if order == "posted":
        assert twin.posted.is_monotonic_increasing
    model.save(tmp_path / "forum.rowsmith")
    assert rs.load(tmp_path / "forum.rowsmith").sample(seed=1, scale=scale)["posts"].equals(drawn)


def test_posts_of_no_thread_and_without_a_time():
    threads, posts = forum(3, notices=40)
    posts.loc[np.random.default_rng(3).random(len(posts)) < 0.05, "posted"] = pd.NaT
    twin = rs.fit(tables(threads=threads, posts=posts), schema=FORUM).sample(seed=1)["posts"].to_pandas()
    thread_like(twin)
    assert twin.thread.isna().sum() == 40
    assert twin[twin.thread.isna()].reply.isna().all()
    assert 0.02 < twin.posted.isna().mean() < 0.09


def test_no_post_comes_after_its_thread_is_closed():
    threads, posts = forum(4)
    times = posts.groupby("thread").posted
    r = np.random.default_rng(4)
    threads["opened"] = times.min().to_numpy() - pd.to_timedelta(r.integers(0, 30, len(threads)), "min")
    threads["closed"] = times.max().to_numpy() + pd.to_timedelta(r.integers(0, 600, len(threads)), "min")
    real = tables(threads=threads, posts=posts)
    twin = rs.fit(real, schema=ruled(real, FORUM)).sample(seed=1)
    posts = twin["posts"].to_pandas()
    thread_like(posts)
    both = posts.merge(twin["threads"].to_pandas(), on="thread")
    assert (both.posted <= both.closed).all()
    assert (both.posted >= both.opened).all()


def test_a_step_begins_when_the_one_above_it_has_ended():
    r = np.random.default_rng(5)
    _, posts = forum(5)
    took, start = r.integers(10, 4_000, len(posts)), np.zeros(len(posts), dtype=int)
    for i, up in enumerate(posts.reply):
        start[i] = r.integers(0, 10**7) if pd.isna(up) else start[up - 500] + took[up - 500] + r.integers(0, 60)
    steps = pd.DataFrame({
        "step": posts.post, "job": posts.thread, "after": posts.reply,
        "start": START + pd.to_timedelta(start, "s"), "stop": START + pd.to_timedelta(start + took, "s"), "seconds": took,
    })  # fmt: skip
    jobs = pd.DataFrame({"job": np.arange(200), "team": r.choice(list("AB"), 200)})
    real = tables(jobs=jobs, steps=steps)
    links = schema(jobs=(["job"], []), steps=(["step"], [key("job", "jobs", "job"), key("after", "steps", "step")]))
    twin = rs.fit(real, schema=ruled(real, links)).sample(seed=1)["steps"].to_pandas()
    _, away = walked(twin, "step", "after", "job", "start", "stop")
    assert (away >= 0).all()
    assert np.median(away) < 1
    assert ((twin.stop - twin.start).dt.total_seconds() == twin.seconds).all()


@pytest.mark.parametrize("printed", [False, True])
def test_who_leads_was_hired_earlier_and_leads_as_many_levels(printed):
    r = np.random.default_rng(6)
    rows = []
    for branch in range(60):
        head, day = len(rows), int(r.integers(0, 3_000))
        rows.append((branch, -1, day, 0))
        leads = [(len(rows) + i, day + int(r.integers(1, 600))) for i in range(2)]
        rows += [(branch, head, at, 1) for _, at in leads]
        for _ in range(r.integers(4, 12)):
            lead, at = leads[r.integers(0, 2)]
            rows.append((branch, lead, at + int(r.integers(1, 1_500)), 2))
    branch, boss, day, depth = (np.array(each) for each in zip(*rows, strict=True))
    hired = pd.Series(START + pd.to_timedelta(day, "D"))
    left = hired + pd.to_timedelta(r.integers(1, 900, len(day)), "D")
    staff = pd.DataFrame({
        "id": np.arange(len(day)), "branch": branch, "boss": pd.array(boss, "Int64"), "hired": hired.dt.date,
        "left": np.where(r.random(len(day)) < 0.3, left.dt.date, None),
        "role": np.array(["head", "lead", "clerk"])[depth], "pay": np.array([7_000, 4_500, 2_500])[depth] + r.integers(-300, 300, len(day)),
    })  # fmt: skip
    staff.loc[boss < 0, "boss"] = pd.NA
    if printed:
        staff["hired"] = hired.dt.strftime("%d.%m.%Y")
    branches = pd.DataFrame({"branch": np.arange(60), "town": np.arange(60) % 7})
    known = schema(
        branches=(["branch"], []), staff=(["id"], [key("branch", "branches", "branch"), key("boss", "staff", "id")])
    )
    real = tables(branches=branches, staff=staff)
    twin = rs.fit(real, schema=ruled(real, known)).sample(seed=1)["staff"].to_pandas()
    twin["hired"] = pd.to_datetime(twin.hired, format="%d.%m.%Y" if printed else None)
    deep, away = walked(twin, "id", "boss", "branch", "hired", "hired")
    assert (away > 0).all()
    assert (twin[deep == 0].groupby("branch").size() == 1).all()
    assert twin.assign(deep=deep).groupby("branch").deep.max().unique().tolist() == [2]
    assert (twin.role.to_numpy() == np.array(["head", "lead", "clerk"])[deep]).mean() > 0.97
    gone = twin[twin.left.notna()]
    assert printed or (pd.to_datetime(gone.left) >= gone.hired).all()


DAYS = pa.date32()


def test_times_are_made_from_the_top_down():
    table = Table(columns={"at": Column(kind="date", type="date32[day]")})
    days = pa.array([100, 3, None, 5, 101, 50], pa.int32()).cast(DAYS)
    up = np.array([-1, 0, 0, 1, 3, 2])
    since = np.array([np.nan, 2, 2, np.nan, 700, 1])
    moved = Moved("at", "at", True)
    rng = np.random.default_rng(0)
    out, away = moved.made({"at": days}, table, up, since, None, rng)
    found = out["at"].cast(pa.int32()).to_pylist()
    assert found[:3] == [100, 102, None]
    assert found[3] == 103, "it was drawn before the one above: a day after"
    assert found[5] == 50, "nothing is known of the one above"
    assert found[4] % 7 == 101 % 7, "the day of the week stays"
    assert abs(found[4] - found[3] - 700) <= 3
    assert away.to_pylist() == [None, 2, None, 1, found[4] - found[3], None]
    assert moved.since(out, up).equals(away)
    until = pa.array([103] * 6, pa.int32()).cast(DAYS)
    found = moved.made({"at": days}, table, up, since, until, rng)[0]["at"].cast(pa.int32()).to_pylist()
    assert found[0] == 100
    assert found[1:2] + found[3:5] == [101, 102, 103], "there is room for one more below each"


def test_a_depth_of_few_rows_goes_on_as_the_nearest_two():
    depth = np.repeat([0, 1, 2, 3, 4], [1, 50, 50, 50, 1])
    found = _trend(np.array([900.0, 500.0, 300.0, 200.0, 190.0])[depth], depth)
    assert found.means == pytest.approx((700.0, 500.0, 300.0, 200.0, 100.0))


def test_few_rows_are_moved_by_the_steps_of_the_real_ones():
    """Three rows five days after one another: a step is a day, as in the real rows, not what the drawn ones have in common."""
    table = Table(columns={"at": Column(kind="date", type="date32[day]")})
    real = pa.array([0, 5, 9, 16, 18, 30, 31], pa.int32()).cast(DAYS)
    moved = Moved("at", "at", True).with_step({"at": real}, np.arange(7) - 1)
    assert moved.step == 1
    assert Moved.from_state(moved.state()) == moved
    days, until = (pa.array(each, pa.int32()).cast(DAYS) for each in ([10, 15, 20], [12] * 3))
    since = np.array([np.nan, 5, 5])
    out = moved.made({"at": days}, table, np.array([-1, 0, 1]), since, until, np.random.default_rng(0))[0]["at"]
    assert out.cast(pa.int32()).to_pylist() == [10, 11, 12], (
        "there is room for all, from the day that the first one had"
    )
    minutes = pa.array(np.arange(7) ** 2 * 120, pa.timestamp("s"))
    assert Moved("at", "at", True).with_step({"at": minutes}, np.arange(7) - 1).step == 120
