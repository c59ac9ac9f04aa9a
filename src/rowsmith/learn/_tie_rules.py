"""Which rules can be kept by construction: forms of SQL that tie one column to others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from rowsmith.core import sql
from rowsmith.core.computed import flags
from rowsmith.core.errors import RowsmithError
from rowsmith.core.graph import leads_to
from rowsmith.core.schema import Column
from rowsmith.core.shield import FEW, Units, scarce
from rowsmith.core.state import State
from rowsmith.learn._tie_absent import Absent
from rowsmith.learn._tie_bounded import Bounded
from rowsmith.learn._tie_derived import Derived
from rowsmith.learn._tie_moment import Moment
from rowsmith.learn._ties import Columns, Tie, Ties, in_order

Node = Mapping[str, Any]
_ORDERS = {
    "COMPARE_GREATERTHAN": (False, True),
    "COMPARE_GREATERTHANOREQUALTO": (False, False),
    "COMPARE_LESSTHAN": (True, True),
    "COMPARE_LESSTHANOREQUALTO": (True, False),
}
"""Comparisons: whether what stands right is an upper bound of the left, and whether they may not be equal."""
_SAME = ("COMPARE_EQUAL", "COMPARE_NOT_DISTINCT_FROM")


@dataclass(frozen=True)
class Formula:
    """A column is an expression; in most rows, if it is a habit."""

    column: str
    expression: str
    habit: bool = False


@dataclass(frozen=True)
class _Gone:
    """A column is missing where a condition holds; and only there, if `only`."""

    column: str
    condition: str
    only: bool


@dataclass(frozen=True)
class _Bound:
    """A column may not be below an expression, or above it."""

    column: str
    expression: str
    upper: bool
    strict: bool
    anyhow: bool = False

    @property
    def reads(self) -> tuple[str, ...]:
        return sql.references(self.expression, self.column)


_Form = Formula | _Gone | _Bound


def ties_of(
    rules: Mapping[str, str],
    kinds: Mapping[str, Column],
    rows: Columns,
    fixed: frozenset[str],
    units: Units | None = None,
    habits: Mapping[str, str] | None = None,
    *,
    moments: bool = False,
) -> Ties:
    """Ties that keep rules. Not every rule can be kept so: the others are left to redrawing.

    Args:
        rules: boolean SQL by name.
        habits: the same that some rows break; of these, formulas are taken on.
        kinds: columns of the table, with their types.
        rows: real rows.
        fixed: columns that cannot follow from others: keys.
        units: entities of the rows, if they belong to some.
        moments: whether weekdays and hours of moments are kept, too.
    """
    draft = _Draft(kinds, rows, fixed, units)
    parts = _parts(rules, kinds)
    for ways in parts:
        any(draft.takes(way) for way in ways if isinstance(way, Formula))
    for ways in _parts(habits or {}, kinds):
        any(draft.takes(replace(way, habit=True)) for way in ways if isinstance(way, Formula))
    for form in (_Gone, _Bound):  # what is computed is not bounded: what bounds it may still be
        for ways in parts:
            mine = [way for way in ways if isinstance(way, form)]
            last = [replace(way, anyhow=True) for way in mine if isinstance(way, _Bound)]
            any(draft.takes(way) for way in (*mine, *last))
    return draft.ties(moments)


def _parts(rules: Mapping[str, str], kinds: Mapping[str, Column]) -> list[list[_Form]]:
    """Forms that keep each part of rules."""
    as_named = {name.casefold(): name for name in kinds}
    return [
        list(_ways(part))
        for name, rule in rules.items()
        for part in sql.parts(_as_named(sql.tree(rule, name), as_named))
    ]


def computed(rules: Mapping[str, str], kinds: Mapping[str, Column]) -> set[str]:
    """Columns that rules say by a formula."""
    return {formula.column for formula in formulas_of(rules, kinds)}


def formulas_of(rules: Mapping[str, str], kinds: Mapping[str, Column]) -> list[Formula]:
    """Columns that rules say by a formula, each as often as one does."""
    return [way for ways in _parts(rules, kinds) for way in ways if isinstance(way, Formula) and way.column in kinds]


_FORMS: dict[str, type[Tie]] = {tie.form: tie for tie in (Absent, Bounded, Derived, Moment)}


def ties_state(ties: Ties) -> list[State]:
    """Ties as plain values."""
    return [{"form": tie.form, **tie.state()} for tie in ties.each]


def ties_from_state(state: Sequence[State]) -> Ties:
    """The inverse of `ties_state`."""
    return Ties(tuple(map(_from_state, state)))


def _from_state(state: State) -> Tie:
    inner = {"inner": _from_state(state["inner"])} if state.get("inner") else {}
    return _FORMS[state["form"]].from_state({k: v for k, v in state.items() if k != "form"} | inner)


class _Draft:
    """Ties that are taken on one by one, as long as no column needs itself."""

    def __init__(self, kinds: Mapping[str, Column], rows: Columns, fixed: frozenset[str], units: Units | None) -> None:
        self._kinds, self._rows, self._fixed, self._units = kinds, rows, fixed, units
        self._formulas: dict[str, Derived] = {}
        self._gone: dict[str, _Gone] = {}
        self._bounds: dict[str, list[_Bound]] = {}

    def takes(self, form: _Form) -> bool:
        """Take a form on; False if the column is tied otherwise, or the form is none for its type."""
        name = form.column
        reads = sql.references(form.condition if isinstance(form, _Gone) else form.expression, name)
        known = reads and name in self._kinds and set(reads) <= set(self._kinds)
        known = known and not any(
            other.startswith(f"{name}#") for other in self._kinds
        )  # names of what is learnt instead
        if not known or name in self._fixed or name in self._formulas or self._needs(reads, name):
            return False
        there = flags(self._rows[name].is_valid())
        if not isinstance(form, Formula) and not self._kinds[name].public and scarce(there, FEW, self._units):
            return False  # its few values are not kept
        if isinstance(form, _Gone):
            return self._gone.setdefault(name, form) == form
        kind = self._kinds[name]
        try:
            if isinstance(form, Formula) and form.habit:
                if name in self._bounds or name in self._gone:
                    return False
                self._formulas[name] = Derived.habit(name, form.expression, kind, self._rows, self._units)
                return True
            if isinstance(form, Formula):
                self._formulas[name] = Derived.of(name, form.expression, kind, self._rows)
                return True
            before = self._bounds.get(name, [])
            self._bounded(name, [*before, form])
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, RowsmithError):
            return False
        self._bounds[name] = [*before, form]
        return True

    def ties(self, moments: bool) -> Ties:
        """All that were taken on, and weekdays and hours."""
        bounded = {name: self._bounded(name, bounds) for name, bounds in self._bounds.items()}
        found: dict[str, Tie] = {**self._formulas, **bounded}
        for name in self._kinds if moments else ():
            if (tie := self._moment(name, bounded.get(name))) is not None:
                found[name] = tie
        for name, gone in self._gone.items():
            if name not in self._formulas:
                found[name] = Absent(name, gone.condition, self._kinds[name], gone.only, found.get(name))
        return Ties(tuple(in_order(found.values())))

    def _bounded(self, name: str, bounds: list[_Bound]) -> Bounded:
        """The tie of all bounds of a column; where some are below it and some above, it is tied to those below."""
        above = [bound for bound in bounds if bound.upper]
        below = [bound for bound in bounds if not bound.upper]
        own, others = (below, above) if below else (above, [])
        return Bounded.of(
            name,
            [bound.expression for bound in own],
            self._kinds[name],
            self._rows,
            upper=own[0].upper,
            strict=any(bound.strict for bound in own),
            ceilings=[bound.expression for bound in others],
            below=any(bound.strict for bound in others),
            units=self._units,
            anyhow=any(bound.anyhow for bound in bounds),
        )

    def _moment(self, name: str, inner: Bounded | None) -> Moment | None:
        if name in self._fixed or name in self._formulas or any(other.startswith(f"{name}#") for other in self._kinds):
            return None
        return Moment.of(name, self._kinds[name], self._rows, inner, self._units)

    def _needs(self, reads: tuple[str, ...], name: str) -> bool:
        """Whether columns hang on a column."""
        graph = {column: self._reads(column) for column in {*self._formulas, *self._gone, *self._bounds}}
        return any(leads_to(read, name, graph) for read in reads)

    def _reads(self, name: str) -> list[str]:
        out = list(self._formulas[name].reads) if name in self._formulas else []
        if name in self._gone:
            out += sql.references(self._gone[name].condition, name)
        return out + [read for bound in self._bounds.get(name, ()) for read in bound.reads]


def _ways(node: Node) -> Iterator[_Form]:
    """Forms that keep a part, the best first."""
    if node["type"] in _SAME:
        for one, other in ((node["left"], node["right"]), (node["right"], node["left"])):
            test = _null_test(one)
            if test is not None:
                column, is_null = test
                yield _Gone(column, sql.written(other) if is_null else f"not ({sql.written(other)})", only=True)
            elif (name := _name(one)) is not None:
                yield Formula(name, sql.written(other))
    elif node["type"] in _ORDERS:
        upper, strict = _ORDERS[node["type"]]
        # the later of two is tied to the earlier one where it can be
        sides = [(node["left"], node["right"], upper), (node["right"], node["left"], not upper)]
        for one, other, is_upper in sorted(sides, key=lambda side: side[2]):
            if (name := _name(one)) is not None:
                yield _Bound(name, sql.written(other), is_upper, strict)
    elif node["type"] == "CONJUNCTION_OR":
        for child in node["children"]:
            test = _null_test(child)
            if test is not None and test[1]:
                rest = [sql.written(other) for other in node["children"] if other is not child]
                yield _Gone(test[0], f"not ({' or '.join(f'({each})' for each in rest)})", only=False)


def _as_named(node: Any, names: Mapping[str, str]) -> Any:
    """A tree with columns by the names that they have: SQL reads them in any case."""
    if isinstance(node, list):
        return [_as_named(part, names) for part in node]
    if not isinstance(node, Mapping):
        return node
    if node.get("class") == "COLUMN_REF" and len(node["column_names"]) == 1:
        written = node["column_names"][0]
        return {**node, "column_names": [names.get(written.casefold(), written)]}
    return {key: _as_named(part, names) for key, part in node.items()}


def _name(node: Node) -> str | None:
    return node["column_names"][0] if node["class"] == "COLUMN_REF" and len(node["column_names"]) == 1 else None


def _null_test(node: Node) -> tuple[str, bool] | None:
    """The column that is tested for null, and whether for being so."""
    if node["type"] not in ("OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL"):
        return None
    name = _name(node["children"][0])
    return None if name is None else (name, node["type"] == "OPERATOR_IS_NULL")
