"""Small runs of every world: settings under which a test has its tables in a moment."""

SMALL = {
    "shop": {"customers": 60, "days": 8, "warm_up": 3, "products": 20, "sorts": 4},
    "epidemic": {"persons": 300, "days": 45, "screening": 0.01},
    "call_centre": {"days": 2, "rate": 40, "agents": [2, 3]},
    "market": {"horizon": 9000, "opening": 60, "agents": 50, "rate": 0.5, "price": 20.0},
    "traffic": {
        "road": "corridor", "length": 200, "horizon": 600, "warm_up": 60, "demand": 600, "incidents": 20, "signals": [0.5],
        "tracked": 1.0,
    },
    "web_visits": {"visitors": 400, "campaign_days": [3]},
}  # fmt: skip
