"""Foreign keys that data show."""

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs
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


def test_names_are_read_in_words():
    assert words("billingAddressID") == ("billing", "address", "id")
    assert words("shop_2_id") == ("shop", "2", "id")
