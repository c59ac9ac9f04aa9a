"""A table with a bit of everything, and examples of every change on it."""

import datetime

import numpy as np
import pyarrow as pa

import rowsmith as rs

RULES = {
    "order": "low <= high",
    "total": "total = round(price * qty, 2)",
    "adult": "age >= 18",
}
SECRET = "correct horse battery"


def rows(n=200, seed=0):
    """N rows: a key, a person, times, numbers of all sorts, classes, text; some values missing."""
    rng = np.random.default_rng(seed)
    qty, price = rng.integers(1, 30, n), rng.gamma(4, 5, n).round(2)
    low = rng.normal(50, 9, n).round(1)
    churn = np.where(np.arange(n) % 8 == 3, "stay" if n < 8 else "leave", "stay")
    days = [datetime.date(2024, 1, 1) + datetime.timedelta(int(d)) for d in rng.integers(0, 300, n)]
    city = rng.choice(["Graz", "Linz", "Wien", "Salzburg"], n, p=[0.4, 0.3, 0.2, 0.1])
    return pa.table(
        {
            "id": pa.array([f"K{1000 + i}" for i in range(n)], pa.string()),
            "person": pa.array([f"P{i // 4:03d}" for i in range(n)], pa.string()),
            "day": pa.array(days, pa.date32()),
            "at": pa.array(
                [datetime.datetime(2024, 1, 1) + datetime.timedelta(minutes=15 * i) for i in range(n)],
                pa.timestamp("us"),
            ),
            "age": pa.array(rng.integers(18, 90, n), pa.int64()),
            "qty": pa.array(qty, pa.int64()),
            "price": pa.array(price, pa.float64()),
            "total": pa.array((price * qty).round(2), pa.float64()),
            "low": pa.array(low, pa.float64()),
            "high": pa.array((low + rng.gamma(2, 3, n)).round(1), pa.float64()),
            "x": pa.array(np.where(rng.random(n) < 0.1, np.nan, rng.normal(0, 1, n)), pa.float64(), from_pandas=True),
            "cents": pa.array([None if u < 0.05 else round(v) for u, v in rng.random((n, 2)) * [1, 900]], pa.int32()),
            "city": pa.array(np.where(rng.random(n) < 0.05, None, city), pa.string()),
            "paid": pa.array(rng.random(n) < 0.7, pa.bool_()),
            "churn": pa.array(churn, pa.string()),
            "note": pa.array([f"call {name} at +43 660 {1000000 + i}" for i, name in enumerate(city)], pa.string()),
        }
    )


def schema(table):
    """Its schema, with rules."""
    found = rs.inspect(table, primary_key="id").only[1]
    columns = {
        **found.columns,
        "id": rs.Column(kind="identifier", type="string"),
        "person": rs.Column(kind="category", type="string"),
    }
    columns |= {"at": rs.Column(kind="timestamp", type="timestamp[us]")}
    return rs.Schema(tables={"t": rs.Table(columns=columns, primary_key=("id",), rules=RULES)})


