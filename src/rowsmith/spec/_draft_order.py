"""Dates that never come before another one: made from it and a gap, whose law is fitted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from rowsmith.core.graph import leads_to
from rowsmith.spec._draft_columns import said
from rowsmith.spec._draft_fit import fit
from rowsmith.spec._draft_formulas import Drafts, moments_of
from rowsmith.spec._draft_laws import Settings
from rowsmith.spec._draft_numbers import Floats, numbers, share
from rowsmith.spec._draft_parts import DataColumn, Draft, hidden, quoted, reads

FEWEST = 30
"""Rows in which two dates must be seen in order."""
INSIDE = 0.95
"""Share of the rows with the later date that must have the earlier one too."""
CLOSE = 0.5
"""Mean gap between the two, at most, as a part of what it is between dates of different rows."""
_UNITS = (("days", 86_400e6), ("hours", 3_600e6), ("minutes", 60e6), ("seconds", 1e6))


def gaps(drafts: Drafts, sources: dict[str, DataColumn]) -> Drafts:
    """The drafts, dates and moments that follow others as those plus a gap."""
    times = {
        name: moments_of(sources[name].values)
        for name, draft in drafts.items()
        if _is_time(sources[name].values.type)
        and not draft.derived
        and not sources[name].is_text
        and draft.present.any()
    }
    out = dict(drafts)
    graph = {name: reads(d.settings) for name, d in out.items()}
    for later in times:
        found = _nearest(later, times, drafts, sources)
        if found is not None and not leads_to(found, later, graph):
            out[later] = _after(drafts, later, found, times, sources)
            graph[later] = {found}
    return out


def _is_time(kind: pa.DataType) -> bool:
    return bool(pa.types.is_date(kind) or (pa.types.is_timestamp(kind) and kind.tz in (None, "UTC")))


def _nearest(later: str, times: dict[str, Floats], drafts: Drafts, sources: dict[str, DataColumn]) -> str | None:
    """The column that a column of dates follows most closely, if there is one."""
    best, least = None, np.inf
    for name, moments in times.items():
        if name == later or sources[name].values.type != sources[later].values.type:
            continue
        both = drafts[name].present & drafts[later].present
        gap = times[later][both] - moments[both]
        if both.sum() < max(FEWEST, INSIDE * drafts[later].present.sum()) or gap.min() < 0 or gap.max() == 0:
            continue
        shuffled = np.abs(np.roll(times[later][both], both.sum() // 2) - moments[both]).mean()
        if gap.mean() <= CLOSE * shuffled and gap.mean() < least:
            best, least = name, float(gap.mean())
    return best


def _after(drafts: Drafts, later: str, earlier: str, times: dict[str, Floats], sources: dict[str, DataColumn]) -> Draft:
    """The draft of a column that follows another one."""
    source = sources[later]
    both = drafts[earlier].present & drafts[later].present
    gap = times[later][both] - times[earlier][both]
    unit, size = _unit(gap, source.values.type)
    found = numbers(np.rint(gap / size), source.rare)
    law = fit(found)
    settings: Settings = law.written()
    if not pa.types.is_integer(law.sampler().type):
        least = float(law.sampler().quantile(np.array([0.0]))[0])
        settings |= ({"min": 0} if least < 0 else {}) | {"as": "integer"}
    helper = hidden(source.helper("gap"), settings)
    missing = 1 - float(drafts[later].present[drafts[earlier].present].mean())
    sql = f"{quoted(earlier)} + to_{unit}({helper.name}::int)"
    around = {"null": share(missing)} if missing > 0 else {}
    return replace(
        drafts[later],
        settings={"sql": sql, "as": str(source.type), **around},
        note=f"{unit} after {earlier}: {said(law, found)}",
        helpers=(helper,),
        derived=True,
    )


def _unit(gap: Floats, kind: pa.DataType) -> tuple[str, float]:
    """The greatest unit that gaps are whole numbers of, and its microseconds."""
    if pa.types.is_date(kind):
        return _UNITS[0]
    return next((u for u in _UNITS if not (gap % u[1]).any()), _UNITS[-1])
