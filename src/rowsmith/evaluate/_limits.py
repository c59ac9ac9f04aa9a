"""Limits that a pipeline sets: `c2st=0.6` fails where the classifier tells more than that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rowsmith.core.errors import SpecError, suggest
from rowsmith.core.registry import Registry
from rowsmith.evaluate._basket_measure import BASKET_MEASURES
from rowsmith.evaluate._link_measure import LINK_MEASURES
from rowsmith.evaluate._measure import MEASURES
from rowsmith.evaluate._series_measure import SERIES_MEASURES
from rowsmith.evaluate._summary import Summary
from rowsmith.evaluate._words import show

GROUPED: tuple[Registry[Any], ...] = (LINK_MEASURES, SERIES_MEASURES, BASKET_MEASURES)
"""Measures of rows that belong together."""


def parse_limits(words: Sequence[str], where: str) -> dict[str, float]:
    """Limits as people write them: a measure, or one of its figures, and the worst value that is let through.

    Args:
        words: each `MEASURE=VALUE` or `MEASURE.FIGURE=VALUE`; `5%` is 0.05.
        where: what the messages call them.

    Raises:
        SpecError: not of that form, or no such measure.

    >>> parse_limits(["c2st=0.6", "trends.related=3", "copies=1%"], "limits")
    {'c2st': 0.6, 'trends.related': 3.0, 'copies': 0.01}
    """
    out = {}
    for word in words:
        name, equals, value = (part.strip() for part in word.partition("="))
        known = [name for registry in (MEASURES, *GROUPED) for name in registry.names()]
        if not equals:
            raise SpecError(f"{where} {word!r}: expected MEASURE=VALUE, such as c2st=0.6.")
        if name.partition(".")[0] not in known:
            raise SpecError(f"{where} {word!r}: no such measure{suggest(name.partition('.')[0], known)}")
        try:
            number = float(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
        except ValueError:
            number = float("nan")
        if not -1e300 < number < 1e300:
            raise SpecError(f"{where} {word!r}: expected a number after the =, such as c2st=0.6 or copies=1%.")
        out[name] = number
    return out


def broken(summary: Summary, limits: Mapping[str, float]) -> list[str]:
    """One sentence for each limit that the table does not keep, or that could not be looked at.

    Args:
        summary: what was found.
        limits: by `measure` or `measure.figure`; the value itself is let through. Whether more or less is worse is the
            figure's own. A limit of a figure in per cent is a number of per cent.

    Raises:
        SpecError: a measure has no such figure.
    """
    out = []
    for name, limit in limits.items():
        measure, _, wanted = name.partition(".")
        found = next((r for r in summary.measures if r.measure == measure), None)
        if found is None or not found.figures:
            grouped = any(measure in registry.names() for registry in GROUPED)
            why = "it is only taken of such data" if grouped else "it is only taken with --full"
            reason = why if found is None else found.sentence.removeprefix("Not measured: ")
            out.append(f"{name} was not measured: {reason}")
            continue
        names = [f.name for f in found.figures]
        if wanted and wanted not in names:
            raise SpecError(f"{name}: the measure {measure!r} has no such figure{suggest(wanted, names)}")
        figure = summary.figure(measure, wanted or None)
        if figure.value is None:
            out.append(f"{name} was not measured: {figure.reason}.")
        elif figure.value > limit if figure.better == "lower" else figure.value < limit:
            side = "above" if figure.better == "lower" else "below"
            shown, least = show(figure.value, figure.unit), show(limit, figure.unit)
            if shown == least:
                shown, least = repr(figure.value), repr(limit)
            out.append(f"{name} is {shown}, {side} the limit of {least} ({found.title}: {figure.label}).")
    return out
