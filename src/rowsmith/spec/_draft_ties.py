"""Dependence on categories: a law of numbers by level, a category's weights by another's level, shared missing values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.graph import leads_to
from rowsmith.spec._draft_copula import scores
from rowsmith.spec._draft_fit import TRIALS, Law, below, by_level, likelihood, tolerance
from rowsmith.spec._draft_laws import Settings
from rowsmith.spec._draft_numbers import Numbers, share
from rowsmith.spec._draft_parts import Draft, law_settings, quoted, reads

Drafts = dict[str, Draft]

MOST_LEVELS = 16
"""Levels of a category that others may depend on, at most …"""
MOST_PIECES = 3
"""… and for laws in pieces, which are long."""
MOST_CELLS = 200
"""Weights in a table of two categories, at most."""
LEAST_EFFECT = 0.02
"""Share of the scores' variance that a category must explain."""
LEAST_V = 0.1
"""Cramér's V of two categories, at least."""
FEWEST = 50
"""Rows of a level, at least, for a law of its own."""
SAME = 0.98
"""Share of two columns' missing values that must be in the same rows."""


def by_categories(drafts: Drafts) -> Drafts:
    """The drafts, numbers with a law by the levels of the category that tells most about them, if it tells enough."""
    out = dict(drafts)
    for name, draft in drafts.items():
        if draft.law is None or draft.measured is None or draft.derived:
            continue
        parent = _best_category(draft, [d for d in drafts.values() if _is_category(d)])
        if parent is not None:
            out[name] = _by(_named(draft, parent), parent)
    return out


def _is_category(draft: Draft, most: int = MOST_LEVELS) -> bool:
    return draft.codes is not None and not draft.derived and 2 <= len(draft.levels) <= most


def _best_category(draft: Draft, categories: list[Draft]) -> Draft | None:
    assert draft.measured is not None
    assert draft.law is not None
    z = np.zeros(len(draft.present))
    z[draft.present] = scores(draft.measured.values)
    best, most = None, 0.0
    for parent in categories:
        assert parent.codes is not None
        rows = draft.present & (parent.codes >= 0)
        n = int(rows.sum())
        if n < FEWEST:
            continue
        counts = np.bincount(parent.codes[rows], minlength=len(parent.levels))
        sums = np.bincount(parent.codes[rows], weights=z[rows], minlength=len(parent.levels))
        total = float(((z[rows] - z[rows].mean()) ** 2).sum())
        if total <= 0:
            continue
        between = float((sums[counts > 0] ** 2 / counts[counts > 0]).sum()) - n * float(z[rows].mean()) ** 2
        effect = min(between / total, 1 - 1e-9)
        gain = -n * math.log1p(-effect) - (len(parent.levels) - 1) * draft.law.free * math.log(n)
        if effect >= LEAST_EFFECT and gain > most:
            best, most = parent, gain
    return best


def _named(draft: Draft, parent: Draft) -> Draft:
    """The draft with a named law in place of one in pieces, if it suits the levels each on its own."""
    assert draft.measured is not None
    assert draft.law is not None
    assert parent.codes is not None
    if draft.law.family is not None:
        return draft
    numbers, codes = draft.measured, parent.codes[draft.present]
    groups = [np.flatnonzero(codes == level) for level in range(len(parent.levels))]
    groups.append(np.flatnonzero(codes < 0))
    best, least = None, math.inf
    for law in draft.law.named:
        cost = -sum(likelihood(own, numbers.edges, cells) for own, cells in _by_groups(law, numbers, groups, trials=0))
        if cost < least:
            best, least = law, cost
    if best is None:
        return draft
    both = _by_groups(best, numbers, groups)
    if any(likelihood(own, numbers.edges, cells) == -math.inf for own, cells in both):
        return draft
    gap = _distance([(own, cells.sum()) for own, cells in both], numbers)
    if gap > tolerance(numbers):
        return draft
    null = {"null": draft.settings["null"]} if "null" in draft.settings else {}
    settings = law_settings(best, numbers, draft.type) | null
    _, _, rest = draft.note.partition("; ")  # what stands behind how near the law was
    return replace(draft, law=best, settings=settings, note=f"KS {gap:.3f}").noted(rest)


def _by_groups(
    law: Law, numbers: Numbers, groups: list[NDArray[Any]], *, trials: int = TRIALS
) -> list[tuple[Law, NDArray[np.float64]]]:
    """The law of each group of rows, and its cells; small groups have that of all."""
    return [
        (by_level(law, numbers, rows, trials=trials) if len(rows) >= _least(numbers) else law, numbers.cells(rows))
        for rows in groups
    ]


def _least(numbers: Numbers) -> int:
    """Rows that a level must have for a law of its own."""
    return max(FEWEST, 10 * numbers.rare)


def _by(draft: Draft, parent: Draft) -> Draft:
    """The draft with settings by level, if they fit clearly better."""
    assert draft.measured is not None
    assert draft.law is not None
    assert parent.codes is not None
    numbers, law = draft.measured, draft.law
    codes = parent.codes[draft.present]
    if law.family is None and len(parent.levels) > MOST_PIECES:
        return draft
    laws: dict[int, Law] = {}
    gain = 0.0
    for level in range(len(parent.levels)):
        rows = np.flatnonzero(codes == level)
        if len(rows) >= _least(numbers):
            own = by_level(law, numbers, rows)
            cells = numbers.cells(rows)
            gain += 2 * (likelihood(own, numbers.edges, cells) - likelihood(law, numbers.edges, cells))
            laws[level] = own
    if len(laws) < 2 or gain <= _cost(law, numbers) * len(laws) * math.log(numbers.n):
        return draft
    base = law.written()
    levels = {_printed(parent, i): _changed(base, own.written()) for i, own in laws.items()}
    groups = np.where(np.isin(parent.codes, list(laws)), parent.codes, -1)
    sizes = [(own, int((codes == level).sum())) for level, own in laws.items()]
    gap = _distance([*sizes, (law, numbers.n - sum(size for _, size in sizes))], numbers)
    note = draft.note.replace(f"KS {law.distance:.3f}", f"KS {gap:.3f}")
    made = replace(draft.having(by={parent.name: levels}), note=note)
    return replace(made.noted(f"by {parent.name}"), groups=groups)


