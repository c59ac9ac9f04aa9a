"""Examples of every planted structure: settings, columns that they read or change, and how many rows each difficulty has."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

LEVELS = {"easy": 0.0, "medium": 0.5, "hard": 1.0}


@dataclass(frozen=True)
class Example:
    """One structure with its surroundings.

    Attributes:
        plant: name of the structure.
        settings: of it.
        columns: makes the columns of n rows, by name, from a generator.
        rows: of a table, by difficulty.
        calm: facts whose intervals need not cover at the stated level, with the reason.
    """

    plant: str
    settings: Mapping[str, Any]
    columns: Callable[[np.random.Generator, int], dict[str, pa.Array]]
    rows: Mapping[str, int]
    calm: Mapping[str, str]

    def __str__(self) -> str:
        return self.plant


def example(
    plant: str,
    settings: Mapping[str, Any],
    columns: Callable[[np.random.Generator, int], dict[str, pa.Array]],
    easy: int = 4000,
    medium: int = 3000,
    hard: int = 2000,
    calm: Mapping[str, str] | None = None,
) -> Example:
    return Example(plant, settings, columns, {"easy": easy, "medium": medium, "hard": hard}, calm or {})


def customers(r: np.random.Generator, n: int) -> dict[str, pa.Array]:
    """Rows with columns of all sorts that do not depend on one another."""
    return {
        "price": pa.array(r.normal(10, 2, n)),
        "ad_spend": pa.array(r.gamma(2, 3, n)),
        "holiday": pa.array(r.random(n) < 0.2),
        "channel": pa.array(np.array(["web", "shop", "phone"])[r.choice(3, n, p=[0.5, 0.3, 0.2])]),
        "income": pa.array(np.round(r.lognormal(10.4, 0.5, n), 2)),
        "age": pa.array(r.integers(18, 90, n)),
    }


def all_examples() -> list[Example]:
    """Those in every module beside this one whose name begins with `_examples_`."""
    names = sorted(p.stem for p in Path(__file__).parent.glob("_examples_*.py"))
    return [found for name in names for found in importlib.import_module(f"tests.truth.{name}").EXAMPLES]
