"""Numbers on a lattice, such as multiples of 5 or prices that end in .99: a law counts the steps, and a formula makes them values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa

from rowsmith.spec._draft_laws import Settings
from rowsmith.spec._draft_numbers import ON_GRID, Numbers, numbers
from rowsmith.spec._draft_parts import DataColumn, Draft, Steps, hidden, type_text

LEAST = 8
"""Different values on a lattice, at least: of fewer, it may be chance."""
COARSE = (1000, 500, 100, 50, 25, 20, 10, 5, 2)
"""Steps of the grid that are tried where a few values are beside the lattice, so that they have no common divisor."""
EXACT = 2.0**53


def steps(found: Numbers) -> Steps | None:
    """The lattice that nearly all numbers are on, if it is coarser than their decimals; None if there is none."""
    if found.digits is None or found.n < 2 * found.rare:
        return None
    fine = np.rint(found.exact * 10.0**found.digits)
    if np.abs(fine).max() >= EXACT:
        return None
    whole = fine.astype(np.int64)
    size = int(np.gcd.reduce(np.diff(np.unique(whole))))
    for tried in (size, *(COARSE if size == 1 else ())):
        rest = whole % tried
        offset = int(np.bincount(rest).argmax()) if tried <= COARSE[0] else int(rest[0])
        on = rest == offset
        if tried > 1 and on.mean() >= ON_GRID and len(np.unique(whole[on])) >= LEAST:
            counted = numbers(np.rint((whole - offset) / tried).astype(np.int64), found.rare)
            return Steps(tried, offset, found.digits, counted)
    return None


def apart(drafts: Mapping[str, Draft], sources: Mapping[str, DataColumn]) -> dict[str, Draft]:
    """The drafts, those on a lattice as a hidden column of steps, which has the law and its ties, and a formula."""
    out, moved = dict(drafts), {}
    for name, draft in drafts.items():
        if draft.steps is None or draft.derived:
            continue
        source = sources[name]
        helper = hidden(source.helper("step"), {k: v for k, v in draft.settings.items() if k != "null"})
        own = {"null": draft.settings["null"]} if "null" in draft.settings else {}
        settings = _formula(draft.steps, helper.name, source.type) | own
        out[name] = replace(draft, settings=settings, helpers=(*draft.helpers, helper))
        moved[name] = helper.name
    return {name: _led(draft, moved) for name, draft in out.items()}


def _formula(lattice: Steps, name: str, kind: pa.DataType) -> Settings:
    sql = f"{name} * {lattice.shown(lattice.size)}" if lattice.size != 10**lattice.digits else name
    if lattice.offset:
        sql += f" + {lattice.shown(lattice.offset)}"
    if pa.types.is_string(kind) and lattice.digits:
        sql = f"({sql})::double"  # prints 2.5, where a decimal prints 2.50
    return {"sql": sql} if kind == pa.int64() and not lattice.digits else {"sql": sql, "as": type_text(kind)}


def _led(draft: Draft, moved: Mapping[str, str]) -> Draft:
    """The draft, where it or its hidden columns are correlated with columns whose law has moved to others."""
    helpers = tuple(_led(helper, moved) for helper in draft.helpers)
    known: Mapping[str, float] = draft.settings.get("correlate", {})
    if not moved.keys() & known.keys():
        return replace(draft, helpers=helpers)
    led = {moved.get(name, name): value for name, value in known.items()}
    return replace(draft.having(correlate=led), helpers=helpers)
