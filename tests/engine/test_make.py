"""The contract of what a spec makes: a function of spec and seed alone, and right in every row."""

import dataclasses
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rowsmith.core.errors import OutputError, SpecError
from rowsmith.engine._family import MakeFamily
from rowsmith.engine.make import make, preview
from rowsmith.engine.planning import plan_spec
from rowsmith.spec.model import Spec

SHOP = {
    "seed": 7,
    "chunk_rows": 512,
    "parameters": {"rate": 0.1},
    "tables": {
        "customers": {
            "rows": 1500,
            "columns": {
                "customer_id": {"kind": "id", "start": 1},
                "age": {"kind": "normal", "mean": 46, "sd": 15, "min": 18, "max": 99, "as": "integer"},
                "income": {"kind": "normal", "mean": 38_000, "sd": 5000, "correlate": {"age": 0.35}, "null": 0.1},
                "boss": {"kind": "tree", "children": 4},
                "orders": {"sql": "count(orders.order_id)"},
                "spent": {"sql": "sum(orders.total)"},
                "spends": {"sql": "spent > 100"},
            },
        },
        "orders": {
            "per": {"table": "customers", "count": {"kind": "poisson", "mean": {"sql": "age / 20"}}},
            "columns": {
                "total": {"sql": "sum(items.price)"},
                "order_id": {"kind": "id", "format": "O{:06d}"},
                "customer_id": "parent",
                "friend": {"kind": "reference", "table": "customers", "law": "zipf"},
                "friend_age": {"sql": "friend.age"},
            },
            "rules": {"younger friends": "friend_age <= customers.age + 10"},
        },
        "items": {
            "per": {"table": "orders", "count": {"kind": "poisson", "mean": 2, "min": 1, "max": 5}},
            "primary_key": ["order_id", "line"],
            "columns": {
                "order_id": "parent",
                "line": "position",
                "product": {"kind": "reference", "table": "products", "distinct": True},
                "quantity": {"kind": "poisson", "mean": 2},
                "price": {"sql": "quantity * products.price * (1 - rate)", "as": "decimal(10,2)"},
            },
            "rules": {"bought": "quantity > 0"},
        },
        "products": {
            "rows": 20,
            "columns": {
                "product_id": {"kind": "id", "shuffled": 1000},
                "price": {"kind": "normal", "mean": 20, "sd": 3, "by": {"dear": {"true": {"mean": 90}}}, "as": "decimal(8,2)"},
                "dear": {"sql": "product_id % 3 = 0"},
            },
        },
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def shop():
    return make(Spec(**SHOP))


def columns(table, *names):
    return [table[name].to_numpy(zero_copy_only=False) for name in names]


def test_keys_are_unique_and_foreign_keys_point_somewhere(shop):
    for table, key in (("customers", "customer_id"), ("orders", "order_id"), ("products", "product_id")):
        assert len(shop[table][key].unique()) == shop[table].num_rows
    assert len(shop["items"].group_by(["order_id", "line"]).aggregate([])) == shop["items"].num_rows
    for table, column, parent, key in (
        ("orders", "customer_id", "customers", "customer_id"),
        ("orders", "friend", "customers", "customer_id"),
        ("items", "order_id", "orders", "order_id"),
        ("items", "product", "products", "product_id"),
    ):
        assert set(shop[table][column].to_pylist()) <= set(shop[parent][key].to_pylist())


def test_every_row_keeps_every_rule_and_formula(shop):
    customers = {row["customer_id"]: row for row in shop["customers"].to_pylist()}
    products = {row["product_id"]: row for row in shop["products"].to_pylist()}
    for order in shop["orders"].to_pylist():
        assert order["friend_age"] == customers[order["friend"]]["age"]
        assert order["friend_age"] <= customers[order["customer_id"]]["age"] + 10
    for item in shop["items"].to_pylist():
        assert item["quantity"] > 0
        assert abs(item["price"] - item["quantity"] * products[item["product"]]["price"] * 9 / 10) < 0.006


def test_roll_ups_are_exact(shop):
    items = shop["items"].group_by("order_id").aggregate([("price", "sum")]).to_pylist()
    of_order = {row["order_id"]: row["price_sum"] for row in items}
    of_customer, counts = {}, {}
    for order in shop["orders"].to_pylist():
        assert order["total"] == of_order[order["order_id"]]
        of_customer[order["customer_id"]] = of_customer.get(order["customer_id"], 0) + order["total"]
        counts[order["customer_id"]] = counts.get(order["customer_id"], 0) + 1
    for row in shop["customers"].to_pylist():
        assert row["orders"] == counts.get(row["customer_id"], 0)
        assert row["spent"] == of_customer.get(row["customer_id"])
        assert row["spends"] == (None if row["spent"] is None else row["spent"] > 100)


def test_links_of_one_parent_are_distinct(shop):
    assert len(shop["items"].group_by(["order_id", "product"]).aggregate([])) == shop["items"].num_rows


def test_a_tree_has_no_loops_and_one_top(shop):
    boss = dict(zip(shop["customers"]["customer_id"].to_pylist(), shop["customers"]["boss"].to_pylist(), strict=True))
    assert [c for c, b in boss.items() if b is None] == [1]
    assert all(b is None or b < c for c, b in boss.items())


def test_settings_follow_sql_and_groups(shop):
    age, orders = columns(shop["customers"], "age", "orders")
    assert abs(np.corrcoef(age, orders)[0, 1]) > 0.2
    assert abs((orders - age / 20).mean()) < 5 * np.sqrt((age / 20).mean() / len(age))
    price, dear = columns(shop["products"], "price", "dear")
    assert price[dear].min() > 60 > price[~dear].max()


def test_a_copula_gives_the_correlation_asked_for():
    table = {
        "rows": 40_000,
        "columns": {
            "a": {"kind": "normal"},
            "b": {"kind": "poisson", "mean": 9, "correlate": {"a": 0.6}},
            "c": {"kind": "normal", "correlate": {"a": -0.5}},
        },
    }
    for copula in ({}, {"copula": {"df": 5}}):
        made = make(Spec(tables={"t": table | copula}))["t"]
        a, b, c = columns(made, "a", "b", "c")
        assert abs(np.corrcoef(a, b)[0, 1] - 0.6) < 0.02
        assert abs(np.corrcoef(a, c)[0, 1] + 0.5) < 0.02
        assert abs(a.mean()) < 0.02
        assert abs(b.mean() - 9) < 0.08


def same(first, second):
    return all(first[name].equals(second[name]) for name in first) and list(first) == list(second)


def test_workers_do_not_matter(shop):
    assert same(shop, make(Spec(**SHOP), workers=2))


def test_the_order_of_chunks_does_not_matter(shop):
    plan = plan_spec(Spec(**SHOP))
    for root in plan.roots:
        chunks = plan.chunks(root)
        made = {chunk.index: MakeFamily(plan)(chunk).tables for chunk in reversed(chunks)}
        for name in made[0]:
            whole = pa.Table.from_batches([made[i][name] for i in range(len(chunks))])
            assert whole.equals(shop[name])


def test_the_hash_seed_of_the_process_does_not_matter(tmp_path):
    code = (
        "import json, sys, hashlib; from rowsmith.engine.make import make; from rowsmith.spec.model import Spec\n"
        "made = make(Spec(**json.load(open(sys.argv[1]))), rows={'customers': 300})\n"
        "print(hashlib.sha256(repr([t.to_pydict() for t in made.values()]).encode()).hexdigest())"
    )
    import json

    (tmp_path / "s.json").write_text(json.dumps(SHOP))
    run = [
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "s.json")],
            capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert run[0] == run[1]


def test_another_column_leaves_the_others_as_they_were(shop):
    more = {
        **SHOP,
        "tables": {k: {**v, "columns": {"extra": "normal", **v["columns"]}} for k, v in SHOP["tables"].items()},
    }
    made = make(Spec(**more))
    assert same(shop, {name: table.drop_columns("extra") for name, table in made.items()})


def test_more_rows_keep_the_first_of_a_root_table():
    few, many = (make(Spec(**SHOP), rows={"products": n})["products"] for n in (700, 1000))
    assert many.slice(0, 700).equals(few)


def test_another_seed_makes_other_rows(shop):
    assert not make(Spec(**SHOP), seed=8)["customers"].equals(shop["customers"])


KINDS = [
    {"kind": "normal", "mean": 5, "sd": 2},
    {"kind": "poisson", "mean": 3},
    {"kind": "poisson", "mean": {"sql": "abs(n % 7)"}, "null": 0.2},
    {"kind": "normal", "by": {"level": {"1": {"mean": 3}, "2": {"sd": 9}}}, "as": "integer"},
    {"sql": "n * 2"},
    {"kind": "normal", "null": {"sql": "n > 3"}, "as": "text"},
]


@settings(max_examples=15, deadline=None)
@given(
    kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=4),
    rows=st.integers(0, 90),
    count=st.integers(0, 3),
    least=st.integers(-2, 2),
    seed=st.integers(0, 2**40),
)
def test_generated_specs_keep_their_promises(kinds, rows, count, least, seed):
    some = {f"c{i}": kind for i, kind in enumerate(kinds)}
    base = {"key": "id", "n": {"kind": "poisson", "mean": 4}, "level": {"sql": "n % 3"}}
    spec = Spec(
        seed=seed,
        chunk_rows=37,
        tables={
            "a": {"rows": rows, "columns": {**base, **some}, "rules": {"r": f"n >= {least}"}},
            "b": {
                "per": {"table": "a", "count": {"kind": "poisson", "mean": count}},
                "columns": {**base, "a": "parent", **some, "twice": {"sql": "a.n + n"}},
                "rules": {"below": "n <= a.n + 4"},
            },
        },
    )
    made = make(spec)
    assert made["a"].num_rows == rows
    assert len(made["b"]["key"].unique()) == made["b"].num_rows
    n_of = dict(zip(made["a"]["key"].to_pylist(), made["a"]["n"].to_pylist(), strict=True))
    assert all(n >= least for n in n_of.values())
    for row in made["b"].to_pylist():
        assert row["n"] <= n_of[row["a"]] + 4
        assert row["twice"] == row["n"] + n_of[row["a"]]
        assert row["level"] == row["n"] % 3


