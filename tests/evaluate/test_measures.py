"""Every measure on made tables: definitions by hand, floor and ceiling, leaks that must be found."""

import numpy as np
import pyarrow as pa
import pytest

from rowsmith.core.settings import settings_of
from rowsmith.evaluate._judge import judge
from rowsmith.evaluate._measure import ASPECTS, MEASURES, Figure, Measure, grade
from rowsmith.evaluate.copies import repeated, row_hashes

NAMES = ["c2st", "copies", "distance", "membership", "shapes", "trends", "utility"]


def values(summary):
    return {f"{r.measure}.{f.name}": f.value for r in summary.measures for f in r.figures}


def level(summary, measure):
    return next(r.level for r in summary.measures if r.measure == measure)


def test_the_registry_knows_them():
    assert [n for n in MEASURES.names() if n in NAMES] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_measure_describes_itself(name):
    kind = MEASURES.load(name)
    assert issubclass(kind, Measure)
    assert kind.aspect in ASPECTS
    assert "Source:" in (kind.__doc__ or "") or name == "copies"
    assert all(s.help for s in settings_of(kind).values())
    assert kind() == kind()


def test_shapes_by_hand():
    real = pa.table({"n": [1.0, 2.0, 3.0, None], "c": ["a", "a", "b", None]})
    made = pa.table({"n": [1.0, 2.0, None, None], "c": ["a", "b", "b", "b"]})
    found = judge(real, made)
    by_name = {c.name: c.error for c in found.columns}
    # Numbers: {1, 2, 3} against {1, 2} are 1/3 apart, the null shares 1/4. Levels: 1/4, 1/2 and 1/4 apart, halved.
    assert by_name["n"] == pytest.approx(1 / 3)
    assert by_name["c"] == pytest.approx(0.5)
    assert found.figure("shapes").value == pytest.approx(100 * (1 / 3 + 0.5) / 2)
    assert [c.name for c in found.columns] == ["c", "n"]


def test_copies_by_hand():
    real = pa.table({"a": [1, 2, 3, 3], "b": ["x", "y", "z", "z"]})
    made = pa.table({"a": [1.0, 2.0, 3.0, 9.0, -0.0], "b": ["x", "x", "z", "z", "q"]})
    figure = judge(real, made).figure("copies")
    assert figure.value == pytest.approx(2 / 5)
    assert figure.ceiling == pytest.approx(2 / 4)


def test_a_row_number_hides_no_copy(make):
    real = make.people(300, 1)
    numbered = real.append_column("id", pa.array(range(300)))
    made = make.bootstrap(real, 300).append_column("id", pa.array(range(1000, 1300)))
    assert judge(numbered, made).figure("copies").value == 1


def test_names_that_come_back_word_for_word_are_found(make):
    real, holdout, made = make.people(200, 1), make.people(200, 2), make.people(200, 3)
    for leaks in (False, True):
        tables = [
            t.append_column("mail", pa.array([f"{who}{i}@x.org" for i in range(200)]))
            for t, who in ((real, "r"), (holdout, "h"), (made, "r" if leaks else "m"))
        ]
        found = judge(tables[0], tables[2], holdout=tables[1])
        result = next(r for r in found.measures if r.measure == "copies")
        assert result.level == ("poor" if leaks else "good")
        assert result.details["verbatim"] == {"mail": float(leaks)}


def numbered(table, names):
    return table.append_column("key", pa.array(names))


@pytest.mark.parametrize("look", ["P{}", "INV-2024/{:05d}", "{:06d}", "2024-{:04d}", "EMP01-{}-x"])
def test_keys_that_count_may_come_back(make, look):
    real, holdout, made = make.people(200, 1), make.people(60, 2), make.people(240, 3)
    order = np.random.default_rng(0).permutation(260) + 1000
    names = [look.format(i) for i in order]
    tables = numbered(real, names[:200]), numbered(made, [look.format(1000 + i) for i in range(240)])
    found = judge(*tables, holdout=numbered(holdout, names[200:]))
    result = next(r for r in found.measures if r.measure == "copies")
    assert result.level == "good"
    assert result.details["verbatim"]["key"] > 0.7
    assert any("a counter" in note for note in found.notes)


