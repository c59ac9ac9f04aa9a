"""What the values of columns can be, for a private fit: as it is declared, and for the rest as it was paid for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core.codecs import ColumnCodec
from rowsmith.core.domains import Anew, Declaring, Domain, Levels, PaidColumn, Span
from rowsmith.core.errors import SpecError
from rowsmith.core.line import to_line
from rowsmith.core.protocols import COLUMN_KINDS, ColumnKind
from rowsmith.core.rng import Key
from rowsmith.learn._private_budget import Ledger
from rowsmith.learn._private_levels import found_levels
from rowsmith.learn._private_margins import Column
from rowsmith.learn._private_noise import Noise
from rowsmith.learn._private_spans import cut_spans

LEVELS, SPANS = 0.14, 0.1
"""Parts of the budget that levels, and bounds and bins of numbers, cost at most."""
ENOUGH = 0.05
"""ρ that suffices for either: counts are then within a few rows."""
NEARLY_ALL = 0.995
"""Cover of levels from which nothing is said of the rest."""


@dataclass(frozen=True)
class Settled:
    """Columns whose domains are known.

    Attributes:
        codecs: one a column.
        kinds: name of each column's kind.
        columns: their codes.
        left_out: of columns of which not all levels were found, about the part of the rows with a value that have others.
    """

    codecs: tuple[ColumnCodec, ...]
    kinds: tuple[str, ...]
    columns: tuple[Column, ...]
    left_out: dict[str, float]


def domains_of(columns: Sequence[PaidColumn]) -> list[Domain]:
    """What is declared of columns.

    Raises:
        SpecError: a setting of a column is wrong; the message names it.
    """
    out = []
    for each in columns:
        try:
            out.append(each.kind.domain(each.values.type, each.form))
        except SpecError as fault:
            raise SpecError(f"columns.{each.name}.{fault}") from None
        if pa.types.is_uint64(each.values.type) and isinstance(out[-1], Span) and None in (out[-1].low, out[-1].high):
            raise SpecError(f"columns.{each.name}: declare min and max of numbers of type uint64, or make it int64.")
    return out


def settled(
    columns: Sequence[PaidColumn],
    domains: Sequence[Domain],
    ledger: Ledger,
    noise: Noise,
    *,
    delta: float,
    reach: int,
    key: Key,
) -> Settled:
    """Find out what is not declared, and code the rows.

    Args:
        columns: of the table.
        domains: what is declared of each.
        ledger: pays.
        noise: is added.
        delta: chance that a level shows that only one person has.
        reach: rows of one person, at most.
        key: random stream of what is made anew.
    """
    values = {each.name: _numbers(each.values) for each in columns}
    of = dict(zip(values, domains, strict=True))
    unknown = {name: values[name] for name, d in of.items() if isinstance(d, Levels) and d.values is None}
    left_out: dict[str, float] = {}
    words = COLUMN_KINDS.load("text")()
    assert isinstance(words, Declaring)
    if unknown:
        rho = min(LEVELS * ledger.rho, ENOUGH)
        for name, found in found_levels(unknown, ledger, noise, rho=rho, delta=delta, reach=reach).items():
            none = not len(found.levels)
            anew = none and pa.types.is_string(values[name].type)
            of[name] = words.domain(pa.string(), None) if anew else Levels(found.levels, found.shares)
            if none or found.cover < NEARLY_ALL:
                left_out[name] = 1.0 if none else 1 - found.cover
    columns = [replace(c, kind=words) if c.name in left_out and isinstance(of[c.name], Anew) else c for c in columns]
    spans = {name: (d, to_line(values[name].drop_null())) for name, d in of.items() if isinstance(d, Span)}
    of |= cut_spans(spans, ledger, noise, rho=min(SPANS * ledger.rho, ENOUGH), reach=reach)
    codecs = [each.codec(of[each.name], key.child("column", each.name)) for each in columns]
    return Settled(
        codecs=tuple(codecs),
        kinds=tuple(_kind_of(each) for each in columns),
        columns=tuple(_coded(codec, values[codec.name]) for codec in codecs),
        left_out=left_out,
    )


def _kind_of(column: PaidColumn) -> str:
    assert isinstance(column.kind, ColumnKind)
    return COLUMN_KINDS.name_of(type(column.kind))


def _numbers(values: pa.Array) -> pa.Array:
    """Values of which "not a number" is null."""
    return (
        pc.if_else(pc.is_nan(values), pa.scalar(None, values.type), values)
        if pa.types.is_floating(values.type)
        else values
    )


def _coded(codec: ColumnCodec, values: pa.Array) -> Column:
    """The codes of a column, whose values are as its kind takes them."""
    codes = np.zeros(len(values), dtype=np.uint16)
    if codec.inner is not None:
        there = values.is_valid().to_numpy(zero_copy_only=False)
        codes[there] = codec.inner.encode(values.drop_null()) + np.uint16(codec.nullable)
    return Column(codes, codec.size, codec.ordered, codec.nullable)
