"""A program of sequences in a file: its arrays, checked when they come back, since compiled code checks no bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rowsmith.core.errors import ModelFileError
from rowsmith.core.state import State
from rowsmith.learn import _sequence_layout as layout
from rowsmith.learn._sequence_layout import Program
from rowsmith.learn._sequence_values import Values
from rowsmith.learn._sequence_walk import Walk

FURTHEST = 2_000
"""Rows ago that a feature may look at, at most: room is made for them."""
_TYPES: dict[str, Any] = {
    **dict.fromkeys(("numbers", "weights", "pace", "expected", "edges", "start", "slope", "push", "knots"), np.float64),
    **{"split": np.uint16, "threshold": np.uint8, "leaf": np.float32, "ranks": np.uint8},
}
"""Types of the arrays; the others are whole numbers of 64 bits."""


def walk_from_state(state: State, columns: Sequence[Values | None], n_context: int) -> Walk:
    """The inverse of `Walk.state`.

    Raises:
        ModelFileError: an array points outside another.
    """
    p = Program(
        **{name: np.ascontiguousarray(state[name].astype(_TYPES.get(name, np.int64))) for name in Program._fields}
    )
    places = layout.CONTEXT + n_context + layout.BLOCK * len(columns)
    gaps = bool(columns) and columns[0] is None
    lines = [column is None or column.on_line for column in columns]
    if not _shaped(p, len(columns)) or not _sound(p, len(columns), places):
        raise ModelFileError("the model is damaged: the arrays of its sequences do not fit together.")
    if bool(p.pace[layout.GAPS]) != gaps or p.columns[:-1, layout.ON_LINE].tolist() != lines:
        raise ModelFileError("the model is damaged: the arrays of its sequences do not fit together.")
    return Walk(p)


def _shaped(p: Program, n: int) -> bool:
    inner = p.split.shape[1] if p.split.ndim == 2 else 0
    eras = p.start.shape[1] if p.start.ndim == 2 else 0
    nodes, trees, features = len(p.start), len(p.split), len(p.features)
    wanted = {
        "columns": (n + 1, layout.WORDS),
        "numbers": (n, layout.NUMBERS),
        "terms": (len(p.weights), 4),
        "weights": (len(p.weights),),
        "pace": (layout.PACES + (layout.WEEK_HOURS if len(p.pace) > layout.PACES else 0),),
        "features": (features, layout.ENTRIES),
        "nodes": (nodes + 1, layout.LINKS),
        "start": (nodes, eras),
        "slope": (nodes,),
        "push": p.expected.shape,
        "threshold": (trees, inner),
        "leaf": (trees, inner + 1),
        "bounds": (len(p.bounds), 2),
    }
    shapes = all(getattr(p, name).shape == shape for name, shape in wanted.items())
    more = p.zone.ndim == p.expected.ndim == p.edges.ndim == p.knots.ndim == 2 and p.ranks.ndim == 1
    return bool(
        shapes
        and more
        and p.zone.shape[0] == 2
        and p.zone.shape[1] >= 1
        and p.expected.shape[0] == n
        and p.expected.shape[1] >= 1
        and len(p.edges) == features
        and p.knots.shape[1] >= 2
        and inner >= 1
        and eras >= 1
        and (inner + 1) & inner == 0
    )


def _sound(p: Program, n: int, places: int) -> bool:
    """Whether every place that one array names is in another."""
    c, f = p.columns, p.features
    ends = (
        (layout.BOUND_AT, p.bounds),
        (layout.FEATURE_AT, f),
        (layout.NODE_AT, p.start),
        (layout.KNOT_AT, p.knots),
        (layout.TERM_AT, p.terms),
    )
    return bool(
        np.isfinite(np.delete(p.pace, layout.CLOSE)).all()
        and p.pace[layout.CLOSE] > -np.inf  # nor not a number
        and (np.delete(p.pace[layout.EVERY :], layout.GROUP - layout.EVERY) >= 0).all()
        and -1 <= p.pace[layout.GROUP] < places - layout.CONTEXT - layout.BLOCK * n
        and 1 <= p.pace[layout.GROUPS] <= p.expected.shape[1]
        and p.pace[layout.STEP] > 0
        and p.pace[layout.ERA] >= 1
        and p.pace[layout.SEASON] >= 0
        and p.pace[layout.CELLS] >= 0
        and (c[:-1, layout.HOME] == places - layout.BLOCK * np.arange(n, 0, -1)).all()
        and all(_rises(c[:, at], len(array)) for at, array in ends)
        and _rises(p.nodes[:, layout.TREES], len(p.split))
        and _inside(c[:, layout.KEEPS] + 1, n + 1)
        and _sums_sound(p, n)
        and _inside(p.bounds[:, 0], n)
        and all(_placed(each, places) for each in (f, p.terms))
        and _inside(f[:, layout.LEVELS], 256)
        and _inside(f[:, layout.EDGES], p.edges.shape[1] + 1)
        and all(_tree_sound(p, k) for k in range(n))
    )


def _sums_sound(p: Program, n: int) -> bool:
    """Whether the terms of sums are of columns."""
    tight = p.columns[:-1, layout.TIGHT]
    terms = np.repeat(tight >= layout.SUM, np.diff(p.columns[:, layout.TERM_AT]))
    ago = p.terms[terms, layout.AGO]
    return bool(_inside(tight + 1, layout.MOSTLY + 2) and _inside(p.terms[terms, layout.PLACE], n) and _inside(ago, 2))


def _placed(features: Any, places: int) -> bool:
    """Whether features, or terms, are of places of the matrix."""
    ago = features[:, [layout.AGO, layout.LESS_AGO]]
    return bool(
        _inside(features[:, layout.PLACE], places)
        and _inside(features[:, layout.LESS] + 1, places + 1)
        and _inside(ago, FURTHEST)
    )


def _tree_sound(p: Program, k: int) -> bool:
    c = p.columns
    a, b = c[k : k + 2, layout.NODE_AT].tolist()
    own, size = np.arange(b - a), b - a + 1
    for side in (layout.LEFT, layout.RIGHT):
        child = p.nodes[a:b, side]
        if not (((child > own) & (child < b - a)) | ((child < 0) & (~child < size))).all():
            return False
    if not _inside(p.nodes[a:b, layout.MIDDLE] - 1, size - 1):
        return False
    codes = int(c[k + 1, layout.KNOT_AT] - c[k, layout.KNOT_AT])
    flags, first = c[k, [layout.ON_LINE, layout.NULLABLE, layout.STAYS]], int(c[k, layout.FIRST_STEP])
    if not _inside(flags, 2) or (flags[0] and not (size <= codes and flags[1] + flags[2] <= first <= codes)):
        return False
    features = p.features[c[k, layout.FEATURE_AT] : c[k + 1, layout.FEATURE_AT]]
    trees = p.nodes[a : b + 1, layout.TREES]
    splits = p.split[trees[0] : trees[-1]]
    if not splits.size:
        return True
    ranked = features[features[:, layout.RANK] >= 0]
    end = int((ranked[:, layout.RANK] + ranked[:, layout.LEVELS]).max(initial=-1))
    at = p.nodes[a:b, layout.RANKS][np.diff(trees) > 0]
    return bool(int(splits.max()) < len(features) and (at >= 0).all() and (at + end < len(p.ranks)).all())


def _rises(at: Any, end: int) -> bool:
    return bool(at[0] == 0 and at[-1] == end and (np.diff(at) >= 0).all())


def _inside(values: Any, end: int) -> bool:
    return bool(((values >= 0) & (values < end)).all())
