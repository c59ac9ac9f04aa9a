"""From the summary to what the page shows: words, positions and paths, all made safe to print."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rowsmith.evaluate._axis import axis, moment, point, position, units
from rowsmith.evaluate._drawings import clouds, curve, heat_maps, histogram, spike_bars, training
from rowsmith.evaluate._link_diagram import Drawn, link_diagram
from rowsmith.evaluate._linked.hops import Hops
from rowsmith.evaluate._measure import ASPECTS, Figure, Result, grade
from rowsmith.evaluate._plots import plot
from rowsmith.evaluate._summary import ColumnResult, Summary
from rowsmith.evaluate._text import span
from rowsmith.evaluate._words import percent, readable, show

CHARTS = 60
"""Columns that are drawn, the worst first; the others are listed."""
MAP_COLUMNS = 40
WORST_PAIRS = 20
TELLING = 3
"""Columns that are drawn beside what the classifier looks at."""
END = 10
"""Per cent of an axis at its ends, where a label stands beside its place rather than around it."""

_QUESTIONS = {
    "fidelity": "Does it look like the real table?",
    "utility": "Can a model learn from it?",
    "privacy": "Does it give real rows away?",
}
MARKS = {"good": "✓", "fair": "!", "poor": "✕", "not measured": "–"}
_PLOTS = {"series": "Series", "baskets": "Rules"}
_ROLES = {"real": "real rows", "synthetic": "synthetic rows", "holdout": "unseen real rows (holdout)"}


def view(summary: Summary) -> dict[str, Any]:
    """The variables of the page's template."""
    pictures = [r.details for r in summary.measures]
    compared = [c for c in summary.columns if c.kind != "identifier"]
    return {
        "title": f"Synthetic {summary.subject}, judged",
        "sizes": [f"{s.rows:,} {_ROLES.get(r, r)}" for r, s in summary.tables.items()],
        "compared": f"{len(compared)} column{'' if len(compared) == 1 else 's'} compared",
        "verdicts": [
            {
                "aspect": v.aspect.capitalize(),
                "question": _QUESTIONS[v.aspect],
                "level": v.level,
                "mark": MARKS[v.level],
                "class": level_class(v.level),
                "sentence": readable(v.sentence, 600),
            }
            for v in summary.verdicts
        ],
        "todo": [
            {
                "title": r.title,
                "class": r.level,
                "mark": MARKS[r.level],
                "level": r.level,
                "sentence": readable(r.sentence, 600),
            }
            for decisive in (True, False)
            for level in ("poor", "fair")
            for r in summary.measures
            if (r.level, r.decisive) == (level, decisive)
        ],
        "groups": _groups(summary, decisive=True),
        "evidence": _groups(summary, decisive=False),
        "beside": _beside(summary),
        "columns": [_column(c, i) for i, c in enumerate(compared[:CHARTS])],
        "more_columns": [_line(c) for c in compared[CHARTS:]],
        "names_only": [readable(c.name) for c in summary.columns if c.kind == "identifier"],
        "maps": heat_maps(summary.pairs, [c.name for c in compared], MAP_COLUMNS),
        "database": next((_database(d["database"]) for d in pictures if "database" in d), None),
        "pairs": [
            {
                "a": readable(p.a),
                "b": readable(p.b),
                "error": percent(p.error),
                "real": f"{p.real:.2f}",
                "synthetic": f"{p.synthetic:.2f}",
            }
            for p in summary.pairs[:WORST_PAIRS]
        ],
        "plots": [
            {"title": readable(g["title"]), "plots": [plot(p) for p in g["plots"]]}
            for d in pictures
            for g in d.get("plots", [])
        ],
        "plots_title": _PLOTS.get(summary.subject, "Plots"),
        "bars": [_bars(d["bars"]) | {"columns": _telling(d["bars"], compared)} for d in pictures if "bars" in d],
        "regions": [_region(r) for d in pictures for r in d.get("regions", [])],
        "clouds": [clouds(d["clouds"]) for d in pictures if "clouds" in d],
        "twins": [_twins(d["twins"]) for d in pictures if "twins" in d],
        "curves": [curve(d["curve"]) for d in pictures if "curve" in d],
        "training": [training(name, each) for name, each in summary.training.items() if len(each.step) > 1],
        "tables": [_table(d["table"]) for d in pictures if "table" in d],
        "warnings": [readable(n, 600) for n in summary.notes if n.startswith("WARNING")],
        "notes": [readable(n, 600) for n in summary.notes if not n.startswith("WARNING")],
        "settings": _settings(summary.settings),
    }


