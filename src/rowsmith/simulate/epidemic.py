"""An infection that spreads over a network of contacts: who infected whom, what tests show, what is reported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.simulate._epidemic_tables import ODD, TABLES
from rowsmith.simulate._picture import Picture, Series
from rowsmith.simulate._runs import words
from rowsmith.simulate._world import Emission, Emitted, Odd, Param, Pictured, World

DAYS_A_PART = 30
GROUPS, GROUP_SHARES = ("child", "adult", "senior"), (0.18, 0.62, 0.20)
KINDS, RESULTS = ("household", "other"), ("negative", "positive")
REASONS = ("symptoms", "screening")
SHAPE = 4.0
"""Of the gamma law of how long somebody is latent, or infectious."""
NEVER = 1 << 30
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Epidemic(World, Pictured):
    """An epidemic (SEIR) in a population with households and other contacts, seen by tests that err.

    >>> world = Epidemic(persons=200, days=10)
    >>> len(next(world.run(Key(1)))["persons"]["age"])
    200
    """

    persons: Annotated[int, Param(2, 10**8, "persons")] = 5000
    """In the population."""
    days: Annotated[int, Param(1, 3650, "days")] = 180
    """How long."""
    seeds: Annotated[int, Param(1, 10**7, "persons")] = 5
    """Infected at the beginning."""
    household: Annotated[float, Param(1, 20, "persons", "Eurostat 2023: 2.2")] = 2.2
    """Mean size of a household (1 + Poisson); all of it are in contact. 1 for none."""
    contacts: Annotated[float, Param(0, 200, "persons", "Mossong et al. 2008: about 10 a day")] = 9.0
    """Mean number of other contacts, by chance (a Poisson network)."""
    chance: Annotated[float, Param(0, 1, "a day")] = 0.05
    """That an infectious person infects a contact."""
    latent: Annotated[float, Param(0.5, 100, "days")] = 3.0
    """Mean time from being infected to being infectious (gamma of shape 4, whole days)."""
    infectious: Annotated[float, Param(0.5, 1000, "days")] = 5.0
    """Mean time of being infectious (gamma of shape 4, whole days)."""
    immune: Annotated[float, Param(0, 1, "share")] = 0.0
    """Who cannot be infected from the beginning."""
    distancing_from: Annotated[int, Param(0, 3650, "day")] = 0
    """Day from which contacts other than the household count less; 0 for never."""
    distancing: Annotated[float, Param(0, 1, "share")] = 0.5
    """By how much less they count."""
    symptoms: Annotated[float, Param(0, 1, "share")] = 0.6
    """Infected persons who have symptoms when they become infectious, and are tested within days."""
    delay: Annotated[float, Param(0, 60, "days")] = 2.0
    """From symptoms to the test, on average (Poisson)."""
    screening: Annotated[float, Param(0, 1, "a day")] = 0.001
    """Persons tested by chance."""
    sensitivity: Annotated[float, Param(0, 1, "share")] = 0.85
    """Tests of infectious persons that are positive."""
    specificity: Annotated[float, Param(0, 1, "share")] = 0.995
    """Tests of others that are negative."""
    reported: Annotated[float, Param(0, 1, "share")] = 0.9
    """Positive tests that reach the statistics."""

    odd: ClassVar[Odd | None] = ODD

    def check(self) -> None:
        """Refuse what does not go together."""
        if self.seeds > self.persons:
            raise SpecError(f"seeds={self.seeds}: expected at most persons={self.persons}.")
        if self.contacts > self.persons - 1:
            raise SpecError(f"contacts={self.contacts:g}: expected at most the other persons, {self.persons - 1}.")

    @property
    def tables(self) -> Mapping[str, Emitted]:
        """Persons, contacts, infections, tests, days."""
        return TABLES

    @property
    def parts(self) -> int:
        """Thirty days each."""
        return -(-self.days // DAYS_A_PART)

    @property
    def transmissibility(self) -> float:
        """Chance to pass the infection on along one contact, in the whole time of being infectious."""
        from scipy.stats import gamma

        days = np.arange(1, max(50, int(10 * self.infectious)))
        law = gamma(SHAPE, scale=self.infectious / SHAPE)
        shares = np.diff(np.r_[0.0, law.cdf(days + 0.5)])  # rounded, at least one day
        return float((shares * (1 - (1 - self.chance) ** days)).sum())

    def run(self, key: Key, first: int = 0) -> Iterator[Emission]:
        """Spread, month after month."""
        outbreak = _Outbreak(self, key)
        for part in range(self.parts):
            yield outbreak.emit(min((part + 1) * DAYS_A_PART, self.days), part)

    def pictures(self, tables: Mapping[str, pa.Table]) -> Sequence[Picture]:
        """The curve, what is reported of it, who infects how many."""
        if "days" not in tables or "infections" not in tables:
            return ()
        days, infections = tables["days"], tables["infections"]
        at = days["day"].to_numpy()
        last = np.flatnonzero(np.diff(np.r_[np.inf, at]) < 0)  # where the last run begins
        days = days.slice(int(last[-1])) if len(last) else days
        at = days["day"].to_numpy()
        states = [
            Series(x=at, y=days[n].to_numpy(), name=n) for n in ("susceptible", "exposed", "infectious", "recovered")
        ]
        cases = [
            Series(x=at, y=days[n].to_numpy(), name=w)
            for n, w in (("new_infections", "new infections"), ("reported", "reported"))
        ]
        by = infections["infector_id"].drop_null().to_numpy()
        passed = np.bincount(np.unique(by, return_counts=True)[1], minlength=2)[1:30] if len(by) else np.zeros(1)
        none = max(infections.num_rows - len(np.unique(by)), 0)
        return [
            Picture(title="The epidemic", x="day", y="persons", series=states),
            Picture(title="What happens, and what is reported", x="day", y="persons", series=cases),
            Picture(
                title="How many does somebody infect?", x="infected by one person", y="persons",
                series=[Series(x=[str(n) for n in range(len(passed) + 1)], y=np.r_[none, passed], mark="bar")],
            ),
        ]  # fmt: skip


class _Outbreak:
    """The state of a run."""

    def __init__(self, world: Epidemic, key: Key) -> None:
        self.world, self.rng = world, key.generator()
        rng, n = self.rng, world.persons
        sizes = 1 + rng.poisson(world.household - 1, n)
        self.household = np.repeat(np.arange(n), sizes)[:n]
        pairs = self._pairs()
        self.pairs, self.kind = pairs
        ends = np.concatenate([self.pairs, self.pairs[:, ::-1]])
        order = np.argsort(ends[:, 0], kind="stable")
        self.to, self.home = ends[order, 1], np.tile(self.kind == 0, 2)[order]
        self.start = np.searchsorted(ends[order, 0], np.arange(n + 1))
        self.exposed, self.contagious, self.over = (np.full(n, NEVER) for _ in range(3))
        self.immune = rng.random(n) < world.immune
        self.test_on = np.full(n, NEVER)
        self.day = 0
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self._infect(rng.choice(n, world.seeds, replace=False), np.full(world.seeds, -1))

    def _pairs(self) -> tuple[NDArray[np.int64], Ints]:
        """Contacts, each once, the smaller number first; and their kind."""
        rng, n = self.rng, self.world.persons
        size = np.bincount(self.household)
        first = np.cumsum(size) - size
        left: list[NDArray[np.int64]] = []
        for apart in range(1, int(size.max(initial=1))):  # neighbours in a household, one, two, … places apart
            own = np.arange(n)
            place = own - first[self.household]
            at = np.flatnonzero(place + apart < size[self.household])
            left.append(np.stack([own[at], own[at] + apart], axis=1))
        home = np.concatenate(left) if left else np.empty((0, 2), dtype=np.int64)
        m = int(rng.poisson(n * self.world.contacts / 2))
        other = np.sort(rng.integers(n, size=(m, 2)), axis=1)
        other = np.unique(
            other[(other[:, 0] != other[:, 1]) & (self.household[other[:, 0]] != self.household[other[:, 1]])], axis=0
        )
        return np.concatenate([home, other]), np.repeat([0, 1], [len(home), len(other)])

    def _tell(self, table: str, **columns: Any) -> None:
        self.rows.setdefault(table, []).append(columns)

    def _days(self, mean: float, n: int) -> Ints:
        return np.maximum(np.round(self.rng.gamma(SHAPE, mean / SHAPE, n)), 1).astype(np.int64)

    def _infect(self, who: Ints, by: Ints) -> None:
        world, n = self.world, len(who)
        self.exposed[who] = self.day
        self.contagious[who] = self.day + self._days(world.latent, n)
        self.over[who] = self.contagious[who] + self._days(world.infectious, n)
        ill = self.rng.random(n) < world.symptoms
        self.test_on[who] = np.where(ill, self.contagious[who] + self.rng.poisson(world.delay, n), NEVER)
        self._tell(
            "infections", person_id=who, infector_id=by, exposed_day=np.full(n, self.day), infectious_day=self.contagious[who],
            recovered_day=self.over[who], symptoms=ill,
        )  # fmt: skip

    def _step(self) -> None:
        world, rng, n = self.world, self.rng, self.world.persons
        acting = np.flatnonzero((self.contagious <= self.day) & (self.day < self.over))
        many = self.start[acting + 1] - self.start[acting]
        begin = np.cumsum(many) - many
        edge = np.repeat(self.start[acting] - begin, many) + np.arange(many.sum())
        far = world.chance * (
            1 - world.distancing if world.distancing_from and self.day >= world.distancing_from else 1.0
        )
        passed = rng.random(len(edge)) < np.where(self.home[edge], world.chance, far)
        to, by = self.to[edge[passed]], np.repeat(acting, many)[passed]
        free = (self.exposed[to] == NEVER) & ~self.immune[to]
        to, by = to[free], by[free]
        shuffled = rng.permutation(len(to))  # of several infectors one, by chance
        who, which = np.unique(to[shuffled], return_index=True)
        self._infect(who, by[shuffled][which])
        screened = np.flatnonzero(rng.random(n) < world.screening)
        tested = np.concatenate([np.flatnonzero(self.test_on == self.day), screened])
        why = np.repeat([0, 1], [len(tested) - len(screened), len(screened)])
        ill = (self.contagious[tested] <= self.day) & (self.day < self.over[tested])
        positive = rng.random(len(tested)) < np.where(ill, world.sensitivity, 1 - world.specificity)
        told = positive & (rng.random(len(tested)) < world.reported)
        self._tell(
            "tests", person_id=tested, day=np.full(len(tested), self.day), reason=why, result=positive.astype(np.int64),
            infectious=ill, reported=told,
        )  # fmt: skip
        now = self.day + 1
        susceptible = int((self.exposed == NEVER).sum() - (self.immune & (self.exposed == NEVER)).sum())
        self._tell(
            "days", day=[self.day], susceptible=[susceptible], exposed=[int(((self.exposed < NEVER) & (now < self.contagious)).sum())],
            infectious=[int(((self.contagious <= now) & (now < self.over)).sum())], recovered=[int((self.over <= now).sum())],
            new_infections=[len(who)], tests=[len(tested)], reported=[int(told.sum())],
        )  # fmt: skip
        self.day = now

    def emit(self, end: int, part: int) -> Emission:
        """Go on until a day, and tell what happened."""
        while self.day < end:
            self._step()
        out: dict[str, dict[str, Any]] = {
            table: {c: np.concatenate([np.asarray(row[c]) for row in rows]) for c in rows[0]}
            for table, rows in self.rows.items()
        }
        self.rows = {}
        if "tests" in out:
            out["tests"] |= {
                "reason": words(out["tests"]["reason"], REASONS),
                "result": words(out["tests"]["result"], RESULTS),
            }
        if part == 0:
            age = self.rng.choice(len(GROUPS), self.world.persons, p=GROUP_SHARES)
            out["persons"] = {"age": words(age, GROUPS), "household": self.household + 1, "immune": self.immune}
            out["contacts"] = {
                "person_id": self.pairs[:, 0],
                "other_id": self.pairs[:, 1],
                "kind": words(self.kind, KINDS),
            }
        ever = int((self.exposed < NEVER).sum())
        return {"runs": {"ever_infected": [ever], "share": [round(ever / self.world.persons, 6)]}, **out}
