"""The pass that an exact target of numbers needs: sums of every chunk, and from them what each chunk is moved by."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.apportion import largest_remainder, sums
from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Progress
from rowsmith.engine._family import Family, MakeFamily
from rowsmith.engine._look import Look, described, look
from rowsmith.engine._targets import Dealt, Moved
from rowsmith.engine.executors import Workers
from rowsmith.engine.plan import Chunk, MakePlan
from rowsmith.spec.target import Target, shown

NEAR = 1e-12
"""Part of a sum of floats that it may miss what it should be by."""
Number = int | float
"""A sum: of whole multiples of a column's last digit, or of floats."""
Sums = NDArray[Any]
"""Of each group, shape (groups,): int64 or float64, or of Python's own numbers where there is no end to them."""


@dataclass(frozen=True)
class Tally:
    """Sums over the rows of a chunk, or of several, one number a group each: arrays of shape (groups,).

    Attributes:
        n: rows with a value.
        total: of their numbers.
        capped: upwards and downwards, of the ways of rows that have an end there.
        free: upwards and downwards, of the weights of rows that have none there but one on the other side.
        open_n: rows without any end.
        open_total: of their numbers.
        least: of all rows without any end.
        most: likewise.
    """

    n: Sums
    total: Sums
    capped: tuple[Sums, Sums]
    free: tuple[Sums, Sums]
    open_n: Sums
    open_total: Sums
    least: float
    most: float

    @classmethod
    def of(cls, seen: Look, n_groups: int) -> Tally:
        """The sums of the rows of a chunk."""

        def added(values: NDArray[Any], chosen: NDArray[np.bool_]) -> NDArray[Any]:
            rows = (seen.group >= 0) & chosen
            if values.dtype.kind == "i":
                found = sums(values[rows], seen.group[rows], n_groups)
                return np.array(found, dtype=np.int64 if max(map(abs, found)) < 2**62 else object)
            return np.bincount(seen.group[rows], weights=values[rows], minlength=n_groups)

        every, free = np.ones(len(seen.values), dtype=bool), seen.open
        ones = np.ones(len(seen.values), dtype=np.int64)
        (up, up_capped), (down, down_capped) = seen.weights(True, 0), seen.weights(False, 0)
        among = seen.values[free & (seen.group >= 0)].astype(float)
        return cls(
            n=added(ones, every),
            total=added(seen.values, every),
            capped=(added(up, up_capped), added(down, down_capped)),
            free=(added(up, ~up_capped & ~free), added(down, ~down_capped & ~free)),
            open_n=added(ones, free),
            open_total=added(seen.values, free),
            least=float(among.min(initial=math.inf)),
            most=float(among.max(initial=-math.inf)),
        )

    def ways(self, up: bool, sign: int) -> tuple[Sums, Sums]:
        """Sums of what numbers are moved in proportion to, with an end ahead and without, as `Look.weights` has them."""
        capped, free = self.capped[not up], self.free[not up]
        beside = np.abs(self.open_total) if sign else self.open_n
        if sign and up == (sign < 0):  # towards 0
            return capped + beside, free
        return capped, free + beside


@dataclass(frozen=True)
class TallyFamily:
    """The task of that pass: the sums of some targets over a chunk.

    Attributes:
        plan: with what was found before.
        targets: of numbers, of tables of one family.
    """

    plan: MakePlan
    targets: tuple[Target, ...]
    task: MakeFamily = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "task", MakeFamily(self.plan))

    def __call__(self, chunk: Chunk) -> list[Tally]:
        """The sums, one a target."""
        with Family(self.plan, chunk, self.task) as family:
            return [self._tally(family, target) for target in self.targets]

    def _tally(self, family: Family, target: Target) -> Tally:
        batch, spec = family.batch(target.table), self.plan.spec
        if target.rows_of is None:
            values = batch.drawn(target.column)
        else:
            values = batch.drawn_counts(spec.tables[target.rows_of])
        column, digits = described(spec, target)
        return Tally.of(look(batch, target, column, digits, values), max(1, len(target.levels)))


def aimed(plan: MakePlan, targets: Sequence[Target], workers: Workers, progress: Progress) -> MakePlan:
    """The plan with how some targets are come to.

    Raises:
        SpecError: one cannot be reached within the bounds of the rows.
    """
    aims: dict[tuple[str, str], Dealt | Moved] = {
        (t.table, t.column): _dealt(t, plan.size(t.table)) for t in targets if t.dealt
    }
    for root in plan.roots:
        some = tuple(t for t in targets if not t.dealt and plan.spec.root(t.table).name == root)
        if not some:
            continue
        chunks, tallies = plan.chunks(root), []
        for done, found in enumerate(workers.serve(len(chunks)).run(TallyFamily(plan, some), chunks), start=1):
            tallies.append(found)
            progress("adding up", done, len(chunks))
        for target, parts in zip(some, zip(*tallies, strict=True), strict=True):
            aims[target.table, target.column] = moved(target, described(plan.spec, target)[1], parts)
    return dataclasses.replace(plan, aims={**plan.aims, **aims})


