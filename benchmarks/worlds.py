"""Worlds: CPU seconds of each simulation, and of the wealth-exchange toy beside Mesa.

    pip install mesa && python benchmarks/worlds.py [--sessions 1_000_000]

Mesa is a peer here and no dependency; without it that line is left out. Writes Markdown to standard output.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from large import measured

import rowsmith as rs
from rowsmith.core.rng import Key
from rowsmith.simulate.market import Market
from rowsmith.simulate.traffic import Traffic

AGENTS, STEPS, SEED = 1000, 200, 1


@dataclass(frozen=True, kw_only=True)
class Exchange(rs.World):
    """Everybody who has a coin hands one to somebody (Dragulescu and Yakovenko, 2000)."""

    agents: int = AGENTS
    """How many."""
    steps: int = STEPS
    """How long."""

    def check(self) -> None:
        """All numbers go together."""

    @property
    def tables(self) -> Mapping[str, rs.Emitted]:
        """Who has what at the end."""
        return {
            "agents": rs.Emitted(about="Somebody.", key="agent_id", columns={"coins": rs.Field(pa.int64(), "coins")})
        }

    @property
    def parts(self) -> int:
        """One."""
        return 1

    def run(self, key: Key, first: int = 0) -> Iterator[Mapping[str, Mapping[str, object]]]:
        """All at once, step after step."""
        rng, coins = key.generator(), np.ones(self.agents, dtype=np.int64)
        for _ in range(self.steps):
            giving = coins > 0
            taker = rng.integers(self.agents, size=int(giving.sum()))
            coins += np.bincount(taker, minlength=self.agents) - giving
        yield {"agents": {"coins": coins}}


def in_mesa(seed: int) -> list[int]:
    """The same in Mesa, as its tutorial writes it: agents one by one, in random order."""
    import mesa

    class Agent(mesa.Agent):
        def __init__(self, model: mesa.Model) -> None:
            super().__init__(model)
            self.coins = 1

        def exchange(self) -> None:
            if self.coins > 0:
                self.random.choice(self.model.agents).coins += 1
                self.coins -= 1

    class Model(mesa.Model):
        def __init__(self) -> None:
            super().__init__(seed=seed)
            Agent.create_agents(self, AGENTS)

        def step(self) -> None:
            self.agents.shuffle_do("exchange")

    model = Model()
    for _ in range(STEPS):
        model.step()
    return [agent.coins for agent in model.agents]


def cpu(action: Callable[[int], object]) -> float:
    """CPU seconds of the fastest of three calls; the one before them, which compiles, does not count."""
    action(SEED)
    spent = []
    for _ in range(3):
        began = time.process_time()
        action(SEED)
        spent.append(time.process_time() - began)
    return min(spent)


def told(what: str, seconds: float, figure: str) -> None:
    """A row of the table."""
    print(f"| {what} | {seconds:.3g} | {figure} |", flush=True)


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=lambda text: int(float(text)), default=1_000_000)
    asked = parser.parse_args()
    print("| simulation | CPU s | |\n|---|---|---|")
    road = Traffic(length=100_000, density=0.1, horizon=1000, warm_up=0)
    seconds = cpu(lambda seed: sum(1 for _ in road.run(Key(seed))))
    told(
        "traffic: 10,000 cars × 1,000 steps, with detectors and tracked cars",
        seconds,
        f"{1e7 / seconds:.3g} cars × steps a second",
    )
    market = Market()
    seconds = cpu(lambda seed: sum(1 for _ in market.run(Key(seed))))
    orders = sum(emission["runs"]["orders"][0] for emission in market.run(Key(SEED)))
    told(f"market: a day, {orders:,} orders, with all tables", seconds, f"{orders / seconds:,.0f} orders a second")
    exchange = Exchange()
    ours = cpu(lambda seed: list(itertools.islice(exchange.run(Key(seed)), 1)))
    told(
        f"wealth exchange: {AGENTS} agents × {STEPS} steps",
        ours,
        f"{AGENTS * STEPS / ours:.3g} agents × steps a second",
    )
    if importlib.util.find_spec("mesa") is not None:
        import mesa

        theirs = cpu(in_mesa)
        told(f"the same in Mesa {mesa.__version__}", theirs, f"{theirs / ours:.0f} times as long")
    with tempfile.TemporaryDirectory() as place:
        visitors = round(asked.sessions / 1.497)
        words = ("simulate", "web_visits", "--set", f"visitors={visitors}", "-o", f"{place}/web/", "--workers", 2, "-q")
        tables = [
            w for t in ("pages", "visitors", "sessions", "page_views", "events", "orders") for w in ("--table", t)
        ]
        for more, what in ((tables, "six tables"), ([], "with the server's log too, in time order")):
            spent, elapsed, peak = measured(*words, *more)
            files = [*Path(place).glob("web/sessions/*"), *Path(place).glob("web/sessions.parquet")]
            sessions = sum(pa.parquet.read_metadata(file).num_rows for file in files)
            told(
                f"web_visits to Parquet: {sessions:,} sessions, {what}",
                spent,
                f"{elapsed:.0f} s elapsed, 2 workers, {peak:,.0f} MiB",
            )


if __name__ == "__main__":
    import pyarrow.parquet

    main()
