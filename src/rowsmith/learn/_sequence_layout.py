"""Where things stand: places of the matrix of sequences, and the arrays of a program, for compiled code and all others."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

POSITION, REMAINING, GAP, HOUR, WEEKDAY, MONTH_DAY, YEAR_DAY, PHASE, CELL, ROOM, CONTEXT = range(11)
"""Places of the matrix: the time, then the context of the entity, then blocks of the columns. `ROOM` is how long each gap may be,
as gaps are counted, from the one to this row on, if all are alike and one more after the last row ends at the close; nan where
there is none."""
VALUE, MISSING, RUN, MEAN, SIZE, OVERALL, EXPECTED, BEYOND = 0, 1, 2, 3, 6, 8, 9, 10
"""Places of a block of a column on a line; one of codes has the value, and the run at `RUN`. `BEYOND` are running means of what values
are beyond what is expected."""
BLOCK, MEANS = 13, 3
HOME, ON_LINE, LOG, LATTICE, NULLABLE, STAYS, FIRST_STEP = range(7)
KNOT_AT, BOUND_AT, FEATURE_AT, NODE_AT, TERM_AT, TIGHT, KEEPS, WORDS = range(7, 15)
"""Whole numbers of a column: place of its block; whether it is a number, has steps of logarithms, lies on a lattice, has code 0
for null, and the next code for the last value once more; its first code that is a step and no level; where its knots, bounds,
features, nodes and terms begin; whether its steps start from the sum of the terms (0), the greatest (1) or the least (-1) of
them, or from a sum of values (`SUM`, `MOSTLY`); the column that is such a sum and of which it is the last term to be drawn, so that it
leaves room for that, -1 for none. The row after the last column says where these end."""
SUM, MOSTLY = 2, 3
"""Columns that are the sum of their terms, which are places of columns and not of the matrix: always where all are there, or mostly."""
SHIFT, LOW, HIGH, ORIGIN, UNIT, FILL, DRIFT, TREND, TAILS, AWAY, FLOOR, CEILING, NUMBERS = (
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    16,
    19,
    20,
    21,
)
"""Numbers of a column: what is added before the logarithm; least and greatest value; the value of 0 and of a step of 1, in what
columns are compared in; what stands where there is neither a level nor anything to step from; the usual step; by how much what
is expected grows in a tick; the laws of the smallest and of the largest steps (see `_sequence_steps.Steps`); how steps are tilted by
how far the last value, beyond what is expected, is from each of its running means; between which values a sum stays."""
PLACE, AGO, LESS, LESS_AGO, LEVELS, EDGES, RANK, ENTRIES = range(8)
"""Entries of a feature: what it is (see `_sequence_features.Feature`), its number of edges, where its ranks are in a node's."""
LEFT, RIGHT, MIDDLE, TREES, RANKS, LINKS = range(6)
"""Entries of a node: its children, the first code on the right side, its first tree, its ranks. A last row has the ends."""
STEP, PER_SECOND, MONTHS, GAPS, SEASON, CELLS, DECAY, DECAY_SIZE = 0, 1, 2, 3, 4, 5, 6, 9
ERA, CLOSE, EVERY, GROUP, GROUPS, PACES = 11, 12, 13, 14, 15, 16
"""Numbers of the time: units of a tick, units of a second, whether they are months, whether gaps are drawn, ticks of a season,
cells of a day; then the decay of running means and of running sizes of steps; rows of an era; the time after which there are no
rows, infinite where there is none; ticks from row to row, where all entities keep one pace, else 0;
which constant says whose usual values go, -1 for none, and how many levels it has. Where gaps are drawn and some
hours of the week are busier than others, how busy each is comes last, from Monday at midnight."""
WEEK_HOURS = 168


class Program(NamedTuple):
    """What the loop needs, as flat arrays; columns in the order in which they are drawn."""

    columns: np.ndarray  # [columns + 1, WORDS]
    numbers: np.ndarray  # [columns, NUMBERS]
    terms: (
        np.ndarray
    )  # [terms, 4] features that a step starts from: place, rows ago, place or -1, rows ago; of a sum columns
    weights: np.ndarray  # [terms]
    pace: np.ndarray  # [PACES], or [PACES + WEEK_HOURS]
    zone: np.ndarray  # [2, changes] seconds from which on the local time is ahead by how many
    expected: np.ndarray  # [columns, cells] what the calendar lets expect
    features: np.ndarray  # [features, ENTRIES]
    edges: np.ndarray  # [features, edges] upper ends of bins
    nodes: np.ndarray  # [nodes + 1, LINKS]
    start: np.ndarray  # [nodes, eras] log-odds before any tree
    slope: np.ndarray  # [nodes] by how much steps on the right side are larger than those on the left, on average
    push: np.ndarray  # [columns, cells] what is added to log-odds, times the slope
    split: np.ndarray  # [trees, inner]
    threshold: np.ndarray  # [trees, inner]
    leaf: np.ndarray  # [trees, leaves]
    ranks: np.ndarray  # [ranks]
    knots: np.ndarray  # [codes, pieces + 1] quantiles of what a code stands for
    bounds: np.ndarray  # [bounds, 2] column, and whether it is an upper bound
