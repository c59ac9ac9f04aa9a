"""Boxes never overlap, lines never run over boxes, parents stand above children: for any tables."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rowsmith.core.layout import LEAD, Box, layout

SIZES = st.tuples(st.integers(60, 400), st.integers(30, 500), st.sampled_from([0, 0, 36, 60]))


@st.composite
def drawings(draw, cycles):
    """Boxes, and lines from each to earlier ones; to any others, where there may be cycles."""
    sizes = draw(st.lists(SIZES, min_size=1, max_size=14))
    boxes = {f"b{i}": Box(width=w, height=h, spare=s) for i, (w, h, s) in enumerate(sizes)}
    ends = st.tuples(st.integers(0, len(sizes) - 1), st.integers(0, len(sizes) - 1))
    lines = [(a, b) for a, b in draw(st.lists(ends, max_size=25)) if (a != b if cycles else a > b)]
    return boxes, [(f"b{a}", f"b{b}") for a, b in lines]


def area(box, place):
    """Left, top, right and bottom of a box with what is to be left free beside it."""
    return place[0], place[1], place[0] + box.width + box.spare, place[1] + box.height


def runs_over(one, other, room=0.0):
    """Whether two areas share more than an edge, or come nearer than some room."""
    return (
        one[0] < other[2] + room - 1e-6 and other[0] < one[2] + room - 1e-6
        and one[1] < other[3] - 1e-6 and other[1] < one[3] - 1e-6
    )  # fmt: skip


@settings(deadline=None)
@given(st.booleans().flatmap(drawings))
def test_nothing_lies_on_anything(drawing):
    boxes, lines = drawing
    found = layout(boxes, lines)
    areas = {name: area(box, found.places[name]) for name, box in boxes.items()}
    for one, other in combinations(areas.values(), 2):
        assert not runs_over(one, other, room=20)
    assert all(left >= -1e-6 and top >= 0 for left, top, _, _ in areas.values())
    assert all(right <= found.width + 1e-6 and bottom <= found.height + 1e-6 for _, _, right, bottom in areas.values())
    for route in found.routes:
        for (ax, ay), (bx, by) in pairwise(route):
            assert abs(ax - bx) < 1e-6 or ay == by  # upright or level
            part = min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)
            assert not any(runs_over(part, box) for box in areas.values())
            assert -1e-6 <= part[0] <= part[2] <= found.width + 1e-6


@settings(deadline=None)
@given(st.booleans().flatmap(drawings))
def test_lines_join_their_boxes_with_room_for_marks(drawing):
    boxes, lines = drawing
    found = layout(boxes, lines)
    for (child, parent), route in zip(lines, found.routes, strict=True):
        for name, (x, y), following in ((child, route[0], route[1]), (parent, route[-1], route[-2])):
            left, top, _, bottom = area(boxes[name], found.places[name])
            assert left < x < left + boxes[name].width
            assert y in (top, bottom)
            assert abs(following[1] - y) >= LEAD - 1e-6


@settings(deadline=None)
@given(drawings(cycles=False))
def test_parents_stand_above_children(drawing):
    boxes, lines = drawing
    places = layout(boxes, lines).places
    assert all(places[parent][1] + boxes[parent].height < places[child][1] for child, parent in lines)


@settings(deadline=None)
@given(drawings(cycles=False))
def test_level_parts_lie_apart(drawing):
    parts = [
        sorted([a, b]) for route in layout(*drawing).routes for a, b in pairwise(route) if a[1] == b[1] and a[0] != b[0]
    ]
    for (a, b), (c, d) in combinations(parts, 2):
        assert a[1] != c[1] or b[0] < c[0] or d[0] < a[0]


def test_a_chain_is_straight_and_a_second_line_is_beside_it():
    boxes = {name: Box(width=100, height=50) for name in "abc"}
    found = layout(boxes, [("b", "a"), ("c", "b"), ("c", "b")])
    assert all(len({round(x, 6) for x, _ in route}) == 1 for route in found.routes)
    assert found.width == 100
    passing = {x for x, _ in layout(boxes, [("b", "a"), ("c", "b"), ("c", "a")]).routes[2]}
    assert max(passing) - min(passing) < 50


def test_no_row_of_boxes_is_too_wide():
    places = layout({f"b{i}": Box(width=100, height=50) for i in range(50)}, []).places
    rows = [y for _, y in places.values()]
    assert max(rows.count(y) for y in rows) == 8
    children = layout({f"b{i}": Box(width=100, height=50) for i in range(9)}, [(f"b{i}", "b0") for i in range(1, 9)])
    assert sorted(round(y) for _, y in children.places.values())[0] == round(children.places["b0"][1])
    assert children.width < 800


def test_nothing_is_laid_out_as_nothing():
    assert layout({}, []).width == layout({}, []).height == 0


@pytest.mark.parametrize("crossed", [False, True])
def test_boxes_are_ordered_so_that_lines_do_not_cross(crossed):
    boxes = {name: Box(width=100, height=50) for name in "abcd"}
    places = layout(boxes, [("c", "b"), ("d", "a")] if crossed else [("c", "a"), ("d", "b")]).places
    assert (places["a"][0] < places["b"][0]) == (
        (places["d"] < places["c"]) if crossed else (places["c"] < places["d"])
    )
