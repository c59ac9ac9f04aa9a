"""Sets of items that are often bought together."""

import itertools

import numpy as np
import pytest

from rowsmith.core.errors import SpecError
from rowsmith.truth._quest import Patterns, fill


def patterns(**changed):
    return Patterns(**{"count": 300, "size": 4.0, "correlation": 0.5, "corruption": 0.5} | changed)


def drawn(**changed):
    return patterns(**changed).draw(np.arange(10, 210), np.random.default_rng(1))


def test_sets_have_the_mean_size_and_share_items_with_the_set_before():
    sets = drawn()["sets"]
    assert np.mean([len(one) for one in sets]) == pytest.approx(4, abs=0.4)
    assert all(len(set(one)) == len(one) >= 1 for one in sets)
    assert {i for one in sets for i in one} <= set(range(10, 210))

    def common(sets):
        return np.mean([len(set(a) & set(b)) / len(b) for a, b in itertools.pairwise(sets)])

    assert common(sets) > 0.25
    assert common(drawn(correlation=0.0)["sets"]) < 0.1


def test_baskets_are_made_of_sets_as_whole_as_corruption_leaves_them():
    for corruption, least, most in ((0.0, 0.75, 1.0), (0.5, 0.1, 0.65)):
        sets = drawn(corruption=corruption, correlation=0.0)
        baskets, items = fill(4000, 8.0, sets, np.random.default_rng(2))
        whole = [frozenset(one) for one in sets["sets"] if len(one) > 3]
        held = [set() for _ in range(4000)]
        for basket, item in zip(baskets, items, strict=True):
            held[basket].add(int(item))
        # of the sets that a basket holds three items of, how many it holds all of
        complete = [one <= h for h in held for one in whole if len(one & h) > 2]
        assert least <= np.mean(complete) <= most


def test_sizes_are_about_the_mean_and_no_basket_hangs_on_another():
    baskets, _ = fill(5000, 8.0, drawn(), np.random.default_rng(3))
    sizes = np.bincount(baskets, minlength=5000)
    assert sizes.mean() == pytest.approx(8, rel=0.15)
    assert abs(np.corrcoef(sizes[1:], sizes[:-1])[0, 1]) < 0.05


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"count": -1}, "patterns=-1"),
        ({"size": 0.5}, "pattern_size=0.5"),
        ({"correlation": 1.5}, "correlation=1.5"),
        ({"corruption": 0.99}, "corruption=0.99"),
    ],
)
def test_what_cannot_be_is_said(changed, said):
    with pytest.raises(SpecError, match=said):
        patterns(**changed).check()
