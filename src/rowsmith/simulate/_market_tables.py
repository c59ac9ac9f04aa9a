"""What `market` emits, and what it is, for readers."""

from __future__ import annotations

import pyarrow as pa

from rowsmith.simulate._world import TEXT, Emitted, Field, Odd

SECONDS = "s from the beginning"
EURO = pa.decimal128(12, 2)

TABLES = {
    "runs": Emitted(
        about="A span of a run.",
        columns={
            "orders": Field(pa.int64(), "orders that came, cancelling ones among them"),
            "trades": Field(pa.int64(), "trades"),
            "price": Field(EURO, "of the last trade", "euro"),
            "refused": Field(pa.int64(), "orders so far for which the book had no room"),
        },
    ),
    "agents": Emitted(
        about="Somebody who trades.",
        key="agent_id",
        once=True,
        columns={"kind": Field(TEXT, "noise, fundamental, chartist or maker")},
    ),
    "orders": Emitted(
        about="A message to the exchange, in the order in which they came.",
        key="order_id",
        points={"agent_id": "agents", "cancels_id": "orders"},
        columns={
            "at": Field(pa.float64(), "when", SECONDS),
            "side": Field(TEXT, "buy or sell"),
            "kind": Field(TEXT, "limit, market, or cancel"),
            "price": Field(EURO, "at most or at least; missing for a market order", "euro", nullable=True),
            "quantity": Field(pa.int64(), "shares; of a cancel, those that were left"),
        },
    ),
    "trades": Emitted(
        about="Two orders meet.",
        key="trade_id",
        points={"taking_id": "orders", "resting_id": "orders"},
        columns={
            "at": Field(pa.float64(), "when", SECONDS),
            "price": Field(EURO, "that of the resting order, or of the auction", "euro"),
            "quantity": Field(pa.int64(), "shares"),
            "side": Field(TEXT, "of the order that came last"),
        },
    ),
    "quotes": Emitted(
        about="The best prices at a moment.",
        columns={
            "at": Field(pa.float64(), "when", SECONDS),
            "bid": Field(EURO, "best price to buy at; missing if nobody does", "euro", nullable=True),
            "ask": Field(EURO, "best price to sell at", "euro", nullable=True),
            "value": Field(pa.float64(), "what the share is worth: the truth, which nobody sees", "euro"),
            "excitement": Field(pa.float64(), "how many times as many orders come as on average: the truth"),
        },
    ),
    "bars": Emitted(
        about="A minute of trading.",
        columns={
            "at": Field(pa.int64(), "its beginning", SECONDS),
            "open": Field(EURO, "first price", "euro"),
            "high": Field(EURO, "highest price", "euro"),
            "low": Field(EURO, "lowest price", "euro"),
            "close": Field(EURO, "last price; without a trade, that before", "euro"),
            "volume": Field(pa.int64(), "shares"),
            "trades": Field(pa.int64(), "trades"),
            "middle": Field(pa.float64(), "between bid and ask at the end", "euro", nullable=True),
        },
    ),
    "holdings": Emitted(
        about="What an agent has at the end.",
        points={"agent_id": "agents"},
        columns={
            "cash": Field(pa.decimal128(16, 2), "money; below 0 is owed", "euro"),
            "shares": Field(pa.int64(), "shares; below 0 are sold short"),
        },
    ),
}

ODD = Odd(
    purpose="Order flow whose truth (value, excitement, who is who) is known beside prices and quotes. Recognised by the stylised "
    "facts of markets (Cont 2001): returns without memory beyond a lag, slowly fading memory of their size, fat tails "
    "(index 2 to 5) that thin out over longer spans, volume that goes with volatility, a book that is never crossed, cash "
    "and shares that are conserved to the cent.",
    entities="Agents (kind, cash, shares), orders in a book with a queue for every price in cents, the value of the share, the share "
    "of minds that are excited. Time is continuous; news and moods move every second.",
    process="Orders come one by one, as a Poisson process whose rate goes with excitement; each is matched at once, best price "
    "first, then first come, first served; what is left of a limit order waits. Orders are cancelled at a rate in "
    "proportion to how many wait. Nothing is synchronous. In the opening, orders are gathered, and then cleared at the one "
    "price at which most is traded.",
    concepts="Emergence: prices, spread, depth, fat tails and clusters of volatility. Interaction: by the book, and by herding. "
    "Sensing: chartists see the middle and its trend of a minute, fundamentalists the value. Stochasticity: who comes when, "
    "with what. Observation: every message, and quotes at intervals.",
    start="`depth` orders on each side, exponentially away from the first price; excitement from its stationary law.",
    submodels="Noise: side by chance, a market order with probability `to_take`, else a limit order an exponential distance from the "
    "other side (after Smith, Farmer et al. 2003). Fundamentalists: buy when the value is `threshold` above the middle, "
    "sell when below, and take twice as often. Chartists: buy with probability ½ + ½ tanh(follow · (middle − trend)). "
    "Makers: offer nearer, and only on the side that reduces what they hold beyond `limit`. Excitement: the share x of "
    "excited minds follows Kirman's herding (1993) in the limit of many agents, dx = (m − x)/memory dt + s √(x(1 − x)) dW, "
    "with a beta law (2, `herding`) when it has settled; orders come at a rate in proportion to x/(1 − x), up to `most` "
    "times the mean, whose tail index is `herding` (Alfarano, Lux and Wagner 2008).",
)