def _database(found: Mapping[str, Any]) -> dict[str, Any]:
    """The picture of tables and links."""
    grades = Hops()
    tables = {
        t["name"]: (
            f"{t['real']:,} → {t['synthetic']:,} rows",
            "" if t["c2st"] is None else f"told apart: {show(t['c2st'], 'AUC')}",
        )
        for t in found["tables"]
    }
    links = [
        Drawn(
            child=k["child"],
            parent=k["parent"],
            name=k["name"],
            value=k["value"],
            level="not measured"
            if k["value"] is None
            else grade(k["value"] - (k["ceiling"] or 0.0), grades.good, grades.fair),
        )
        for k in found["links"]
    ]
    return link_diagram({n: [line for line in lines if line] for n, lines in tables.items()}, links)


def level_class(level: str) -> str:
    return level.replace(" ", "-")


def _measure(found: Result) -> dict[str, Any]:
    return {
        "title": found.title,
        "level": found.level,
        "mark": MARKS[found.level],
        "class": level_class(found.level),
        "sentence": readable(found.sentence, 600),
        "how": readable(found.how, 200),
        "figures": [_figure(f) for f in found.figures],
    }


def _groups(summary: Summary, *, decisive: bool) -> list[dict[str, Any]]:
    groups = [(a, [_measure(r) for r in summary.measures if r.aspect == a and r.decisive == decisive]) for a in ASPECTS]
    return [{"aspect": a.capitalize(), "measures": measures} for a, measures in groups if measures]


def _beside(summary: Summary) -> str:
    """How many of the measures that decide nothing are of which level."""
    levels = [r.level for r in summary.measures if not r.decisive]
    return ", ".join(f"{levels.count(x)} {x}" for x in ("poor", "fair", "good", "not measured") if x in levels)


def _telling(bars: Mapping[str, Any], compared: Sequence[ColumnResult]) -> list[dict[str, Any]]:
    """The columns that head the bars, drawn again beside them."""
    known = {c.name: c for c in compared}
    return [_column(known[r["label"]], i) for i, r in enumerate(bars["rows"][:TELLING]) if r["label"] in known]


def _region(region: Mapping[str, Any]) -> dict[str, Any]:
    less, more = sorted((region["real"], region["synthetic"]))
    times = (
        f"{more / less:.1f} times " if less > 0 and more < 100 * less else "more than 100 times " if less > 0 else ""
    )
    kind = "too many" if region["synthetic"] > region["real"] else "too few"
    return {
        "where": readable(region["where"], 400),
        "real": percent(region["real"]),
        "synthetic": percent(region["synthetic"]),
        "said": f"{times}{kind}" if less > 0 else f"{kind}: the other table has none",
    }


def _twins(twins: Mapping[str, Any]) -> dict[str, Any]:
    most = max((max(r["real"], r["synthetic"]) for r in twins["rows"]), default=1.0) or 1.0
    return {"title": readable(twins["title"]), "rows": [_twin(r, most) for r in twins["rows"]]}


def _twin(row: Mapping[str, Any], most: float) -> dict[str, Any]:
    """A label with a real and a synthetic bar."""
    bars = {r: {"width": round(100 * row[r] / most, 1), "share": percent(row[r])} for r in ("real", "synthetic")}
    return {"label": readable(row["label"], 60) or "(empty text)", **bars}