def _dealt(target: Target, size: int) -> Dealt:
    if target.measure == "share":
        counts = largest_remainder(target.amounts, size)
    else:
        counts = [int(amount) for amount in target.amounts]
        if sum(counts) != size:
            raise SpecError(
                f"{target.path}.count: the counts sum to {sum(counts):,}, and {target.table} has {size:,} rows; make them "
                "equal, or give a share."
            )
    return Dealt(target, np.cumsum(np.array(counts, dtype=np.int64)))


def moved(target: Target, digits: int | None, parts: Sequence[Tally]) -> Moved:
    """How a target of numbers is come to.

    Args:
        target: of numbers.
        digits: after the point; None for floats.
        parts: the sums of every chunk, in order.

    Raises:
        SpecError: it cannot be within the bounds of the rows.
    """
    whole = _together(parts, digits)
    sign = 1 if whole.least >= 0 else -1 if whole.most <= 0 else 0
    ways = {up: whole.ways(up, sign) for up in (True, False)}
    of_parts = {up: [np.stack(each) for each in zip(*(p.ways(up, sign) for p in parts), strict=True)] for up in ways}
    shape = len(parts) if digits is not None else 1, len(whole.n)
    capped: NDArray[Any] = np.zeros(shape, dtype=float if digits is None else np.int64)
    free = capped.copy()
    for number, wanted in enumerate(_wanted(target, digits, whole)):
        if not whole.n[number] and (target.levels or wanted):
            what = "row of that group" if target.levels else "row"
            raise SpecError(
                f"{target.place(number)}: there is no {what} with a value; leave it out, or make such rows."
            )
        missing = wanted - whole.total[number]
        up, need = missing > 0, abs(missing)
        all_capped, all_free = (way[number] for way in ways[up])
        slack = NEAR * (all_capped + abs(wanted)) if digits is None else 0  # of what rounding did to the sums
        if need > all_capped + slack and not all_free:
            raise _out_of_reach(target, digits, number, whole, ways)
        first = _first(need, all_capped, all_free)
        rest = need - first if all_free else 0
        amounts = (capped, first, all_capped, of_parts[up][0]), (free, rest, all_free, of_parts[up][1])
        for out, part, all_of, weights in amounts:
            turn = 1 if up else -1
            if digits is None:
                out[0, number] = turn * part / all_of if part else 0.0
            else:
                out[:, number] = [turn * each for each in largest_remainder(weights[:, number].tolist(), part)]
    return Moved(target, digits, sign, capped, free)


def _first(need: Any, capped: Any, free: Any) -> Any:
    """What rows with an end ahead are moved by: by the same share as others, until they are there."""
    if not free:
        return min(need, capped)
    if need >= capped + free:
        return capped
    return need * capped // (capped + free) if isinstance(need, int) else need * (capped / (capped + free))


def _wanted(target: Target, digits: int | None, whole: Tally) -> list[Any]:
    """What the numbers of every group come to, in multiples of the last digit."""
    scale = 10 ** (digits or 0)
    if target.measure == "mean":
        exact = [amount * scale * n for amount, n in zip(target.amounts, whole.n, strict=True)]
    elif target.measure == "share":
        total = sum(map(Fraction, whole.total)) if target.total is None else target.total * scale
        if digits is not None:
            return largest_remainder(target.amounts, int(total))
        exact = [amount * total for amount in target.amounts]
    else:
        exact = [amount * scale for amount in target.amounts]
    return [float(amount) if digits is None else round(amount) for amount in exact]


def _together(parts: Sequence[Tally], digits: int | None) -> Tally:
    """The sums over all chunks."""

    def added(lists: Iterable[Sums], whole: bool = digits is not None) -> Sums:
        each = list(zip(*(some.tolist() for some in lists), strict=True))
        return np.array([sum(some) if whole else math.fsum(some) for some in each], dtype=object)

    return Tally(
        n=added((p.n for p in parts), True),
        total=added(p.total for p in parts),
        capped=(added(p.capped[0] for p in parts), added(p.capped[1] for p in parts)),
        free=(added(p.free[0] for p in parts), added(p.free[1] for p in parts)),
        open_n=added((p.open_n for p in parts), True),
        open_total=added(p.open_total for p in parts),
        least=min(p.least for p in parts),
        most=max(p.most for p in parts),
    )


def _out_of_reach(
    target: Target,
    digits: int | None,
    number: int,
    whole: Tally,
    ways: Mapping[bool, tuple[Sums, Sums]],
) -> SpecError:
    """What the numbers of a group can come to instead."""
    n, total = whole.n[number], whole.total[number]

    def said(value: Number) -> str:
        exact = Fraction(value) / 10 ** (digits or 0)
        if target.measure == "mean":
            return f"a mean of {float(exact / n):,.10g}"
        return shown(exact, digits) if digits is not None else f"{value:,.10g}"

    (up, more), (down, less) = ((way[number] for way in ways[turn]) for turn in (True, False))
    least = "" if less else f"{said(total - down)} at least"
    most = "" if more else f"{said(total + up)} at most"
    what = "rows of that group" if target.levels else "rows"
    # numbers of one sign are scaled where nothing bounds them, and keep it
    only = more and not less and total == down and whole.least >= 0
    way = "give a `min` below 0, since all are above and are only scaled" if only else "widen the bounds"
    return SpecError(
        f"{target.place(number)}: the {n:,} {what} come to {said(total)}, and within their bounds to "
        f"{' and '.join(filter(None, (least, most)))}; ask for something in between, or {way}."
    )
