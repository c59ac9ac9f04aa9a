"""Rules that a database can check: the part of SQL that means the same in DuckDB, which made the rows, and elsewhere.

A check may never refuse a row that keeps the rule. So an expression is read with its types, and anything whose meaning
differs (division of whole numbers, the order of texts, single-precision floats, functions) makes it not portable at all.
"""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import pyarrow as pa

from rowsmith.core import sql

Kind = Literal["integer", "decimal", "float", "text", "boolean", "date", "timestamp"]
Need = Literal["decimals", "nan", "collation", "moments"]
"""What a check wants of a database: to compute with decimals exactly; to tell NaN from null; to take texts for equal only
if they are the same letter by letter; to keep every timestamp in the one form in which it is written in SQL."""
Plain: TypeAlias = bool | int | float | decimal.Decimal | str | datetime.date  # a datetime is a date


@dataclass(frozen=True)
class Name:
    """A column of the table."""

    column: str


@dataclass(frozen=True)
class Value:
    """A literal. A float is one of double precision, and not a decimal."""

    value: Plain


@dataclass(frozen=True)
class Apply:
    """An operator, as SQL writes it, and what it is applied to; `float` turns a number into double precision."""

    operator: str
    operands: tuple[Term, ...]


Term: TypeAlias = Name | Value | Apply


@dataclass(frozen=True)
class Condition:
    """A boolean expression over columns of one table.

    Attributes:
        term: the expression.
        needs: what a database must be able to do to judge every row as DuckDB does.
    """

    term: Term
    needs: frozenset[Need] = frozenset()


def condition(
    expression: str, table: str, columns: Mapping[str, pa.DataType], parameters: Mapping[str, Any]
) -> Condition | None:
    """A rule as a portable condition; None where it is none.

    Args:
        expression: boolean SQL, which DuckDB has accepted.
        table: whose rule it is.
        columns: of the table, with their types.
        parameters: names that stand for a value.

    >>> condition("a <= 2 * top", "t", {"a": pa.int64()}, {"top": 5}).term.operator
    '<='
    >>> condition("length(a) < 3", "t", {"a": pa.string()}, {}) is None
    True
    """
    reader = _Reader(table, columns, parameters)
    try:
        found = reader.read(sql.tree(expression, "rule"))
        _expect(found.kind == "boolean")
    except _NotPortableError:
        return None
    return Condition(found.term, frozenset(reader.needs))


class _NotPortableError(Exception):
    """An expression, or a part of one, that may mean something else in another database."""


def _expect(portable: bool) -> None:
    if not portable:
        raise _NotPortableError


@dataclass(frozen=True)
class _Typed:
    """A term and its type.

    Attributes:
        term: the expression.
        kind: of its values.
        wide: whether they are decimals that double precision may not hold exactly.
        literal: whether it is a literal of the expression, which takes on the type of what it is compared with.
    """

    term: Term
    kind: Kind
    wide: bool = False
    literal: bool = False


_COMPARISONS = {
    "COMPARE_EQUAL": "=",
    "COMPARE_NOTEQUAL": "<>",
    "COMPARE_LESSTHAN": "<",
    "COMPARE_LESSTHANOREQUALTO": "<=",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_GREATERTHANOREQUALTO": ">=",
}
_JUNCTIONS = {"CONJUNCTION_AND": "and", "CONJUNCTION_OR": "or"}
_NUMBERS = ("integer", "decimal", "float")
_ORDERED = (*_NUMBERS, "date", "timestamp")
_EXACT_DIGITS = 15
"""Decimals of so many digits are told apart by double precision."""
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d(\.\d{1,6})?)?")


