"""Columns that others determine exactly: sums, products, parts of dates, looked-up values. Found on a few rows, proved on all."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.graph import leads_to
from rowsmith.spec._draft_laws import Settings
from rowsmith.spec._draft_numbers import Floats, significant
from rowsmith.spec._draft_parts import DataColumn, Draft, quoted, reads, type_text

Drafts = dict[str, Draft]

EXACT = "exact in every row"
PROBE = 24
"""Rows on which formulas are tried first."""
FEWEST = 20
"""Rows in which a formula must be seen to hold."""
MOST_COLUMNS = 60
MOST_LOOKED_UP = 60
"""Values in a table that is looked up, at most."""
MOST_SHARES = 6
"""Columns of shares, such as discounts, that are tried in products."""
LOG_CHANCE = -20.0
"""A look-up counts only if independent columns would show it with a probability below exp of this."""
PARTS = ("year", "quarter", "month", "week", "day", "dayofyear", "hour", "minute", "second")
_ARROW_PARTS = {"week": "iso_week", "dayofyear": "day_of_year"}


def formulas(drafts: Drafts, sources: dict[str, DataColumn], rare: int) -> Drafts:
    """The drafts, what is computed from other columns as a formula."""
    out = dict(drafts)
    graph = {name: reads(d.settings) for name, d in out.items()}
    columns = _Columns(drafts)
    for name, sql, needs in itertools.chain(
        _date_parts(drafts, sources, columns), _differences(drafts, sources, columns), columns.found()
    ):
        if "sql" in out[name].settings or any(leads_to(need, name, graph) for need in needs):
            continue
        out[name] = _computed(out[name], sql, [drafts[need] for need in needs], sources[name])
        graph[name] = set(needs)
    return _lookups(out, graph, rare)


def _computed(draft: Draft, sql: str, needs: Sequence[Draft], source: DataColumn) -> Draft:
    there = np.logical_and.reduce([need.present for need in needs])
    missing = float(np.mean(~draft.present[there])) if there.any() else 0.0
    settings: Settings = {"sql": sql, "as": type_text(source.type)}
    if missing > 0:
        settings["null"] = significant(missing, 2)
    return replace(draft, settings=settings, note=EXACT, law=None, numbers=None, derived=True)


class _Columns:
    """The numbers of a table, as a matrix."""

    def __init__(self, drafts: Drafts) -> None:
        self.drafts = [d for d in drafts.values() if d.numbers is not None and not d.derived][:MOST_COLUMNS]
        rows = len(self.drafts[0].present) if self.drafts else 0
        self.values = np.full((len(self.drafts), rows), np.nan)
        for i, draft in enumerate(self.drafts):
            self.values[i, draft.present] = draft.numbers.exact if draft.numbers is not None else np.nan
        known = ~np.isnan(self.values)
        best = np.argsort(-known.sum(axis=0), kind="stable")[: max(PROBE * 8, 1)] if rows else np.empty(0, dtype=int)
        self.probe = np.sort(best[:: max(len(best) // PROBE, 1)][:PROBE])
        self.digits = [d.numbers.digits if d.numbers is not None else None for d in self.drafts]
        self.slack = np.array([0.5 * 10.0**-d if d is not None else 0.0 for d in self.digits])
        self.varied = [len(np.unique(row[~np.isnan(row)][:1000])) > 2 for row in self.values]

    def position(self, name: str) -> int | None:
        """Place of a column, if it is one of these."""
        return next((i for i, d in enumerate(self.drafts) if d.name == name), None)

    def equal(self, target: int, made: Floats) -> bool:
        """Whether a column is what was made, rounded to its grid, in every row that has both."""
        gap = np.abs(self.values[target] - made)
        both = ~np.isnan(gap)
        return int(both.sum()) >= FEWEST and bool((gap[both] <= self._allowed(target, made[both])).all())

    def _allowed(self, target: int, made: Floats) -> Floats:
        return np.asarray(self.slack[target] * (1 + 1e-6) + 1e-9 * np.abs(made))

    def found(self) -> Iterator[tuple[str, str, list[str]]]:
        """Column, formula, and what it needs; the plainest formulas first."""
        some = [i for i in range(len(self.drafts)) if self.varied[i]]
        pairs = [(i, j) for i, j in itertools.combinations(range(len(self.drafts)), 2) if i in some or j in some]
        if not pairs:
            return
        yield from self._paired("+*", pairs, some)
        yield from self._linear()
        yield from self._less_a_share(pairs, some)
        yield from self._paired("-", pairs, some)

    def _paired(
        self, signs: str, pairs: list[tuple[int, int]], some: list[int]
    ) -> Iterator[tuple[str, str, list[str]]]:
        """Sums, products or differences of two columns."""
        few = self.values[:, self.probe]
        left, right = (np.array(side) for side in zip(*pairs, strict=True))
        for sign in signs:
            for place, target in self._hits(_apply(sign, few[left], few[right]), some):
                i, j = pairs[place]
                if target not in (i, j) and self.equal(target, _apply(sign, self.values[i], self.values[j])):
                    yield self._said(target, f"{self._name(i)} {sign} {self._name(j)}", (i, j))

    def _less_a_share(self, pairs: list[tuple[int, int]], some: list[int]) -> Iterator[tuple[str, str, list[str]]]:
        """Columns and products of two, less or plus a share: quantity * price * (1 - discount)."""
        few = self.values[:, self.probe]
        shares = [i for i, row in enumerate(self.values) if np.nanmin(row) >= 0 and 0 < np.nanmax(row) < 1]
        made = [(i,) for i in range(len(few))] + pairs
        plain = np.concatenate([few, few[[i for i, _ in pairs]] * few[[j for _, j in pairs]]])
        for d, sign in itertools.product(shares[:MOST_SHARES], "-+"):
            for place, target in self._hits(plain * _apply(sign, 1.0, few[d]), some):
                parts = made[place]
                if {target, d} & set(parts) or target == d:
                    continue
                every = np.prod(self.values[list(parts)], axis=0) * _apply(sign, 1.0, self.values[d])
                if self.equal(target, every):
                    sql = " * ".join(self._name(i) for i in parts) + f" * (1 {sign} {self._name(d)})"
                    yield self._said(target, sql, (*parts, d))

    def _hits(self, made: Floats, targets: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Which made columns equal which column on the probe; rows without a value say nothing, but few may be so."""
        few = self.values[:, self.probe]
        for target in targets:
            gap = np.abs(made - few[target])
            none = np.isnan(gap)
            near = none | (gap <= self._allowed(target, np.nan_to_num(made)))
            for place in np.flatnonzero(near.all(axis=1) & (none.sum(axis=1) <= PROBE // 2)).tolist():
                yield place, target

    def _linear(self) -> Iterator[tuple[str, str, list[str]]]:
        """Copies and multiples of another column, and those with a constant added."""
        few = self.values[:, self.probe]
        for target, source in itertools.product(range(len(self.drafts)), repeat=2):
            if source >= target or not self.varied[target]:
                continue
            both = ~np.isnan(few[source] + few[target])
            if both.sum() < PROBE // 2:
                continue
            a, c = few[source][both], few[target][both]
            total = float(a.sum())
            for sign, constant in (
                ("+", float(np.median(c - a))),
                ("*", float(c.sum()) / total if total else 0.0),
                ("-", float(np.median(c + a))),
            ):
                nice = significant(constant, 4)
                made = _apply(sign, nice, a)
                if (sign == "*" and nice in (0, 1)) or (np.abs(made - c) > self._allowed(target, made)).any():
                    continue
                if self.equal(target, _apply(sign, nice, self.values[source])):
                    yield self._said(target, _with_constant(self._name(source), sign, nice), (source,), nice)
                    break

    def _name(self, place: int) -> str:
        return quoted(self.drafts[place].name)

    def _said(self, target: int, sql: str, needs: Sequence[int], constant: float = 0.0) -> tuple[str, str, list[str]]:
        """Column, formula and needs; rounded, unless all are whole numbers."""
        digits = self.digits[target]
        whole = all(self.digits[i] == 0 for i in needs) and float(constant).is_integer()
        if digits is not None and not whole and len(sql) > len(self._name(needs[0])):
            sql = f"round({sql}, {digits})"
        return self.drafts[target].name, sql, [self.drafts[i].name for i in needs]


def _with_constant(name: str, sign: str, constant: float) -> str:
    """A column and a constant in SQL.

    >>> _with_constant("a", "+", -3.0), _with_constant("a", "-", 2025.0), _with_constant("a", "+", 0.0)
    ('a - 3', '2025 - a', 'a')
    """
    shown = f"{abs(constant):g}" if not constant.is_integer() else str(abs(int(constant)))
    if sign == "-":
        return f"{'-' if constant < 0 else ''}{shown} - {name}"
    if sign == "+" and constant == 0:
        return name
    return f"{name} {'-' if constant < 0 else '+'} {shown}" if sign == "+" else f"{name} * {constant:g}"


def _apply(sign: str, a: Any, b: Any) -> Any:
    return a + b if sign == "+" else a - b if sign == "-" else a * b


def _times(drafts: Drafts, sources: dict[str, DataColumn]) -> dict[str, pa.Array]:
    """Columns of dates and moments."""
    out = {}
    for name in drafts:
        values = sources[name].values
        if (pa.types.is_date(values.type) or pa.types.is_timestamp(values.type)) and values.null_count < len(values):
            out[name] = values
    return out


def _date_parts(
    drafts: Drafts, sources: dict[str, DataColumn], columns: _Columns
) -> Iterator[tuple[str, str, list[str]]]:
    """Years, months, hours of a date or moment."""
    for time, values in _times(drafts, sources).items():
        clock = values.cast(pa.timestamp("us")) if pa.types.is_timestamp(values.type) else values
        for word in PARTS[: 6 if pa.types.is_date(values.type) else None]:
            made = getattr(pc, _ARROW_PARTS.get(word, word))(clock).cast(pa.float64()).to_numpy(zero_copy_only=False)
            for i, draft in enumerate(columns.drafts):
                if columns.digits[i] == 0 and columns.equal(i, made):
                    yield draft.name, f"{word}({quoted(time)})", [time]


def _differences(
    drafts: Drafts, sources: dict[str, DataColumn], columns: _Columns
) -> Iterator[tuple[str, str, list[str]]]:
    """Whole days, hours or minutes between two dates or moments."""
    times = _times(drafts, sources)
    for a, b in itertools.permutations(times, 2):
        if pa.types.is_date(times[a].type) != pa.types.is_date(times[b].type):
            continue
        moments = [moments_of(times[name]) for name in (a, b)]
        gap = moments[1] - moments[0]
        units = (("day", 86_400e6), ("hour", 3_600e6), ("minute", 60e6))
        for unit, size in units[: 1 if pa.types.is_date(times[a].type) else 3]:
            crossed = np.floor(moments[1] / size) - np.floor(moments[0] / size)
            for function, made in (("date_diff", crossed), ("date_sub", np.trunc(gap / size))):
                for i, draft in enumerate(columns.drafts):
                    if columns.digits[i] == 0 and columns.equal(i, made):
                        yield draft.name, f"{function}('{unit}', {quoted(a)}, {quoted(b)})", [a, b]


def moments_of(values: pa.Array) -> Floats:
    """Microseconds since 1970, nan where there is none."""
    whole = values.cast(pa.timestamp("us", tz=getattr(values.type, "tz", None)))
    found = whole.cast(pa.int64()).cast(pa.float64(), safe=False)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=float)


def _lookups(drafts: Drafts, graph: dict[str, set[str]], rare: int) -> Drafts:
    """The drafts, columns with one value for each level of a category looked up by it."""
    out = dict(drafts)
    categories = [d for d in drafts.values() if d.codes is not None and 2 < len(d.levels) <= MOST_LOOKED_UP]
    for parent in sorted(categories, key=lambda d: -len(d.levels)):
        for name, draft in list(out.items()):
            if draft.derived or name == parent.name or leads_to(parent.name, name, graph):
                continue
            values = _looked_up(parent, draft, rare)
            if values is None:
                continue
            own = {k: v for k, v in draft.settings.items() if k in ("as", "null")}
            settings = {"kind": "lookup", "of": parent.name, "values": values, **own}
            out[name] = replace(draft, settings=settings, note=EXACT, law=None, numbers=None, codes=None, derived=True)
            graph[name] = {parent.name}
    return out


def _looked_up(parent: Draft, draft: Draft, rare: int) -> dict[Any, Any] | None:
    """Value of each level, if there is one for each."""
    if parent.codes is None or not np.array_equal(parent.present, draft.present):
        return None
    codes = _few_codes(draft)
    if codes is None:
        return None
    own, listed = codes
    rows = (parent.codes >= 0) & (own >= 0)
    if len(listed) < 2 or len(listed) > len(parent.levels) or rows.sum() < FEWEST:
        return None
    places = np.bincount(parent.codes[rows] * len(listed) + own[rows], minlength=len(parent.levels) * len(listed))
    table = places.reshape(len(parent.levels), len(listed)).astype(float)
    if (np.count_nonzero(table, axis=1) != 1).any():
        return None
    shares = table.sum(axis=0) / table.sum()
    with np.errstate(divide="ignore", under="ignore"):
        chance = sum(math.log(max(float((shares**n).sum()), 1e-300)) for n in table.sum(axis=1))
    if chance > LOG_CHANCE:
        return None
    if table.sum(axis=1).min() < rare:  # the rest of a category may be fewer rows than may tell of themselves
        return None
    return {level: listed[int(np.argmax(table[i]))] for i, level in enumerate(parent.levels)}


def _few_codes(draft: Draft) -> tuple[NDArray[np.int64], list[Any]] | None:
    """Which of a few values each row has, and the values."""
    if draft.codes is not None:
        return draft.codes, list(draft.levels)
    if draft.numbers is None or not draft.numbers.few(MOST_LOOKED_UP) or draft.numbers.digits is None:
        return None
    found, place = np.unique(draft.numbers.exact, return_inverse=True)
    if len(found) > MOST_LOOKED_UP:
        return None
    own = np.full(len(draft.present), -1)
    own[draft.present] = place
    return own, [int(v) if draft.numbers.digits == 0 else float(v) for v in found.tolist()]
