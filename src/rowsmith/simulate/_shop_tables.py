"""What `shop` emits, and what it is, for readers."""

from __future__ import annotations

import pyarrow as pa

from rowsmith.simulate._world import TEXT, Emitted, Field, Odd

EURO = pa.decimal128(12, 2)
DAY = "day of the record, from 0"

TABLES = {
    "runs": Emitted(
        about="A span of a run.",
        columns={
            "visits": Field(pa.int64(), "visits"),
            "sales": Field(EURO, "what was paid", "euro"),
            "missed": Field(pa.float64(), "share of pieces asked for that were not there"),
            "mean_wait": Field(pa.float64(), "at the tills", "minutes"),
        },
    ),
    "stores": Emitted(
        about="A store.", key="store_id", once=True, columns={"tills": Field(pa.int64(), "open at all hours")}
    ),
    "products": Emitted(
        about="Something that all stores sell.",
        key="product_id",
        once=True,
        columns={
            "sort": Field(pa.int64(), "products of one sort can stand for each other"),
            "price": Field(EURO, "without promotion", "euro"),
        },
    ),
    "customers": Emitted(
        about="A household.",
        key="customer_id",
        once=True,
        columns={
            "need": Field(pa.float64(), "what it uses up: the truth", "pieces a day"),
            "budget": Field(EURO, "what it spends on a visit at most: the truth", "euro"),
        },
    ),
    "visits": Emitted(
        about="A visit, with its basket, in order of days and of coming.",
        key="visit_id",
        points={"customer_id": "customers", "store_id": "stores"},
        columns={
            "day": Field(pa.int64(), DAY),
            "came": Field(pa.float64(), "minutes from midnight", "minutes"),
            "waited": Field(pa.float64(), "in the queue at the tills", "minutes"),
            "left": Field(pa.float64(), "minutes from midnight", "minutes"),
            "items": Field(pa.int64(), "pieces bought"),
            "spent": Field(EURO, "paid", "euro"),
        },
    ),
    "lines": Emitted(
        about="A product in a basket.",
        key="line_id",
        per=("visit_id", "visits"),
        points={"product_id": "products"},
        columns={
            "pieces": Field(pa.int64(), "bought"),
            "price": Field(EURO, "of a piece", "euro"),
        },
    ),
    "stock_moves": Emitted(
        about="What a day did to a product's stock in a store.",
        points={"store_id": "stores", "product_id": "products"},
        columns={
            "day": Field(pa.int64(), DAY),
            "kind": Field(TEXT, "sale, delivery, or missed: asked for and not there"),
            "pieces": Field(pa.int64(), "how many"),
            "left": Field(pa.int64(), "pieces in stock after it"),
        },
    ),
    "orders": Emitted(
        about="A store orders a product.",
        key="order_id",
        points={"store_id": "stores", "product_id": "products"},
        columns={
            "ordered_day": Field(pa.int64(), f"{DAY}; -1 for what was on order before"),
            "arrives_day": Field(pa.int64(), f"{DAY}; it may be after the record"),
            "pieces": Field(pa.int64(), "how many"),
        },
    ),
    "promotions": Emitted(
        about="A product is cheaper, in all stores.",
        points={"product_id": "products"},
        columns={
            "from_day": Field(pa.int64(), DAY),
            "to_day": Field(pa.int64(), f"last {DAY}; it may be after the record"),
        },
    ),
}

ODD = Odd(
    purpose="Baskets, stock and queues that hang together, with the needs behind them. Recognised by 80/20 (a fifth of the "
    "customers makes four fifths of the sales), by stock-outs that follow lead times, by Little's law, and by the waits of "
    "M/M/c where times at the till are exponential and visits come evenly.",
    entities="Households (needs, budget, what is at home, opinions of stores, four friends), stores (stock of each product, tills), "
    "products of sorts. A step is a day; within it, visits and tills run in continuous minutes.",
    process="Each day: promotions change weekly; deliveries arrive; households use things up; who runs short may go to a store; "
    "visitors fill their baskets one after the other, in the order in which they come; they queue at the tills; opinions "
    "change, some hear of a friend's; stores order. Needs and opinions are updated for all at once, shelves and tills one "
    "visit at a time.",
    concepts="Emergence: 80/20, baskets, stock-outs, queues, loyalty. Adaptation: opinions follow stock-outs and waits, and travel "
    "among friends; stores follow their sales. Stochasticity: needs, choices, moments, lead times. Observation: visits, "
    "lines and stock as a till and a stock system know them; needs and budgets are the truth behind.",
    start="Homes are half full by chance, stores hold `cover` days of even sales; the warm-up lets both settle.",
    submodels="Needs: Poisson, lognormal over households. Visit: with probability `urge` where a sort is below half of what is "
    "wanted. Store: a logit of opinion and way. Product: the favourite with probability `loyal`, else in proportion to "
    "appeal (rank^−0.8) times (price paid / price)^−elasticity; if it is not there another one of its sort is tried once. "
    "Opinion: moves by `learning` to 1 less what was missed and waited for. Tills: one queue, first come, first served, "
    "exact (Kiefer and Wolfowitz 1955). Stock: an (s, S) rule in days of sales, smoothed exponentially; lead times 1 + "
    "Poisson.",
)
