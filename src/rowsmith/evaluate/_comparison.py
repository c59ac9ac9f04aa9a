"""Several judgements as a user holds them: printed, or saved as one page, JSON or Markdown."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rowsmith.core.files import atomic
from rowsmith.evaluate._limits import broken, parse_limits
from rowsmith.evaluate._markdown import MARKS, cell
from rowsmith.evaluate._measure import ASPECTS, Figure
from rowsmith.evaluate._ranking import Place, Ranking, Score
from rowsmith.evaluate._report import Form, form_of, page
from rowsmith.evaluate._text import aligned, span
from rowsmith.evaluate._words import readable, show

TEMPLATE = "comparison.html.j2"
_HEAD = ("rank", "candidate", "score", "fidelity", "utility", *ASPECTS)


@dataclass(frozen=True)
class Comparison:
    """How several synthetic tables compare.

    Attributes:
        ranking: all that was found, as plain data.
    """

    ranking: Ranking

    def save(self, path: str | os.PathLike[str], *, format: Form | None = None) -> None:
        """Write the comparison.

        Args:
            path: the file.
            format: by the ending of the path if left out; a page unless that is `.json` or `.md`.

        Raises:
            OutputError: the file cannot be written.
        """
        with atomic(path) as part:
            part.write_text(self._written(form_of(path, format)), encoding="utf-8")

    def broken(self, limits: Mapping[str, float]) -> list[str]:
        """One sentence for each limit that a candidate does not keep; see `Report.broken`."""
        known = parse_limits([f"{k}={v!r}" for k, v in limits.items()], "limits")
        found = self.ranking.candidates.items()
        return [f"{name}: {sentence}" for name, summary in found for sentence in broken(summary, known)]

    def __str__(self) -> str:
        places = [_HEAD, *(_texts(p) for p in self.ranking.places)]
        lines = [*aligned(places, left=(1, 5, 6, 7)), ""]
        lines += [f"{p.name}: {p.sentence}" for p in self.ranking.places]
        lines += ["", *aligned([("measure", *self.ranking.candidates, "floor", "ceiling"), *self._figures()]), ""]
        lines.append("score: 0 is independent columns, 1 unseen real rows; mean of the decisive measures.")
        return "\n".join(lines)

    def _written(self, form: Form) -> str:
        if form == "json":
            return self.ranking.to_json()
        return self._markdown() if form == "markdown" else page(TEMPLATE, self._view())

    def _figures(self) -> list[tuple[str, ...]]:
        """Each main figure of all candidates, beside the floor and ceiling of the best one."""
        best = next(iter(self.ranking.candidates.values()))
        out = []
        for result in (r for r in best.measures if r.figures):
            shown, figure = [], result.figures[0]
            for summary in self.ranking.candidates.values():
                found = _find(summary.measures, result.measure, figure.name)
                shown.append("–" if found is None else show(found.value, found.unit))
            out.append((result.title, *shown, show(figure.floor, figure.unit), show(figure.ceiling, figure.unit)))
        return out

    def _markdown(self) -> str:
        lines = ["### Synthetic tables, compared", "", f"| {' | '.join(_HEAD)} |", "|" + "---|" * len(_HEAD)]
        for place in self.ranking.places:
            *numbers, a, b, c = _texts(place)
            shown = [*map(cell, numbers), *(f"{MARKS[x]} {x}" for x in (a, b, c))]
            lines.append(f"| {' | '.join(shown)} |")
        lines += ["", *(f"- {cell(f'{p.name}: {p.sentence}')}" for p in self.ranking.places), ""]
        head = ("measure", *map(cell, self.ranking.candidates), "floor", "ceiling")
        lines += [f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1)]
        lines += [f"| {' | '.join(map(cell, row))} |" for row in self._figures()]
        return "\n".join([*lines, ""])

    def _view(self) -> dict[str, Any]:
        """The variables of the page's template."""
        summaries = self.ranking.candidates
        best = next(iter(summaries.values()))
        return {
            "sizes": [f"{n:,} {role} rows" for role, n in _sizes(best.tables)],
            "places": [
                {
                    "name": readable(p.name),
                    "rank": p.rank,
                    "sentence": readable(p.sentence, 400),
                    "scores": [_score(s) for s in (p.score, p.fidelity, p.utility)],
                    "bar": None
                    if p.score is None
                    else {
                        "at": round(100 * p.score.value, 1),
                        "from": round(100 * max(p.score.low, 0.0), 1),
                        "rest": round(100 - 100 * min(p.score.high, 1.0), 1),
                    },
                    "levels": [p.levels[a] for a in ASPECTS],
                    "verdicts": [readable(v.sentence, 600) for v in summaries[p.name].verdicts],
                    "rows": f"{summaries[p.name].tables['synthetic'].rows:,} rows",
                }
                for p in self.ranking.places
            ],
            "names": [readable(n) for n in summaries],
            "measures": [
                {
                    "title": r.title,
                    "label": readable(r.figures[0].label),
                    "better": "0.5 is ideal" if r.figures[0].ideal == 0.5 else f"{r.figures[0].better} is better",
                    "cells": [_cell(_find(s.measures, r.measure, r.figures[0].name)) for s in summaries.values()],
                    "floor": show(r.figures[0].floor, r.figures[0].unit),
                    "ceiling": show(r.figures[0].ceiling, r.figures[0].unit),
                }
                for r in best.measures
                if r.figures
            ],
            "warnings": sorted({readable(n, 600) for s in summaries.values() for n in s.notes if n.startswith("WARN")}),
        }


def _sizes(tables: Mapping[str, Any]) -> list[tuple[str, int]]:
    return [(role, size.rows) for role, size in tables.items() if role != "synthetic"]


def _find(measures: Sequence[Any], measure: str, name: str) -> Figure | None:
    return next((f for r in measures if r.measure == measure for f in r.figures if f.name == name), None)


def _cell(figure: Figure | None) -> dict[str, str]:
    if figure is None:
        return {"value": "–", "span": ""}
    return {"value": show(figure.value, figure.unit), "span": span(figure)}


def _score(score: Score | None) -> str:
    return "–" if score is None else f"{score.value:.3f} ± {(score.high - score.low) / 2:.3f}"


def _texts(place: Place) -> tuple[str, ...]:
    rank = f"{place.rank}" + ("=" if place.tied else "")
    scores = (_score(s) for s in (place.score, place.fidelity, place.utility))
    return (rank, place.name, *scores, *(place.levels[a] for a in ASPECTS))