@pytest.mark.parametrize(
    "name",
    [
        lambda rng, i: "4" + "".join(map(str, rng.integers(0, 10, 15))),
        lambda rng, i: f"{rng.integers(100, 999)}-{rng.integers(10, 99)}-{rng.integers(1000, 9999)}",
        lambda rng, i: f"078-05-{1000 + i}",
        lambda rng, i: f"+49 30 1234-{100 + i}",
        lambda rng, i: f"030-1234-{100 + i}",
        lambda rng, i: f"a{i}@x.org",
        lambda rng, i: f"https://x.org/u/{i}",
        lambda rng, i: f"DE{rng.integers(10, 99)}3704004405320{rng.integers(10**4, 10**5)}",
        lambda rng, i: f"{rng.choice(['Anna', 'Bob', 'Cleo', 'Dan', 'Eva'])}{i}",
    ],
    ids=["card", "ssn", "counted ssn", "phone", "plain phone", "mail", "page", "account", "names"],
)
def test_names_of_persons_may_not_come_back_even_if_they_count(make, name):
    rng = np.random.default_rng(0)
    names = [name(rng, i) for i in range(260)]
    tables = numbered(make.people(200, 1), names[:200]), numbered(make.people(200, 3), names[:200])
    found = judge(*tables, holdout=numbered(make.people(60, 2), names[200:]))
    assert level(found, "copies") == "poor"


def test_keys_of_few_digits_that_are_hit_by_chance_are_no_leak(make):
    rng = np.random.default_rng(0)
    real, made = make.people(500, 1), make.people(500, 3)
    keys = [[f"P{i}" for i in rng.choice(range(1000, 10_000), 500, replace=False)] for _ in range(2)]
    assert level(judge(numbered(real, keys[0]), numbered(made, keys[1])), "copies") == "good"
    assert level(judge(numbered(real, keys[0]), numbered(made, keys[0])), "copies") == "poor"


def test_keys_that_count_in_fives_are_no_leak_unless_only_learnt_ones_come_back(make):
    rng = np.random.default_rng(0)
    keys = [f"R{5 * i:05d}" for i in rng.permutation(600)]
    real, made, unseen = make.people(480, 1), make.people(600, 3), numbered(make.people(120, 2), keys[480:])
    counted = judge(numbered(real, keys[:480]), numbered(made, sorted(keys)), holdout=unseen)
    assert level(counted, "copies") == "good"
    copied = judge(numbered(real, keys[:480]), numbered(make.people(480, 3), keys[:480]), holdout=unseen)
    assert level(copied, "copies") == "poor"


def test_fidelity_lies_between_floor_and_ceiling(judged):
    found = judged["fresh"]
    for name in ("trends", "c2st"):
        figure = found.figure(name)
        assert figure.floor > 1.5 * figure.value
        assert figure.value - figure.ceiling < (0.06 if figure.unit == "AUC" else 2)
        assert level(found, name) == "good"
    assert found.figure("shapes").floor == 0
    assert level(found, "shapes") == "good"


def test_utility_lies_between_floor_and_ceiling(judged):
    figure = judged["fresh"].figure("utility")
    assert figure.unit == "AUC"
    assert figure.floor < 0.7 < figure.value
    assert figure.value == pytest.approx(figure.ceiling, abs=0.04)
    assert level(judged["shuffled"], "utility") == "poor"


def test_shuffled_columns_are_seen_through(judged):
    found = judged["shuffled"]
    assert found.figure("shapes").value == 0
    assert level(found, "trends") == "poor"
    assert level(found, "c2st") == "poor"
    assert found.figure("c2st").value > 0.9


def test_a_copy_is_caught_and_fresh_rows_are_not(judged):
    copy, fresh = judged["copy"], judged["fresh"]
    assert copy.figure("membership", "auc").value > 0.7
    assert copy.figure("membership", "tpr").value > 0.4
    assert copy.figure("distance").value > 0.65
    assert copy.figure("copies").value == 1
    assert {level(copy, n) for n in ("membership", "distance", "copies")} == {"poor"}
    assert fresh.figure("membership", "auc").value == pytest.approx(0.5, abs=0.06)
    assert fresh.figure("membership", "tpr").value < 0.17
    assert fresh.figure("distance").value == pytest.approx(0.5, abs=0.06)
    assert {level(fresh, n) for n in ("membership", "distance", "copies")} == {"good"}


def test_controls_show_that_the_attacks_have_power(judged):
    for name in ("membership", "distance"):
        figure = judged["fresh"].figure(name)
        assert figure.control > 0.65
        assert figure.ceiling == pytest.approx(0.5, abs=0.08)


def test_the_verdict_names_the_worst_hit_rows_not_only_the_mean(judged):
    for name in ("fresh", "copy"):
        privacy = next(v for v in judged[name].verdicts if v.aspect == "privacy")
        assert "of the training rows" in privacy.sentence
        assert "of those that stand apart" in privacy.sentence


def test_every_attack_shows_its_controls(judged):
    attacks = [r for r in judged["fresh"].measures if r.aspect == "privacy" and r.figures[0].control is not None]
    assert len(attacks) >= 7
    assert all("controls: copy" in r.how and "fresh rows" in r.how and len(r.how) <= 200 for r in attacks)


