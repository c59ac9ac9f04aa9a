"""The risk that persons are found in a table, before and after a change, as one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rowsmith.evaluate._report import page as fill
from rowsmith.evaluate._view import MARKS, level_class
from rowsmith.evaluate._words import percent, readable, rows

TEMPLATE = "risk.html.j2"
LOW, HIGH = 0.09, 0.2
"""Chances of being found up to which a risk is low, and above which it is high: groups of eleven, and of five. Source: European
Medicines Agency, "External guidance on the implementation of Policy 0070" (2018), section 5.4, for the first; K. El Emam, "Guide to
the De-Identification of Personal Health Information" (2013), chapter 16, for the other."""
LEVELS = {"good": "low", "fair": "middling", "poor": "high", "not measured": "not looked at"}


def page(found: Mapping[str, Any]) -> str:
    """One page that opens without a network.

    Args:
        found: `before` and `after`, the figures of a table's risk by name; `without`, by column the shares of rows at risk if it
            were not known; `at_risk_above` and `sizes`, at which chance and sizes these begin.
    """
    return fill(TEMPLATE, view(found))


def view(found: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of the page's template."""
    before, after = found["before"], found["after"]
    sizes = _bins(found["sizes"])
    return {
        "quasi": [readable(name) for name in after["quasi"]],
        "sizes": f"{rows(before['rows'])} before, {after['rows']:,} after",
        "limit": _chance(found["at_risk_above"]),
        "attackers": _attackers(before, after, _chance(found["at_risk_above"])),
        "bins": [
            {"name": name, "before": _bar(a), "after": _bar(b)}
            for name, a, b in zip(sizes, before["by_size"], after["by_size"], strict=True)
        ],
        "figures": _figures(before, after),
        "without": [
            {"name": readable(name), "before": percent(a), "after": percent(b)}
            for name, (a, b) in found["without"].items()
        ],
        "known": {"before": percent(before["at_risk"]), "after": percent(after["at_risk"])},
        "population": after["journalist"] is not None,
    }


def _attackers(before: Mapping[str, Any], after: Mapping[str, Any], limit: str) -> list[dict[str, str]]:
    """Who looks for rows, what they know, and how far they come."""
    whom = (
        ("prosecutor", "Prosecutor", "knows that a person is in the table, and looks for the row", "at_risk"),
        (
            "journalist",
            "Journalist",
            "knows that a person is in the population, not whether in the table",
            "journalist_at_risk",
        ),
        ("marketer", "Marketer", "looks for all rows, and wants as many as possible", None),
    )
    out = []
    for name, title, knows, share in whom:
        old, new = before[name], after[name]
        level = "not measured" if new is None else "good" if new <= LOW else "fair" if new <= HIGH else "poor"
        if new is None:
            sentence = "Give a table of the population to see this risk."
        elif share is None:
            sentence = f"Finds {percent(new)} of the rows on average (before: {percent(old)})."
        else:
            sentence = (
                f"Finds a row with a chance of {_chance(new)} at worst (before: {_chance(old)}). Of the rows, {percent(after[share])} "
                f"are found with a chance above {limit} (before: {percent(before[share])})."
            )
        out.append(
            {"title": title, "knows": knows, "class": level_class(level), "mark": MARKS[level], "level": LEVELS[level]}
            | {"sentence": sentence}
        )
    return out


def _figures(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Name, before and after of each figure."""
    named = [
        ("Rows", "rows", "{:,}"),
        ("Groups of rows that are alike", "groups", "{:,}"),
        ("Rows that are alone", "unique", "{:,}"),
        ("Rows of the smallest group (k)", "k", "{:,}"),
        ("Different sensitive values in a group, at least (l)", "l", "{:,}"),
        ("Distance of a group's sensitive values from all, at most (t)", "t", "{:.3f}"),
    ]
    return [
        (title, form.format(before[name]), form.format(after[name]))
        for title, name, form in named
        if before[name] is not None and after[name] is not None
    ]


def _bins(sizes: Sequence[int]) -> list[str]:
    """Names of bins of sizes.

    >>> _bins((1, 2, 3, 5))
    ['alone', 'groups of 2', 'groups of 3 to 4', 'groups of 5 or more']
    """
    out = []
    for low, high in zip(sizes, [*sizes[1:], None], strict=True):
        span = f"{low} or more" if high is None else f"{low}" if high == low + 1 else f"{low} to {high - 1}"
        out.append("alone" if span == "1" else f"groups of {span}")
    return out


def _bar(share: float) -> dict[str, Any]:
    return {"width": round(100 * share, 1), "share": percent(share)}


def _chance(p: float) -> str:
    """A chance as people say it.

    >>> _chance(1.0), _chance(0.2), _chance(0.003), _chance(0.0)
    ('1', '1 in 5', '1 in 333', '0')
    """
    return f"{p:.0f}" if p in (0, 1) else f"1 in {1 / p:,.0f}"
