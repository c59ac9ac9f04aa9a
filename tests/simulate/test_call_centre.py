"""Erlang's formulas, Little's law, and what holds of every call centre."""

import numpy as np
import pytest
from scipy.special import gammaln, logsumexp
from tests.simulate._facts import check_few, check_many

from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.engine.simulate import simulate
from rowsmith.simulate.call_centre import CallCentre

ONE = {"skills": ("all",), "shares": (1.0,), "hours": (1.0,), "spread": 0.0}


def erlang_c(servers, work):
    """Chance to wait, with `work` erlang."""
    terms = [n * np.log(work) - gammaln(n + 1) for n in range(servers)]
    last = servers * np.log(work) - gammaln(servers + 1) + np.log(servers / (servers - work))
    return np.exp(last - logsumexp([*terms, last]))


def erlang_a(servers, work, patience, handling):
    """Share that gives up, by the balance of states (Palm 1957)."""
    logs, rate = [0.0], work / handling
    for n in range(1, 4000):
        logs.append(logs[-1] + np.log(rate / (min(n, servers) / handling + max(n - servers, 0) / patience)))
    shares = np.exp(np.array(logs) - logsumexp(logs))
    waiting = (np.maximum(np.arange(4000) - servers, 0) * shares).sum()
    return waiting / patience / rate


def calls(seed, **settings):
    world = CallCentre(**{**ONE, **settings})
    parts = [emission["calls"] for emission in world.run(Key(seed))]
    return {
        name: np.concatenate([np.asarray(p[name]) for p in parts])
        for name in ("came_at", "waited", "agent_id", "ended_at")
    }


def facts(seed):
    out = {}
    for servers, rate, days in ((1, 9.0, 3000), (4, 45.0, 1500), (12, 140.0, 700)):
        found = calls(seed, agents=(servers,), rate=rate, patience=0.0, days=days, warm_up=20)
        work = rate * 240 / 3600
        chance = erlang_c(servers, work)
        # the queue forgets slowly: what is counted is that of thousands of busy periods
        out[f"Erlang C, {servers} agents"] = abs((found["waited"] > 0).mean() / chance - 1) < 0.03
        out[f"mean wait, {servers} agents"] = abs(found["waited"].mean() / (chance * 240 / (servers - work)) - 1) < 0.03
        # Little: calls in the centre, on average over time, are their rate times the time that they spend there
        span = found["came_at"].max()
        inside = (np.minimum(found["ended_at"], span) - found["came_at"]).sum() / span
        stay = len(found["came_at"]) / span * (found["ended_at"] - found["came_at"]).mean()
        out[f"Little, {servers} agents"] = abs(inside / stay - 1) < 0.01
    found = calls(seed, agents=(5,), rate=90.0, patience=180.0, days=200, warm_up=5)
    out["Erlang A"] = abs((found["agent_id"] < 0).mean() / erlang_a(5, 6.0, 180.0, 240.0) - 1) < 0.03
    return out


def test_facts_hold():
    check_few(facts)


@pytest.mark.slow
def test_facts_hold_with_many_seeds():
    check_many(facts)


def test_nobody_talks_to_two_at_a_time_and_nobody_is_overtaken():
    made = simulate("call_centre", set={"days": 2, "rate": 150})
    rows = made["calls"].to_pandas()
    rows["begun"] = rows["came_at"] + rows["waited"]
    served = rows[rows["outcome"] == "served"].sort_values(["agent_id", "begun"])
    same = served["agent_id"].to_numpy()[1:] == served["agent_id"].to_numpy()[:-1]
    assert (served["begun"].to_numpy()[1:] - served["ended_at"].to_numpy()[:-1])[same].min() >= -1e-9
    for _, own in rows[rows["outcome"] == "served"].groupby("skill"):
        assert (np.diff(own.sort_values("came_at")["begun"]) >= 0).all()
    skills = dict(zip(made["agents"]["agent_id"].to_pylist(), made["agents"]["skill"].to_pylist(), strict=True))
    assert all(skills[a] == s for a, s in zip(served["agent_id"], served["skill"], strict=True))


def test_reports_count_the_calls():
    made = simulate("call_centre", set={"days": 2})
    assert np.sum(made["intervals"]["calls"].to_numpy()) == made["calls"].num_rows
    assert made["calls"]["came_at"].to_pylist() == sorted(made["calls"]["came_at"].to_pylist())


def test_calls_that_can_never_be_served_are_told():
    made = simulate("call_centre", set={"rate": 500, "patience": 0.0, "days": 1})
    assert made["runs"]["note"].to_pylist() == ["more calls than can be served"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"agents": (5,)}, "agents=.*expected 2 numbers"),
        ({"agents": (5, 0)}, "nobody takes calls about service"),
        ({"shares": (0.0, 0.0)}, "at least one above 0"),
        ({"hours": (2.0,)}, "hours="),
        ({"skills": ("a", "a")}, "each once"),
        ({"rate": -5.0}, "rate=-5.0"),
    ],
)
def test_impossible_call_centres_are_refused(settings, words):
    with pytest.raises(SpecError, match=words):
        CallCentre(**settings)