def test_a_hidden_column_is_read_but_not_written():
    columns = {"b": {"sql": "a * 2"}, "a": {"kind": "poisson", "mean": 9, "hidden": True}}
    made = make(Spec(tables={"t": {"rows": 20, "columns": columns}}))["t"]
    assert made.column_names == ["b"]
    assert all(b % 2 == 0 for b in made["b"].to_pylist())


def test_a_level_without_settings_is_refused_where_there_are_none_for_all():
    columns = {"n": {"kind": "poisson", "mean": 3}, "x": {"kind": "binomial", "by": {"n": {"0": {"n": 3, "p": 0.5}}}}}
    with pytest.raises(SpecError, match=r"tables.t.columns.x: by: there are rows with n=[1-9]; add the level"):
        make(Spec(tables={"t": {"rows": 90, "columns": columns}}))


def test_a_rule_that_nothing_keeps_is_given_up_with_its_name():
    table = {"rows": 50, "columns": {"a": "normal"}, "rules": {"high": "a > 40"}}
    says = r"tables.t.rules: only 0.00% of .* drawn rows keep them all: high \(a > 40\) in 0.00%; .* give a bounds"
    with pytest.raises(SpecError, match=says):
        make(Spec(tables={"t": table}))


def test_a_hard_rule_is_kept():
    table = {"rows": 300, "columns": {"a": "normal"}, "rules": {"high": "a > 2.5"}}
    made = make(Spec(tables={"t": table}))
    assert min(made["t"]["a"].to_pylist()) > 2.5
    drawn, kept = made.tried["t"]
    assert 0.003 < kept / drawn < 0.012


