"""Foreign keys that data show."""

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs
from rowsmith.learn._propose_composite import _links
from rowsmith.learn._propose_links import words

N = np.arange(1, 41)
CUSTOMERS = pa.table({"customer_id": N, "age": N % 30 + 20})
PLAIN = pa.table({"id": N, "age": N % 30 + 20})


def found(**tables):
    schema = rs.inspect(tables)
    return {f"{n}.{key}" for n, t in schema.tables.items() for key in t.foreign_keys}


@pytest.mark.parametrize(
    ("tables", "links"),
    [
        (
            {"customers": CUSTOMERS, "orders": {"customer_id": N % 9 + 1}},
            {"orders.customer_id -> customers.customer_id"},
        ),
        ({"customers": PLAIN, "orders": {"customer_id": N % 9 + 1}}, {"orders.customer_id -> customers.id"}),
        ({"customers": PLAIN, "orders": {"customer": N % 9 + 1}}, {"orders.customer -> customers.id"}),
        ({"categories": PLAIN, "items": {"categoryId": N % 9 + 1}}, {"items.categoryId -> categories.id"}),
        (
            {"customers": CUSTOMERS, "orders": {"payer_customer_id": N % 9 + 1}},
            {"orders.payer_customer_id -> customers.customer_id"},
        ),
        # small numbers stand in any counter, so the name must say it
        ({"customers": CUSTOMERS, "orders": {"quantity": N % 9 + 1}}, set()),
        ({"customers": CUSTOMERS, "orders": {"customer_id": N * 1000}}, set()),
        ({"customers": PLAIN, "orders": {"id": N, "quantity": N % 3}}, set()),
        (
            {"staff": {"id": N, "manager_id": pa.array([None, *(N[:-1] // 2 + 1.0)])}},  # as pandas has them
            {"staff.manager_id -> staff.id"},
        ),
        ({"staff": {"id": N, "manager_id": N / 2}}, set()),
        (
            {"staff": {"id": N, "manager_id": pa.array(N // 3, mask=N < 3)}},
            {"staff.manager_id -> staff.id"},
        ),
    ],
)
def test_links_are_those_that_names_and_values_agree_on(tables, links):
    assert found(**{n: t if isinstance(t, pa.Table) else pa.table(t) for n, t in tables.items()}) == links


def test_a_proposal_says_why_and_counts_what_dangles():
    orders = pa.table({"customer_id": np.append(N, 99)})
    (key,) = rs.inspect({"customers": CUSTOMERS, "orders": orders}).tables["orders"].foreign_keys
    assert key.why == "40 of 41 values are in customers.customer_id, which is unique, and the names agree"


ORDERS = pa.table({"order_id": N, "total": N % 7})
PAYMENTS = pa.table({"payment_id": N[::-1] + 1000, "order_id": N})


@pytest.mark.parametrize("names", [("orders", "payments"), ("payments", "orders")])
def test_of_rows_that_go_one_with_one_the_table_named_after_the_key_leads(names):
    tables = {"orders": ORDERS, "payments": PAYMENTS}
    assert found(**{n: tables[n] for n in names}) == {"payments.order_id -> orders.order_id"}


def test_of_rows_that_go_one_with_one_the_larger_table_leads_where_no_name_says_it():
    # two of the larger dangle, so that links both ways are there to be taken
    tables = {"a": pa.table({"card_no": N}), "b": pa.table({"card_no": np.append(N, [98, 99])})}
    assert found(**tables) == {"a.card_no -> b.card_no"}


def test_many_tables_with_a_row_for_each_make_no_circle():
    links = found(**{n: pa.table({"card_no": N}) for n in "abcd"})
    assert links == {f"{n}.card_no -> a.card_no" for n in "bcd"}


def test_others_point_to_the_table_that_the_key_is_named_after():
    lines = pa.table({"order_id": N % 9 + 1})
    assert found(bills=PAYMENTS, orders=ORDERS, lines=lines) == {
        "bills.order_id -> orders.order_id",
        "lines.order_id -> orders.order_id",
    }


def test_a_database_with_a_row_for_each_is_learnt_and_drawn():
    r = np.random.default_rng(0)
    tables = {
        "orders": pa.table({"order_id": N, "total": r.normal(size=40)}),
        "payments": pa.table({"payment_id": N + 1000, "order_id": N, "fee": r.normal(size=40)}),
    }
    twin = rs.fit(tables).sample(seed=1)
    assert set(twin["payments"]["order_id"].to_pylist()) <= set(twin["orders"]["order_id"].to_pylist())


def test_the_key_of_a_table_is_the_one_that_is_named_after_it():
    bills = pa.table({"pupil_no": N, "bill_no": N + 500})
    others = {"lessons": pa.table({"pupil_no": N % 9 + 1}), "parts": pa.table({"bill_no": N % 9 + 501})}
    assert rs.inspect({"bills": bills, **others}).tables["bills"].primary_key == ("bill_no",)


R = np.random.default_rng(0)
PLATES = [f"{'LGW'[i % 3]}-{i + 100}{'ABCDE'[i % 5]}" for i in range(150)]
DRUGS = [
    a + b for a in ("ampi", "keto", "ibu", "para", "meto") for b in ("cillin", "profen", "zol", "lol", "pril", "statin")
]
SITES = np.sort(R.choice(np.arange(10_000, 99_999), 60, replace=False))
PRICES, TITLES = R.choice(np.arange(199, 9_999), 80, replace=False), [f"item {i}" for i in range(80)]


def rows(name, values, n=2000):
    """Many rows of a table, each with one of some values."""
    return {"row_id": np.arange(n), name: R.choice(values, n)}


@pytest.mark.parametrize(
    ("parents", "key", "children", "link"),
    [
        ("cars", {"plate": PLATES}, "rentals", "rentals.plate -> cars.plate"),
        ("tariffs", {"tariff": ["ECO", "MID", "LUX"]}, "cars", "cars.tariff -> tariffs.tariff"),
        ("drugs", {"drug": DRUGS}, "doses", "doses.drug -> drugs.drug"),
        ("order_status", {"status": ["new", "paid", "sent"]}, "orders", "orders.status -> order_status.status"),
        ("articles", {"article": np.arange(1, 201)}, "lines", "lines.article -> articles.article"),
        ("weather_sites", {"wmo": SITES}, "readings", "readings.wmo -> weather_sites.wmo"),
        # numbers that any counter has, and words by which nobody is called
        ("inflation", {"year": np.arange(2000, 2025)}, "sales", None),
        ("discounts", {"quantity": np.arange(1, 13)}, "orders", None),
        ("boxes", {"size": np.arange(1, 13)}, "parcels", None),
        ("bands", {"amount": np.arange(100, 2100, 100)}, "loans", None),
        ("settings", {"currency": ["EUR"]}, "orders", None),
        ("branches", {"branch_id": np.arange(1, 6), "city": ["Linz", "Graz", "Wien", "Wels", "Steyr"]}, "people", None),
    ],
)
def test_columns_of_one_name_are_linked_where_values_show_it(parents, key, children, link):
    (name, values) = list(key.items())[-1]
    parent = key | {"weight": R.normal(size=len(values))}
    assert found(**{parents: pa.table(parent), children: pa.table(rows(name, values))}) == ({link} if link else set())


@pytest.mark.parametrize("first", ["product_id", "title"])
def test_what_is_copied_from_the_row_pointed_to_is_no_link(first):
    products = {"product_id": np.arange(80), "title": TITLES, "price": PRICES}
    at = R.integers(0, 80, 2000)
    lines = {"product_id": at, "title": np.array(TITLES)[at], "price": PRICES[at]}
    in_order = {first: products[first], **products}
    assert found(products=pa.table(in_order), lines=pa.table(lines)) == {"lines.product_id -> products.product_id"}


def test_words_of_too_few_rows_would_not_be_kept_as_keys_and_make_no_link():
    doses = {"drug": [*DRUGS, *R.choice(DRUGS[1:], 1970)]}
    assert found(drugs=pa.table({"drug": DRUGS, "weight": np.arange(30.0)}), doses=pa.table(doses)) == set()


CODES = [f"M{i + 100}" for i in range(60)]
MEMBERS = pa.table({"member": CODES, "age": R.integers(16, 80, 60)})
TEAMS, MATCHES = pa.table({"team_id": np.arange(1, 19), "x": R.normal(size=18)}), np.arange(1, 301)
SPREAD = pa.table({"site_no": SITES, "x": R.normal(size=60)})


@pytest.mark.parametrize(
    ("tables", "links"),
    [
        (
            {"members": MEMBERS, "gifts": rows("giver", CODES) | rows("taker", CODES[5:])},
            {"gifts.giver -> members.member", "gifts.taker -> members.member"},
        ),
        (
            {"members": {"member": CODES, "recruited_by": [None] * 10 + [CODES[i // 3] for i in range(50)]}},
            {"members.recruited_by -> members.member"},
        ),
        (
            {
                "teams": TEAMS,
                "matches": {"match_id": MATCHES, "home_id": MATCHES % 18 + 1, "away_id": MATCHES % 17 + 1},
            },
            {"matches.home_id -> teams.team_id", "matches.away_id -> teams.team_id"},
        ),
        ({"sites": SPREAD, "readings": rows("measured_at", SITES)}, {"readings.measured_at -> sites.site_no"}),
        # a counter has any small number; a status has few; other codes; a copy of what the row pointed to says
        ({"teams": TEAMS, "matches": {"match_id": MATCHES, "goals": MATCHES % 18 + 1}}, set()),
        ({"teams": TEAMS, "matches": {"match_id": MATCHES, "state_id": MATCHES % 4 + 1}}, set()),
        ({"members": MEMBERS, "gifts": rows("giver", [*CODES, "X999"])}, set()),
        (
            {
                "members": MEMBERS.append_column("card", pa.array([f"C{i}" for i in range(60)])),
                "gifts": {"member": [CODES[i % 60] for i in MATCHES], "shown": [f"C{i % 60}" for i in MATCHES]},
            },
            {"gifts.member -> members.member"},
        ),
    ],
)
def test_values_show_links_that_no_name_tells(tables, links):
    assert found(**{n: t if isinstance(t, pa.Table) else pa.table(t) for n, t in tables.items()}) == links


def pairs(a, b, share, more=None, n=2000, of=None):
    """A table of some of the pairs of two columns, each once, and one of many rows that have such a pair, or any of some."""
    every = np.array([(x, y) for x in range(a) for y in range(b)])
    kept = every[R.random(len(every)) < share]
    some = kept[R.integers(0, len(kept), n)] if of is None else of[R.integers(0, len(of), n)]
    names = more or ("shop_nr", "product_nr")
    parent = {name: kept[:, i] for i, name in enumerate(names)} | {"price": R.normal(size=len(kept))}
    child = {name: some[:, i] for i, name in enumerate(names)} | {"pieces": R.integers(1, 90, n)}
    return {"offers": pa.table(parent), "sales": pa.table(child)}


SPARSE = {"sales.shop_nr, product_nr -> offers.shop_nr, product_nr"}


@pytest.mark.parametrize(
    ("tables", "links"),
    [
        (pairs(40, 30, 0.4), SPARSE),
        (pairs(40, 30, 1.0), set()),  # all pairs there can be: sales would have no others
        (pairs(24, 12, 0.98, ("year", "month")), set()),
        (pairs(40, 30, 0.4, of=np.array([(x, y) for x in range(40) for y in range(30)])), set()),  # of any pair
        (pairs(2000, 2000, 0.0005), set()),  # pairs that differ by chance
        (pairs(40, 30, 0.4, ("id", "code")), set()),
    ],
)
def test_two_columns_are_a_key_together_where_chance_would_not_have_it_so(tables, links):
    schema = rs.inspect(tables)
    assert found(**tables) == links
    assert schema.tables["offers"].primary_key == (("shop_nr", "product_nr") if links else ())


def test_a_key_of_two_links_may_have_all_pairs_that_there_can_be():
    tables = pairs(40, 30, 1.0, ("shop_id", "product_id"))
    tables |= {name: pa.table({f"{name[:-1]}_id": np.arange(n)}) for name, n in (("shops", 40), ("products", 30))}
    assert "sales.shop_id, product_id -> offers.shop_id, product_id" in found(**tables)


def test_three_columns_are_a_key_where_no_two_are():
    three = np.array([(x, y, z) for x in range(12) for y in range(10) for z in range(6)])
    kept = three[R.random(len(three)) < 0.5]
    columns = ("hall", "row", "seat")
    some = kept[R.integers(0, len(kept), 1500)]
    tables = {
        "seats": pa.table({c: kept[:, i] for i, c in enumerate(columns)}),
        "tickets": pa.table({c: some[:, i] for i, c in enumerate(columns)} | {"paid": R.normal(size=1500)}),
    }
    assert found(**tables) == {"tickets.hall, row, seat -> seats.hall, row, seat"}


def test_no_key_of_two_columns_is_sought_where_one_is_a_key():
    tables = pairs(40, 30, 0.4)
    offers = tables["offers"].append_column("offer_id", pa.array(np.arange(tables["offers"].num_rows)))
    assert found(offers=offers, sales=tables["sales"]) == set()


def test_names_are_read_in_words():
    assert words("billingAddressID") == ("billing", "address", "id")
    assert words("shop_2_id") == ("shop", "2", "id")


def test_codes_of_many_values_are_no_other_ones_together():
    """Three columns, one of 2 ** 22 values: numbers that are made of all three are more than 64 bits hold."""
    key = np.array([(x, y, z) for x in range(5) for y in range(5) for z in (0, 2**20)])
    mine = np.concatenate([key[R.integers(0, len(key), 999)], [[0, 0, 2**22 - 1]]])
    found = _links([(mine[:, i], key[:, i]) for i in range(3)], 0.9, said=True)
    assert found is not None
    assert found[1:] == (999, 1000)
