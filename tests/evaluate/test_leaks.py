"""Planted leaks: each is found by the attack that is meant for it, and fresh rows by none."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from rowsmith.core.rng import Key
from rowsmith.evaluate._align import align
from rowsmith.evaluate._judge import context_of
from rowsmith.evaluate._measure import MEASURES

ATTACKS = [
    "membership",
    "worst_group",
    "attribute_inference",
    "singling_out",
    "linkability",
    "copies",
    "near_copies",
    "verbatim",
]
CHANCE = {"auc": 0.5, "tpr": 0.1, "tpr1": 0.01, "apart": 0.1, "apart1": 0.01}
N, HELD = 6000, 2000


def measured(name, real, made, holdout, seed=0, target=None):
    tables = {"real": real, "synthetic": made} | ({} if holdout is None else {"holdout": holdout})
    return MEASURES.load(name)().measure(context_of(align(tables), target, Key(seed), 1))


@pytest.fixture(scope="module")
def tables(make):
    """Learnt rows, unseen rows, and a twin that owes nothing to either."""
    return tuple(measurements(make.people(n, s), s) for s, n in enumerate((N, HELD, N)))


def measurements(table, seed):
    """With four numbers of every person."""
    drawn = np.random.default_rng(seed).normal(size=(4, table.num_rows))
    for i, column in enumerate(drawn):
        table = table.append_column(f"m{i}", pa.array(column.round(3)))
    return table


def planted(made, rows):
    """The twin, some of its rows replaced."""
    return pa.concat_tables([made.slice(rows.num_rows), rows.cast(made.schema)])


def jittered(table, scale, seed=0, but=()):
    """A little noise on every number."""
    rng = np.random.default_rng(seed)
    for i, name in enumerate(table.column_names):
        kind = table.schema.field(i).type
        if name not in but and (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
            x = table[name].to_numpy().astype(float)
            x = x + rng.normal(0, scale * x.std(), len(x))
            table = table.set_column(i, name, pa.array(np.rint(x) if pa.types.is_integer(kind) else x, kind))
    return table


def some(table, n, seed=0):
    return table.take(pa.array(np.random.default_rng(seed).choice(table.num_rows, n, replace=False)))


@pytest.mark.parametrize("name", ATTACKS)
def test_fresh_rows_are_no_leak_and_the_controls_show_power(tables, name):
    real, holdout, made = tables
    found = measured(name, real, made, holdout)
    assert found.level == "good"
    for figure in found.figures:
        if figure.control is not None:
            assert figure.control > figure.ideal + 0.05
            assert figure.low <= figure.ideal <= figure.high or figure.value < figure.ideal


@pytest.mark.parametrize("name", [n for n in ATTACKS if n != "verbatim"])
def test_a_copy_of_the_training_rows_is_poor_for_every_attack(tables, make, name):
    real, holdout, _ = tables
    assert measured(name, real, make.bootstrap(real, N), holdout).level == "poor"


def test_controls_of_the_membership_attack(tables):
    real, holdout, made = tables
    controls = measured("membership", real, made, holdout).details["controls"]
    assert controls["copy"]["tpr1"]["value"] > 10 * CHANCE["tpr1"]
    for name, found in controls["fresh"].items():
        assert found["low"] <= CHANCE[name] <= found["high"]


def test_a_hundredth_of_the_rows_copied(tables):
    real, holdout, made = tables
    found = measured("copies", real, planted(made, some(real, N // 100)), holdout)
    assert found.level == "poor"
    assert "unlike any other 1 % come back" in found.sentence


def test_a_hundredth_of_the_rows_copied_with_noise(tables):
    real, holdout, made = tables
    leaky = planted(made, jittered(some(real, N // 100), 0.01))
    assert measured("copies", real, leaky, holdout).level == "good"
    assert measured("near_copies", real, leaky, holdout).level in ("fair", "poor")


def test_one_copied_outlier(tables):
    real, holdout, made = tables
    wealth = real["wealth"].to_numpy()
    real = real.set_column(1, "wealth", pa.array(np.where(np.arange(N) == 17, wealth.max() + 4000, wealth)))
    assert measured("copies", real, planted(made, real.slice(18, 1)), holdout).level == "good"
    found = measured("copies", real, planted(made, real.slice(17, 1)), holdout)
    assert found.level == "fair"
    assert "1 training row that stands apart from all others comes back exactly" in found.sentence
    assert measured("copies", real, planted(made, real.slice(17, 1)), None).level == "fair"


def notes(n, seed, who):
    """Texts of common words; each ends in what concerns one person alone."""
    rng = np.random.default_rng(seed)
    words = list("abcdefghijklmnopqrst")
    return [" ".join(rng.choice(words, 9)) + f" because {who}{i} said so yesterday evening" for i in range(n)]


@pytest.mark.parametrize("how", ["whole", "part", "none"])
def test_a_memorised_free_text(make, how):
    real, holdout, made = (make.people(1500, s) for s in (1, 2, 3))
    texts = [notes(1500, s, who) for s, who in ((1, "anna"), (2, "bert"), (3, "cleo"))]
    for i in range(15):
        learnt = texts[0][i]
        texts[2][i] = {"whole": learnt, "part": "then " + " ".join(learnt.split()[-8:]), "none": texts[2][i]}[how]
    real, holdout, made = (
        t.append_column("note", pa.array(x)) for t, x in zip((real, holdout, made), texts, strict=True)
    )
    found = measured("verbatim", real, made, holdout)
    assert found.level == ("good" if how == "none" else "poor")
    assert how == "none" or "'note'" in found.sentence
    assert "anna" not in str(found)


def test_rare_levels_that_come_back(make):
    real, holdout, made = (make.people(1500, s) for s in (1, 2, 3))

    def ill(table, rare):
        levels = np.where(np.arange(table.num_rows) < 3, rare, "flu")
        return table.append_column("illness", pa.array(levels))

    found = measured("verbatim", ill(real, "kuru"), ill(made, "kuru"), ill(holdout, "flu"))
    assert found.level == "fair"
    assert "'illness'" in found.sentence
    assert "kuru" not in str(found)
    assert measured("verbatim", ill(real, "kuru"), ill(made, "flu"), ill(holdout, "flu")).level == "good"
    # Where strangers have it too, it is no secret of these few.
    assert measured("verbatim", ill(real, "kuru"), ill(made, "kuru"), ill(holdout, "kuru")).level == "good"


def test_rare_levels_of_a_vocabulary_that_all_know(make):
    """Towns of which most have few people: those of training rows come back, and those of strangers as often."""

    def town(seed):
        table = make.people(3000, seed)
        drawn = np.minimum(np.random.default_rng(seed).zipf(1.4, 3000), 3000)
        return table.append_column("place", pa.array([f"Place {k}" for k in drawn]))

    found = measured("verbatim", town(1), town(3), town(2))
    assert next(f for f in found.figures if f.name == "rare").value > 10
    assert found.level == "good", found.sentence
    own = found.figures[0]
    assert own.control > 0.2 > own.ceiling
    assert "controls: copy" in found.how


def test_numbers_that_are_taken_over_one_by_one(tables, make):
    real, holdout, _ = tables
    leaky = make.shuffled(real)  # no row is real, every value is
    found = measured("verbatim", real, leaky, holdout)
    assert found.level == "fair"
    assert "'wealth'" in found.sentence


def test_a_target_that_leaks(tables):
    """A secret that nothing predicts, told by rows that are otherwise not those of the learnt people."""
    real, holdout, made = (
        t.append_column("secret", pa.array(np.random.default_rng(s).choice(list("abcdefgh"), t.num_rows)))
        for s, t in enumerate(tables)
    )
    leaky = jittered(real, 0.02)
    found = measured("attribute_inference", real, leaky, holdout, target="secret")
    assert found.level == "poor"
    gained = {s["column"]: s["advantage"]["low"] for s in found.details["secrets"]}
    assert gained["secret"] > 0.2
    assert measured("attribute_inference", real, made, holdout, target="secret").level == "good"


def test_a_minority_that_is_remembered(tables):
    real, holdout, made = (
        t.append_column("group", pa.array(np.where(np.random.default_rng(s).random(t.num_rows) < 0.04, "few", "many")))
        for s, t in enumerate(tables)
    )
    few = real.filter(pc.equal(real["group"], "few"))
    leaky = planted(made.filter(pc.equal(made["group"], "many")), few)
    found = measured("worst_group", real, leaky, holdout)
    assert found.level == "poor"
    assert "group = few" in found.sentence
    assert found.details["groups"][0]["level"] == "few"
    assert measured("worst_group", real, made, holdout).level == "good"


def test_outliers_that_are_remembered_are_named(tables):
    real, holdout, made = tables
    far = sum(real[f"m{i}"].to_numpy() ** 2 for i in range(4))
    found = measured("membership", real, planted(made, real.filter(pa.array(far > np.quantile(far, 0.95)))), holdout)
    figures = {f.name: f for f in found.figures}
    assert figures["apart"].value > 2 * figures["tpr"].value
    assert found.level in ("fair", "poor")
    assert "of those that stand apart" in found.sentence


@pytest.mark.parametrize("name", ATTACKS)
def test_a_small_holdout_is_not_called_poor_for_its_noise(make, name):
    for seed in range(4):
        real, holdout, made = (make.people(n, 100 + 3 * seed + i) for i, n in enumerate((1200, 300, 1200)))
        assert measured(name, real, made, holdout, seed).level != "poor"


@pytest.mark.slow
@pytest.mark.parametrize("name", ATTACKS)
def test_fresh_rows_are_hardly_ever_called_worse_than_good(make, name):
    levels = []
    for seed in range(30):
        real, holdout, made = (make.people(n, 1000 + 3 * seed + i) for i, n in enumerate((1200, 300, 1200)))
        levels.append(measured(name, real, made, holdout, seed).level)
    assert "poor" not in levels
    assert levels.count("fair") <= 2


def test_rows_too_much_alike_are_no_reassurance():
    rng = np.random.default_rng(0)
    flags = [pa.table({"a": rng.integers(0, 2, n), "b": rng.integers(0, 2, n)}) for n in (400, 200, 400)]
    for name in ("membership", "attribute_inference", "singling_out", "linkability", "near_copies"):
        found = measured(name, flags[0], flags[2], flags[1])
        assert found.level == "not measured"
        assert "too much alike" in found.sentence or "rows repeat" in found.sentence
    assert measured("copies", flags[0], flags[2], flags[1]).level == "not measured"


def rooms(n, seed):
    """Names, and a year: many have the same."""
    rng = np.random.default_rng(seed)
    return pa.table({"who": [f"p{seed} q{i} r{i % 7}" for i in range(n)], "since": rng.integers(1980, 2020, n)})


@pytest.mark.parametrize("known", [True, False])
def test_where_values_repeat_by_nature_a_copy_cannot_be_told(known):
    real, made = rooms(80, 0), rooms(80, 1)
    made = made.set_column(1, "since", pa.array(np.random.default_rng(2).choice(real["since"].to_numpy(), 80)))
    names = ["who", "since"] if known else ["since"]
    found = measured("copies", real.select(names), made.select(names), None)
    assert found.level == "not measured"
    assert "column 'since' alone is compared" in found.sentence
    assert ("No value that names a real row comes back" in found.sentence) == known
    assert found.figures[0].value == 1


def test_names_that_come_back_are_told_where_all_else_repeats():
    found = measured("copies", rooms(80, 0), rooms(80, 0), None)
    assert found.level == "poor"
    assert "'who'" in found.sentence


@pytest.mark.parametrize("held", [True, False])
def test_copies_of_a_column_whose_values_do_not_repeat_are_told(held):
    pays = [pa.table({"pay": np.round(np.random.default_rng(s).gamma(9, 300, 300), 2)}) for s in range(3)]
    real, fresh, holdout = pays
    assert measured("copies", real, fresh, holdout if held else None).level == "good"
    assert measured("copies", real, real, holdout if held else None).level == "poor"


def test_smoke_tests_are_labelled_and_decide_nothing(tables):
    real, holdout, made = tables
    found = measured("distance", real, made, holdout)
    assert "smoke test" in found.title.lower()
    assert "no proof" in found.sentence
    assert not found.decisive
