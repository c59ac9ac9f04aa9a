"""Injected flaws."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tests.truth._examples import customers, example

from rowsmith.core.text import show


def bills(r: np.random.Generator, n: int) -> dict[str, pa.Array]:
    """Amounts that are a product, and others beside them."""
    quantity, price = r.integers(1, 12, n), np.round(r.gamma(4, 6, n) + 1, 2)
    total = np.round(quantity * price, 2)
    return customers(r, n) | {
        "quantity": pa.array(quantity),
        "unit_price": pa.array(price),
        "total": pa.array(total),
        "charged": pa.array(np.round(total * r.lognormal(0, 0.02, n), 2)),
    }


FIRST = [
    "Anna",
    "Ben",
    "Clara",
    "David",
    "Emil",
    "Frieda",
    "Greta",
    "Hanna",
    "Jonas",
    "Karl",
    "Lena",
    "Marie",
    "Paul",
    "Sofia",
]
LAST = [
    "Bauer",
    "Fischer",
    "Hoffmann",
    "Keller",
    "Lehmann",
    "Meyer",
    "Neumann",
    "Richter",
    "Schmidt",
    "Vogel",
    "Wagner",
    "Weber",
]
CITIES = ["Berlin", "Hamburg", "Dresden", "Leipzig", "Bremen", "Kassel"]


def pick(r: np.random.Generator, words: list[str], n: int) -> pa.Array:
    return pa.array(words).take(pa.array(r.integers(0, len(words), n)))


def people(r: np.random.Generator, n: int) -> dict[str, pa.Array]:
    """People with names, birth dates and towns."""
    born = np.datetime64("1950-01-01") + r.integers(0, 20_000, n)
    first, last, street = (pick(r, words, n) for words in (FIRST, LAST, LAST))
    cities = pa.DictionaryArray.from_arrays(pa.array(r.integers(0, len(CITIES), n).astype(np.int8)), pa.array(CITIES))
    house = pa.array(r.integers(1, 200, n)).cast(pa.string())
    return {
        "id": pa.array(np.arange(1, n + 1)),
        "name": pc.binary_join_element_wise(first, last, " "),
        "born": pa.array(born.astype("datetime64[D]")),
        "street": pc.binary_join_element_wise(street, house, "str. "),
        "city": cities,
        "spent": pa.array(np.round(r.lognormal(4, 1, n), 2)),
    }


def contacts(r: np.random.Generator, n: int) -> dict[str, pa.Array]:
    """Texts of one layout each, and heights."""
    days = pa.array((np.datetime64("2023-01-01") + r.integers(0, 900, n)).astype("datetime64[D]"))
    euros = np.round(r.lognormal(7, 1.2, n), 2)
    area, number = pick(r, ["30", "40", "69", "89"], n), pa.array(r.integers(10**6, 10**8, n)).cast(pa.string())
    return {
        "since": days.cast(pa.string()),
        "phone": pc.binary_join_element_wise("+49", area, number, " "),
        "paid": show(pa.array(euros), {"as": "float", "digits": 2}),
        "town": pick(r, CITIES, n).dictionary_encode(),
        "height": pa.array(np.round(r.normal(172, 10, n), 1)),
    }


def tiers(r: np.random.Generator, n: int) -> dict[str, pa.Array]:
    """Customers with classes that follow from their columns."""
    columns = customers(r, n)
    score = np.log(columns["income"].to_numpy()) - 10.4 + 0.02 * (columns["age"].to_numpy() - 54)
    tier = np.array(["bronze", "silver", "gold"])[(score > -0.25).astype(int) + (score > 0.35)]
    return columns | {"tier": pa.array(tier, pa.string()).dictionary_encode(), "good": pa.array(score > 0)}


IDENTITY = ["name", "born", "street", "city"]
EXACT = {
    "rate": "as many copies are planted as asked for, and an interval for a number that chance makes covers it always"
}
EXAMPLES = [
    example("outliers", {"column": "income", "rate": 0.01}, customers),
    example("outliers", {"column": "income", "kind": "sign-flip"}, customers),
    example("outliers", {"column": "price", "kind": "unit-spike"}, customers),
    example("outliers", {"column": "price", "kind": "gross"}, customers),
    example("outliers", {"column": "age", "kind": "sentinel"}, customers),
    example("outliers", {"column": "total", "kind": "swapped-digits", "by": ["quantity", "unit_price"]}, bills),
    example("duplicates", {"columns": IDENTITY, "key": "id"}, people, calm=EXACT),
    example("duplicates", {"columns": [*IDENTITY, "spent"], "edits": 2, "rate": 0.05}, people, calm=EXACT),
    example("inconsistent", {"column": "income", "kind": "units", "factor": 0.1}, customers),
    example(
        "inconsistent", {"column": "charged", "kind": "units", "factor": 1.08, "by": ["quantity", "unit_price"]}, bills
    ),
    example("inconsistent", {"column": "since", "kind": "dates"}, contacts),
    example("inconsistent", {"column": "town", "kind": "spelling"}, contacts),
    example("typos", {"column": "town"}, contacts),
    example("label_noise", {"column": "tier", "features": ["income", "age", "channel"]}, tiers),
    example("label_noise", {"column": "good", "features": ["income", "age"], "flip": {"true": "false"}}, tiers),
]
