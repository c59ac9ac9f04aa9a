"""The facts by which a website's data is known to be real, and planted ones that are found again."""

import numpy as np
import pyarrow.compute as pc
import pytest
from scipy import stats
from scipy.special import roots_genlaguerre
from tests.simulate._facts import FAR, check_few, check_many, near

from rowsmith.core.errors import SpecError
from rowsmith.engine.simulate import simulate
from rowsmith.simulate._visits import HOURS
from rowsmith.simulate.web_visits import WebVisits

WORLD = WebVisits(visitors=12_000, bots=0.05, lift=0.3)
SETTINGS = {"visitors": 12_000, "bots": 0.05, "lift": 0.3}
TABLES = ("pages", "visitors", "sessions", "page_views", "orders")


def survival(world, most):
    """P(a session of a person has more than n pages), n = 1 … most, by theory."""
    nodes, weights = roots_genlaguerre(64, world.patience - 1)
    laws, out = world.laws, np.zeros(most)
    for haste, weight in zip(nodes / world.patience, weights / weights.sum(), strict=True):
        steps = np.exp(haste * laws.stay[0])[:, None] * laws.onward[0]
        at = laws.landing[0].copy()
        for n in range(most):
            at = at @ steps
            out[n] += weight * at.sum()
    return out


EXPECTED = {v: WORLD.expected(v) for v in "AB"}
LONGER = survival(WORLD, 60)


def auc(score, truth):
    rank = stats.rankdata(score)
    n = truth.sum()
    return (rank[truth].sum() - n * (n + 1) / 2) / (n * (len(truth) - n))


def facts(seed):
    made = simulate("web_visits", set=SETTINGS, seed=seed, tables=TABLES)
    out = {}
    sessions = (
        made["sessions"]
        .join(made["visitors"].select(["visitor_id", "kind", "variant"]), "visitor_id")
        .sort_by("session_id")
    )
    person = pc.equal(sessions["kind"].cast("string"), "person").to_numpy()
    variant = sessions["variant"].cast("string").to_numpy(zero_copy_only=False)
    rates = {}
    for v in "AB":
        own = person & (variant == v)
        for page, expected in EXPECTED[v].items():
            reached = sessions[f"reached_{page}"].to_numpy()[own]
            rates[v, page] = (reached.sum(), own.sum())
            out[f"{page} {v}"] = near(reached.mean(), expected, own.sum())
    logs = {v: np.log(rates[v, "paid"][0] / rates[v, "checkout"][0]) for v in "AB"}
    wide = sum(1 / rates[v, "paid"][0] - 1 / rates[v, "checkout"][0] for v in "AB") ** 0.5
    theory = {v: np.log(EXPECTED[v]["paid"] / EXPECTED[v]["checkout"]) for v in "AB"}
    out["lift"] = abs((logs["B"] - logs["A"]) - (theory["B"] - theory["A"])) < FAR * wide
    pages = sessions["pages"].to_numpy()
    for n in (5, 20, 60):
        out[f"longer than {n}"] = near(
            (pages[person & (variant == "A")] > n).mean(), LONGER[n - 1], (person & (variant == "A")).sum()
        )
    kinds = made["pages"]
    products = kinds.filter(pc.equal(kinds["kind"].cast("string"), "product"))["page_id"]
    views = made["page_views"]["page_id"]
    counts = np.sort(pc.value_counts(views.filter(pc.is_in(views, value_set=products))).field("counts").to_numpy())[
        ::-1
    ]
    slope = np.polyfit(np.log(np.arange(1, 41)), np.log(counts[:40]), 1)[0]
    out["zipf"] = abs(-slope - WORLD.zipf) < 0.08
    people = pc.equal(made["visitors"]["kind"].cast("string"), "person").to_numpy()
    hours = made["visitors"]["first_at"].cast("int64").to_numpy()[people] // 3_600_000 % 24
    out["hours"] = stats.chisquare(np.bincount(hours, minlength=24), HOURS / HOURS.sum() * people.sum()).pvalue > 1e-4
    days = made["visitors"]["first_at"].cast("int64").to_numpy()[people] // 86_400_000
    weekend = (days + 3) % 7 >= 5  # 1970-01-01 was a Thursday
    out["weekend"] = near(weekend.mean(), 2 * WORLD.weekend / (5 + 2 * WORLD.weekend), people.sum())
    seen = pages >= 3
    pace = sessions["seconds"].to_numpy()[seen] / pages[seen]
    out["bots separable"] = auc(-pace, ~person[seen]) > 0.95
    lost = 1 - made["page_views"].num_rows / pages.sum()
    out["lost hits"] = near(lost, WORLD.lost_hits, pages.sum())
    out["bots never buy"] = not sessions["reached_basket"].to_numpy()[~person].any()
    return out


