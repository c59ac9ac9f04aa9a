"""Shadow models: who copies is found, who does not is not, and what cannot be trained is said."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.rng import Key
from rowsmith.engine.judge import evaluate
from rowsmith.evaluate._align import align
from rowsmith.evaluate._context import Shadows
from rowsmith.evaluate._judge import context_of
from rowsmith.evaluate.shadow import Shadow


def attacked(real, made, holdout, draw, n=8):
    tables = {"real": real, "synthetic": made, "holdout": holdout}
    context = replace(
        context_of(align(tables), None, Key(0), 1), rows=tables, shadows=Shadows(n, draw, "a learner of the test")
    )
    return Shadow().measure(context)


def noisy(table, seed):
    """A leak that no row shows exactly."""
    wealth = table["wealth"].to_numpy() + np.random.default_rng(seed).normal(0, 5, table.num_rows)
    return table.set_column(1, "wealth", pa.array(wealth))


def test_who_copies_is_found_and_who_does_not_is_not(make):
    real, holdout = make.people(900, 1), make.people(500, 2)

    def fresh(table, n, key):
        return make.people(n, int(key.generator().integers(10**6)))

    def leaky(table, n, key):
        return noisy(make.bootstrap(table, n, int(key.generator().integers(10**6))), 3)

    for draw in (fresh, leaky):
        found = attacked(real, make.people(900, 3), holdout, draw)
        assert found.level == "good"
        assert found.figures[0].low <= 0.5 <= found.figures[0].high
        assert found.figures[0].control > 0.65
        assert found.details["controls"]["copy"]["tpr"]["low"] > 0.1
        assert found.details["controls"]["fresh"]["auc"]["low"] <= 0.5
    found = attacked(real, noisy(make.bootstrap(real, 900), 4), holdout, leaky)
    assert found.level == "poor"
    assert "8 shadow models" in found.sentence
    assert "700 rows each, a learner of the test" in found.how


def test_the_models_learn_a_half_each_without_identifiers(make):
    seen = []

    def draw(table, n, key):
        seen.append((table.column_names, table.num_rows, n))
        return make.people(n, len(seen))

    real, made, holdout = (
        make.people(n, n).append_column("id", pa.array([f"u{n}-{i}" for i in range(n)])) for n in (300, 301, 200)
    )
    attacked(real, made, holdout, draw, n=4)
    assert seen == [(["age", "wealth", "job", "town", "rich", "joined"], 250, 250)] * 4


def test_what_cannot_be_trained_is_said(make):
    def broken(table, n, key):
        raise DataError("there is nothing to learn.")

    real, made, holdout = make.people(300, 1), make.people(300, 3), make.people(200, 2)
    found = attacked(real, made, holdout, broken)
    assert found.level == "not measured"
    assert "nothing to learn" in found.sentence
    assert not found.decisive
    assert "at least 4 shadow models" in attacked(real, made, holdout, broken, n=3).sentence
    assert "only 50 rows" in attacked(real, made, holdout.slice(0, 50), broken).sentence
    other = holdout.set_column(0, "age", pa.array(["old"] * 200))
    assert attacked(real, made, other, broken).level == "not measured"


def test_a_full_judgement_trains_them_and_tells_how_far_it_is(make):
    told = []
    report = evaluate(
        make.people(200, 1),
        make.people(200, 3),
        holdout=make.people(120, 2),
        full=True,
        shadow=4,
        progress=lambda what, done, total: told.append((what, done, total)),
    )
    assert ("shadow models", 4, 4) in told
    found = next(r for r in report.summary.measures if r.measure == "shadow")
    assert found.level in ("good", "not measured")
    assert "learner trees" in found.how
    with pytest.raises(SpecError, match="shadow=-1: expected a whole number of models"):
        evaluate(make.people(20, 1), make.people(20, 3), shadow=-1)
