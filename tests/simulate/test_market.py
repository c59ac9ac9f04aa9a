"""The stylised facts of markets (Cont 2001), and what holds of every book: never crossed, priority kept, nothing lost."""

import numpy as np
import pyarrow.compute as pc
import pytest
from tests.simulate._facts import check_few, check_many

from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.engine.simulate import simulate
from rowsmith.simulate.market import Market

DAY = 23_400


def kurtosis(values):
    return ((values - values.mean()) ** 4).mean() / values.var() ** 2


def memory(values, lag):
    centred = values - values.mean()
    return centred[lag:] @ centred[:-lag] / (centred @ centred)


def z(values, lag):
    """The autocorrelation in standard errors that hold for a volatility that comes and goes."""
    product = (values[lag:] - values.mean()) * (values[:-lag] - values.mean())
    return product.sum() / (product**2).sum() ** 0.5


def facts(seed):
    world = Market(horizon=20 * DAY, quote_every=60)
    middle, volume = [], []
    for emission in world.run(Key(seed)):
        middle.append(emission["bars"]["middle"])
        volume.append(emission["bars"]["volume"])
    returns, volume = np.diff(np.log(np.concatenate(middle))), np.concatenate(volume)[1:]
    size = np.sort(np.abs(returns))[::-1]
    most = len(size) // 20
    tail = 1 / np.log(size[:most] / size[most]).mean()  # Hill (1975)
    of_hours = returns[: len(returns) // 240 * 240].reshape(-1, 240).sum(axis=1)
    apart = [z(returns, lag) for lag in range(2, 21)]
    fading = [memory(np.abs(returns), lag) for lag in (1, 10, 30)]
    return {
        "no memory of returns beyond lag 1": sum(x**2 for x in apart) < 45.0
        and max(map(abs, apart)) < 4.0,  # chi² of 19: p 0.0007
        "memory of their size that fades slowly": fading[0] > fading[1] > fading[2] > 0.02 and fading[1] > 0.08,
        "fat tails": kurtosis(returns) > 4,
        "tail index": 2 < tail < 5,
        "thinner over hours": kurtosis(of_hours) < 0.75 * kurtosis(returns),
        "volume goes with volatility": np.corrcoef(volume, np.abs(returns))[0, 1] > 0.25,
    }


def test_facts_hold():
    check_few(facts)


@pytest.mark.slow
def test_facts_hold_with_many_seeds():
    check_many(facts)


@pytest.fixture(scope="module")
def day():
    return simulate("market", set={"horizon": 7200, "opening": 600}, seed=3)


def test_the_book_is_never_crossed_and_the_spread_is_above_nothing(day):
    spread = pc.subtract(day["quotes"]["ask"], day["quotes"]["bid"]).drop_null()
    assert len(spread) > 6000
    assert pc.min(spread).as_py() > 0


def test_cash_and_shares_are_conserved_to_the_cent(day):
    assert pc.sum(day["holdings"]["shares"]).as_py() == 400 * 100
    assert pc.sum(day["holdings"]["cash"]).as_py() == 400 * 100_000


def replayed(day):
    """What a second, slow exchange makes of the orders: trades as (taking, resting, cents, quantity), after the opening."""
    book, out = {"buy": [], "sell": []}, []
    opening = 600.0
    orders = day["orders"].to_pylist()
    auction = [t for t in day["trades"].to_pylist() if t["at"] <= opening]
    left = {}
    opened = False
    for order in orders:
        if not opened and order["at"] >= opening:
            opened = True
            for trade in auction:
                for each in (trade["taking_id"], trade["resting_id"]):
                    left[each] -= trade["quantity"]
            book = {side: [o for o in waiting if left[o["order_id"]] > 0] for side, waiting in book.items()}
        number, side, kind = order["order_id"], order["side"], order["kind"]
        if kind == "cancel":
            book[side] = [o for o in book[side] if o["order_id"] != order["cancels_id"]]
            continue
        left[number] = order["quantity"]
        other = "sell" if side == "buy" else "buy"
        sign = 1 if side == "buy" else -1
        while opened and left[number] and book[other]:
            best = min(book[other], key=lambda o: (sign * o["price"], o["order_id"]))
            if kind == "limit" and sign * best["price"] > sign * order["price"]:
                break
            quantity = min(left[number], left[best["order_id"]])
            out.append((number, best["order_id"], best["price"], quantity))
            left[number] -= quantity
            left[best["order_id"]] -= quantity
            if not left[best["order_id"]]:
                book[other].remove(best)
        if left[number] and kind == "limit":
            book[side].append(order)
    return out


def test_a_second_exchange_matches_the_same_orders_to_the_same_trades(day):
    trades = day["trades"].filter(pc.greater(day["trades"]["at"], 600.0)).to_pylist()
    assert [(t["taking_id"], t["resting_id"], t["price"], t["quantity"]) for t in trades] == replayed(day)


def test_the_opening_auction_has_one_price_at_which_most_is_traded(day):
    opening = day["trades"].filter(pc.less_equal(day["trades"]["at"], 600.0))
    (price,) = set(opening["price"].to_pylist())
    orders = [o for o in day["orders"].to_pylist() if o["at"] <= 600.0]
    gone = {o["cancels_id"] for o in orders if o["kind"] == "cancel"}
    live = [o for o in orders if o["kind"] == "limit" and o["order_id"] not in gone]

    def volume(at):
        wanted = sum(o["quantity"] for o in live if o["side"] == "buy" and o["price"] >= at)
        return min(wanted, sum(o["quantity"] for o in live if o["side"] == "sell" and o["price"] <= at))

    assert pc.sum(opening["quantity"]).as_py() == volume(price) == max(map(volume, {o["price"] for o in live}))


def test_bars_are_those_of_the_trades(day):
    trades, bars = day["trades"].to_pandas(), day["bars"].to_pandas()
    own = trades[trades["at"] >= 660].groupby((trades["at"] // 60).astype(int) * 60)
    told = bars.set_index("at")
    for name, group in own:
        assert told.loc[name, ["open", "high", "low", "close"]].tolist() == [
            group["price"].iloc[0], group["price"].max(), group["price"].min(), group["price"].iloc[-1],
        ]  # fmt: skip
        assert told.loc[name, "volume"] == group["quantity"].sum()


def test_excitement_has_the_law_that_it_is_said_to_have():
    from scipy import stats

    settings = {"horizon": 400_000, "rate": 0.05, "memory": 100.0, "opening": 0, "quote_every": 1000}
    made = simulate("market", set=settings, tables=("quotes",))
    ratio = made["quotes"]["excitement"].to_numpy()
    mean = 2.0  # of the odds of a beta law (2, 2)
    x = ratio * mean / (1 + ratio * mean)
    below = x < 0.9  # above, excitement is capped: 8 times the mean is 0.94
    law = stats.beta(2, 2)
    assert stats.kstest(x[below], lambda v: law.cdf(v) / law.cdf(0.9)).pvalue > 1e-3


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"depth": 0}, r"depth=0: expected a number at least 1.*orders a side"),
        ({"opening": 30_000}, "opening=30000: expected less than horizon=23400"),
        ({"noise": 0.0, "fundamental": 0.0, "chartist": 0.0, "maker": 0.0}, "nobody trades"),
        ({"herding": 1.0}, "herding=1.0"),
        ({"rate": -1.0}, "rate=-1.0"),
    ],
)
def test_impossible_markets_are_refused(settings, words):
    with pytest.raises(SpecError, match=words):
        Market(**settings)