class _Reader:
    """Reads DuckDB's tree of an expression; its form is that of version 1 or 2."""

    def __init__(self, table: str, columns: Mapping[str, pa.DataType], parameters: Mapping[str, Any]) -> None:
        self.table, self.columns, self.parameters = table, columns, parameters
        self.needs: set[Need] = set()

    def read(self, node: Mapping[str, Any]) -> _Typed:
        """A part of the tree.

        Raises:
            _NotPortableError: it is not of the portable part of SQL.
        """
        kind = node.get("type", "")
        match node.get("class"):
            case "COLUMN_REF":
                return self._column(node["column_names"])
            case "CONSTANT":
                return _constant(node)
            case "CAST":
                return self._cast(node)
            case "COMPARISON" if kind in _COMPARISONS:
                return self._compare(_COMPARISONS[kind], self.read(node["left"]), self.read(node["right"]))
            case "BETWEEN":
                parts = [self.read(node[part]) for part in ("input", "lower", "upper")]
                return self._compare("between", *parts)
            case "CONJUNCTION" if kind in _JUNCTIONS:
                return self._join(_JUNCTIONS[kind], node["children"])
            case "OPERATOR":
                return self._operator(kind, node["children"])
            case "FUNCTION" if node.get("is_operator"):
                inner = node.get("arguments")
                children = node["children"] if inner is None else [argument["expression"] for argument in inner]
                return self._compute(node["function_name"], [self.read(child) for child in children])
        raise _NotPortableError

    def _column(self, names: list[str]) -> _Typed:
        name = names[-1]
        own = name in self.columns and (len(names) == 1 or names[:-1] == [self.table])
        if not own:
            _expect(len(names) == 1 and name in self.parameters)
            value = self.parameters[name]
            kinds: dict[type, Kind] = {bool: "boolean", int: "integer", float: "float", str: "text"}
            return _literal(value, kinds[type(value)], literal=False)
        kind = self.columns[name]
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        found = _kind(kind)
        return _Typed(Name(name), found, wide=found == "decimal" and kind.precision > _EXACT_DIGITS)

    def _cast(self, node: Mapping[str, Any]) -> _Typed:
        """A literal with its type in front, as in `date '2024-01-31'`."""
        inner = self.read(node["child"])
        wanted = str(node["type_expr"]["type_name"] if "type_expr" in node else node["cast_type"]["id"]).upper()
        _expect(inner.kind == "text" and inner.literal and isinstance(inner.term, Value))
        if wanted == "BOOLEAN":
            text = str(inner.term.value).lower()  # type: ignore[union-attr]  # a Value
            _expect(text in ("t", "true", "f", "false"))
            return _literal(text[0] == "t", "boolean")
        kinds: dict[str, Kind] = {"DATE": "date", "TIMESTAMP": "timestamp"}
        _expect(wanted in kinds)
        return self._as(inner, kinds[wanted])

    def _as(self, side: _Typed, kind: Kind) -> _Typed:
        """A literal as the date or timestamp that it stands for beside one."""
        if side.kind == kind or not side.literal or kind not in ("date", "timestamp"):
            return side
        text = str(side.term.value)  # type: ignore[union-attr]  # literals are Values
        _expect(bool((_DATE if kind == "date" else _MOMENT).fullmatch(text)))
        try:
            moment = datetime.datetime.fromisoformat(text)
        except ValueError:
            raise _NotPortableError from None
        return _literal(moment if kind == "timestamp" else moment.date(), kind)

    def _compare(self, operator: str, *sides: _Typed) -> _Typed:
        kinds = {side.kind for side in sides if not side.literal} or {side.kind for side in sides}
        if not kinds <= set(_NUMBERS):
            _expect(len(kinds) == 1)
            (kind,) = kinds
            sides = tuple(self._as(side, kind) for side in sides)
            _expect({side.kind for side in sides} == {kind})
        else:
            self._mix(sides)
        found = {side.kind for side in sides}
        _expect(operator in ("=", "<>", "in") or found <= set(_ORDERED))
        if "text" in found:
            self.needs.add("collation")
        if any(isinstance(side.term, Value) and side.kind == "timestamp" for side in sides):
            self.needs.add("moments")
        return _Typed(Apply(operator, tuple(side.term for side in sides)), "boolean")

    def _mix(self, sides: tuple[_Typed, ...]) -> None:
        """Numbers meet: beside double precision, decimals become that too, which databases do alike for short ones."""
        _expect(all(side.kind in _NUMBERS for side in sides))
        wide = any(side.wide for side in sides)
        _expect(not (wide and any(side.kind == "float" for side in sides)))
        if wide:
            self.needs.add("decimals")

    def _join(self, operator: str, children: list[Any]) -> _Typed:
        sides = [self.read(child) for child in children]
        _expect(all(side.kind == "boolean" for side in sides))
        return _Typed(Apply(operator, tuple(side.term for side in sides)), "boolean")

    def _operator(self, kind: str, children: list[Any]) -> _Typed:
        if kind == "OPERATOR_NOT":
            return self._join("not", children)
        if kind in ("COMPARE_IN", "COMPARE_NOT_IN"):
            found = self._compare("in", *map(self.read, children))
            return found if kind == "COMPARE_IN" else _Typed(Apply("not", (found.term,)), "boolean")
        _expect(kind in ("OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL"))
        (side,) = map(self.read, children)
        if side.kind == "float":
            self.needs.add("nan")
        return _Typed(Apply("is null" if kind == "OPERATOR_IS_NULL" else "is not null", (side.term,)), "boolean")

    def _compute(self, operator: str, sides: list[_Typed]) -> _Typed:
        _expect(all(side.kind in _NUMBERS for side in sides))
        if len(sides) == 1:
            (side,) = sides
            _expect(operator in "+-")
            return side if operator == "+" else _Typed(Apply("-", (side.term,)), side.kind, side.wide)
        _expect(len(sides) == 2 and operator in ("+", "-", "*", "/", "%"))
        left, right = sides
        if operator in "/%":  # by zero, databases differ
            _expect(isinstance(right.term, Value) and right.term.value != 0)
        if operator == "%":
            _expect(left.kind == right.kind == "integer")
        if operator == "/":  # DuckDB divides whole numbers and decimals as floats
            _expect(not left.wide and not right.wide)
            terms = tuple(s.term if s.kind == "float" else Apply("float", (s.term,)) for s in sides)
            return _Typed(Apply("/", terms), "float")
        kinds = {left.kind, right.kind}
        self._mix((left, right))
        kind: Kind = "float" if "float" in kinds else "decimal" if "decimal" in kinds else "integer"
        wide = kind == "decimal"
        if wide:
            self.needs.add("decimals")
        return _Typed(Apply(operator, (left.term, right.term)), kind, wide)


