"""Each measure of fidelity sees what it is for, and nothing where there is nothing."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from scipy.stats import wasserstein_distance

from rowsmith.core.rng import Key
from rowsmith.evaluate._align import align
from rowsmith.evaluate._judge import context_of, judge
from rowsmith.evaluate._measure import MEASURES

JOINT = ["trends", "mutual_information", "marginals", "joint_ecdf", "mmd", "c2st", "nulls"]
MARGINAL = ["shapes", "wasserstein", "inverse_kl", "coverage", "boundaries", "formats", "c2st_linear", "propensity"]


def take(name, real, synthetic, holdout=None, rules=None):
    """The result of one measure."""
    from dataclasses import replace

    tables = {"real": real, "synthetic": synthetic} | ({} if holdout is None else {"holdout": holdout})
    context = replace(context_of(align(tables), None, Key(0), 1), rows=tables, rules=rules or {})
    return MEASURES.load(name)().measure(context)


def value(name, real, synthetic, holdout=None):
    return take(name, real, synthetic, holdout).figures[0].value


@pytest.mark.parametrize("name", [*JOINT, *MARGINAL, "alpha_precision"])
def test_fresh_rows_are_good(judged, name):
    result = next(r for r in judged["fresh"].measures if r.measure == name)
    assert result.level == "good", result.sentence


@pytest.mark.parametrize("name", JOINT[:-1])
def test_lost_relations_are_seen_by_what_looks_at_whole_rows(judged, name):
    result = next(r for r in judged["shuffled"].measures if r.measure == name)
    assert result.level == "poor", result.sentence
    figure = result.figures[0]
    assert abs(figure.value - figure.floor) < 0.5 * abs(figure.floor - figure.ceiling)


@pytest.mark.parametrize("name", MARGINAL)
def test_lost_relations_are_not_seen_by_what_looks_at_single_columns(judged, name):
    result = next(r for r in judged["shuffled"].measures if r.measure == name)
    assert result.level == "good", result.sentence


def test_wasserstein_is_that_of_scipy():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=300), 2 * rng.normal(size=200) + 1
    found = value("wasserstein", pa.table({"x": a}), pa.table({"x": b}))
    assert found == pytest.approx(wasserstein_distance(a, b) / a.std(), rel=1e-9)


def test_a_missing_part_lowers_the_inverse_divergence():
    real = pa.table({"x": ["a", "b", "c"] * 200})
    assert value("inverse_kl", real, real, real) == 1
    assert value("inverse_kl", real, pa.table({"x": ["a", "b"] * 300})) < 0.6


def test_mutual_information_sees_a_parabola_that_correlation_does_not():
    rng = np.random.default_rng(0)
    x = rng.normal(size=3000)
    real = pa.table({"x": x, "y": x**2})
    made = pa.table({"x": x, "y": rng.permutation(x**2)})
    assert value("mutual_information", real, made) > 30
    assert value("trends", real, made) < 6


def test_authenticity_falls_for_copies_and_recall_for_what_is_left_out(make):
    real, holdout = make.people(600, 1), make.people(500, 2)
    copied = take("alpha_precision", real, make.bootstrap(real, 450), holdout)
    found = {f.name: f for f in copied.figures}
    assert found["authenticity"].value < 0.1
    assert found["authenticity"].ceiling > 0.4
    narrow = make.people(1500, 3).filter(pc.less(make.people(1500, 3)["age"], 40))
    found = {f.name: f for f in take("alpha_precision", real, narrow, holdout).figures}
    assert found["recall"].value < found["recall"].ceiling - 0.1
    assert found["precision"].value < found["precision"].ceiling - 0.03


def test_weak_tests_say_that_they_are_weak(judged):
    result = next(r for r in judged["shuffled"].measures if r.measure == "c2st_linear")
    assert "weak" in result.title
    assert "little" in result.sentence
    assert not result.decisive


def test_the_propensity_error_of_other_rows_is_two_and_of_the_same_rows_one(make):
    ratios = [value("propensity", make.people(400, seed), make.people(400, seed + 100)) for seed in range(12)]
    assert np.mean(ratios) == pytest.approx(2, abs=0.4)
    real = make.people(800, 1)
    ratios = [value("propensity", real, make.bootstrap(real, 800, seed), make.people(800, 2)) for seed in range(12)]
    assert np.mean(ratios) == pytest.approx(1, abs=0.3)
    real = make.people(400, 1)
    shifted = real.set_column(0, "age", pc.add(real["age"], 5))
    assert value("propensity", real, shifted) > 5


def levels(counts, seed=0):
    names = np.repeat(list(counts), list(counts.values()))
    return pa.table({"x": np.random.default_rng(seed).permutation(names), "y": np.arange(len(names)) % 7})


def test_a_learner_that_keeps_to_what_is_frequent_is_seen():
    real = levels({"a": 500, "b": 440, "c": 20, "d": 20, "e": 20})
    assert take("coverage", real, levels({"a": 500, "b": 440, "c": 60}), real).level == "poor"
    assert take("coverage", real, real, real).figures[0].value == 1


def test_tails_that_are_cut_are_seen():
    rng = np.random.default_rng(0)
    x = rng.normal(size=2000)
    real, holdout = pa.table({"x": x}), pa.table({"x": rng.normal(size=1000)})
    cut = pa.table({"x": np.clip(rng.normal(size=2000), -2, 2)})
    assert take("coverage", real, cut, holdout).level == "poor"
    assert take("coverage", real, pa.table({"x": rng.normal(size=2000)}), holdout).level == "good"


def test_values_that_cannot_be_are_out_of_bounds():
    real = pa.table({"x": np.arange(200.0), "y": ["a", "b"] * 100})
    made = pa.table({"x": np.append(np.arange(180.0), [-1.0] * 20), "y": ["a", "c"] * 100})
    result = take("boundaries", real, made)
    assert result.figures[0].value == pytest.approx((0.1 + 0.5) / 2)
    assert "'y'" in result.sentence
    assert value("boundaries", real, real) == 0


def test_hours_and_weekdays_count_even_if_the_shape_is_right():
    rng = np.random.default_rng(0)
    days = 19_002 + rng.integers(0, 100, (3, 3000)) * 7 + rng.integers(0, 5, (3, 3000))
    seconds = days * 86_400 + rng.integers(8 * 3600, 18 * 3600, (3, 3000))
    real, fresh, unseen = (pa.table({"x": pa.array(s).cast(pa.timestamp("s"))}) for s in seconds)
    anytime = pa.table({"x": pa.array(rng.integers(seconds[0].min(), seconds[0].max(), 3000)).cast(pa.timestamp("s"))})
    result = take("calendar", real, anytime, unseen)
    assert result.level == "poor"
    assert result.figures[0].value == pytest.approx(100 * 14 / 24, abs=3)
    assert "'x' by hour" in result.sentence
    assert take("shapes", real, anytime, unseen).level == "good"
    assert take("calendar", real, fresh, unseen).level == "good"
    assert value("calendar", real, real) == 0
    workdays, others = (pa.table({"x": pa.array(days[0].astype(np.int32) + more).cast(pa.date32())}) for more in (0, 2))
    assert "'x' by weekday" in take("calendar", workdays, others).sentence
    nothing = take("calendar", pa.table({"x": [1]}), pa.table({"x": [2]}))
    assert (nothing.level, nothing.decisive) == ("not measured", False)


def test_nulls_that_go_together_must_go_together():
    rng = np.random.default_rng(0)
    gone = rng.random(2000) < 0.3
    column = np.where(gone, None, 1.0)
    real = pa.table({"x": pa.array(column), "y": pa.array(column)})
    apart = pa.table({"x": pa.array(column), "y": pa.array(rng.permutation(column))})
    result = take("nulls", real, apart)
    assert result.level == "poor"
    assert result.figures[0].value == pytest.approx(2 * 0.3 * 0.7, abs=0.03)
    assert take("nulls", real, real, real).figures[0].value == 0
    assert take("nulls", pa.table({"x": [1]}), pa.table({"x": [2]})).level == "not measured"


@pytest.mark.parametrize(
    ("real", "made", "share"),
    [
        (["AB-1", "CD-2"], ["EF-3", "XX-9"], 0),
        (["AB-1", "CD-2"], ["ef-3", "XX-9"], 0.5),
        (["1,50", "2,75"], ["1.50", "2,00"], 0.5),
        ([1.25, 2.5], [3.75, 1.125], 0.5),
        ([1.0, 2.0], [3.0, 4.0], 0),
        ([0.1 + 0.2, 0.7], [0.123456, 0.4], 0.5),
    ],
)
def test_forms_that_no_real_value_has(real, made, share):
    tables = (pa.table({"x": some * 60}) for some in (real, made))
    assert value("formats", *tables) == pytest.approx(share)


def test_columns_that_only_name_rows_have_a_form_too():
    real = pa.table({"x": [f"C-{i:05d}" for i in range(200)]})
    good, bad = (pa.table({"x": [form.format(i) for i in range(900, 1100)]}) for form in ("C-{:05d}", "c{:d}"))
    assert value("formats", real, good) == 0
    assert value("formats", real, bad) == 1


def test_rules_of_the_schema_are_looked_at_in_every_row():
    real = pa.table({"a": [1, 2, 3, 4] * 50, "b": [2, 3, 4, 5] * 50})
    made = pa.table({"a": [1, 2, 3, 9] * 50, "b": [2, 3, 4, 5] * 50})
    result = take("rules", real, made, rules={"order": "a <= b", "small": "a < 100"})
    assert result.figures[0].value == 0.25
    assert result.level == "poor"
    assert "'order'" in result.sentence
    assert [row[:3] for row in result.details["table"]["rows"]] == [["order", "25 %", "0 %"], ["small", "0 %", "0 %"]]
    assert take("rules", real, real, rules={"order": "a <= b"}).level == "good"


def test_rules_take_no_part_where_there_are_none(judged):
    result = next(r for r in judged["fresh"].measures if r.measure == "rules")
    assert (result.level, result.decisive) == ("not measured", False)
    assert judged["fresh"].verdicts[0].level == "good"


def test_what_there_is_nothing_of_does_not_hold_the_praise_back():
    table = pa.table({"x": [1.5, 2.5, 3.5] * 40, "y": ["a", "b", "c"] * 40})
    result = take("coverage", table, table)
    assert (result.level, result.decisive) == ("not measured", False)
    assert judge(table, table).verdicts[0].sentence.startswith("Columns, pairs of columns and whole rows")


def test_a_difference_inside_the_noise_is_called_that(judged):
    figures = [f for r in judged["fresh"].measures for f in r.figures if f.noise is not None]
    assert len(figures) > 10
    for figure in figures:
        inside = abs(figure.value - figure.ceiling) <= figure.noise
        assert ("inside the noise" in figure.words) == inside
        assert figure.low <= figure.value <= figure.high


def test_a_full_judgement_says_so_and_runs_all(make):
    quick, full = (judge(make.people(200, 1), make.people(200, 3), full=f) for f in (False, True))
    assert (quick.settings["full"], full.settings["full"]) == (False, True)
    assert {r.measure for r in full.measures} == set(MEASURES.names())
    assert {r.measure for r in quick.measures} <= set(MEASURES.names())


def test_made_up_addresses_are_addresses_whatever_their_host():
    real = pa.table({"mail": [f"a.maier{i}@mail.example" for i in range(200)]})
    made = pa.table({"mail": [f"hati.sowa{i}@example.org" for i in range(200)]})
    assert value("formats", real, made) == 0
    assert value("formats", real, pa.table({"mail": [f"hati sowa {i}" for i in range(200)]})) == 1
