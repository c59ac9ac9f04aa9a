"""Cars on a road: cells or car-following, on a ring or through a corridor with signals, incidents and a demand by time of day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.simulate._picture import Picture
from rowsmith.simulate._road import Road
from rowsmith.simulate._traffic_pictures import pictures
from rowsmith.simulate._traffic_tables import ODD, TABLES
from rowsmith.simulate._world import Emission, Emitted, Odd, Param, Pictured, World

CELL = 7.5
"""Metres of a cell: a car with its gap in a jam (Nagel and Schreckenberg, 1992)."""
PART_ROWS = 400_000
"""Rows of trajectories in a part, about. The output depends on it."""


@dataclass(frozen=True, kw_only=True)
class Traffic(World, Pictured):
    """Cars on one lane, with detectors in the road and some cars that report where they are.

    >>> world = Traffic(length=200, density=0.05, horizon=60, warm_up=0)
    >>> emission = next(world.run(Key(1)))
    >>> len(emission["vehicles"]["entered_at"])
    10
    """

    model: Literal["cells", "following"] = "cells"
    """How cars move: Nagel–Schreckenberg cells, or the intelligent driver model."""
    road: Literal["ring", "corridor"] = "ring"
    """A ring that nobody leaves, or a road that cars enter by demand and leave at its end."""
    length: Annotated[int, Param(10, 10**7, "cells of 7.5 m")] = 1000
    """Of the road."""
    density: Annotated[float, Param(0, 1, "cars a cell", open=True)] = 0.1
    """Of a ring."""
    demand: Annotated[float, Param(0, 3600, "cars an hour")] = 900.0
    """Of a corridor, at its busiest; by time of day as in `profile`."""
    profile: tuple[float, ...] = (1.0,)
    """Demand over the run in equal stretches, each a part of the busiest."""
    horizon: Annotated[int, Param(1, 10**7, "s")] = 600
    """How long is recorded."""
    warm_up: Annotated[int, Param(0, 10**7, "s")] = 300
    """Seconds before, of which nothing is recorded."""
    vmax: Annotated[int, Param(1, 20, "cells a second", "Nagel and Schreckenberg 1992")] = 5
    """Highest, or wanted, speed: 5 cells a second are 135 km/h."""
    p: Annotated[float, Param(0, 1, "a step", "0.3 for motorways: Schadschneider 1999")] = 0.3
    """Chance that a driver of `cells` slows down for no reason."""
    headway: Annotated[float, Param(0.1, 10, "s", "Treiber et al. 2000")] = 1.6
    """Time to the car in front that a driver of `following` wants."""
    gain: Annotated[float, Param(0.05, 10, "m/s²", "Treiber et al. 2000")] = 0.73
    """Highest acceleration of `following`."""
    brake: Annotated[float, Param(0.05, 10, "m/s²", "Treiber et al. 2000")] = 1.67
    """Comfortable braking of `following`."""
    noise: Annotated[float, Param(0, 2, "m/s²")] = 0.1
    """Random acceleration of `following`."""
    signals: tuple[float, ...] = ()
    """Where signals stand, as parts of the length; all have one cycle, each shifted."""
    cycle: Annotated[int, Param(2, 600, "s")] = 60
    """Of signals."""
    green: Annotated[float, Param(0, 1, "share of the cycle", open=True)] = 0.5
    """Of signals."""
    incidents: Annotated[float, Param(0, 60, "an hour")] = 0.0
    """How often something blocks the road, anywhere."""
    blocked: Annotated[float, Param(1, 36_000, "s")] = 120.0
    """How long, on average (exponential)."""
    detectors: Annotated[int, Param(0, 1000)] = 4
    """Loops in the road, at equal distances."""
    every: Annotated[int, Param(1, 3600, "s")] = 60
    """Sampling interval of detectors."""
    missed: Annotated[float, Param(0, 0.9, "share", "field tests of loops: 1 to 3 %")] = 0.01
    """Cars that a detector does not count."""
    speed_error: Annotated[float, Param(0, 1, "share")] = 0.03
    """Standard deviation of the error of a mean speed, as a part of it."""
    tracked: Annotated[float, Param(0, 1, "share")] = 0.2
    """Cars that report where they are."""
    sample_every: Annotated[int, Param(1, 3600, "s")] = 5
    """How often they do."""

    odd: ClassVar[Odd | None] = ODD

    def check(self) -> None:
        """Refuse what does not go together."""
        if self.road == "ring" and self.cars < 1:
            raise SpecError(
                f"density={self.density!r}: gives no car on {self.length} cells; expected {1 / self.length:g} at least."
            )
        if self.model == "following" and self.road == "ring" and self.density > 0.95:
            raise SpecError(f"density={self.density!r}: cars that follow each other need room; expected at most 0.95.")
        if not self.profile or any(not 0 <= share <= 1 for share in self.profile):
            raise SpecError(f"profile={self.profile!r}: expected parts from 0 to 1, at least one.")
        if any(not 0 < at < 1 for at in self.signals) or list(self.signals) != sorted(set(self.signals)):
            raise SpecError(f"signals={self.signals!r}: expected rising parts of the length between 0 and 1.")

    @property
    def cars(self) -> int:
        """On the ring."""
        return round(self.density * self.length)

    @property
    def tables(self) -> Mapping[str, Emitted]:
        """Vehicles, trips, detectors and what they read, trajectories, signals, incidents."""
        return TABLES

    @property
    def span(self) -> int:
        """Seconds of a part: whole intervals of detectors."""
        most = self.cars if self.road == "ring" else self.length
        rows = max(most * self.tracked / self.sample_every, most / 50)
        return max(1, int(PART_ROWS / rows) // self.every) * self.every

    @property
    def parts(self) -> int:
        """Spans of time."""
        return -(-self.horizon // self.span)

    def run(self, key: Key, first: int = 0) -> Iterator[Emission]:
        """Drive, span after span."""
        road = Road(self, key)
        road.drive(self.warm_up)
        road.forget()
        for part in range(self.parts):
            yield road.emit(min(self.span, self.horizon - part * self.span), part)

    def pictures(self, tables: Mapping[str, pa.Table]) -> Sequence[Picture]:
        """Space and time, the fundamental diagram, travel times."""
        return pictures(tables, self)