def test_counts_of_children_are_rounded_or_refused():
    def children(count):
        tables = {
            "t": {"rows": 4, "columns": {"id": "id"}},
            "u": {"per": {"table": "t", "count": count}, "columns": {"t": "parent"}},
        }
        return make(Spec(tables=tables))["u"]["t"].to_pylist()

    assert children({"sql": "id / 2"}) == [2, 3, 3, 4, 4]  # 0.5, 1, 1.5 and 2, half to even
    assert children({"sql": "id * 0.5 - 1"}) == [4]
    assert children({"sql": "nullif(id, 3) - 2"}) == [4, 4]
    with pytest.raises(SpecError, match=r"tables\.u\.per\.count: gives string"):
        children({"sql": "'x'"})


def test_a_chain_goes_on_where_a_rule_draws_rows_again():
    ring = {"a": {"b": 1}, "b": {"c": 1}, "c": {"a": 1}}
    columns = {
        "id": "id",
        "t": "parent",
        "state": {"kind": "sequence", "within": "t", "transitions": ring},
        "level": {"kind": "walk", "within": "t", "drift": 1, "sd": 0},
        "x": "normal",
    }
    child = {"per": {"table": "t", "count": 7}, "columns": columns, "rules": {"positive": "x > 0"}}
    made = make(Spec(tables={"t": {"rows": 30, "columns": {"id": "id"}}, "u": child}))["u"]
    assert made["state"].to_pylist() == [*"abcabca"] * 30
    assert made["level"].to_pylist() == [*range(7)] * 30
    assert min(made["x"].to_pylist()) > 0


def test_files_and_manifest(tmp_path, shop):
    import pyarrow.parquet as pq

    made = make(Spec(**SHOP), tmp_path / "out")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {f"{n}.parquet" for n in shop} | {"manifest.json"}
    assert dict(made) == {}
    for name in shop:
        assert pq.read_table(tmp_path / "out" / f"{name}.parquet").equals(shop[name])


def test_nothing_is_left_of_a_run_that_fails(tmp_path):
    spec = Spec(**SHOP)
    broken = dataclasses.replace(spec.tables["orders"], rules={"never": "friend_age > 200"})
    with pytest.raises(SpecError):
        make(spec.but(tables={**spec.tables, "orders": broken}), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_targets_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is a file"):
        make(Spec(**SHOP), tmp_path / "file")
    with pytest.raises(SpecError, match="there are 4 tables"):
        make(Spec(**SHOP), tmp_path / "x.parquet")
    with pytest.raises(SpecError, match=r"rows.orders=3: the rows of orders follow from those of customers"):
        make(Spec(**SHOP), rows={"orders": 3})


def test_a_preview_is_short():
    assert {name: table.num_rows for name, table in preview(Spec(**SHOP), 4).items()} == {
        "customers": 4, "orders": 4, "items": 4, "products": 4,
    }  # fmt: skip
