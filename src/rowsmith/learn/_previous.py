"""Columns that follow from the row before of the same entity: a meter's register is the last one and what was used since.

Such a formula is SQL in which `previous.x` is column x of the row before: `previous.register + kwh`. Where there is no such row it has no
value, and the column begins as it may; unless what was before counts as a constant there: `coalesce(previous.stock, 0) + qty`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core import sql
from rowsmith.core.errors import SpecError, suggest
from rowsmith.core.graph import leads_to
from rowsmith.core.schema import Column
from rowsmith.core.shield import FEW, Units, scarce
from rowsmith.learn._linear import shown
from rowsmith.learn._numbers import EXACT, FEWEST, NEARLY, Way, floats_of, half_of, is_number
from rowsmith.learn._proposals import propose_sums
from rowsmith.learn._tie_rules import computed, formulas_of
from rowsmith.learn._ties import Columns, quoted

Floats = NDArray[np.float64]

BEFORE = "previous."
"""What stands before the name of a column of the row before."""
KINDS = ("decimal", "float", "integer")
"""Kinds of columns that may follow, or be followed."""
LUMP = 0.01
"""Share of the rows that are at an end of a column, from which on it is one that they are not to go beyond."""
FEWEST_ENTITIES = 10
"""Entities that must all begin with the same constant for it to be one; 0 is one anyway."""


@dataclass(frozen=True)
class Term:
    """What a sum adds.

    Attributes:
        column: its name.
        ago: 1 for the row before, 0 for the same row.
        sign: 1, or -1 where it is taken away.
    """

    column: str
    ago: int
    sign: int


@dataclass(frozen=True)
class Follow:
    """A column that is a sum over its row and the row before.

    Attributes:
        column: that follows.
        terms: what is added up, then what is taken away; of each, those of the row before first.
        added: a constant that is added.
        begins: what those of the row before count as where there is none; None where the column begins as it may.
        places: decimals that it is rounded to, if it is.
    """

    column: str
    terms: tuple[Term, ...]
    added: float = 0.0
    begins: float | None = None
    places: int | None = None

    @classmethod
    def of(cls, column: str, expression: str, where: str) -> Self:
        """The sum that SQL says.

        Raises:
            SpecError: it is no sum of columns, each once, and constants.
        """
        node, places = sql.alone(expression, where), None
        arguments = node.get("arguments", [])
        if node.get("function_name") == "round" and len(arguments) == 2:
            node, places = arguments[0]["expression"], int(sql.written(arguments[1]["expression"]))
        try:
            terms, added, begins = _summed(node, 1)
        except ValueError:
            terms, added, begins = [], 0.0, set()
        once = len({(term.column, term.ago) for term in terms}) == len(terms)
        if not terms or not once or len(begins) > 1 or Term(column, 0, 1) in terms or Term(column, 0, -1) in terms:
            raise SpecError(
                f"{where}={expression!r}: expected a sum of other columns of the row, and columns of the row before (previous.x), each "
                "once, such as previous.stock + qty."
            )
        start = next(iter(begins), None)
        terms.sort(key=lambda term: (-term.sign, -term.ago))
        return cls(column, tuple(terms), added, start, places)

    @property
    def expression(self) -> str:
        """The sum as SQL."""
        return self._sum(lambda term: f"{BEFORE * term.ago}{quoted(term.column)}")

    def _sum(self, word: Callable[[Term], str]) -> str:
        start = "" if self.begins is None else f", {shown(self.begins)})"
        words = [f"coalesce({word(t)}{start}" if t.ago and start else word(t) for t in self.terms]
        first = f"{'-' * (self.terms[0].sign < 0)}{words[0]}"
        rest = "".join(f" {'-' if t.sign < 0 else '+'} {w}" for t, w in zip(self.terms[1:], words[1:], strict=True))
        last = f" {'-' if self.added < 0 else '+'} {shown(abs(self.added))}" if self.added else ""
        return f"{first}{rest}{last}" if self.places is None else f"round({first}{rest}{last}, {self.places})"

    @property
    def rule(self) -> str:
        """The same as a truth value over columns of which those of the row before have names such as `"previous.stock"`."""
        return f"{quoted(self.column)} = {self._sum(lambda term: quoted(BEFORE * term.ago + term.column))}"

    @property
    def runs(self) -> bool:
        """Whether the column goes on from its own last value."""
        return Term(self.column, 1, 1) in self.terms

    @property
    def here(self) -> set[str]:
        """Columns of the same row that are read."""
        return {term.column for term in self.terms if not term.ago}

    def total(self, now: Mapping[str, Floats], before: Mapping[str, Floats]) -> Floats:
        """The sum, shape (n,); nan where one of its terms is missing.

        Args:
            now: columns of n rows, as numbers.
            before: those of the rows before.
        """
        return np.asarray(sum(t.sign * (before if t.ago else now)[t.column] for t in self.terms) + self.added)


def _summed(node: Mapping[str, Any], sign: int) -> tuple[list[Term], float, set[float]]:
    """Terms of a sum, the constant, and what the row before counts as where there is none.

    Raises:
        ValueError: it is none.
    """
    children = [each["expression"] for each in node.get("arguments", [])]
    if node["class"] == "COLUMN_REF":
        name = ".".join(node["column_names"])
        return [Term(name.removeprefix(BEFORE), int(name.startswith(BEFORE)), sign)], 0.0, set()
    if node["class"] == "CONSTANT":
        return [], sign * float(sql.written(node)), set()
    if node["type"] == "OPERATOR_COALESCE" and len(node["children"]) == 2:
        (terms, _, _), constant = _summed(node["children"][0], sign), float(sql.written(node["children"][1]))
        if len(terms) == 1 and terms[0].ago:
            return terms, 0.0, {constant}
    if node.get("function_name") not in ("+", "-") or not children:
        raise ValueError
    signs = [sign, sign if node["function_name"] == "+" else -sign]
    parts = [_summed(child, s) for child, s in zip(children, signs[-len(children) :], strict=True)]
    return [t for p in parts for t in p[0]], sum(p[1] for p in parts), {b for p in parts for b in p[2]}


def row_before(begins: NDArray[np.int64]) -> NDArray[np.int64]:
    """The row before each, -1 for none, of rows in order of entities and times, shape (rows,).

    >>> row_before(np.array([0, 2, 5])).tolist()
    [-1, 0, -1, 2, 3]
    """
    out = np.arange(begins[-1]) - 1
    out[begins[:-1]] = -1
    return out


def follows_of(said: Mapping[str, str], columns: Mapping[str, Column], where: str) -> tuple[Follow, ...]:
    """The formulas that a schema says.

    Args:
        said: SQL by column.
        columns: of the table.
        where: beginning of a message.

    Raises:
        SpecError: one is no sum, reads a column that is not there or no number, or needs itself.
    """
    out, graph = list[Follow](), dict[str, set[str]]()
    for column, expression in said.items():
        at = f"{where}.{column}"
        follow = Follow.of(column, expression, at)
        for name in (column, *(term.column for term in follow.terms)):
            if name not in columns:
                raise SpecError(f"{at}: there is no column {name!r}{suggest(name, columns)}")
            if columns[name].kind not in KINDS:
                raise SpecError(
                    f"{at}: {name} is of the kind {columns[name].kind}; expected one of {', '.join(KINDS)}."
                )
        if any(leads_to(name, column, graph) for name in follow.here):
            raise SpecError(f"{at}={expression!r}: {column} follows from itself; take one of the formulas out.")
        graph[column] = follow.here
        out.append(follow)
    return tuple(out)


def summed_by(rules: Mapping[str, str], columns: Mapping[str, Column]) -> dict[str, set[str]]:
    """What columns are computed from, in their row, by rules."""
    return {c: set(sql.references(rule, n)) - {c} for n, rule in rules.items() for c in computed({n: rule}, columns)}


def sums_in(rules: Mapping[str, str], columns: Mapping[str, Column]) -> list[Follow]:
    """Columns that rules say to be sums of their row."""
    out = list[Follow]()
    for name, rule in rules.items():
        for way in formulas_of({name: rule}, columns):
            with contextlib.suppress(SpecError):
                out.append(Follow.of(way.column, way.expression, name))
    return out


def late_of(
    follows: Sequence[Follow], rules: Mapping[str, str], columns: Mapping[str, Column]
) -> tuple[tuple[Follow, ...], tuple[Follow, ...]]:
    """Formulas that add what rules compute otherwise than by a sum, so that no law of the rows knows it.

    Args:
        follows: the formulas.
        rules: of the table.
        columns: of the table.

    Returns:
        Those of running totals from which nothing else follows, which can be worked out when the rows are there; and the others.
    """
    sums, others = {each.column: each for each in sums_in(rules, columns)}, not_summed(rules, columns)
    read = {n for name, rule in rules.items() for n in sql.references(rule, name)}
    late, lost = list[Follow](), list[Follow]()
    for follow in follows:
        leaves, here = set[str](), list(follow.here)
        while here:
            leaves.add(name := here.pop())
            here += [n for n in sums[name].here if n not in leaves] if name in sums else []
        asked = {t.column for f in follows if f is not follow for t in f.terms}
        if leaves & others:
            own = follow.runs and all(t.column == follow.column for t in follow.terms if t.ago)
            (late if own and follow.column not in read | asked else lost).append(follow)
    return tuple(late), tuple(lost)


def not_summed(rules: Mapping[str, str], columns: Mapping[str, Column]) -> set[str]:
    """Columns that rules compute otherwise than by a sum."""
    return computed(rules, columns) - {follow.column for follow in sums_in(rules, columns)}


def find_follows(
    rows: Columns,
    kinds: Mapping[str, Column],
    begins: NDArray[np.int64],
    fixed: Collection[str],
    rules: Mapping[str, set[str]],
) -> list[Follow]:
    """Columns that follow from the row before in all real rows, or nearly all.

    Args:
        rows: columns in order of entities and times, in plain types.
        kinds: of the columns.
        begins: first row of each entity, and the number of rows.
        fixed: columns that have no part in it: keys, the time, what is constant in an entity.
        rules: what columns are computed from by rules, in their row.
    """
    if any(name.partition(".")[0] + "." == BEFORE for name in rows):
        return []
    names = [n for n, v in rows.items() if n not in fixed and kinds[n].kind in KINDS and is_number(v.type)]
    before = row_before(begins)
    now = np.flatnonzero(before >= 0)
    if len(now) < FEWEST or not names:
        return []
    last, here = (
        {f"{mark}{n}": rows[n].take(pa.array(at)) for n in names} for mark, at in ((BEFORE, before[now]), ("", now))
    )
    own = [n for n in names if n not in rules]
    both, graph, out = last | here, {name: set(read) for name, read in rules.items()}, list[Follow]()
    numbers = {name: floats_of(values) for name, values in both.items()}
    tried = [n for n in names if (_moved(n, numbers)).sum() >= FEWEST]

    late = {
        n for n in names if rows[n].take(pa.array(begins[:-1])).null_count == len(begins) - 1
    }  # a change since the row before

    def fits(ways: list[Way]) -> list[Way]:
        read = [(way, _follow(way)) for way in ways if way.column in tried]
        some = [(w, f) for w, f in read if f is not None and f.column in own and _tells(f, numbers, graph)]
        return [way for way, f in sorted(some, key=lambda each: (each[1].column not in late, not each[1].runs))]

    for way in propose_sums(both, {**{f"{BEFORE}{n}": kinds[n] for n in names}, **{n: kinds[n] for n in names}}, fits):
        follow = _follow(way)
        if follow is not None and _tells(follow, numbers, graph):
            graph[follow.column] = follow.here
            out.append(replace(follow, begins=_begin(follow, rows, begins)))
    return out


def ends_of(values: Floats, units: Units | None) -> tuple[float, float]:
    """Least and greatest value of a column that it never goes beyond: 0, or one at which many rows are; infinite where there is none.

    Args:
        values: shape (rows,), nan for null.
        units: entities of the rows, if they are persons.

    >>> ends_of(np.arange(500.0), None), ends_of(np.clip(np.arange(-200.0, 300.0), -100, 250), None)
    ((0.0, inf), (-100.0, 250.0))
    """
    known = np.isfinite(values)
    low, high = float(np.min(values[known], initial=np.inf)), float(np.max(values[known], initial=-np.inf))

    def many(end: float) -> bool:
        there = values == end
        return bool(there.sum() >= max(FEWEST, LUMP * known.sum())) and not scarce(there, FEW, units)

    least = 0.0 if low >= 0 else low if many(low) else -np.inf
    return least, 0.0 if high <= 0 else high if many(high) else np.inf


def holds(follows: Collection[Follow], rows: Columns, begins: NDArray[np.int64]) -> bool:
    """Whether formulas hold in nearly all rows of an order.

    Args:
        follows: the formulas.
        rows: columns in that order, in plain types.
        begins: first row of each entity, and the number of rows.
    """
    before = row_before(begins)
    now = np.flatnonzero(before >= 0)
    here, last = ({n: floats_of(values.take(pa.array(at))) for n, values in rows.items()} for at in (now, before[now]))
    for follow in follows:
        if not {follow.column, *(term.column for term in follow.terms)} <= here.keys():
            return False
        keeps, says = _keeps(follow, here, last)
        if says.any() and keeps[says].mean() < NEARLY:
            return False
    return True


def _keeps(
    follow: Follow, now: Mapping[str, Floats], before: Mapping[str, Floats]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Rows that keep a sum, and those that could, shape (n,) each."""
    found, real = follow.total(now, before), now[follow.column]
    off = half_of(follow.places) + EXACT * np.spacing(np.maximum(np.abs(found), np.abs(real)))
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(found - real) <= off), np.isfinite(found) & np.isfinite(real)


