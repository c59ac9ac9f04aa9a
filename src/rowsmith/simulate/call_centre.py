"""Calls to a call centre: they come by time of day, wait for an agent with the skill, give up, and call again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.simulate._call_centre_tables import ODD, TABLES
from rowsmith.simulate._picture import Picture, Series
from rowsmith.simulate._runs import words
from rowsmith.simulate._world import STEADY, Emission, Emitted, Odd, Param, Pictured, World

DAY = 86_400
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
OUTCOMES = ("served", "gave up")
NOTES = (STEADY, "more calls than can be served")


@dataclass(frozen=True, kw_only=True)
class CallCentre(World, Pictured):
    """A call centre with skills: every call, how long it waited, who took it, and reports of intervals.

    >>> world = CallCentre(days=1)
    >>> sorted(next(world.run(Key(1))))
    ['agents', 'calls', 'intervals', 'runs']
    """

    days: Annotated[int, Param(1, 36_500, "days")] = 5
    """How long is recorded; each is a part of the run."""
    warm_up: Annotated[int, Param(0, 365, "days")] = 0
    """Days before, of which nothing is recorded."""
    rate: Annotated[float, Param(0, 10**5, "calls an hour", open=True)] = 150.0
    """At the busiest hour, of all skills."""
    hours: tuple[float, ...] = (
        0.1, 0.05, 0.05, 0.05, 0.1, 0.2, 0.4, 0.6, 0.9, 1.0, 1.0, 0.9, 0.8, 0.8, 0.9, 0.9, 0.8, 0.7, 0.5, 0.4, 0.3, 0.2, 0.2, 0.1,
    )  # fmt: skip
    """Calls over the day in equal stretches, each a part of the busiest; one number for the same all day."""
    skills: tuple[str, ...] = ("sales", "service")
    """What calls are about."""
    shares: tuple[float, ...] = (0.4, 0.6)
    """Weights of the skills among calls."""
    agents: tuple[int, ...] = (5, 7)
    """Agents of each skill, at all hours."""
    handling: Annotated[float, Param(0, 10**5, "s", open=True)] = 240.0
    """Mean time of a call."""
    spread: Annotated[float, Param(0, 3, "", "Brown et al. 2005: times of calls are lognormal")] = 0.8
    """Standard deviation of its logarithm; 0 for exponential times, as Erlang had them."""
    patience: Annotated[float, Param(0, 10**7, "s", "Brown et al. 2005")] = 300.0
    """Mean time that callers wait before they give up (exponential); 0 for callers who never do."""
    every: Annotated[int, Param(60, 86_400, "s")] = 1800
    """Interval of reports."""
    target: Annotated[float, Param(0, 3600, "s", "the usual 80/20 rule")] = 20.0
    """Within which a call should be answered."""
    lost: Annotated[float, Param(0, 0.9, "share")] = 0.0
    """Calls that the switch does not record."""

    odd: ClassVar[Odd | None] = ODD

    def check(self) -> None:
        """Refuse what does not go together, and calls that can never all be served."""
        n = len(self.skills)
        if not n or len(set(self.skills)) < n:
            raise SpecError(f"skills={self.skills!r}: expected names, each once.")
        for name in ("shares", "agents"):
            values = getattr(self, name)
            if len(values) != n or any(v < 0 for v in values):
                raise SpecError(
                    f"{name}={values!r}: expected {n} numbers from 0, one for each of skills={self.skills!r}."
                )
        if sum(self.shares) <= 0:
            raise SpecError(f"shares={self.shares!r}: expected at least one above 0.")
        if not self.hours or any(not 0 <= h <= 1 for h in self.hours):
            raise SpecError(f"hours={self.hours!r}: expected parts from 0 to 1, at least one.")
        for skill, share, agents in zip(self.skills, self.shares, self.agents, strict=True):
            if agents < 1 and share > 0:
                raise SpecError(f"agents={self.agents!r}: nobody takes calls about {skill}; expected at least 1.")

    @property
    def loads(self) -> tuple[float, ...]:
        """Work that comes in a day, by skill, as a part of what its agents can do."""
        busy = float(np.mean(self.hours)) * self.rate * self.handling / 3600
        total = sum(self.shares)
        return tuple(busy * s / total / max(a, 1) for s, a in zip(self.shares, self.agents, strict=True))

    @property
    def tables(self) -> Mapping[str, Emitted]:
        """Agents, calls, reports."""
        return TABLES

    @property
    def parts(self) -> int:
        """A day each."""
        return self.days

    def run(self, key: Key, first: int = 0) -> Iterator[Emission]:
        """Take calls, day after day."""
        from rowsmith.simulate._queue import serve

        rng = key.generator()
        free = [np.zeros(n) - self.warm_up * DAY for n in self.agents]
        base = np.cumsum(self.agents) - np.array(self.agents)
        shares = np.array(self.shares) / sum(self.shares)
        for day in range(-self.warm_up, self.days):
            came = day * DAY + self._arrivals(rng)
            n = len(came)
            skill = rng.choice(len(self.skills), n, p=shares)
            sigma = self.spread
            work = np.exp(sigma * rng.standard_normal(n) - sigma**2 / 2) if sigma else rng.standard_exponential(n)
            work *= self.handling
            patience = rng.exponential(self.patience, n) if self.patience else np.full(n, np.inf)
            server, begun = np.full(n, -1), np.zeros(n)
            for each in range(len(self.skills)):
                at = np.flatnonzero(skill == each)
                own, moment = np.full(len(at), -1), np.zeros(len(at))
                serve(came[at], patience[at], work[at], free[each], own, moment)
                server[at], begun[at] = np.where(own >= 0, own + base[each], -1), moment
            if day < 0:
                continue
            seen = rng.random(n) >= self.lost
            yield self._told(day, came[seen], skill[seen], server[seen], begun[seen], work[seen])

    def _arrivals(self, rng: np.random.Generator) -> Floats:
        """Moments of a day's calls, rising."""
        level = np.array(self.hours)
        n = rng.poisson(self.rate * 24 * level.mean())
        stretch = np.searchsorted(np.cumsum(level) / max(level.sum(), 1e-300), rng.random(n), side="right")
        return np.sort((np.minimum(stretch, len(level) - 1) + rng.random(n)) / len(level)) * DAY

    def _told(self, day: int, came: Floats, skill: Ints, server: Ints, begun: Floats, work: Floats) -> Emission:
        waited, served = begun - came, server >= 0
        starts = np.arange(0, DAY, self.every) + day * DAY
        width, kinds = len(starts), len(self.skills)
        cell = skill * width + np.minimum(((came - day * DAY) // self.every).astype(np.int64), width - 1)

        def total(weights: NDArray[Any] | None) -> Floats:
            return np.bincount(cell, weights, width * kinds).astype(float)

        calls, taken, soon = total(None), total(served), total(served & (waited <= self.target))
        with np.errstate(invalid="ignore"):
            level = np.where(calls > 0, soon / calls, np.nan)
            mean = np.where(calls > 0, total(waited) / calls, np.nan)
        minutes = np.where(served, begun + work, np.nan)
        first = {"agents": {"skill": words(np.repeat(np.arange(kinds), self.agents), self.skills)}} if day == 0 else {}
        note = int(any(load >= 1 for load in self.loads) and not self.patience)
        return {
            "runs": {
                "calls": [len(came)], "gave_up": [int((~served).sum())],
                "load": [round(max(self.loads), 6)], "note": words(np.array([note]), NOTES),
            },
            "calls": {
                "agent_id": server, "skill": words(skill, self.skills), "came_at": came, "waited": waited,
                "talked": pa.array(work, mask=~served), "ended_at": pa.array(np.where(served, minutes, begun)),
                "outcome": words((~served).astype(np.int64), OUTCOMES),
            },
            "intervals": {
                "skill": words(np.repeat(np.arange(kinds), width), self.skills), "begun_at": np.tile(starts, kinds),
                "calls": calls.astype(np.int64), "answered": taken.astype(np.int64), "service_level": np.round(level, 6),
                "mean_wait": np.round(mean, 3),
            },
            **first,
        }  # fmt: skip

    def pictures(self, tables: Mapping[str, pa.Table]) -> Sequence[Picture]:
        """Calls over the day, waits, service levels."""
        if "intervals" not in tables or "calls" not in tables:
            return ()
        intervals, calls = tables["intervals"], tables["calls"]
        of_day = intervals["begun_at"].to_numpy() % DAY
        stretches = np.unique(of_day)
        known = np.searchsorted(stretches, of_day)
        count = np.bincount(known, intervals["calls"].to_numpy(), max(len(stretches), 1))
        level = intervals["service_level"].to_numpy()
        good = np.isfinite(level)
        with np.errstate(invalid="ignore"):
            mean = np.bincount(known[good], level[good], len(count)) / np.bincount(known[good], minlength=len(count))
        waits = np.sort(calls["waited"].to_numpy())[::-1]
        gone = calls.filter(pc.equal(calls["outcome"].cast(pa.string()), OUTCOMES[1]))["waited"].to_numpy()
        share = np.arange(1, len(waits) + 1) / max(len(waits), 1)
        edges = np.linspace(0, max(float(waits.max(initial=0)), 1), 25)
        hours, n = stretches / 3600, len(stretches)
        given_up = Series(x=[f"{e:.0f}" for e in edges[:-1]], y=np.histogram(gone, edges)[0], mark="bar")
        soon = f"Service level: answered within {self.target:g} s"
        return [
            Picture(
                title="Calls over the day, of all days", x="hour", y="calls", series=[Series(x=hours, y=count[:n])]
            ),
            Picture(title=soon, x="hour", y="share", series=[Series(x=hours, y=mean[:n])]),
            Picture(
                title="How long calls wait",
                x="seconds",
                y="share that waits so long",
                series=[Series(x=waits, y=share)],
                log_y=True,
            ),
            Picture(title="When callers give up", x="seconds", y="calls", series=[given_up]),
        ]