def _distance(laws: list[tuple[Law, int]], numbers: Numbers) -> float:
    """Kolmogorov-Smirnov distance of a mixture of laws, each with how many rows are of it."""
    points, shared = numbers.jumps
    made = sum(size * below(law, points) for law, size in laws if size) / numbers.n
    return float(np.abs(made - shared).max())


def _cost(law: Law, numbers: Numbers) -> int:
    """Parameters of a level."""
    return law.free if law.family is not None else min(len(numbers.counts), 20)


def _printed(parent: Draft, level: int) -> Any:
    """A level as `by` knows it: as it prints, which is 0.00 for a 0 among decimals of two digits."""
    value, kind = parent.levels[level], parent.type
    return f"{value:.{max(kind.scale, 0)}f}" if kind is not None and pa.types.is_decimal(kind) else value


def _changed(base: Settings, own: Settings) -> Settings:
    return {name: value for name, value in own.items() if base.get(name) != value}


def given_categories(drafts: Drafts, rare: int) -> Drafts:
    """The drafts, each category and truth value with weights by the level of the one that tells most about it.

    Pairs are taken in the order of their mutual information as long as they make no circle (C. Chow and C. Liu, "Approximating
    discrete probability distributions with dependence trees", IEEE Transactions on Information Theory 14, 1968).
    """
    chosen = [d for d in drafts.values() if _is_category(d)]
    tree: dict[str, list[str]] = {d.name: [] for d in chosen}
    for _, a, b in sorted(_pairs(chosen), key=lambda pair: (-pair[0], pair[1:])):
        if not leads_to(a, b, tree):
            tree[a].append(b)
            tree[b].append(a)
    out, done = dict(drafts), set()
    for root in tree:
        open_ = [root] if root not in done else []
        while open_:
            name = open_.pop(0)
            done.add(name)
            for child in tree[name]:
                if child not in done:
                    out[child] = _given(out[child], out[name], rare)
                    open_.append(child)
    return out


def _pairs(chosen: list[Draft]) -> Iterator[tuple[float, str, str]]:
    """Mutual information of two categories and their names, where it is clear."""
    for i, a in enumerate(chosen):
        for b in chosen[:i]:
            if len(a.levels) * len(b.levels) > MOST_CELLS:
                continue
            table = _table(a, b)
            n = table.sum()
            if n < FEWEST:
                continue
            p = table / n
            expected = np.outer(p.sum(axis=1), p.sum(axis=0))
            some = p > 0
            information = float((p[some] * np.log(p[some] / expected[some])).sum())
            size = min(len(a.levels), len(b.levels)) - 1
            v = math.sqrt(float(((p - expected)[expected > 0] ** 2 / expected[expected > 0]).sum()) / size)
            cost = (len(a.levels) - 1) * (len(b.levels) - 1) * math.log(n)
            if v >= LEAST_V and 2 * n * information > cost:
                yield information, a.name, b.name


def _table(a: Draft, b: Draft) -> NDArray[np.float64]:
    """Rows of each two levels, shape (levels of a, levels of b)."""
    assert a.codes is not None
    assert b.codes is not None
    rows = (a.codes >= 0) & (b.codes >= 0)
    flat = np.bincount(a.codes[rows] * len(b.levels) + b.codes[rows], minlength=len(a.levels) * len(b.levels))
    return flat.reshape(len(a.levels), len(b.levels)).astype(float)


def _given(child: Draft, parent: Draft, rare: int) -> Draft:
    table = _table(parent, child)
    rows = table.sum(axis=1)
    table = np.where(table >= rare, table, 0.0)
    levels: dict[Any, Settings] = {}
    for i, level in enumerate(parent.levels):
        if rows[i] < FEWEST or table[i].sum() == 0:
            continue
        p = table[i] / table[i].sum()
        if child.settings["kind"] == "boolean":
            levels[_printed(parent, i)] = {"p": share(float(p[1]))}
        else:
            levels[level] = {child.levels[j]: share(float(p[j])) for j in np.flatnonzero(p).tolist()}
    if len(levels) < 2:
        return child
    if child.settings["kind"] == "boolean":
        return child.having(by={parent.name: levels})
    made = child.having(given={parent.name: levels})
    if len(levels) == len(parent.levels) and parent.present.all():
        made.settings.pop("values")  # all rows have a level with weights of its own
    return made


def shared_nulls(drafts: Drafts) -> Drafts:
    """The drafts, a column's values missing where those of an earlier one are, if it is so in the data."""
    out = dict(drafts)
    graph: Mapping[str, set[str]] = {name: reads(d.settings) for name, d in out.items()}
    earlier: list[Draft] = []
    for name, draft in drafts.items():
        missing = ~draft.present
        if not isinstance(draft.settings.get("null"), float) or "sql" in draft.settings or not missing.any():
            continue
        for other in earlier:
            both = int((missing & ~other.present).sum())
            if both >= SAME * int((missing | ~other.present).sum()) and not leads_to(other.name, name, graph):
                out[name] = draft.having(null={"sql": f"{quoted(other.name)} is null"})
                graph[name].add(other.name)
                break
        else:
            earlier.append(draft)
    return out