def _follow(way: Way) -> Follow | None:
    """A way as a sum over the row before; None for another one."""
    try:
        found = Follow.of(way.column, way.expression, way.column)
    except SpecError:
        return None
    coarse = found.added == round(
        found.added, found.places or 0
    )  # else it would be rounded away in every row, one way or the other
    return found if coarse and any(term.ago for term in found.terms) else None


def _tells(follow: Follow, numbers: Mapping[str, Floats], graph: Mapping[str, set[str]]) -> bool:
    """Whether a sum says something wherever the column, or what it adds, is another than before or not 0; and none needs itself."""
    if any(leads_to(name, follow.column, graph) for name in follow.here):
        return False
    now = {n: x for n, x in numbers.items() if not n.startswith(BEFORE)}
    before = {n.removeprefix(BEFORE): x for n, x in numbers.items() if n.startswith(BEFORE)}
    keeps, says = _keeps(follow, now, before)
    for rows in (_moved(follow.column, numbers), *((before if t.ago else now)[t.column] != 0 for t in follow.terms)):
        some = says & rows
        if some.sum() < FEWEST or keeps[some].mean() < NEARLY:
            return False
    return True


def _moved(name: str, numbers: Mapping[str, Floats]) -> NDArray[np.bool_]:
    """Rows in which a column is another than in the row before."""
    now, before = numbers[name], numbers[f"{BEFORE}{name}"]
    return np.asarray(np.isfinite(now) & np.isfinite(before) & (now != before))


def _begin(follow: Follow, rows: Columns, begins: NDArray[np.int64]) -> float | None:
    """What the row before counts as where there is none, if that is the same for all entities."""
    if sum(term.ago for term in follow.terms) > 1:
        return None
    firsts = {name: floats_of(rows[name].take(pa.array(begins[:-1]))) for name in (follow.column, *follow.here)}
    (sign,) = (term.sign for term in follow.terms if term.ago)
    rest = firsts[follow.column] - follow.added - sum(t.sign * firsts[t.column] for t in follow.terms if not t.ago)
    found = np.round(sign * rest, 6) + 0.0
    same = bool((found == found[0]).all()) and bool(np.isfinite(found[0]))
    return float(found[0]) if same and (len(found) >= FEWEST_ENTITIES or found[0] == 0) else None
