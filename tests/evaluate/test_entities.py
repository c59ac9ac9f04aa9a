"""Attacks on whole entities: planted families are found, fresh ones are not."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import rowsmith as rs
from rowsmith.core.rng import Key
from rowsmith.evaluate._entities import entities
from rowsmith.evaluate._linked.entities import WholeEntities
from rowsmith.evaluate._links import Linked

SCHEMA = rs.Schema.from_yaml(
    """
rowsmith: 1
tables:
  clerks:
    primary_key: [clerk]
  persons:
    primary_key: [person]
    foreign_keys:
      clerk: clerks.clerk
  orders:
    primary_key: [order]
    foreign_keys:
      person: persons.person
  lines:
    primary_key: [line]
    foreign_keys:
      order: orders.order
"""
)
N = 400


def shop(seed, n=N, first=0):
    """Persons of a few clerks, their orders, and lines of these, whose amounts hang on the person."""
    rng = np.random.default_rng(seed)
    rich = rng.gamma(2, 10, n)
    up = np.repeat(np.arange(n), 1 + rng.poisson(2, n))
    of = np.repeat(np.arange(len(up)), 1 + rng.poisson(1, len(up)))
    ids = first + np.arange(n), first + np.arange(len(up)), first + np.arange(len(of))
    return {
        "clerks": pa.table({"clerk": [0, 1, 2], "town": ["Graz", "Linz", "Wien"]}),
        "persons": pa.table({"person": ids[0], "clerk": rng.integers(0, 3, n), "age": rng.integers(18, 90, n)}),
        "orders": pa.table({"order": ids[1], "person": ids[0][up], "pay": rng.choice(["card", "cash"], len(up))}),
        "lines": pa.table(
            {"line": ids[2], "order": ids[1][of], "paid": np.round(rich[up][of] * rng.random(len(of)), 2)}
        ),
    }


def leaked(made, real, share=0.5):
    """A database in which a share of the persons is replaced by real ones with all that hangs on them."""
    half = int(share * N)

    def cut(db, keep):
        persons = db["persons"].filter(keep(pc.subtract(db["persons"]["person"], pc.min(db["persons"]["person"]))))
        orders = db["orders"].filter(pc.is_in(db["orders"]["person"], persons["person"].combine_chunks()))
        lines = db["lines"].filter(pc.is_in(db["lines"]["order"], orders["order"].combine_chunks()))
        return {"persons": persons, "orders": orders, "lines": lines}

    mine, its = cut(made, lambda i: pc.greater_equal(i, half)), cut(real, lambda i: pc.less(i, half))
    rng = np.random.default_rng(0)
    both = {n: pa.concat_tables([mine[n], its[n]]) for n in mine}
    return {"clerks": made["clerks"], **{n: t.take(pa.array(rng.permutation(t.num_rows))) for n, t in both.items()}}


def attacked(made, holdout=None, schema=SCHEMA, real=None):
    databases = {"real": shop(1) if real is None else real, "synthetic": made}
    databases |= {} if holdout is None else {"holdout": holdout}
    return WholeEntities().measure(Linked.of(databases, schema, Key(0), 1))


def test_fresh_families_are_no_leak():
    found = attacked(shop(2, first=10_000), shop(3, first=20_000))
    assert found.level == "good", found.sentence
    assert [f.name for f in found.figures] == ["membership", "singling_out", "copies", "near_copies", "distance"]
    assert found.figures[0].control > 0.8  # a copy would be seen


@pytest.mark.parametrize("known", [True, False])
def test_a_twin_half_of_whose_families_are_real_is_found(known):
    made = leaked(shop(2, first=10_000), shop(1))
    found = attacked(made, shop(3, first=20_000) if known else None)
    assert found.level == "poor"
    figures = {f.name: f.value for f in found.figures}
    assert figures["copies"] > 0.45
    assert ("membership" in figures) is known
    if known:
        assert figures["membership"] > 0.65
        assert figures["distance"] > 0.6
    assert all(row[0].startswith("persons: ") for row in found.details["table"]["rows"])
    assert found.sentence.startswith("persons, each row with all that hangs on it: ")


def test_real_families_with_a_little_noise_are_found_too():
    real, made = shop(1), shop(2, first=10_000)
    lines = real["lines"]
    noisy = np.round(lines["paid"].to_numpy() * np.random.default_rng(5).normal(1, 0.01, lines.num_rows), 2)
    real = real | {"lines": lines.set_column(2, "paid", pa.array(noisy))}
    found = attacked(leaked(made, real), shop(3, first=20_000))
    assert found.level == "poor", found.sentence


def test_the_report_of_a_database_has_them():
    made = leaked(shop(2, first=10_000), shop(1))
    report = rs.evaluate(shop(1), made, schema=SCHEMA, holdout=shop(3, first=20_000))
    privacy = {v.aspect: v.level for v in report.summary.verdicts}["privacy"]
    assert privacy == "poor"
    assert report.broken({"entities.copies": 0.1})
    assert "Attacks on whole entities" in str(report)


def linked(schema=SCHEMA, **more):
    return Linked.of({"real": shop(1) | more, "synthetic": shop(2) | more}, schema, Key(0), 1)


def test_entities_hang_on_no_other_and_have_what_hangs_on_them():
    (found,) = entities(linked())
    assert (found.table, [linked().links[i].child for i in found.below]) == ("persons", ["orders", "lines"])
    names = [f.name for f in found.context.features]
    assert names[0] == "age"
    assert {"orders: count", "orders: most frequent pay", "lines: count", "lines: greatest paid"} <= set(names)
    frame = {n: t.to_pandas() for n, t in shop(1).items()}
    paid = frame["lines"].merge(frame["orders"], on="order").groupby("person").paid
    values = dict(zip(names, found.context.real.arrays, strict=True))
    assert np.allclose(values["lines: greatest paid"], paid.max().reindex(frame["persons"].person))
    assert np.array_equal(values["lines: count"], paid.size().reindex(frame["persons"].person))
    pay = frame["orders"].groupby("person").pay.agg(lambda p: (p == "card").sum() - (p == "cash").sum())
    feature = found.context.features[names.index("orders: most frequent pay")]
    modes = np.array(feature.levels)[values["orders: most frequent pay"]]
    clear = pay.to_numpy() != 0
    assert np.array_equal(modes[clear] == "card", pay.to_numpy()[clear] > 0)


def test_public_tables_and_lists_are_no_entities():
    document = SCHEMA.to_dict()
    document["tables"]["persons"]["public"] = True
    assert [each.table for each in entities(linked(rs.Schema.from_dict(document)))] == ["orders"]
    found = attacked(shop(2), real={"clerks": shop(1)["clerks"], "persons": shop(1)["persons"]})
    assert not found.decisive
    assert found.level == "not measured"


def patients(seed, n=200, first=0):
    """Visits of patients whose pulse is their own."""
    rng = np.random.default_rng(seed)
    up = np.repeat(np.arange(n), 2 + rng.poisson(4, n))
    pulse = np.round(rng.normal(70, 10, n)[up] + rng.normal(0, 5, len(up)), 1)
    day = pa.array(19_000 + rng.integers(0, 300, len(up)), pa.int32()).cast(pa.date32())
    return pa.table({"patient": first + up, "day": day, "pulse": pulse, "ward": rng.choice(list("ABC"), len(up))})


def customers(seed, n=200, first=0):
    """Receipts of customers who buy their own few items again."""
    rng = np.random.default_rng(seed)
    rows = []
    for c in range(n):
        usual = rng.choice(40, 4, replace=False)
        for _ in range(1 + rng.poisson(3)):
            items = {int(i) for i in usual if rng.random() < 0.8} | {int(rng.integers(40))}
            rows += [(first + c, 7 * first + len(rows), f"item {i}", round(float(rng.gamma(2, 5)), 2)) for i in items]
    customer, _, item, paid = map(list, zip(*rows, strict=True))
    receipt = [f"{c}-{i // 3}" for i, c in enumerate(customer)]
    return pa.table({"customer": customer, "receipt": receipt, "item": item, "paid": paid})


@pytest.mark.parametrize(
    ("name", "make", "grouped"),
    [
        ("whole_series", patients, {"entity": "patient", "time": "day"}),
        ("whole_customers", customers, {"entity": "customer", "basket": "receipt", "item": "item"}),
    ],
)
def test_series_and_customers_are_attacked_as_entities_too(name, make, grouped):
    real, fresh, holdout = make(1), make(2, first=10_000), make(3, first=20_000)
    whose = grouped["entity"]
    half = pc.less(real[whose], 100), pc.greater_equal(fresh[whose], 10_100)
    leak = pa.concat_tables([real.filter(half[0]), fresh.filter(half[1])])
    for made, level in ((fresh, "good"), (leak, "poor")):
        found = {r.measure: r for r in rs.evaluate(real, made, holdout=holdout, **grouped).summary.measures}[name]
        assert found.level == level, found.sentence
        assert found.figures[0].name == "membership"
    assert found.sentence.startswith(f"{whose}, each value with all ")


def test_few_entities_are_not_attacked():
    found = {
        r.measure: r
        for r in rs.evaluate(patients(1, 30), patients(2, 30), entity="patient", time="day").summary.measures
    }["whole_series"]
    assert (found.level, found.decisive) == ("not measured", False)


def test_a_holdout_of_a_few_families_is_left_out():
    made = leaked(shop(2, first=10_000), shop(1))
    found = attacked(made, shop(3, n=5, first=20_000))
    assert found.level == "poor", found.sentence
    assert "membership" not in [f.name for f in found.figures]


def test_links_that_close_a_circle_do_not_hide_the_entities():
    def circle(db):
        persons, first = db["persons"], pc.min(db["orders"]["order"]).as_py()
        best = pa.array(first + np.arange(persons.num_rows))
        return {**db, "persons": persons.append_column("best", best)}

    document = SCHEMA.to_dict()
    document["tables"]["persons"]["foreign_keys"]["best"] = "orders.order"
    schema = rs.Schema.from_dict(document)
    real = circle(shop(1))
    found = attacked(real, circle(shop(3, first=20_000)), schema, real)
    assert found.level == "poor", found.sentence