def test_regression_is_scored_by_r2(make):
    found = judge(make.people(600, 1), make.people(600, 3), holdout=make.people(300, 2), target="wealth")
    figure = found.figure("utility")
    assert figure.unit == "R²"
    assert figure.floor < 0.3 < 0.6 < figure.value
    assert figure.value == pytest.approx(figure.ceiling, abs=0.1)


def test_many_classes_are_scored_one_against_the_rest(make):
    found = judge(make.people(600, 1), make.people(600, 3), holdout=make.people(300, 2), target="job")
    assert found.figure("utility").value > 0.8


def test_a_class_that_was_lost_counts_as_a_coin_flip(make):
    real, holdout, made = make.people(600, 1), make.people(300, 2), make.people(600, 3)
    made = made.filter(pa.array([j != "judge" for j in made["job"].to_pylist()]))
    assert judge(real, made, holdout=holdout, target="job").figure("utility").value < 0.9


def test_without_a_holdout_privacy_is_not_measured_and_halves_set_the_ceiling(make):
    found = judge(make.people(400, 1), make.people(400, 3), target="rich")
    assert {n: level(found, n) for n in ("membership", "distance")} == dict.fromkeys(
        ("membership", "distance"), "not measured"
    )
    assert found.figure("c2st").ceiling == pytest.approx(0.5, abs=0.12)
    assert found.figure("trends").ceiling > 0
    assert any("flatters" in n for n in found.notes)
    privacy = next(v for v in found.verdicts if v.aspect == "privacy")
    assert privacy.level == "not measured"


def test_a_holdout_that_was_learnt_is_doubted_loudly(make):
    real = make.people(400, 1)
    found = judge(real, make.people(400, 3), holdout=real.slice(0, 200))
    assert found.notes[0].startswith("WARNING")
    privacy = next(v for v in found.verdicts if v.aspect == "privacy")
    assert privacy.level == "not measured"
    assert "must be unseen" in privacy.sentence


def test_equal_rows_have_equal_hashes_and_others_have_not(make):
    from rowsmith.evaluate._align import align

    real = make.people(500, 1)
    found = align({"real": real, "synthetic": make.bootstrap(real, 500)})
    a, b = (row_hashes(found.features, found.tables[t]) for t in ("real", "synthetic"))
    assert np.isin(b, a).all()
    assert repeated(a) == 0


def test_a_grade_is_poor_half_way_to_the_floor():
    assert [grade(x, 0.05, 0.2) for x in (-1.0, 0.05, 0.2, 0.3)] == ["good", "good", "fair", "poor"]
    assert grade(0.15, 0.05, 0.2, 0.25) == "poor"
    assert grade(0.15, 0.05, 0.2, 0.09) == "fair"


def test_no_figure_is_without_a_number_or_a_reason():
    with pytest.raises(AssertionError, match="not a result"):
        Figure(name="x", label="x", value=float("nan"), unit="%", better="lower", ideal=0.0)
    with pytest.raises(AssertionError, match="reason"):
        Figure(name="x", label="x", value=None, unit="%", better="lower", ideal=0.0)


@pytest.mark.parametrize("workers", [1, 2])
def test_the_same_tables_and_seed_give_the_same_summary(make, judged, workers):
    real, holdout = make.people(1200, 1), make.people(600, 2)
    again = judge(real, make.people(1200, 3), holdout=holdout, target="rich", workers=workers)
    assert again.to_json() == judged["fresh"].to_json()


def test_another_seed_gives_other_samples(make):
    tables = make.people(200, 1), make.people(200, 3)
    kept = {"holdout": make.people(200, 2)}
    assert values(judge(*tables, seed=1, **kept)) != values(judge(*tables, seed=2, **kept))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_fresh_rows_look_unlearnt_over_seeds(make, seed):
    real, holdout, made = (make.people(4000, 10 * seed + i) for i in range(3))
    found = judge(real, made, holdout=holdout, target="rich")
    assert found.figure("membership", "auc").value == pytest.approx(0.5, abs=0.03)
    assert found.figure("membership", "tpr").value == pytest.approx(0.1, abs=0.03)
    assert found.figure("distance").value == pytest.approx(0.5, abs=0.03)
    assert found.figure("c2st").value == pytest.approx(0.5, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_few_copied_rows_show_at_few_false_alarms(make, seed):
    real, holdout, made = (make.people(2000, 10 * seed + i) for i in range(3))
    leaky = pa.concat_tables([made.slice(0, 1600), real.slice(0, 400)])
    found = judge(real, leaky, holdout=holdout)
    assert found.figure("membership", "tpr").value > 0.2
    assert found.figure("copies").value == pytest.approx(0.2, abs=0.01)
