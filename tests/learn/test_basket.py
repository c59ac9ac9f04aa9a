"""The law of pairs, the chain, and what is usual for an item."""

import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rowsmith.core.errors import ModelFileError
from rowsmith.core.grouping import BasketLines
from rowsmith.core.line import from_line
from rowsmith.core.permutation import mix
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column, arrow_type
from rowsmith.learn._basket_chain import Chain, fit_chain
from rowsmith.learn._basket_pairs import Pairs, Signs
from rowsmith.learn._basket_pairs_fit import Baskets, fit_pairs
from rowsmith.learn._basket_rows import basket_rows, distinct_lines, numbered
from rowsmith.learn._basket_usual import usual_of
from rowsmith.learn._splits import Settings


def made(n=3000, size=12, seed=0):
    """Baskets with a triangle of items that go together, 0 1 2, and a pair that keeps apart, 3 4; a sign tells of item 5."""
    rng = np.random.default_rng(seed)
    there = rng.random((n, size)) < 0.25
    three = rng.random(n) < 0.15
    there[three, :3] = True
    there[there[:, 3], 4] = False
    sign = rng.random(n) < 0.4
    there[:, 5] = rng.random(n) < np.where(sign, 0.6, 0.1)
    there[~there.any(axis=1), 6] = True
    begins = np.append(0, np.cumsum(there.sum(axis=1)))
    told = Signs(np.append(0, np.cumsum(sign)), np.full(sign.sum(), size), np.full(n, -1))
    return Baskets(begins, np.nonzero(there)[1], size, told, 1, False)


def square(begins, items, size):
    there = np.zeros((len(begins) - 1, size), dtype=bool)
    there[np.repeat(np.arange(len(begins) - 1), np.diff(begins)), items] = True
    return there


@pytest.fixture(scope="module")
def real():
    return made()


@pytest.fixture(scope="module")
def pairs(real):
    return fit_pairs(real, 5, key=Key(1))


@pytest.fixture(scope="module", params=["pairs", "chain"])
def law(request, real, pairs):
    return pairs if request.param == "pairs" else fit_chain(real, pairs, Settings(), key=Key(1))


def drawn(law, baskets, seed=3):
    seeds = mix(np.arange(len(baskets.sizes), dtype=np.uint64), seed)
    return law.draw(baskets.begins, baskets.signs, seeds, Key(seed))


def test_shares_of_pairs_and_of_items_with_a_sign_are_met(law, real):
    items = drawn(law, real)
    there = [square(real.begins, own, real.size).astype(float) for own in (real.items, items)]
    assert (there[1].sum(axis=1) == real.sizes).all()
    shares = [each.T @ each / len(each) for each in there]
    assert np.abs(shares[0] - shares[1]).max() < 0.03
    assert shares[1][3, 4] < 0.005
    sign = np.diff(real.signs.begins) > 0
    assert there[1][sign, 5].mean() - there[1][~sign, 5].mean() > 0.35


def test_a_law_comes_back_from_its_state(law, real):
    again = type(law).from_state(law.state())
    one, two = (square(real.begins, drawn(each, real), real.size) for each in (law, again))
    assert (one != two).mean() < 0.01  # numbers are kept in fewer digits


def test_a_basket_of_the_law_of_pairs_hangs_on_its_seed_alone(pairs, real):
    part = real.part(np.arange(100))
    assert (drawn(pairs, part) == drawn(pairs, real)[: len(part.items)]).all()


def test_the_chain_leaves_what_is_seldom_to_the_pairs(real, pairs):
    law = fit_chain(real, pairs, Settings(), key=Key(1))
    few = Chain(pairs, law.links[:4])
    there = square(real.begins, drawn(few, real), real.size)
    assert (there.sum(axis=1) == real.sizes).all()
    assert abs(there[:, 8].mean() - square(real.begins, real.items, real.size)[:, 8].mean()) < 0.03


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("partners", lambda a: a + 1),
        ("starts", lambda a: a[::-1]),
        ("starts", lambda a: a + 1),
        ("least", lambda a: a[:0]),
        ("log_chance", lambda a: a * np.nan),
        ("log_factors", lambda a: a + 99),
        ("power", lambda a: a - 5),
    ],
)
def test_a_damaged_law_is_refused(pairs, name, change):
    with pytest.raises(ModelFileError, match="damaged"):
        Pairs.from_state({**pairs.state(), name: change(pairs.state()[name])})


