"""Pictures of what each learner makes of four small tables whose law can be seen: `python -m docs._learners [LEARNER …]`.

Without names, all learners that are there are drawn; a learner that lacks its packages is told of and left out. The list of
pictures on `docs/learners.md` is written again, so that a new learner stands there as soon as it is drawn.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import RowsmithError
from rowsmith.core.protocols import LEARNERS
from rowsmith.core.svg import number, plain
from rowsmith.engine.model import fit

PAGE = Path(__file__).parent / "learners.md"
PICTURES = Path(__file__).parent / "learners"
BEGIN, END = "<!-- pictures: written by docs/_learners.py -->", "<!-- end of pictures -->"
REAL = "real"
ROWS = 6000
"""Rows that are learnt, and drawn."""
SHOWN = 700
"""Points of a panel."""
SIDE, GAP, HEAD = 168, 12, 24
STYLE = (
    ".card{fill:#fff;stroke:#d8dee6}.frame{fill:#f8fafc;stroke:#e3e8ee}"
    "text{font:600 12.5px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:#1b232e}"
    ".dots{fill:none;stroke:#2f5079;stroke-opacity:.55;stroke-width:2.6;stroke-linecap:round}"
)

Floats = NDArray[np.float64]
Places = tuple[Floats, Floats]


@dataclass(frozen=True)
class Toy:
    """A small table.

    Attributes:
        make: its rows.
        places: across and upright place of rows on the panel, from 0 to 1 where the panel ends; not of all rows.
    """

    make: Callable[[np.random.Generator, int], pa.Table]
    places: Callable[[pa.Table], Places]


def rings(rng: np.random.Generator, n: int) -> pa.Table:
    """Two rings, one in the other."""
    angle, radius = rng.uniform(0, 2 * np.pi, n), np.where(rng.random(n) < 0.35, 0.4, 0.85) + rng.normal(0, 0.03, n)
    return pa.table({"x": (radius * np.cos(angle)).round(4), "y": (radius * np.sin(angle)).round(4)})


def mixed(rng: np.random.Generator, n: int) -> pa.Table:
    """A category, and a number whose law is another one in each."""
    kind, u = rng.integers(0, 5, n), rng.random(n)
    values = [
        np.full(n, 0.5),
        u,
        np.where(u < 0.5, 0.2, 0.8) + rng.normal(0, 0.03, n),
        rng.normal(0.3, 0.06, n),
        np.round(u * 4) / 4,
    ]
    return pa.table({"kind": np.array(list("abcde"))[kind], "size": np.choose(kind, values).round(3)})


def tails(rng: np.random.Generator, n: int) -> pa.Table:
    """Two numbers of heavy tails, of which one hangs on the other."""
    x = rng.standard_t(1.5, n)
    return pa.table({"x": x.round(3), "y": (np.sign(x) * np.abs(x) ** 0.8 + 0.3 * rng.standard_t(2, n)).round(3)})


def hole(rng: np.random.Generator, n: int) -> pa.Table:
    """A cube without the ball in its middle; the panel shows a slice through it."""
    at = rng.uniform(-1, 1, (3 * n, 3))
    at = at[(at**2).sum(axis=1) > 0.75**2][:n].round(4)
    return pa.table(dict(zip("xyz", at.T, strict=True)))


def _numbers(table: pa.Table, *names: str) -> list[Floats]:
    return [table[name].to_numpy() for name in names]


def _plane(table: pa.Table) -> Places:
    x, y = _numbers(table, "x", "y")
    return (x + 1.1) / 2.2, (y + 1.1) / 2.2


def _lanes(table: pa.Table) -> Places:
    """Each category a lane, in which rows lie side by side."""
    lane = np.searchsorted(list("abcde"), table["kind"].to_pylist())
    (size,) = _numbers(table, "size")
    within = np.arange(len(lane)) * 0.618 % 1
    return (lane + 0.15 + 0.7 * within) / 5, (size + 0.1) / 1.2


def _bent(table: pa.Table) -> Places:
    """Far values drawn in: a scale that is even near 0 and logarithmic far from it."""
    x, y = (np.arcsinh(values) / 12 + 0.5 for values in _numbers(table, "x", "y"))
    return x, y


def _slice(table: pa.Table) -> Places:
    return _plane(table.filter(pa.array(np.abs(_numbers(table, "z")[0]) < 0.2)))


TOYS: Mapping[str, Toy] = {
    "rings": Toy(rings, _plane),
    "mixed": Toy(mixed, _lanes),
    "heavy tails": Toy(tails, _bent),
    "a cube with a hole": Toy(hole, _slice),
}


def picture(tables: Mapping[str, pa.Table], title: str) -> str:
    """The SVG text of one panel a table."""
    width, height = GAP + len(tables) * (SIDE + GAP), HEAD + SIDE + GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'style="max-width:100%;height:auto" role="img">',
        f"<title>{plain(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="card" x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="8"/>',
    ]
    for place, (name, table) in enumerate(tables.items()):
        left = GAP + place * (SIDE + GAP)
        parts.append(f'<text x="{left}" y="{HEAD - 8}">{plain(name)}</text>')
        parts.append(f'<rect class="frame" x="{left}" y="{HEAD}" width="{SIDE}" height="{SIDE}"/>')
        parts.append(f'<path class="dots" d="{"".join(_dots(*TOYS[name].places(table), left))}"/>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _dots(x: Floats, y: Floats, left: float) -> Iterator[str]:
    inside = (x > 0.005) & (x < 0.995) & (y > 0.005) & (y < 0.995)
    for across, up in zip(x[inside][:SHOWN].tolist(), y[inside][:SHOWN].tolist(), strict=True):
        yield f"M{number(left + across * SIDE)} {number(HEAD + (1 - up) * SIDE)}h0"


def written(page: str, drawn: list[str]) -> str:
    """The page with one picture for each name."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    rows = [f"| {name} | ![four tables as {name} has them](learners/{name}.svg) |" for name in drawn]
    return f"{before}{BEGIN}\n\n" + "\n".join(["| | |", "|---|---|", *rows]) + f"\n\n{END}{after}"


def main() -> None:
    """Draw what is asked for, and list all that is drawn."""
    real = {name: toy.make(np.random.default_rng(7), ROWS) for name, toy in TOYS.items()}
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / f"{REAL}.svg").write_text(picture(real, "Real rows"), encoding="utf-8")
    for name in sys.argv[1:] or LEARNERS.names():
        try:
            made = {toy: fit(table, learner=name, seed=7).sample(ROWS, seed=7) for toy, table in real.items()}
        except RowsmithError as fault:
            print(f"{name}: not drawn, {fault}")
            continue
        (PICTURES / f"{name}.svg").write_text(picture(made, f"Rows of {name}"), encoding="utf-8")
        print(f"{name}: drawn")
    drawn = [name for name in (REAL, *LEARNERS.names()) if (PICTURES / f"{name}.svg").exists()]
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), drawn), encoding="utf-8")


if __name__ == "__main__":
    main()
