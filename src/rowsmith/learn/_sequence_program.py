"""The chain of a table of sequences: in which order its columns are drawn, from what, and by which trees."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.protocols import Codes, Progress
from rowsmith.core.rng import Key
from rowsmith.core.shield import Units
from rowsmith.learn import _boost, _descend, _sequence_kernel
from rowsmith.learn import _sequence_layout as layout
from rowsmith.learn._order import chain_order
from rowsmith.learn._sequence_base import Base, fit_base
from rowsmith.learn._sequence_calibrate import History, calibrated
from rowsmith.learn._sequence_close import close_of, pace_of
from rowsmith.learn._sequence_features import Column, Feature, Setting, bins
from rowsmith.learn._sequence_groups import grouped
from rowsmith.learn._sequence_layout import CELL, EXPECTED, HOME, HOUR, POSITION, ROOM, VALUE, WEEKDAY, Program
from rowsmith.learn._sequence_orders import bounds_of, orders
from rowsmith.learn._sequence_rows import Real, units_of
from rowsmith.learn._sequence_season import Season, busy_hours, fit_season
from rowsmith.learn._sequence_steps import KNOTS, Coded, Steps, fit_steps
from rowsmith.learn._sequence_sums import after_terms, coded_sum, flattened, keepers
from rowsmith.learn._sequence_values import FREQUENT, Values
from rowsmith.learn._splits import Settings

Floats = NDArray[np.float64]
Forest = dict[str, NDArray[Any]]

RETURNS = 15.0
"""Times that a series comes back to its trend, on average, before that is one: the prices of a share have none."""
ERAS, ERA_ROWS = 16, 250
"""Parts of a single series that are told apart at most, and the fewest rows of one: in which years a price had one value a day, or
shares were quiet, nothing else tells, and a state that a row leaves by chance is not found again."""
OPEN = 4
"""Every so many entities learn gaps without the close, as they are drawn where there is none: of as many rows as are asked for."""


def fit_program(
    real: Real, settings: Settings, *, key: Key, workers: int, progress: Progress
) -> tuple[Program, tuple[int, ...]]:
    """Learn the chain.

    Returns:
        The program, and which column of `real` stands at each place of it.
    """
    bounding = orders(real)
    order = _order(real, bounding)
    sums = flattened([each.at(order) for each in real.sums])
    columns = [real.columns[i] for i in order]
    values = np.ascontiguousarray(real.values[:, order])
    lines = [values[:, k] for k, c in enumerate(columns) if c is not None and c.on_line]
    season = fit_season(real.clock, real.lines, real.begins, not real.gaps, lines)
    p = _plain(order, real, season)
    matrix = np.full((len(values), layout.CONTEXT + real.context.shape[1] + layout.BLOCK * len(columns)), np.nan)
    _sequence_kernel.fill(
        p.columns, p.numbers, p.pace, p.zone, p.expected, matrix, values, real.begins, real.lines, real.context
    )
    busy = busy_hours(matrix[matrix[:, POSITION] > 0], real.clock, real.lines) if real.gaps else np.zeros(0)
    if len(busy):
        p = p._replace(pace=np.append(p.pace, busy))
        season = replace(season, places=tuple(sorted({HOUR, WEEKDAY, *season.places})))
    cells = np.minimum(matrix[:, CELL].astype(np.int64), season.size - 1)
    p, season, cells = grouped(p, season, matrix, real, columns, cells)
    matrix[np.repeat(np.arange(len(real.begins) - 1), np.diff(real.begins)) % OPEN == OPEN - 1, ROOM] = np.nan
    on_line = p.columns[:-1, layout.ON_LINE].astype(bool)
    ticks = np.round(real.lines / real.clock.step) if len(real.begins) == 2 else None
    for k in np.flatnonzero(on_line):
        home = p.columns[k, HOME]
        p.expected[k], p.numbers[k, layout.TREND] = _usual(matrix[:, home + VALUE], cells, ticks, season)
        trend = p.numbers[k, layout.TREND] * (0.0 if ticks is None else ticks)
        matrix[:, home + EXPECTED] = p.expected[k][cells] + trend
    position = matrix[:, POSITION].astype(np.int64)
    rows = np.flatnonzero(position > 0) if position.any() else np.arange(len(position))
    p.columns[:, layout.BOUND_AT], bounds = bounds_of(order, bounding)
    blocks = _blocks(p, columns, values, bounds)
    shared = (real.gaps, season.places, season.rows, season.expects)
    setting = Setting(blocks, real.levels, len(real.begins) > 2, p.start.shape[1], *shared)
    bases = [Base.of_sum(sums[k]) if k in sums else fit_base(setting, k, matrix, position) for k in range(len(columns))]
    p.columns[:-1, layout.KEEPS] = keepers(sums, len(columns))
    for place, each in sums.items():
        p.numbers[place, [layout.FLOOR, layout.CEILING]] = p.numbers[place, [layout.LOW, layout.HIGH]] = (
            each.low,
            each.high,
        )
    p.columns[:, layout.TERM_AT] = _starts([base.terms for base in bases])
    p.numbers[:, layout.DRIFT], p.columns[:-1, layout.TIGHT] = (
        [base.drift for base in bases],
        [base.tight for base in bases],
    )
    p = p._replace(
        terms=_joined([base.table for base in bases], np.int64, 4),
        weights=_joined([np.array(base.weights) for base in bases], np.float64),
        bounds=bounds,
    )
    coded, units = [], units_of(real.begins)
    own = None if units is None else units[rows]
    for place, (column, block, base, now) in enumerate(zip(columns, blocks, bases, values[rows].T, strict=True)):
        last = Feature(block.home + VALUE, 1).of(matrix, position)[rows]
        if place in sums:
            coded.append(coded_sum(sums[place], column, values, real.begins, rows, own))
        else:
            coded.append(_coded(column, now, base.of(matrix, position)[rows], last, own))
    for k in np.flatnonzero(on_line):
        p.numbers[k, layout.TAILS : layout.AWAY] = coded[k].steps.tails.ravel()

    def learn(k: int) -> tuple[Forest, list[list[int]], list[Floats]]:
        chosen, cut = [], []
        for feature in setting.features(k) if k not in sums or coded[k].steps.size > 1 else ():
            found = bins(feature, feature.of(matrix, position)[rows])
            if found is not None:
                chosen.append((feature, found.values))
                cut.append(found.edges)
        nominal = np.array([f.levels > 0 for f, _ in chosen], dtype=bool)
        table = np.array([b for _, b in chosen], dtype=np.uint8).reshape(len(chosen), len(rows))
        codes, steps = coded[k].codes, coded[k].steps
        column = columns[k]
        size = steps.size if column is None or column.on_line else column.codec.size
        borders = _borders(steps, codes) if on_line[k] else ()
        seed = key.child("column", k).integer() >> 23
        ordered = bool(on_line[k]) or _ordered(columns[k])
        forest = _boost.fit_column(table, nominal, codes, size, ordered, settings, seed, borders)
        levels = np.where(nominal, table.max(axis=1, initial=0), 0)
        entries = [[f.place, f.ago, f.less, f.less_ago, int(n)] for (f, _), n in zip(chosen, levels, strict=True)]
        return forest, entries, cut

    learnt: dict[int, tuple[Forest, list[list[int]], list[Floats]]] = {}
    with ThreadPoolExecutor(workers) as threads:
        tasks = {threads.submit(learn, k): k for k in reversed(range(len(columns)))}
        for done, task in enumerate(as_completed(tasks), start=1):
            learnt[tasks[task]] = task.result()
            progress("learning", done, len(tasks))
    p = _packed(p, coded, [learnt[k] for k in range(len(columns))], settings)
    borders = [_borders(c.steps, c.codes) if on else () for c, on in zip(coded, on_line, strict=True)]
    codes = [c.codes for c in coded]
    history = History(values, matrix, position, codes, borders, real.begins, real.lines, real.context)
    return calibrated(p, history, season, key=key.child("calibrated"), progress=progress), tuple(order)


def _order(real: Real, orders: Sequence[tuple[int, int]]) -> list[int]:
    """The gap first; the others by how much they tell of one another, those last that more others bound.

    What is carried over from the row above is known before what is new.
    """
    first = [0] if real.gaps else []
    rest = [i for i in range(len(real.columns)) if i not in first]
    codes = []
    for i in rest:
        x = real.values[:, i]
        ranks = np.unique(np.nan_to_num(x, nan=-1e300), return_inverse=True)[1]
        size = int(ranks.max(initial=0)) + 1
        column = real.columns[i]
        if column is not None and column.on_line and size > 200:
            ranks, size = ranks * 200 // size, 200
        ordered = column is not None and column.on_line
        codes.append(Codes(ranks.astype(np.uint16), size, ordered))
    often = np.bincount(np.array(orders, dtype=np.int64).ravel(), minlength=len(real.columns))
    ranked = [rest[k] for k in chain_order(codes)]
    return after_terms(first + sorted(ranked, key=lambda i: (int(often[i]), not _carried(real, i))), real.sums)


def _carried(real: Real, i: int) -> bool:
    """Whether a column often is what another was in the row above, as a first price of the day is the last one of the day before."""
    mine, now = real.columns[i], np.delete(np.arange(len(real.lines)), real.begins[:-1])
    if mine is None or not mine.on_line:
        return False
    x = mine.zero + mine.scale * real.values[now, i]
    for j, other in enumerate(real.columns):
        if j != i and other is not None and other.on_line and other.kind == mine.kind:
            before = other.zero + other.scale * real.values[now - 1, j]
            if (
                np.isclose(x, before, rtol=1e-12, atol=0).mean()
                >= FREQUENT
                > np.mean(real.values[now, i] == real.values[now - 1, i])
            ):
                return True
    return False


def _ordered(column: Values | None) -> bool:
    return column is not None and column.codec.ordered


def _plain(order: Sequence[int], real: Real, season: Season) -> Program:
    """The program without trees."""
    n = len(order)
    length = float(np.median(np.diff(real.begins)))
    far = float(np.clip(length / 8, 4, 168))
    half_lives = np.array([2.0, np.sqrt(2.0 * far), far, 4.0, float(np.clip(length / 10, 6, 60))])
    columns, numbers = np.zeros((n + 1, layout.WORDS), dtype=np.int64), np.zeros((n, layout.NUMBERS))
    for k, i in enumerate(order):
        column, home = real.columns[i], layout.CONTEXT + real.context.shape[1] + layout.BLOCK * k
        columns[k, layout.HOME] = home
        middle = _middle(real.values[:, i])
        if column is None:  # gaps are whole ticks, of which the logarithm is learnt
            columns[k, [layout.ON_LINE, layout.LOG, layout.LATTICE]] = 1
            numbers[k, : layout.DRIFT] = 1.0, 0.0, np.inf, 0.0, 1.0, middle
        elif column.on_line:
            columns[k, [layout.ON_LINE, layout.LOG, layout.LATTICE]] = 1, column.log, column.lattice
            numbers[k, : layout.DRIFT] = column.shift, column.low, column.high, column.zero, column.scale, middle
    clock, eras = real.clock, _eras(real)
    pace = [clock.step, clock.per_second, clock.count == "month", real.gaps, season.rows, season.cells]
    return Program(
        columns=columns,
        numbers=numbers,
        terms=np.zeros((0, 4), dtype=np.int64),
        weights=np.zeros(0),
        pace=np.array(
            [
                *pace,
                *(1.0 - 0.5 ** (1.0 / half_lives)),
                len(real.lines) / eras,
                close_of(real),
                pace_of(real),
                -1.0,
                1.0,
            ]
        ),
        zone=_zone(real),
        expected=np.zeros((n, season.size)),
        features=np.zeros((0, layout.ENTRIES), dtype=np.int64),
        edges=np.zeros((0, 1)),
        nodes=np.zeros((1, layout.LINKS), dtype=np.int64),
        start=np.zeros((0, eras)),
        slope=np.zeros(0),
        push=np.zeros((n, season.size)),
        split=np.zeros((0, 1), dtype=np.uint16),
        threshold=np.zeros((0, 1), dtype=np.uint8),
        leaf=np.zeros((0, 2), dtype=np.float32),
        ranks=np.zeros(0, dtype=np.uint8),
        knots=np.zeros((0, KNOTS + 1)),
        bounds=np.zeros((0, 2), dtype=np.int64),
    )


def _eras(real: Real) -> int:
    """Parts of a single series that are told apart; 1 of several series, where a row's place tells the same of each."""
    return int(np.clip(len(real.lines) // ERA_ROWS, 1, ERAS)) if len(real.begins) == 2 else 1


def _usual(values: Floats, cells: NDArray[np.int64], ticks: Floats | None, season: Season) -> tuple[Floats, float]:
    """What the calendar lets expect, and the trend of a single series that comes back to it."""
    if ticks is not None:
        usual, trend = season.usual(values, cells, ticks)
        away = values - usual[cells] - trend * ticks
        before, after = away[:-1], away[1:]
        known = np.isfinite(before) & np.isfinite(after)
        power = float(before[known] @ before[known])
        if power > 0 and -float(before[known] @ (after - before)[known]) / power * len(values) >= RETURNS:
            return usual, trend
    return season.usual(values, cells)


def _middle(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.sort(known)[len(known) // 2]) if len(known) else 0.0


def _zone(real: Real) -> NDArray[np.int64]:
    if not real.clock.per_second:
        return np.zeros((2, 1), np.int64)
    seconds = real.clock.seconds(real.lines)
    return np.array(real.clock.offsets(int(seconds.min()), int(seconds.max())), dtype=np.int64)


def _like(k: int, columns: Sequence[Values | None]) -> list[int]:
    """Columns whose blocks are counted like those of a column."""
    mine = columns[k]
    if mine is None or not mine.on_line:
        return []
    out = []
    for place, other in enumerate(columns):
        if place == k or other is None or not other.on_line or mine.log != other.log:
            continue
        near = mine.zero + mine.scale * np.array([mine.low, mine.high])
        far = other.zero + other.scale * np.array([other.low, other.high])
        overlap = min(near[1], far[1]) - max(near[0], far[0])
        same = (
            mine.log or (mine.scale == other.scale and mine.zero == other.zero) or not (mine.lattice or other.lattice)
        )
        if same and overlap > 0.5 * max(near[1] - near[0], far[1] - far[0]):
            out.append(place)
    return out


def _coded(column: Values | None, values: Floats, base: Floats, last: Floats, units: Units | None) -> Coded:
    """Codes of the rows after the first ones, which are learnt with the entities."""
    if column is None or column.on_line:
        return fit_steps(values, base, column, None if column is None else last, units)
    return Coded(values.astype(np.uint16), fit_steps(np.zeros(1), np.full(1, np.nan), None).steps)


def _blocks(p: Program, columns: Sequence[Values | None], values: Floats, bounds: NDArray[np.int64]) -> list[Column]:
    """What features need to know of the columns."""
    out = []
    for k, column in enumerate(columns):
        line = column is None or column.on_line
        size = 0 if column is None or line else column.codec.size
        missing = line and bool(np.isnan(values[:, k]).any())
        home = int(p.columns[k, HOME])
        like, (first, last) = _like(k, columns), p.columns[k : k + 2, layout.BOUND_AT].tolist()
        own = [(int(place), bool(upper)) for place, upper in bounds[first:last] if place in like]
        above, below = (tuple(sorted(place for place, upper in own if upper == side)) for side in (False, True))
        out.append(Column(home, line, size, _ordered(column), missing, tuple(like), above, below, column is not None))
    return out


def _borders(steps: Steps, codes: NDArray[np.uint16]) -> tuple[int, ...]:
    """Codes between which a column's tree is cut first: null, levels, steps; and a step that comes often, which is a state."""
    counts = np.bincount(codes, minlength=steps.size)[steps.first_step :]
    often = np.flatnonzero(counts >= FREQUENT * len(codes)) + steps.first_step
    around = {int(code) + k for code in often for k in (0, 1)}
    return tuple(sorted({int(steps.nullable), steps.nullable + steps.stays, steps.first_step, *around}))


def _packed(
    plain: Program,
    coded: Sequence[Coded],
    learnt: Sequence[tuple[Forest, list[list[int]], list[Floats]]],
    settings: Settings,
) -> Program:
    """The program with all trees in a row."""
    forests = [forest for forest, _, _ in learnt]
    edges = [each for _, _, found in learnt for each in found]
    table = np.full((len(edges), max((len(e) for e in edges), default=1) or 1), np.inf)
    for row, each in zip(table, edges, strict=True):
        row[: len(each)] = each
    columns, line = plain.columns.copy(), plain.columns[:-1, layout.ON_LINE].astype(bool)
    knots = [c.steps.knots[: c.steps.size * on] for c, on in zip(coded, line, strict=True)]
    columns[:-1, layout.NULLABLE] = [c.steps.nullable and on for c, on in zip(coded, line, strict=True)]
    columns[:-1, layout.STAYS] = [c.steps.stays and on for c, on in zip(coded, line, strict=True)]
    columns[:-1, layout.FIRST_STEP] = [c.steps.first_step * on for c, on in zip(coded, line, strict=True)]
    columns[:, layout.KNOT_AT] = _starts(knots)
    columns[:, layout.FEATURE_AT] = _starts([found for _, found, _ in learnt])
    columns[:, layout.NODE_AT] = _starts([f["left"] for f in forests])
    features, nodes, trees, ranks = [], [], 0, 0
    for forest, entries, found in learnt:
        starts, ends = forest["offset"][:-1].tolist(), forest["offset"][1:].tolist()
        for entry, cut, low, high in zip(entries, found, starts, ends, strict=True):
            features.append([*entry, len(cut), low if high > low else -1])
        width = forest["ranks"].shape[1]
        links = (forest["left"], forest["right"], _descend.middles(forest))
        nodes.append(np.stack([*links, trees + forest["trees_of"][:-1], ranks + forest["rank_of"] * width], axis=1))
        trees, ranks = trees + len(forest["feature"]), ranks + forest["ranks"].size
    inner = (1 << settings.depth) - 1
    return plain._replace(
        columns=columns,
        features=np.array(features, dtype=np.int64).reshape(-1, layout.ENTRIES),
        edges=table,
        nodes=_joined([*nodes, np.array([[0, 0, 0, trees, ranks]])], np.int64, layout.LINKS),
        start=np.repeat(_joined([f["base"] for f in forests], np.float64)[:, None], plain.start.shape[1], axis=1),
        slope=np.zeros(int(columns[-1, layout.NODE_AT])),
        split=_joined([f["feature"] for f in forests], np.uint16, inner),
        threshold=_joined([f["threshold"] for f in forests], np.uint8, inner),
        leaf=_joined([f["value"] for f in forests], np.float32, inner + 1),
        ranks=_joined([f["ranks"].ravel() for f in forests], np.uint8),
        knots=np.concatenate([plain.knots, *knots]),
    )


def _starts(parts: Sequence[Any]) -> NDArray[np.int64]:
    return np.cumsum([0, *map(len, parts)], dtype=np.int64)


def _joined(parts: Sequence[NDArray[Any]], dtype: Any, width: int = 0) -> NDArray[Any]:
    parts = [p.reshape(-1, width) if width and p.size else p[:0].reshape(0, width) if width else p for p in parts]
    empty = np.zeros((0, width) if width else 0, dtype=dtype)
    return np.concatenate([empty, *parts]).astype(dtype)
