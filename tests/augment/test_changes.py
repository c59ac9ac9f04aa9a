"""Flaws, mixtures, series, rules, and how steps are put together."""

import datetime
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.augment._examples import rows

import rowsmith as rs
from rowsmith.augment._rules import Keeper
from rowsmith.spec.changes import change_of

TABLE = rows(400)


def walk(n=400, entities=4, seed=0):
    rng = np.random.default_rng(seed)
    day = [datetime.datetime(2024, 1, 1) + datetime.timedelta(hours=i // entities) for i in range(n)]
    return pa.table({"who": [f"s{i % entities}" for i in range(n)], "at": day, "x": rng.normal(20, 3, n).round(2)})


@pytest.mark.parametrize("difficulty", ["easy", "hard", 0.3])
def test_the_log_of_flaws_undoes_them(difficulty):
    done = rs.augment(TABLE, rs.Corrupt(difficulty=difficulty), primary_key="id", seed=4, log=True)
    table = {n: c.cast(pa.string()).to_pylist() for n, c in zip(TABLE.column_names, done.frame.columns, strict=True)}
    for entry in reversed(done.log.to_pylist()):
        if entry["column"] is not None:
            assert table[entry["column"]][entry["row"] - 1] == entry["after"]
            table[entry["column"]][entry["row"] - 1] = entry["before"]
    copies = [e for e in done.log.to_pylist() if e["column"] is None]
    assert copies
    kept = np.flatnonzero(~done.made)
    for name, clean in zip(TABLE.column_names, TABLE.columns, strict=True):
        assert [table[name][i] for i in kept] == clean.cast(pa.string()).to_pylist()
    assert {e["how"] for e in copies} <= {"exact copy", "fuzzy copy"}
    assert pc.count_distinct(done.frame["id"]).as_py() == done.frame.num_rows


def test_harder_flaws_are_fewer_or_finer():
    def share(difficulty):
        flaws = {"outliers": {"column": "price"}, "typos": {"column": "city"}}
        return sum(rs.augment(TABLE, rs.Corrupt(difficulty=difficulty, flaws=flaws), seed=1).steps[0].cells.values())

    assert share("easy") > share("hard") > 0


def test_missing_values_follow_their_reason():
    flaws = {"missing": {"column": "x", "mechanism": "MAR", "by": "age", "rate": 0.3, "strength": 3.0}}
    table = rows(4000)
    gone = rs.augment(table, rs.Corrupt(flaws=flaws), seed=1).frame["x"].is_null().to_numpy()
    gone &= ~table["x"].is_null().to_numpy()
    age = table["age"].to_numpy()
    assert age[gone].mean() > age[~gone].mean() + 15


def test_swapped_stale_and_orphaned_values():
    both = rs.augment(TABLE, rs.Swapped(("low", "high"), rate=0.5), seed=1).frame
    turned = np.flatnonzero(both["low"].to_numpy() == TABLE["high"].to_numpy())
    assert 150 < len(turned) < 250
    assert both["high"].take(turned).equals(TABLE["low"].take(turned))
    series = walk()
    old = rs.augment(series, rs.Stale(rate=1.0, columns=("x",), entity=("who",), time="at")).frame["x"].to_pylist()
    assert old[4:] == series["x"].to_pylist()[:-4]
    orphans = rs.augment(series, rs.Orphans("who", rate=0.1), seed=1).frame["who"].to_pylist()
    assert sum(w not in {"s0", "s1", "s2", "s3"} for w in orphans) == 40


def test_scenarios_come_to_their_shares_and_means():
    change = rs.Shift(shares={"city": {"Graz": 0.6}, "churn": {"leave": 0.3}}, means={"age": 60}, rows=4000)
    done = rs.augment(rows(2000), change, seed=1).frame
    assert done.num_rows == 4000
    assert done["churn"].to_pylist().count("leave") / 4000 == pytest.approx(0.3, abs=0.005)
    assert done["city"].to_pylist().count("Graz") / 4000 == pytest.approx(0.6, abs=0.01)
    assert np.mean(done["age"].to_numpy()) == pytest.approx(60, abs=0.5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (rs.Shift(means={"age": 100}), r"means.age=100: expected a number between its values, 18 to 8\d"),
        (rs.Shift(shares={"churn": {"leav": 0.2}}), r"churn has no class 'leav'; did you mean 'leave'\?"),
        (rs.Shift(shares={"churn": {"leave": 0.9, "stay": 0.9}}), "shares.churn: come to 1.8; expected 1"),
        (rs.Bootstrap(block=1000), "block=1000: the table has 400 rows; expected 1 to 400"),
        (rs.Tails("price", above=0.999), "lie above its quantile 0.999; expected at least 10, so above at most 0.97"),
        (rs.Remainder(period=300, columns=("x",)), "period=300: the longest series has 400 rows; expected 2 to 200"),
        (
            rs.Remainder(period=(12, 300), columns=("x",)),
            "period=300: the longest series has 400 rows; expected 2 to 200",
        ),
        (rs.Corrupt(flaws={"label_noise": {"column": "churn"}}), "flaws.label_noise"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_cannot_be_is_refused_with_what_can(change, message):
    with pytest.raises(rs.RowsmithError, match=message):
        rs.augment(TABLE, change, primary_key="id")


def test_bootstraps_keep_strata_and_blocks():
    by = rs.augment(TABLE, rs.Bootstrap(by="churn"), seed=1).frame
    assert Counter(by["churn"].to_pylist()) == Counter(TABLE["churn"].to_pylist())
    blocks = rs.augment(walk(), rs.Bootstrap(block=8), seed=1)
    assert (np.diff(blocks.source)[np.arange(399) % 8 != 7] == 1).all()


def test_repair_makes_groups_alike_and_keeps_ranks():
    rng = np.random.default_rng(0)
    group = np.where(rng.random(2000) < 0.4, "a", "b")
    score = rng.normal(np.where(group == "a", 0, 5), 1)
    out = rs.augment(pa.table({"g": group, "s": score}), rs.Repair("g")).frame["s"].to_numpy()
    assert np.quantile(out[group == "a"], [0.1, 0.5, 0.9]) == pytest.approx(
        np.quantile(out[group == "b"], [0.1, 0.5, 0.9]), abs=0.02
    )
    assert (np.argsort(out[group == "a"]) == np.argsort(score[group == "a"])).all()


def test_tails_go_beyond_what_was_seen():
    x = np.random.default_rng(0).pareto(2, 3000).round(3)
    done = rs.augment(pa.table({"x": x}), rs.Tails("x", above=0.9, rows=3000), seed=1)
    made = done.frame["x"].to_numpy()[3000:]
    assert made.min() >= np.quantile(x, 0.9) - 1e-3
    assert np.median(made) == pytest.approx(np.median(x[x > np.quantile(x, 0.9)]), rel=0.15)


def test_series_are_changed_one_by_one():
    table = walk()
    for change in (
        rs.Permute(columns=("x",), entity=("who",), time="at"),
        rs.Warp(kind="time", entity=("who",), columns=("x",)),
    ):
        out = rs.augment(table, change, seed=1).frame
        assert out.drop_columns(["x"]).equals(table.drop_columns(["x"]))
        for who in ("s0", "s3"):
            before, after = (t.filter(pc.equal(t["who"], who))["x"].to_numpy() for t in (table, out))
            assert before.min() <= after.min()
            assert after.max() <= before.max()
            if isinstance(change, rs.Permute):
                assert sorted(before) == sorted(after)


def test_a_sieve_copies_nothing_and_keeps_the_correlation():
    rng = np.random.default_rng(0)
    shocks, x = rng.normal(0, 1, 1200), np.zeros(1200)
    for i in range(1, 1200):
        x[i] = 0.8 * x[i - 1] + shocks[i]
    season = 10 * np.sin(np.arange(1200) * 2 * np.pi / 24)
    table = pa.table({"x": x + season})
    out = rs.augment(table, rs.Remainder(period=24), seed=1).frame["x"].to_numpy()
    assert not set(out) & set(table["x"].to_pylist())
    assert np.corrcoef(out, season)[0, 1] > 0.9
    assert np.corrcoef(out[1:], out[:-1])[0, 1] == pytest.approx(
        np.corrcoef((x + season)[1:], (x + season)[:-1])[0, 1], abs=0.1
    )


def test_seasons_of_several_periods_stay():
    rng, hours = np.random.default_rng(0), np.arange(24 * 7 * 8)
    day, week = 10 * np.sin(hours * 2 * np.pi / 24), np.where(hours // 24 % 7 < 5, 4.0, -10.0)
    table = pa.table({"x": 100 + day + week + rng.normal(0, 3, len(hours))})

    def kept(period, pattern):
        out = rs.augment(table, rs.Remainder(period=period), seed=1).frame["x"].to_numpy()
        return (out - out.mean()) @ pattern / (pattern @ pattern)

    assert kept((168, 24), day) == pytest.approx(1, abs=0.1)
    assert kept((168, 24), week) == pytest.approx(1, abs=0.1)
    assert kept(24, week) < 0.9
    mixed = pa.table({"who": ["a"] * 400 + ["b"] * 60 + ["c"] * 20, "x": np.tile(table["x"].to_numpy(), 2)[:480]})
    out = rs.augment(mixed, rs.Remainder(period=(24, 168), entity=("who",)), seed=1).frame["x"].to_numpy()
    changed = out != mixed["x"].to_numpy()
    assert [changed[part].mean() for part in (slice(400), slice(400, 460), slice(460, 480))] == [1, 1, 0]


def test_faults_are_where_the_log_says():
    table = walk(2000)
    done = rs.augment(table, rs.SensorFault(share=0.2, entity=("who",), time="at"), seed=1, log=True)
    kinds = Counter(done.log["how"].to_pylist())
    assert set(kinds) == {"stuck", "drift", "spike", "bias"}
    assert 150 < sum(kinds.values()) < 650


def test_formulas_are_computed_again_one_after_the_other():
    rules = {"a": "a = b + 1", "c": "c = 2 * a", "d": "d >= 0", "e": "b < 100"}
    keeper = Keeper.of("t", rules, ["a", "b", "c", "d"], ())
    assert [f.column for f in keeper.formulas] == ["a", "c"]
    rows = pa.RecordBatch.from_pydict({"a": [0, 0], "b": [5, 6], "c": [0, None], "d": [1, 1]})
    assert keeper.computed(rows, ["b"]).to_pydict() == {"a": [6, 7], "b": [5, 6], "c": [12, None], "d": [1, 1]}
    assert keeper.computed(rows, ["d"]) is rows


def test_a_row_that_no_try_mends_keeps_its_values():
    table = pa.table({"a": [1.5, 2.5] * 30, "b": [1.5, 2.5] * 30})
    schema = rs.Schema(
        tables={"t": rs.Table(columns={n: rs.Column(kind="float") for n in "ab"}, rules={"same": "abs(a - b) < 1e-9"})}
    )
    done = rs.augment(table, rs.Noise(relative=0.5, columns=("a",), states=0.0), schema=schema, seed=1)
    assert done.frame.equals(table)
    assert done.steps[0].kept > 0
    assert "left as they were, for they would break a rule" in str(done)


def test_settings_come_as_people_write_them():
    assert change_of("noise", 0.1, "noise") == rs.Noise(relative=0.1)
    assert change_of("shift-dates", {"person": "p", "secret": 12345678}, "x") == rs.ShiftDates("p", secret="12345678")
    assert change_of("anonymise", {"quasi": "a, b", "k": 3}, "x") == rs.Anonymise(("a", "b"), k=3)
    assert (
        change_of("remainder", "24, 168", "x")
        == change_of("remainder", [24, 168], "x")
        == rs.Remainder(period=(24, 168))
    )
    with pytest.raises(rs.SpecError, match=r"x.period=.*expected a whole number or a list, each a whole number"):
        change_of("remainder", "24, day", "x")
    with pytest.raises(rs.SpecError, match="expected whole numbers of rows from 2, each once"):
        rs.Remainder(period=(24, 24))
    with pytest.raises(rs.SpecError, match=r"'nois' is not a known change; did you mean 'noise'"):
        change_of("nois", 1, "x")
    with pytest.raises(rs.SpecError, match=r"x.relativ: no such setting of Noise; did you mean 'relative'\?"):
        change_of("noise", {"relativ": 1}, "x")
    with pytest.raises(rs.SpecError, match="no change; expected one such as Noise"):
        rs.augment(TABLE, "noise")
    with pytest.raises(rs.SpecError, match="mark='age': the table has such a column"):
        rs.augment(TABLE, rs.Noise(), mark="age")
