from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rowsmith as rs


def classes(counts, seed=0):
    """Rows of classes with so many rows each; the classes lie apart."""
    rng = np.random.default_rng(seed)
    labels = [name for name, n in counts.items() for _ in range(n)]
    place = np.array([10 * list(counts).index(name) for name in labels])
    return pa.table(
        {
            "y": pa.array(labels, pa.string()),
            "a": (place + rng.normal(0, 1, len(labels))).round(2),
            "b": pa.array(
                [None if u < 0.1 else int(p) for p, u in zip(place, rng.random(len(labels)), strict=True)], pa.int16()
            ),
            "c": rng.choice(["u", "v"], len(labels)),
        }
    )


MAKERS = [
    rs.Balance("y"),
    rs.Balance("y", method="random"),
    rs.Smote("y"),
    rs.Smote("y", kind="borderline"),
    rs.Smote("y", kind="adasyn"),
    rs.Smote("y", kind="kmeans"),
    rs.Oversample("y"),
]


@pytest.mark.parametrize("change", MAKERS, ids=repr)
@given(st.dictionaries(st.sampled_from("pqrst"), st.integers(1, 40), min_size=1, max_size=4), st.integers(0, 5))
@settings(max_examples=8, deadline=None)
def test_counts_are_exact_for_any_classes(change, counts, seed):
    table = classes(counts)
    done = rs.augment(table, change, seed=seed)
    assert set(Counter(done.frame["y"].to_pylist()).values()) == {max(counts.values())}
    assert done.frame.slice(0, table.num_rows).equals(table)
    assert done.frame.schema == table.schema


@pytest.mark.parametrize("change", MAKERS[2:6], ids=repr)
def test_made_rows_lie_between_rows_of_their_class(change):
    table = classes({"often": 80, "rare": 9})
    made = rs.augment(table, change, seed=1).frame.slice(89)
    real = table.filter(pa.compute.equal(table["y"], "rare"))
    assert set(made["y"].to_pylist()) == {"rare"}
    ends = pa.compute.min_max(real["a"]).as_py()
    assert ends["min"] <= min(made["a"].to_pylist()) <= max(made["a"].to_pylist()) <= ends["max"]
    assert set(made["b"].to_pylist()) <= {None, 10}
    assert len(set(made["a"].to_pylist()) - set(real["a"].to_pylist())) > 30


def test_learned_rows_are_of_the_wanted_classes():
    table = classes({"often": 150, "rare": 12, "once": 1})
    done = rs.augment(table, rs.Balance("y", method="learned", to={"rare": 100, "once": 20}), seed=1)
    assert Counter(done.frame["y"].to_pylist()) == {"often": 150, "rare": 100, "once": 20}
    made = done.frame.filter(pa.array(done.made))
    rare = made.filter(pa.compute.equal(made["y"], "rare"))["a"].to_numpy()
    assert abs(np.median(rare) - 10) < 2
    assert (done.source[done.made] == -1).all()


def test_undersampling_keeps_order_and_rows():
    table = classes({"often": 40, "rare": 7}).append_column("n", pa.array(range(47)))
    numbers = rs.augment(table, rs.Undersample("y"), seed=1).frame["n"].to_pylist()
    assert numbers == sorted(numbers)
    assert len(numbers) == 14


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (rs.Smote("why"), r"target='why': the table has no such column; did you mean 'y'\?|target='why'"),
        (rs.Smote("y", to=5), "10 wanted|expected at least 10"),
        (rs.Smote("y", to={"rarely": 5}), r"to.rarely: y has no class 'rarely'; did you mean 'rare'\?"),
        (rs.Smote("y", to={"rare": 1}), "1 rows of y='rare' are wanted, which has 3.*expected at least 3"),
        (rs.Smote("y", to=1.5), r"to=1.5: expected a whole number of rows, or a share"),
        (rs.Smote("y", to=-4), "to=-4: expected a whole number of rows from 0"),
        (rs.Smote("a"), "target='a': is double; expected a column of classes: .*y"),
        (rs.Undersample("y", to=12), "12 rows of y='rare' are wanted, which has 3.*expected at most 3"),
    ],
    ids=repr,
)
def test_what_cannot_be_is_refused_with_what_can(change, message):
    with pytest.raises(rs.SpecError, match=message):
        rs.augment(classes({"often": 10, "rare": 3}), change)


def test_many_classes_are_no_classes():
    table = pa.table({"y": [f"w{i}" for i in range(300)], "a": range(300)})
    with pytest.raises(rs.SpecError, match="300 distinct values; expected a column of at most 100 classes"):
        rs.augment(table, rs.Smote("y"))


def test_proof_sees_a_gain_where_there_is_one():
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, 600)
    table = pa.table({"x": x, "z": rng.normal(0, 1, 600), "y": np.where(x + rng.normal(0, 0.3, 600) > 0, "p", "n")})
    worse = rs.prove(table, rs.Flip(columns=("y",), rate=0.45), target="y", seed=1)
    auc = worse.gains[0]
    assert auc.score == "AUC"
    assert auc.without > 0.9
    assert auc.high < 0
    assert "a loss" in str(worse)
    same = rs.prove(table, rs.Noise(relative=1e-6, columns=("z",)), target="y", seed=1, repeats=1)
    assert same.gains[0].gain == pytest.approx(0, abs=0.02)
    assert same.splits == 5