def test_facts_hold():
    check_few(facts)


@pytest.mark.slow
def test_facts_hold_with_many_seeds():
    check_many(facts)


def test_the_tail_of_lengths_has_the_planted_index():
    for patience in (1.5, 3.0):
        laws, haste = WebVisits(patience=patience).laws, np.geomspace(1e-7, 40, 600)
        weights = stats.gamma(patience, scale=1 / patience).pdf(haste) * haste
        steps = np.exp(haste[:, None] * laws.stay[0])[:, :, None] * laws.onward[0]
        longer = [
            weights @ (np.linalg.matrix_power(steps, n) @ np.ones(len(steps[0])) @ laws.landing[0])
            for n in (1000, 2000)
        ]
        slope = np.log(longer[1] / longer[0]) / np.log(2)
        assert -slope == pytest.approx(patience, rel=0.05)


def test_attribution_by_cookies_is_wrong_where_cookies_are_lost():
    orders = simulate("web_visits", set={"visitors": 6000, "consent": 0.5, "returns": 3}, tables=("orders",))["orders"]
    true, seen = (orders[c].cast("string") for c in ("first_channel", "first_channel_seen"))
    assert 0.5 < pc.mean(pc.equal(true, seen).cast("double")).as_py() < 0.95
    sure = simulate("web_visits", set={"visitors": 2000, "consent": 1.0, "cookie_loss": 0.0}, tables=("orders",))[
        "orders"
    ]
    assert sure["first_channel"].cast("string") == sure["first_channel_seen"].cast("string")


def test_sessions_rise_in_time_and_lie_in_the_recorded_days():
    made = simulate("web_visits", set={"visitors": 3000, "days": 10, "warm_up": 20}, tables=("sessions",))
    at = made["sessions"]["started_at"].cast("int64").to_numpy()
    start = np.datetime64("2024-01-01", "ms").astype(int)
    assert at.min() >= start
    assert at.max() < start + 10 * 86_400_000
    visitor = made["sessions"]["visitor_id"].to_numpy()
    assert (np.diff(at)[np.diff(visitor) == 0] > 0).all()


def test_a_campaign_brings_more():
    made = simulate(
        "web_visits", set={"visitors": 20_000, "campaign_days": [9], "campaign_lift": 3.0}, tables=("visitors",)
    )
    day = made["visitors"]["first_at"].cast("int64").to_numpy() // 86_400_000
    counts = np.bincount(day - day.min())
    assert 2.4 < counts[8] / counts[1] < 3.5  # both are Tuesdays


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"site": {"a": {"b": 1}, "b": {"a": 1}}, "landing": {"a": 1}, "funnel": ("a", "b")},
            "site.a: has no way to exit",
        ),
        (
            {"site": {"a": {"c": 1, "exit": 1}, "b": {"exit": 1}}, "landing": {"a": 1}, "funnel": ("a", "b")},
            "site.a.c: is no page",
        ),
        ({"site": {"a": {"exit": -1}, "b": {"exit": 1}}, "landing": {"a": 1}, "funnel": ("a", "b")}, "site.a.exit=-1"),
        ({"site": {"a": {}, "b": {"exit": 1}}, "landing": {"a": 1}, "funnel": ("a", "b")}, "site.a: leads nowhere"),
        ({"landing": {"hom": 1}}, "landing.hom: is no page of the site; did you mean 'home'"),
        ({"lift": 5.0}, r"lift=5.0: of those who go on .* 74%"),
        ({"channels": {}}, "channels={}: expected weights"),
        ({"channels": {"search": "a"}}, "channels.search='a': expected a number"),
        ({"site": {"home": 3}}, "site.home=3: expected a mapping"),
        ({"channels": {"tv": 1}}, "channels.tv: is not known"),
        ({"start": "soon"}, "start='soon': expected a date"),
        ({"campaign_days": (99,)}, "campaign_days=99: expected days from 1 to days=28"),
        ({"funnel": ("home",)}, "funnel=.*at least two"),
        ({"dwell": {"home": 0}}, "dwell.home=0"),
    ],
)
def test_impossible_sites_are_refused(settings, words):
    with pytest.raises(SpecError, match=words):
        WebVisits(**settings)