def test_a_chain_that_looks_at_later_items_is_refused(real, pairs):
    state = fit_chain(real, pairs, Settings(), key=Key(1)).state()
    state["links"][0] = {**state["links"][0], "seen": np.array([0, 1, 9])}
    with pytest.raises(ModelFileError, match="item 0"):
        Chain.from_state(state)


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=10, unique=True), min_size=1, max_size=30),
    st.integers(0, 99),
)
def test_any_baskets_can_be_learnt_and_no_drawn_one_has_an_item_twice(own, seed):
    begins, items = np.append(0, np.cumsum([len(o) for o in own])), np.concatenate(own)
    size = int(items.max()) + 1
    baskets = Baskets(begins, items, size, Signs.none(len(own)), 0, False)
    law = fit_pairs(baskets, 2, key=Key(seed))
    found = drawn(law, baskets, seed)
    assert ((found >= 0) & (found < size)).all()
    for lo, hi in itertools.pairwise(begins):
        assert len(set(found[lo:hi])) == hi - lo


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=8), min_size=1, max_size=12))
def test_distinct_lines_count_every_line_once(own):
    begins, items = np.append(0, np.cumsum([len(o) for o in own])), np.concatenate(own)
    first, times = distinct_lines(begins, items)
    assert times.sum() == len(items)
    assert len(first) == sum(len(set(o)) for o in own)
    assert (np.diff(first) > 0).all()


def test_columns_that_never_change_in_a_basket_are_its_own():
    table = pa.table({"b": [2, 1, 2, 1], "shop": ["x", "y", "x", "y"], "i": ["a", "a", "b", "c"], "q": [1, 2, 3, 4]})
    rows = basket_rows(table, BasketLines(id="b", item="i"), None, "t")
    assert rows.of_baskets == ("b", "shop")
    assert rows.of_lines == ("q",)
    assert rows.heads["shop"].to_pylist() == ["x", "y"]
    assert rows.begins.tolist() == [0, 2, 4]


@pytest.mark.parametrize(("values", "first"), [([1, 2, 1], 1), ([0, 1, 0], 0), ([1, 3, 1], None), ([2, 3, 2], None)])
def test_what_counts_the_lines_is_known(values, first):
    assert numbered(pa.chunked_array([pa.array(values)]), np.array([0, 2, 3])) == first


@pytest.mark.parametrize("kind", ["double", "int64", "decimal128(8, 2)"])
def test_prices_are_ratios_and_come_back(kind):
    rng = np.random.default_rng(0)
    items = rng.integers(0, 20, 600)
    price = (items + 1) * 100 + rng.integers(0, 5, 600)
    values = from_line(price, arrow_type(kind))
    usual = usual_of("price", Column(kind="float", type=kind), values, items, 20)
    assert usual is not None
    again = type(usual).from_state(usual.state())
    assert again.of(usual.ratios(values, items), items).equals(values)


def test_what_does_not_hang_on_the_item_is_learnt_as_it_is():
    rng = np.random.default_rng(0)
    items = rng.integers(0, 20, 600)
    assert usual_of("x", Column(kind="float", type="double"), pa.array(rng.random(600)), items, 20) is None
    assert usual_of("x", Column(kind="integer", type="int64"), pa.array(items % 3 + 1), items, 20) is None


def test_baskets_of_three_have_the_chances_that_the_law_says():
    n, size = 40_000, 5
    chance = np.array([0.4, 0.25, 0.2, 0.1, 0.05])
    factors = {(0, 1): 4.0, (0, 2): 0.2, (1, 3): 3.0, (2, 4): 8.0, (3, 4): 0.5}
    both = {**factors, **{(b, a): f for (a, b), f in factors.items()}}
    partners = [[b for b in range(size) if (a, b) in both] for a in range(size)]
    flat = [(a, b) for a in range(size) for b in partners[a]]
    starts = np.append(0, np.cumsum([len(each) for each in partners]))
    logs = np.log([both[pair] for pair in flat])
    law = Pairs(np.array([1]), np.log(chance)[None], np.ones(1), 0, starts, np.array([b for _, b in flat]), logs)
    begins, seeds = np.arange(n + 1) * 3, np.arange(n, dtype=np.uint64) * np.uint64(977)
    drawn = np.sort(law.draw(begins, Signs.none(n), seeds, Key(1)).reshape(n, 3), axis=1)
    triples = list(itertools.combinations(range(size), 3))
    weights = [
        np.prod(chance[list(t)]) * np.prod([factors.get(pair, 1.0) for pair in itertools.combinations(t, 2)])
        for t in triples
    ]
    found = [(drawn == t).all(axis=1).mean() for t in triples]
    assert np.abs(np.array(found) - np.array(weights) / sum(weights)).max() < 0.02