def _table(table: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": readable(table["title"], 200),
        "head": [readable(x) for x in table["head"]],
        "rows": [[readable(str(x), 200) for x in row] for row in table["rows"]],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    numbers = {"floor": figure.floor, "ceiling": figure.ceiling, "control": figure.control, "value": figure.value}
    shown = {name: show(x, figure.unit) for name, x in numbers.items()}
    said = [f"{n.replace('control', 'copy of the training rows')} {s}" for n, s in shown.items() if s != "–"]
    spread = span(figure)
    if spread:
        said.append(f"95 % interval {spread}")
    return {
        "label": readable(figure.label),
        **shown,
        "span": spread,
        "words": figure.words,
        "reason": figure.reason,
        "better": f"{figure.better} is better" if figure.ideal != 0.5 else "0.5 is ideal",
        **_line_of(figure, numbers),
        "aria": f"{readable(figure.label)}: " + ", ".join(said),
    }


def _line_of(figure: Figure, numbers: Mapping[str, float | None]) -> dict[str, Any]:
    """Where each number, and the interval, stands on a line from bad (0) to ideal (100).

    Where real rows are far from what would be ideal (of a narrow table, many equal others), good is at the ceiling: the line
    runs around it then, and no further to the right than the best that is shown.
    """
    known = [x for x in numbers.values() if x is not None]
    best, worst = (max, min) if figure.better == "higher" else (min, max)
    bad, ideal = worst([*known, figure.ideal if figure.bad is None else figure.bad]), figure.ideal
    width = abs(ideal - (bad if figure.bad is None else figure.bad))
    if figure.ceiling is not None and abs(figure.ceiling - ideal) > width / 2 and worst(figure.ceiling, ideal) != ideal:
        half = (width if figure.better == "higher" else -width) / 2
        bad = worst(*known, figure.ceiling - half)
        shown = best(*known, figure.ceiling + half)
        ideal = shown if abs(shown - ideal) > width else ideal

    def at(x: float) -> float:
        place = 100.0 if ideal == bad else 100 * (x - bad) / (ideal - bad)
        return round(min(max(place, 0.0), 100.0), 1)

    ends = None if figure.low is None or figure.high is None else sorted((at(figure.low), at(figure.high)))
    return {
        "markers": [{"name": n, "at": at(x)} for n, x in numbers.items() if x is not None],
        "range": ends and {"from": ends[0], "rest": round(100 - ends[1], 1)},
    }


def _line(column: ColumnResult) -> dict[str, Any]:
    real, synthetic = (percent(n) for n in column.nulls)
    return {
        "name": readable(column.name),
        "kind": column.kind,
        "error": "–" if column.error is None else percent(column.error),
        "nulls": "" if column.nulls == (0, 0) else f"null: {real} real, {synthetic} synthetic",
    }


def _column(column: ColumnResult, place: int) -> dict[str, Any]:
    drawn = column.overlay
    out = _line(column) | {"place": place, "levels": [], "histogram": None, "spike": ""}
    if "levels" in drawn:
        rows = [*drawn["levels"], *([drawn["other"]] if drawn["other"] else [])]
        if any(column.nulls):
            rows.append({"label": "null", "real": column.nulls[0], "synthetic": column.nulls[1]})
        most = max([max(r["real"], r["synthetic"]) for r in rows], default=0.0) or 1.0
        out["levels"] = [_twin(r, most) for r in rows]
    elif drawn.get("edges"):
        each = units(drawn)
        labels: list[dict[str, Any]] = [{"text": x, "at": None} for x in each] or [
            {"text": x, "at": at, "side": "first" if at < END else "last" if at > 100 - END else ""}
            for x, at in axis(drawn)
        ]
        out["histogram"] = histogram(drawn["real"], drawn["synthetic"]) | {
            "labels": labels,
            "each": bool(each),
            "spike": None,
        }
    if drawn.get("spike"):
        spike = drawn["spike"]
        at = moment(spike["value"]) if drawn.get("time") else point(spike["value"])
        out["spike"] = f"exactly {at}: {percent(spike['real'])} real, {percent(spike['synthetic'])} synthetic"
        if out["histogram"] and not drawn["edges"][0] <= spike["value"] <= drawn["edges"][-1]:
            out["spike"] += " (beyond the picture)"
        elif out["histogram"]:
            out["spike"] += " (the two narrow bars, to a scale of their own)"
            out["histogram"]["spike"] = spike_bars(position(drawn, spike["value"]), spike["real"], spike["synthetic"])
    return out


def _bars(bars: Mapping[str, Any]) -> dict[str, Any]:
    most = max((r["share"] for r in bars["rows"]), default=1.0) or 1.0
    rows = [
        {"label": readable(r["label"], 60), "width": round(100 * r["share"] / most, 1), "share": percent(r["share"])}
        for r in bars["rows"]
    ]
    return {"title": bars["title"], "rows": rows}


def _settings(settings: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    rows = [(n, str(v) if n != "target" or v is not None else "none") for n, v in settings.items() if n != "measures"]
    measures = settings.get("measures", {})
    rows += [
        (name, ", ".join(f"{k} = {json.dumps(v)}" for k, v in values.items())) for name, values in measures.items()
    ]
    return [(readable(a), readable(b, 600)) for a, b in rows]
