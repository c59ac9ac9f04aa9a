"""A profile as text, as JSON and as a page: shares, classes, groups, and what to do."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np

from rowsmith.evaluate._profile import RowProfile
from rowsmith.evaluate._profiler import SEGMENTS
from rowsmith.evaluate._report import page as fill
from rowsmith.evaluate._text import aligned
from rowsmith.evaluate._words import percent, readable, rows

TEMPLATE = "profile.html.j2"
CELLS = 24
"""Of the map, along each side."""
MEANING = {
    "easy": "a model is sure of the label, and right: what there is to learn is in them",
    "ambiguous": "the columns do not say which class it is",
    "hard": "a model is sure that the label is another: a wrong label, or a case of its own",
}
WEAK = 0.6
"""AUC below which a model knows too little to find fault with labels."""
TOO_HARD = 0.05
TWICE = 2.0


def advice(found: RowProfile) -> list[str]:
    """What to do, in plain words."""
    shares, out = found.shares, []
    if found.skill < WEAK:
        return [
            f"The columns hardly tell the classes apart (AUC {found.skill:.2f} in rows that the model never saw): act on neither "
            "segments nor labels, and look for a column that says more."
        ]
    wrong = int(found.mislabelled.sum())
    if wrong:
        first = f", most often {found.swaps[0].label} for {found.swaps[0].likely}" if found.swaps else ""
        out.append(
            f"Look at the {rows(wrong)} whose label is likely wrong{first}, and mend it where it is. "
            "Where classes overlap, some of them are right: rare, not wrong."
        )
    if found.groups:
        g = found.groups[0]
        out.append(
            f"Ask how the rows with {g.where} came about: {percent(g.share)} of them are hard, {percent(shares['hard'])} of all."
        )
    if shares["hard"] > TOO_HARD:
        out.append(
            "Try to learn the hard rows apart (fit --segment easy-hard) or without them (fit --drop hard), and judge both twins by "
            "the same holdout."
        )
    if shares["ambiguous"] > 0.5:
        out.append(
            "Most rows are ambiguous: another column may tell the classes apart; more rows of these columns will not."
        )
    worst = max(found.classes, key=lambda c: c.segments[2])
    if worst.segments[2] > max(TWICE * shares["hard"], 0.01):
        out.append(
            f"Do not drop hard rows blindly: {percent(worst.segments[2])} of the class {worst.name} are hard, and it would shrink."
        )
    return out or ["Nothing stands out: learn the table as it is."]


def text(found: RowProfile) -> str:
    """The profile for a terminal."""
    lines = [f"{rows(found.profiled)} by how hard {readable(found.target, 40)} is to tell ({_name(found)}):"]
    lines += [f"{s.capitalize()}: {percent(found.share(s))}. {meaning.capitalize()}." for s, meaning in MEANING.items()]
    lines.append(f"Label likely wrong: {percent(found.mislabelled.sum() / found.profiled)}.")
    head = (f"{readable(found.target, 40)} =", "rows", *SEGMENTS, "likely wrong")
    table = [(c.name, f"{c.rows:,}", *(percent(s) for s in c.segments), percent(c.mislabelled)) for c in found.classes]
    lines += ["", *aligned([head, *table]), ""]
    if found.groups:
        groups = [(g.where, f"{g.rows:,}", percent(g.share)) for g in found.groups]
        lines += ["More hard rows than elsewhere, beyond chance:", *aligned([("where", "rows", "hard"), *groups]), ""]
    lines += advice(found)
    return "\n".join([*lines, *(f"note: {note}" for note in found.notes)])


def to_json(found: RowProfile) -> str:
    """All but the rows, as JSON."""
    return json.dumps(summary(found), ensure_ascii=False, indent=1) + "\n"


def summary(found: RowProfile) -> dict[str, Any]:
    """All but the rows, as JSON values."""
    return {
        "target": found.target,
        "method": found.method,
        "settings": found.settings,
        "skill": found.skill,
        "rows": len(found.segment),
        "profiled": found.profiled,
        "shares": found.shares,
        "mislabelled": float(found.mislabelled.sum() / found.profiled),
        "classes": [asdict(c) | {"segments": dict(zip(SEGMENTS, c.segments, strict=True))} for c in found.classes],
        "groups": [asdict(g) for g in found.groups],
        "swaps": [asdict(s) for s in found.swaps],
        "advice": advice(found),
        "notes": list(found.notes),
    }


def page(found: RowProfile) -> str:
    """One page that opens without a network."""
    return fill(TEMPLATE, view(found))


def view(found: RowProfile) -> dict[str, Any]:
    """The variables of the page's template."""
    return {
        "target": readable(found.target, 80),
        "method": _name(found),
        "measures": found.measures,
        "rows": rows(found.profiled),
        "segments": [
            {"name": s, "meaning": m, "share": percent(found.share(s)), "width": round(100 * found.share(s), 1)}
            for s, m in MEANING.items()
        ],
        "wrong": percent(found.mislabelled.sum() / found.profiled),
        "classes": [
            {
                "name": c.name,
                "rows": f"{c.rows:,}",
                "parts": [(s, percent(p), round(100 * p, 1)) for s, p in zip(SEGMENTS, c.segments, strict=True)],
                "wrong": percent(c.mislabelled),
            }
            for c in found.classes
        ],
        "groups": [
            {"where": g.where, "rows": f"{g.rows:,}", "share": percent(g.share), "low": percent(g.low)}
            for g in found.groups
        ],
        "overall": percent(found.share("hard")),
        "swaps": [{"label": s.label, "likely": s.likely, "rows": f"{s.rows:,}"} for s in found.swaps],
        "map": _map(found),
        "cells": CELLS,
        "advice": advice(found),
        "notes": [readable(note, 400) for note in found.notes],
    }


def _name(found: RowProfile) -> str:
    return found.method.replace("_", "-")


def _map(found: RowProfile) -> dict[str, Any]:
    """How many rows there are of each confidence (upwards) and uncertainty (to the right), as squares of some darkness."""
    known = found.segment != ""
    x, y = found.uncertainty[known], found.confidence[known]
    right = max(float(x.max()), 1e-9)
    counts, _, _ = np.histogram2d(x, y, bins=CELLS, range=((0, right), (0, 1)))
    dark = np.log1p(counts) / np.log1p(counts.max())
    squares = [
        {"x": i, "y": CELLS - 1 - j, "dark": round(0.1 + 0.9 * float(dark[i, j]), 2), "rows": int(counts[i, j])}
        for i, j in np.argwhere(counts > 0).tolist()
    ]
    return {"squares": squares, "right": f"{right:.2g}"}
