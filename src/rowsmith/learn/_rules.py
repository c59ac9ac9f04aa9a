"""Rules that hold in every drawn row, by drawing the rows that break one again, within bounds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.computed import wide
from rowsmith.core.conditions import WHERE
from rowsmith.core.errors import SpecError
from rowsmith.core.sql import references, truth

MAX_TRIES = 200
"""Candidates drawn for one wanted row, before a rule is given up as one that the learnt table can hardly satisfy."""
WHERE_TRIES = 5_000
"""The same under a condition that a user asked for, which rows that were drawn to try it do meet."""
LIKE_ROUNDS = 8
"""Rounds in which a replacement must be like the row that it replaces."""
FREQUENT = 0.02
"""Share of the rows from which a value is a state of its own (null, sentinel, cap) and not one point of a range."""
MOST_CANDIDATES = 20_000
"""Rows drawn at a time to replace others, where each is drawn for one row."""
MOST_AT_ONCE = 200_000
"""Candidates of a round, where any may replace any."""
LEAST_RATE = 0.01  # an acceptance rate is not trusted below this when the next round is sized


@dataclass(frozen=True)
class Rules:
    """Boolean SQL over a row, by name.

    Attributes:
        table: name of the table, for messages.
        rules: name to expression.
    """

    table: str
    rules: Mapping[str, str]

    def check(self, rows: pa.Table) -> None:
        """Refuse a rule that cannot be computed, or that no real row keeps.

        Raises:
            SpecError: with the rule's path.
        """
        for name, expression in self.rules.items():
            holds = truth(expression, _wide(rows), self._where(name))
            if not holds.any():
                raise SpecError(
                    f"{self._where(name)}={expression!r}: holds in none of the {len(holds):,} real rows; "
                    "no table learnt from them can keep it."
                )

    def broken(self, rows: pa.RecordBatch) -> NDArray[np.bool_]:
        """Whether a row breaks any rule, shape (rows,)."""
        return np.asarray(np.logical_or.reduce([np.zeros(rows.num_rows, dtype=bool), *self.broken_each(rows).values()]))

    def broken_each(self, rows: pa.RecordBatch) -> dict[str, NDArray[np.bool_]]:
        """Whether a row breaks each rule, shape (rows,)."""
        plain = _wide(rows)
        return {name: ~truth(rule, plain, self._where(name)) for name, rule in self.rules.items()}

    def enforce(
        self, rows: pa.RecordBatch, draw: Callable[[int, int], pa.RecordBatch], free: Collection[str]
    ) -> pa.RecordBatch:
        """The rows, with those that break a rule replaced by ones that keep all.

        A replacement has the same frequent values (nulls, sentinels, caps) in the columns of the rules, as long as such
        can be found: a row with a sentinel breaks no order, so choosing freely would multiply the sentinels.

        Args:
            rows: n rows as drawn.
            draw: makes more: (how many, number of the round) to rows of the same columns.
            free: columns to replace in a row; the others (made-up keys) stay as they are.

        Raises:
            SpecError: too many candidates were refused; the sentence names the rules and the rate seen.
        """
        if not self.rules:
            return rows
        broken = self.broken(rows)
        most = WHERE_TRIES if WHERE in self.rules else MAX_TRIES
        tried, kept, limit = rows.num_rows, rows.num_rows - int(broken.sum()), most * max(rows.num_rows, 100)
        for number in range(MAX_TRIES):
            wanted = int(broken.sum())
            if wanted == 0:
                return rows
            if tried >= limit:
                break
            size = min(int(wanted / max(kept / tried, LEAST_RATE)) + 16, limit - tried, MOST_AT_ONCE)
            more = draw(size, number)
            good = np.flatnonzero(~self.broken(more))
            tried, kept = tried + size, kept + len(good)
            at, chosen = np.flatnonzero(broken), good
            if number < LIKE_ROUNDS and WHERE not in self.rules:
                old, new = self._strata(rows, more)
                at, chosen = _pair(old, new, at, chosen)
            n = min(len(at), len(chosen))
            rows = _replace(rows, more, at[:n], chosen[:n], free)
            broken = self.broken(rows)
        raise self._refusal(kept, tried)

    def enforce_each(
        self,
        rows: pa.RecordBatch,
        draw: Callable[[NDArray[np.int64], int], pa.RecordBatch],
        free: Collection[str],
        given: Collection[str],
    ) -> pa.RecordBatch:
        """As `enforce`, where some columns are given: a row is replaced only by one that was drawn for it.

        Args:
            rows: n rows as drawn.
            draw: makes others for some of the rows: (places of these, number of the round) to rows of the same columns.
            free: columns to replace in a row.
            given: columns that are the same in all rows drawn for one.

        Raises:
            SpecError: given columns alone break a rule, or too many candidates were refused.
        """
        for name, expression in self.rules.items():
            if set(references(expression, self._where(name))) <= set(given):
                broken = ~truth(expression, _wide(rows), self._where(name))
                if broken.any() and name == WHERE:
                    raise SpecError(
                        f"where: {int(broken.sum()):,} of {len(broken):,} rows cannot meet it as they are given."
                    )
                if broken.any():
                    raise SpecError(
                        f"{self._where(name)}={expression!r}: is broken by the given columns in {int(broken.sum()):,} of "
                        f"{len(broken):,} rows; give others."
                    )
        if not self.rules:
            return rows
        broken = self.broken(rows)
        tried, kept, each = rows.num_rows, rows.num_rows - int(broken.sum()), 0
        for number in range(MAX_TRIES):
            at = np.flatnonzero(broken)
            if not len(at):
                return rows
            if each >= MAX_TRIES:
                break
            copies = min(2**number, MAX_TRIES // 2, max(1, MOST_CANDIDATES // len(at)))
            index = np.repeat(at, copies)
            more = draw(index, number)
            good = np.flatnonzero(~self.broken(more))
            chosen, first = np.unique(index[good], return_index=True)
            tried, kept, each = tried + len(index), kept + len(good), each + copies
            rows = _replace(rows, more, chosen, good[first], free)
            broken = self.broken(rows)
        raise self._refusal(kept, tried)

    def _refusal(self, kept: int, tried: int) -> SpecError:
        if WHERE in self.rules:
            return SpecError(
                f"where: only {kept / tried:.2%} of {tried:,} drawn rows meet it and keep all rules; ask for a condition that "
                "more rows meet."
            )
        return SpecError(
            f"tables.{self.table}.rules ({', '.join(self.rules)}): only {kept / tried:.2%} of {tried:,} drawn rows keep "
            "them; relax a rule, or check that the real rows keep it."
        )

    def _strata(self, rows: pa.RecordBatch, more: pa.RecordBatch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Which rows are alike: a number for the frequent values of the rules' columns, for each row of both."""
        named = [c for c in rows.schema.names if any(c in expression for expression in self.rules.values())]
        strata = np.zeros(rows.num_rows + more.num_rows, dtype=np.int64)
        for column in named:
            values = pa.concat_arrays([rows[column], more[column]]).dictionary_encode(null_encoding="encode")
            codes = values.indices.to_numpy(zero_copy_only=False).astype(np.int64)
            frequent = np.bincount(codes) >= FREQUENT * len(codes)
            strata = np.unique(
                strata * (len(frequent) + 1) + np.where(frequent[codes], codes + 1, 0), return_inverse=True
            )[1]
        return strata[: rows.num_rows], strata[rows.num_rows :]

    def _where(self, name: str) -> str:
        return f"tables.{self.table}.rules.{name}"


