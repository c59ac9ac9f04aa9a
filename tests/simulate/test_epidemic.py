"""Final size against theory, and what holds of every epidemic."""

import numpy as np
import pyarrow.compute as pc
import pytest
from scipy.optimize import brentq
from tests.simulate._facts import check_few, check_many, near

from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.engine.simulate import simulate
from rowsmith.simulate.epidemic import Epidemic

BARE = {"persons": 20_000, "household": 1.0, "contacts": 8.0, "days": 300, "seeds": 40, "screening": 0.0}


def facts(seed):
    out = {}
    for chance in (0.04, 0.08):
        world = Epidemic(**BARE, chance=chance)
        share = list(world.run(Key(seed)))[-1]["runs"]["share"][0]
        reach = world.contacts * world.transmissibility
        begun = world.seeds / world.persons
        # those who are infected at first are so for sure, the others by one of the contacts that are ever infected
        theory = brentq(lambda s, reach=reach, begun=begun: s - 1 + (1 - begun) * np.exp(-reach * s), 1e-3, 1)
        out[f"final size at {chance}"] = abs(share - theory) < 0.03
    below = Epidemic(**BARE, chance=0.02)
    assert below.contacts * below.transmissibility < 1
    out["it dies out below the threshold"] = list(below.run(Key(seed)))[-1]["runs"]["share"][0] < 0.05
    made = simulate("epidemic", set={"persons": 4000, "days": 150, "seeds": 10}, seed=seed)
    tests = made["tests"]
    ill, positive = tests["infectious"].to_numpy(), pc.equal(tests["result"].cast("string"), "positive").to_numpy()
    out["sensitivity"] = near(positive[ill].mean(), 0.85, ill.sum())
    out["specificity"] = near(1 - positive[~ill].mean(), 0.995, (~ill).sum())
    new = made["days"]["new_infections"].to_numpy()
    peak = int(np.argmax(np.convolve(new, np.ones(7), "same")))
    out["it grows and falls"] = 10 < peak < 140 and new[-5:].sum() < new[peak - 2 : peak + 3].sum() / 4
    return out


def test_facts_hold():
    check_few(facts)


@pytest.mark.slow
def test_facts_hold_with_many_seeds():
    check_many(facts)


@pytest.fixture(scope="module")
def made():
    return simulate("epidemic", set={"persons": 1500, "days": 100, "immune": 0.1}, seed=2)


def test_who_infects_is_infectious_on_that_day_and_a_contact(made):
    infections, contacts = made["infections"].to_pylist(), made["contacts"].to_pylist()
    by = {row["person_id"]: row for row in infections}
    assert len(by) == len(infections)  # nobody is infected twice
    pairs = {frozenset((c["person_id"], c["other_id"])) for c in contacts}
    for row in infections:
        if row["infector_id"] is not None:
            infector = by[row["infector_id"]]
            assert infector["infectious_day"] <= row["exposed_day"] < infector["recovered_day"]
            assert frozenset((row["person_id"], row["infector_id"])) in pairs


def test_days_add_up(made):
    days, persons = made["days"].to_pylist(), made["persons"]
    immune = pc.sum(persons["immune"]).as_py()
    infected = {r["person_id"] for r in made["infections"].to_pylist()}
    immune_seeds = sum(1 for r in persons.to_pylist() if r["immune"] and r["person_id"] in infected)
    for day in days:
        assert (
            sum(day[s] for s in ("susceptible", "exposed", "infectious", "recovered")) == 1500 - immune + immune_seeds
        )
    assert [d["day"] for d in days] == list(range(100))
    assert sum(d["new_infections"] for d in days) + 5 == made["infections"].num_rows


def test_households_are_in_contact(made):
    home = made["contacts"].filter(pc.equal(made["contacts"]["kind"].cast("string"), "household")).to_pylist()
    of = dict(zip(made["persons"]["person_id"].to_pylist(), made["persons"]["household"].to_pylist(), strict=True))
    assert all(of[row["person_id"]] == of[row["other_id"]] for row in home)
    sizes = np.bincount(list(of.values()))
    assert len(home) == int((sizes * (sizes - 1) // 2).sum())


def test_distancing_flattens_the_curve():
    free = simulate("epidemic", set={"persons": 4000, "seeds": 20}, seed=1, tables=("days",))
    held = simulate(
        "epidemic",
        set={"persons": 4000, "seeds": 20, "distancing_from": 10, "distancing": 0.6},
        seed=1,
        tables=("days",),
    )
    assert pc.max(held["days"]["new_infections"]).as_py() < 0.7 * pc.max(free["days"]["new_infections"]).as_py()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"seeds": 6000}, "seeds=6000: expected at most persons=5000"),
        ({"persons": 5, "contacts": 9.0}, "contacts=9: expected at most the other persons, 4"),
        ({"chance": 1.5}, "chance=1.5"),
    ],
)
def test_impossible_epidemics_are_refused(settings, words):
    with pytest.raises(SpecError, match=words):
        Epidemic(**settings)
