"""Guide tables draw the very quantiles of their laws."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rowsmith.samplers._guide import GuideTable

weights = st.lists(st.one_of(st.floats(1e-6, 1e6), st.just(0.0)), min_size=1, max_size=60).filter(
    lambda w: sum(w) > 1e-3
)


def quantile(law, u):
    """The first code whose cumulated share is above u, by hand."""
    shares = np.array(law) / max(law)
    total = np.cumsum(shares / shares.sum())
    code = int(np.searchsorted(total, u, side="right"))
    return min(code, max(i for i, w in enumerate(law) if w))


@settings(max_examples=100, deadline=None)
@given(st.lists(weights, min_size=1, max_size=4), st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=30))
def test_draws_are_quantiles(laws, u):
    table = GuideTable.of([(range(len(law)), law) for law in laws])
    for number, law in enumerate(laws):
        drawn = table.draw(np.array(u), number)
        near = [min(abs(np.cumsum(law) / np.sum(law) - x)) < 1e-9 for x in u]  # two ways of rounding may differ
        assert [d for d, skip in zip(drawn.tolist(), near, strict=True) if not skip] == [
            quantile(law, x) for x, skip in zip(u, near, strict=True) if not skip
        ]
        assert all(law[code] > 0 for code in drawn)


def test_many_values_and_codes_of_their_own():
    rng = np.random.default_rng(1)
    weight = rng.random(200_000) ** 8  # more values than cells, most of them rare
    codes = rng.permutation(10**6)[: len(weight)]
    table = GuideTable.of([(codes.tolist(), weight.tolist())])
    u = rng.random(50_000)
    expected = codes[np.minimum(np.searchsorted(np.cumsum(weight) / weight.sum(), u, side="right"), len(codes) - 1)]
    assert (table.draw(u) == expected).mean() > 0.9999


def test_laws_side_by_side_do_not_mix():
    laws = [([10 * i, 10 * i + 1], [1.0, 3.0]) for i in range(5000)]
    table = GuideTable.of(laws)
    law = np.repeat(np.arange(5000), 40)
    u = np.random.default_rng(2).random(len(law))
    drawn = table.draw(u, law)
    assert (drawn // 10 == law).all()
    assert ((drawn % 10 == 1) == (u >= 0.25)).mean() > 0.9999
    assert table.draw(np.full((3, 1), 1 - 2**-53), np.array([[0, 7, 4999]])).tolist() == [[1, 71, 49991]] * 3
