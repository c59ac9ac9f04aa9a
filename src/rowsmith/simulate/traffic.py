"""Cars on roads: cells or car-following, on a ring, a corridor or a network, with signals, incidents, demand by time of day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.simulate._network import Network, journeys, network_of, pairs_of, town
from rowsmith.simulate._picture import Picture
from rowsmith.simulate._road import Road
from rowsmith.simulate._town import Town
from rowsmith.simulate._traffic_fit import settings_from_readings
from rowsmith.simulate._traffic_pictures import pictures
from rowsmith.simulate._traffic_tables import ODD, TABLES
from rowsmith.simulate._world import Calibrated, Emission, Emitted, Odd, Param, Pictured, World

PART_ROWS = 400_000
"""Rows of trajectories in a part, about. The output depends on it."""


@dataclass(frozen=True, kw_only=True)
class Traffic(World, Pictured, Calibrated):
    """Cars on lanes, with detectors in the road and some cars that report where they are.

    >>> world = Traffic(length=200, density=0.05, horizon=60, warm_up=0)
    >>> emission = next(world.run(Key(1)))
    >>> len(emission["vehicles"]["entered_at"])
    10
    """

    model: Literal["cells", "following"] = "cells"
    """How cars move: Nagel–Schreckenberg cells, or the intelligent driver model."""
    road: Literal["ring", "corridor", "network"] = "ring"
    """A ring that nobody leaves; a road that cars enter by demand and leave at its end; or roads joined at junctions."""
    length: Annotated[int, Param(10, 10**7, "cells of 7.5 m")] = 1000
    """Of the road, where it is no network."""
    density: Annotated[float, Param(0, 1, "cars a cell", open=True)] = 0.1
    """Of a ring."""
    demand: Annotated[float, Param(0, 100_000, "cars an hour")] = 900.0
    """Of a corridor or of the whole network, at its busiest; by time of day as in `profile`."""
    profile: tuple[float, ...] = (1.0,)
    """Demand over the record in equal stretches, each a part of the busiest; in the warm-up as in the first."""
    roads: Mapping[str, Mapping[str, float]] = field(default_factory=town)
    """Of a network: junction to junctions that a road leads to, with its length in cells; clockwise, for signals."""
    od: Mapping[str, Mapping[str, float]] = field(default_factory=journeys)
    """Of a network: origin to destination to weight, a share of the demand."""
    informed: Annotated[float, Param(0, 1, "share")] = 0.3
    """Drivers in a network who know how long each road takes now; others take the way that is quickest when it is free."""
    lights: tuple[str, ...] | None = None
    """Junctions of a network with signals; left out, those where three roads or more end."""
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
    """Where signals of a ring or corridor stand, as parts of the length; all have one cycle, each shifted."""
    cycle: Annotated[int, Param(2, 600, "s")] = 60
    """Of signals."""
    green: Annotated[float, Param(0, 1, "share of the cycle", open=True)] = 0.5
    """Of signals; in a network, of the first approach and every second one after it: others have the rest."""
    incidents: Annotated[float, Param(0, 60, "an hour")] = 0.0
    """How often something blocks the road, anywhere."""
    blocked: Annotated[float, Param(1, 36_000, "s")] = 120.0
    """How long, on average (exponential)."""
    detectors: Annotated[int, Param(0, 1000)] = 4
    """Loops in the road, or in each road of a network, at equal distances."""
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
        if self.road == "network":
            _ = self.pairs

    @cached_property
    def network(self) -> Network:
        """Its roads and junctions."""
        return network_of(self.roads, self.lights, self.vmax)

    @cached_property
    def pairs(self) -> tuple[list[tuple[int, int]], NDArray[np.float64]]:
        """Origins and destinations in the network, and the share of demand of each pair."""
        return pairs_of(self.od, self.network)

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
        most = {"ring": self.cars, "corridor": self.length}.get(self.road) or int(self.network.cells.sum())
        rows = max(most * self.tracked / self.sample_every, most / 50)
        return max(1, int(PART_ROWS / rows) // self.every) * self.every

    @property
    def parts(self) -> int:
        """Spans of time."""
        return -(-self.horizon // self.span)

    def run(self, key: Key, first: int = 0) -> Iterator[Emission]:
        """Drive, span after span."""
        road = Town(self, key) if self.road == "network" else Road(self, key)
        road.drive(self.warm_up)
        road.forget()
        for part in range(self.parts):
            yield road.emit(min(self.span, self.horizon - part * self.span), part)

    def pictures(self, tables: Mapping[str, pa.Table]) -> Sequence[Picture]:
        """Space and time, the fundamental diagram, travel times."""
        return pictures(tables, self)

    @classmethod
    def settings_from(cls, lines: Iterable[str]) -> dict[str, Any]:
        """Parameters from readings of detectors, as a CSV file with the columns that the table of readings has."""
        return settings_from_readings(lines)