EXAMPLES = {
    "anonymise": [
        rs.Anonymise(("age", "city"), k=4),
        rs.Anonymise(("age", "day"), k=3, sensitive="city", l=2, t=0.6),
        rs.Anonymise(("age", "paid"), k=5, show="range"),
    ],
    "balance": [
        rs.Balance("churn"),
        rs.Balance("churn", method="random"),
        rs.Balance("churn", method="learned", to=180),
    ],
    "bootstrap": [
        rs.Bootstrap(),
        rs.Bootstrap(by="churn"),
        rs.Bootstrap(block=5),
        rs.Bootstrap(margins={"churn": {"leave": 0.4}}, rows=300),
    ],
    "corrupt": [
        rs.Corrupt(flaws={"missing": {"column": "age", "rate": 0.2}, "typos": {"column": "city", "rate": 0.1}})
    ],
    "cut_mix": [rs.CutMix(), rs.CutMix(within="churn", share=1.2)],
    "dropout": [rs.Dropout(share=0.1), rs.Dropout(share=0.5, columns=("age", "city"))],
    "flip": [rs.Flip(rate=0.2), rs.Flip(columns=("city",), confusion={"Graz": {"Linz": 0.5}})],
    "frequency_mask": [rs.FrequencyMask(share=0.3, columns=("low", "x"))],
    "gaps": [rs.Gaps(share=0.3, length=3, time="at")],
    "generalise": [
        rs.Generalise("age", step=10),
        rs.Generalise("day", unit="month"),
        rs.Generalise("note", letters=4),
        rs.Generalise("city", groups={"Graz": "south", "Wien": "east"}),
    ],
    "jitter": [rs.Jitter(time="2 days"), rs.Jitter(time="1h", columns=("at",), law="uniform", share=0.5, bounds=True)],
    "microaggregate": [rs.Microaggregate(k=4), rs.Microaggregate(columns=("age", "day"))],
    "mixup": [rs.Mixup(), rs.Mixup(alpha=1.0, share=1.5, within="churn")],
    "noise": [
        rs.Noise(relative=0.1),
        rs.Noise(absolute=0.5, law="laplace", columns=("price", "cents")),
        rs.Noise(factor=0.05, law="uniform", share=0.5),
        rs.Noise(relative=0.3, keep="covariance"),
        rs.Noise(relative=0.3, keep="correlation", bounds="none"),
    ],
    "orphans": [rs.Orphans("person", rate=0.1)],
    "oversample": [rs.Oversample("churn"), rs.Oversample("churn", to=0.5)],
    "permute": [rs.Permute(columns=("low",))],
    "pram": [rs.Pram(keep=0.5)],
    "pseudonym": [rs.Pseudonym(("id", "person"), secret=SECRET)],
    "rank_swap": [rs.RankSwap(within=0.1)],
    "redact": [rs.Redact(columns=("note",), words=("city",))],
    "remainder": [
        rs.Remainder(period=12, columns=("x",)),
        rs.Remainder(period=(12, 50), columns=("low",)),
        rs.Remainder(period=12, columns=("low",), method="blocks"),
    ],
    "repair": [rs.Repair("churn", columns=("price", "x")), rs.Repair("city", columns=("x",), amount=0.5)],
    "round": [rs.Round(to=5, columns=("age", "cents"), share=0.6), rs.Round(to=0.5, share=0.5)],
    "schema_drift": [rs.SchemaDrift(rename={"x": "X"}, text=("age",), drop=("paid",), add={"batch": 3}, shuffle=True)],
    "sensor_fault": [rs.SensorFault(share=0.3)],
    "shift": [rs.Shift(shares={"churn": {"leave": 0.3}}, means={"age": 60})],
    "shift_dates": [rs.ShiftDates("person", secret=SECRET), rs.ShiftDates("person", secret=SECRET, step="week")],
    "smote": [
        rs.Smote("churn"),
        rs.Smote("churn", kind="borderline", to=190),
        rs.Smote("churn", kind="adasyn"),
        rs.Smote("churn", kind="kmeans", neighbours=2),
    ],
    "stale": [rs.Stale(rate=0.2, entity=("person",), time="at")],
    "swapped": [rs.Swapped(("low", "high"), rate=0.2)],
    "tails": [rs.Tails("price", above=0.9, rows=30)],
    "thin": [rs.Thin(every=3, entity=("person",))],
    "top_code": [rs.TopCode(("age", "price"), top=0.9, bottom=0.1), rs.TopCode(("x",), value="mean")],
    "typos": [rs.Typos(rate=0.3), rs.Typos(rate=0.3, slips=("ocr",), columns=("city",))],
    "undersample": [rs.Undersample("churn")],
    "warp": [
        rs.Warp(columns=("low",)),
        rs.Warp(kind="scale", columns=("x",)),
        rs.Warp(kind="time", columns=("low",)),
        rs.Warp(kind="window", columns=("x",), entity=("churn",)),
    ],
    "window_slice": [rs.WindowSlice(share=0.5)],
}

UNSEEDED = {
    "generalise",
    "microaggregate",
    "thin",
    "top_code",
    "pseudonym",
    "shift_dates",
    "anonymise",
    "redact",
    "repair",
}
"""Changes in which nothing is drawn."""
RETYPES = {"schema_drift"}
"""Changes that give columns other names or types on purpose; so does anonymise where it shows ranges."""