def _kind(kind: pa.DataType) -> Kind:
    """Of a column."""
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_decimal(kind) and kind.precision <= 38:
        return "decimal"
    if pa.types.is_float64(kind):
        return "float"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "text"
    if pa.types.is_date32(kind):
        return "date"
    # Nanoseconds are cut off where they are kept, and what was earlier may then be as early; and where moments are kept
    # as texts, those of milliseconds have other digits than all others.
    if pa.types.is_timestamp(kind) and kind.tz is None and kind.unit in ("s", "us"):
        return "timestamp"
    raise _NotPortableError


def _constant(node: Mapping[str, Any]) -> _Typed:
    if "literal" in node:
        kind, text = node["literal"]["kind"], node["literal"]["text"]
    else:
        value = node["value"]
        kind, text = value["type"]["id"], str(value.get("value"))
        if kind == "DECIMAL":
            text = format(decimal.Decimal(text).scaleb(-value["type"]["type_info"]["scale"]), "f")
    if kind in ("INTEGER", "BIGINT", "SMALLINT", "TINYINT"):
        return _literal(int(text), "integer")
    if kind == "DOUBLE" or (kind == "NUMERIC" and "e" in text.lower()):
        return _literal(float(text), "float")
    if kind in ("NUMERIC", "DECIMAL"):
        return _literal(decimal.Decimal(text), "decimal")
    if kind == "BOOLEAN":
        return _literal(text.lower() == "true", "boolean")
    _expect(kind in ("STRING", "VARCHAR"))
    return _literal(text, "text")


def _literal(value: Any, kind: Kind, *, literal: bool = True) -> _Typed:
    if isinstance(value, str):
        _expect(value.isprintable())
    if kind == "integer":
        _expect(abs(value) < 2**63)
    if kind == "float":
        _expect(abs(value) < float("inf"))  # not NaN either
    wide = False
    if kind == "decimal":
        digits = value.as_tuple().digits
        _expect(len(digits) <= 38 and -38 <= value.as_tuple().exponent <= 0)
        wide = len(digits) > _EXACT_DIGITS
    return _Typed(Value(value), kind, wide, literal)
