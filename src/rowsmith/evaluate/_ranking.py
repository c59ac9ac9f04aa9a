"""Several synthetic tables side by side: ranked, with intervals; ties are called ties."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rowsmith.evaluate._measure import ASPECTS, Aspect, Figure, Level, Result
from rowsmith.evaluate._summary import VERSION, Summary, plain


@dataclass(frozen=True, kw_only=True)
class Score:
    """How close a table comes to unseen real rows: 0 at the floor, 1 at the ceiling.

    Attributes:
        value: mean over the measures of where their first figure stands between floor and ceiling.
        low: lower end of its 95 % interval.
        high: upper end.
        measures: names of the measures that it is the mean of.
    """

    value: float
    low: float
    high: float
    measures: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one candidate stands.

    Attributes:
        name: of the candidate.
        rank: from 1; candidates of one rank cannot be told apart.
        tied: the others of that rank.
        score: over fidelity and utility together; None where no measure has a floor and a ceiling.
        fidelity: of fidelity alone.
        utility: of utility alone.
        levels: the verdict on each aspect.
        sentence: what the place says.
    """

    name: str
    rank: int
    tied: tuple[str, ...]
    score: Score | None
    fidelity: Score | None
    utility: Score | None
    levels: Mapping[Aspect, Level]
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Candidates from best to worst, and all that was found of each.

    Attributes:
        places: one a candidate, best first. Those that give real rows away stand behind all others.
        candidates: the summary of each, by name.
    """

    places: tuple[Place, ...]
    candidates: Mapping[str, Summary]

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {"rowsmith": VERSION, **plain(self)}

    def to_json(self) -> str:
        """The ranking as a JSON document."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False, indent=1)


def rank(candidates: Mapping[str, Summary]) -> Ranking:
    """Put candidates in order.

    A candidate is as good as the best of its rank unless the difference of their scores is outside the noise of both.

    Args:
        candidates: summaries against the same real rows, by name; at least one.
    """
    scores = {name: _score(summary, ("fidelity", "utility")) for name, summary in candidates.items()}
    leaks = {name: _levels(summary)["privacy"] == "poor" for name, summary in candidates.items()}

    def order(name: str) -> tuple[bool, float]:
        score = scores[name]
        return leaks[name], 2.0 if score is None else 1.0 - score.value

    names = sorted(candidates, key=order)
    groups: list[list[str]] = []
    for name in names:
        leader = groups[-1][0] if groups else name
        if groups and leaks[leader] == leaks[name] and _alike(scores[leader], scores[name]):
            groups[-1].append(name)
        else:
            groups.append([name])
    places, behind = [], 0
    for group in groups:
        for name in group:
            others = tuple(x for x in group if x != name)
            places.append(
                Place(
                    name=name,
                    rank=behind + 1,
                    tied=others,
                    score=scores[name],
                    fidelity=_score(candidates[name], ("fidelity",)),
                    utility=_score(candidates[name], ("utility",)),
                    levels=_levels(candidates[name]),
                    sentence=_sentence(behind + 1, len(names), others, leaks[name]),
                )
            )
        behind += len(group)
    return Ranking(places=tuple(places), candidates={name: candidates[name] for name in names})


def _levels(summary: Summary) -> dict[Aspect, Level]:
    found: dict[Aspect, Level] = {v.aspect: v.level for v in summary.verdicts}
    return {aspect: found.get(aspect, "not measured") for aspect in ASPECTS}


def _alike(a: Score | None, b: Score | None) -> bool:
    if a is None or b is None:
        return a is b
    return abs(a.value - b.value) <= float(np.hypot((a.high - a.low) / 2, (b.high - b.low) / 2))


def _score(summary: Summary, aspects: tuple[Aspect, ...]) -> Score | None:
    """The mean standing of an aspect's decisive measures; their noise is taken as independent."""
    found = [(r, _standing(r.figures[0])) for r in summary.measures if r.aspect in aspects and _counts(r)]
    known = [(r.measure, *s) for r, s in found if s is not None]
    if not known:
        return None
    value = float(np.mean([x for _, x, _ in known]))
    half = float(np.sqrt(np.sum([h * h for _, _, h in known])) / len(known))
    return Score(value=value, low=value - half, high=value + half, measures=tuple(name for name, _, _ in known))


def _counts(found: Result) -> bool:
    return found.decisive and bool(found.figures)


def _standing(figure: Figure) -> tuple[float, float] | None:
    """Where a figure stands between floor (0) and ceiling (1), and half its interval; None if they are not apart."""
    if figure.excess is None or figure.floor is None or figure.ceiling is None:
        return None
    span = figure.floor - figure.ceiling if figure.better == "lower" else figure.ceiling - figure.floor
    if span <= 2 * (figure.noise or 0.0) or span <= 0:
        return None
    half = (figure.high - figure.low) / 2 if figure.low is not None and figure.high is not None else 0.0
    return float(min(max(1 - figure.excess / span, 0.0), 1.0)), float(half / span)


def _sentence(rank: int, of: int, tied: tuple[str, ...], leaks: bool) -> str:
    where = f"place {rank} of {of}"
    if tied:
        where += f", tied with {' and '.join(tied)}: the difference is inside the noise"
    return where + (". It gives real rows away: do not release it." if leaks else ".")