def _wide(rows: pa.Table | pa.RecordBatch) -> dict[str, pa.Array]:
    columns = (c.combine_chunks() if isinstance(c, pa.ChunkedArray) else c for c in rows.columns)
    return {name: wide(column) for name, column in zip(rows.schema.names, columns, strict=True)}


def _pair(
    old: NDArray[np.int64], new: NDArray[np.int64], at: NDArray[np.int64], chosen: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to replace beside replacements of the same stratum, each replacement used once."""
    pairs = [
        (rows[:n], spare[:n])
        for stratum in np.unique(old[at])
        for rows, spare in [(at[old[at] == stratum], chosen[new[chosen] == stratum])]
        for n in [min(len(rows), len(spare))]
    ]
    return np.concatenate([a for a, _ in pairs]), np.concatenate([b for _, b in pairs])


def _replace(
    rows: pa.RecordBatch,
    more: pa.RecordBatch,
    at: NDArray[np.int64],
    chosen: NDArray[np.int64],
    free: Collection[str],
) -> pa.RecordBatch:
    index = np.arange(rows.num_rows)
    index[at] = rows.num_rows + chosen
    take = pa.array(index)
    columns = [
        pa.concat_arrays([old, new]).take(take) if field.name in free else old
        for old, new, field in zip(rows.columns, more.columns, rows.schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=rows.schema)
