"""The engine: laws in a junction tree against brute force over all combinations."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.learn._noise import repeated

from rowsmith.core.protocols import Codes
from rowsmith.core.rng import Key
from rowsmith.learn._private_choice import _that_fit, counts_of
from rowsmith.learn._private_draw import drawn
from rowsmith.learn._private_estimate import Counted, Law, estimated
from rowsmith.learn._private_known import Evidence, drawn_known
from rowsmith.learn._private_margins import projected
from rowsmith.learn._private_tree import Ways, cells, tree_of
from rowsmith.learn.private import Private

SIZES = (3, 2, 4, 2, 3)
PIECES = [(0, 1), (1, 2), (2, 3), (0, 3), (3, 4)]  # a circle, which must be triangulated, and a tail


def factors(seed):
    rng = np.random.default_rng(seed)
    return [(piece, rng.normal(0, 1, [SIZES[i] for i in piece])) for piece in PIECES]


def brute(parts):
    """Shares of all combinations of all columns."""
    table = np.zeros(SIZES)
    for columns, log in parts:
        table += log.reshape([SIZES[i] if i in columns else 1 for i in range(len(SIZES))])
    return np.exp(table) / np.exp(table).sum()


def law(seed=0):
    tree, parts = tree_of(SIZES, PIECES), factors(seed)
    return Law(tree, dict(parts), tree.calibrated(parts)), brute(parts)


@given(st.integers(0, 10_000))
def test_tables_of_cliques_are_those_of_the_whole(seed):
    found, whole = law(seed)
    for clique, table in zip(found.tree.cliques, found.tables, strict=True):
        others = tuple(i for i in range(len(SIZES)) if i not in clique)
        np.testing.assert_allclose(table, whole.sum(axis=others), atol=1e-12)


@given(
    st.lists(st.integers(2, 5), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=12),
)
def test_a_tree_holds_every_piece_and_its_shared_columns_run_on(sizes, pairs):
    d = len(sizes)
    pieces = [(i,) for i in range(d)] + [tuple(sorted({a % d, b % d})) for a, b in pairs]
    tree = tree_of(sizes, pieces)
    assert all(tree.holds(piece) >= 0 for piece in pieces)
    seen = set()
    for k, clique in enumerate(tree.cliques):
        assert set(clique) & seen <= set(tree.cliques[tree.parents[k]] if tree.parents[k] >= 0 else ())
        seen |= set(clique)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=10), st.integers(10, 400))
def test_pairs_that_fit_can_be_brought_together_within_the_limit_along_the_way(pairs, most):
    sizes = (2, 3, 4, 2, 5, 3, 2)
    tree = tree_of(sizes, [(i,) for i in range(7)] + [tuple(sorted(p)) for p in pairs if p[0] != p[1]])
    ways = Ways(tree)
    for size in (2, 3):
        for columns in _that_fit(ways, list(itertools.combinations(range(7), size)), most):
            together = ways.together(columns)
            assert together.holds(columns) >= 0
            assert all(together.holds(clique) >= 0 for clique in tree.cliques)
            assert size == 3 or together.cells <= max(most, tree.cells)


def test_rows_follow_the_law():
    found, whole = law(3)
    groups = drawn(found, 200_000, Key(1))
    shares = counts_of(groups, SIZES, tuple(range(5))) / 200_000
    assert np.abs(shares - whole).sum() < 0.03


@pytest.mark.parametrize("known", [{0: 1}, {4: 2}, {1: 0, 4: 1}, {0: 2, 2: 3, 4: 0}])
def test_rows_follow_the_law_given_what_is_known(known):
    found, whole = law(5)
    n = 60_000
    evidence = {i: Evidence(np.full(n, code), np.eye(SIZES[i])) for i, code in known.items()}
    groups = drawn_known(found, n, Key(2), evidence)
    assert all((groups[i] == code).all() for i, code in known.items())
    wanted = whole[tuple(known.get(i, slice(None)) for i in range(5))]
    free = [i for i in range(5) if i not in known]
    shares = counts_of([groups[i] for i in free], [SIZES[i] for i in free], tuple(range(len(free)))) / n
    assert np.abs(shares - wanted / wanted.sum()).sum() < 0.04


def test_rows_follow_the_law_given_what_is_likely():
    found, whole = law(7)
    n, rng = 60_000, np.random.default_rng(0)
    soft = {0: rng.random((2, 3)), 4: rng.random((2, 3)), 2: rng.random((2, 4))}
    which = {i: rng.integers(0, 2, n) for i in soft}
    groups = drawn_known(found, n, Key(3), {i: Evidence(which[i], soft[i]) for i in soft})
    for kind in itertools.product((0, 1), repeat=3):
        rows = np.all([which[i] == k for i, k in zip(soft, kind, strict=True)], axis=0)
        wanted = whole.copy()
        for i, k in zip(soft, kind, strict=True):
            wanted *= soft[i][k].reshape([SIZES[i] if j == i else 1 for j in range(5)])
        shares = counts_of([g[rows] for g in groups], SIZES, tuple(range(5))) / rows.sum()
        assert (
            np.abs(shares - wanted / wanted.sum()).sum() < 0.15
        )  # of 144 combinations and 7,500 rows: 0.09 on average


def test_a_law_is_found_again_from_its_pairs():
    found, whole = law(11)
    n = 10_000.0
    counted = [
        Counted(piece, n * whole.sum(axis=tuple(i for i in range(5) if i not in piece)), 1.0) for piece in PIECES
    ]
    again = estimated(found.tree, counted, n, {}, 2000)
    for clique, table in zip(found.tree.cliques, again.tables, strict=True):
        others = tuple(i for i in range(5) if i not in clique)
        assert np.abs(table - whole.sum(axis=others)).sum() < 0.01


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=30), st.floats(1, 1000))
def test_a_projection_has_the_sum_no_count_below_nothing_and_the_same_order(noisy, total):
    noisy = np.array(noisy)
    found = projected(noisy, total)
    assert found.min() >= 0
    assert found.sum() == pytest.approx(total, rel=1e-9)
    order = np.argsort(noisy, kind="stable")
    assert (np.diff(found[order]) >= -1e-9).all()


def test_what_never_comes_together_is_hardly_drawn():
    # Zero cells: of two columns with ten codes each, only ten of the hundred pairs occur.
    codes = np.arange(20_000, dtype=np.uint16) % 10
    pair = [Codes(codes, 10, False), Codes((codes * 3) % 10, 10, False)]
    with repeated():
        first, second = Private(epsilon=2.0).fit(pair, key=Key(0)).draw(20_000, Key(1))
    assert np.mean(second == (first * 3) % 10) > 0.97


def test_levels_that_never_come_are_hardly_drawn():
    column = Codes((np.arange(20_000) % 2).astype(np.uint16), 200, False)
    with repeated():
        (drawn_codes,) = Private(epsilon=1.0).fit([column], key=Key(0)).draw(20_000, Key(1))
    assert np.mean(drawn_codes > 1) < 0.02


@settings(max_examples=20)
@given(st.integers(0, 1000))
def test_all_of_the_budget_is_spent_and_no_more(seed):
    rng = np.random.default_rng(seed)
    columns = [Codes(rng.integers(0, k, 300).astype(np.uint16), k, False) for k in rng.integers(1, 6, 4)]
    with repeated(seed):
        spent = Private(epsilon=0.5).fit(columns, key=Key(0)).promise["spent"]
    assert sum(spent.values()) <= 1 + 1e-9
    assert sum(c.size > 1 for c in columns) < 2 or sum(spent.values()) > 0.999


def test_cells_are_counted():
    assert cells(SIZES, (0, 2, 4)) == 36
