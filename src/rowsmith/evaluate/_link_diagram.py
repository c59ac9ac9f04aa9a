"""The tables of a database as boxes, its links as lines with a figure on each: SVG that takes its colours from the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from rowsmith.core.layout import Box, Point, layout
from rowsmith.core.svg import number, plain
from rowsmith.evaluate._measure import Level
from rowsmith.evaluate._words import readable, show

LETTER = 7.4
"""Width of a letter of a box, in a wide typeface."""
LINE = 18.0
PADDING = 12.0
LONGEST = 28
"""Letters of a table's name."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A link to be drawn.

    Attributes:
        child: table that points.
        parent: table that is pointed to.
        name: of the link, for who points at the line.
        value: its figure, in per cent; None where there is none.
        level: of the figure.
    """

    child: str
    parent: str
    name: str
    value: float | None
    level: Level


def link_diagram(tables: Mapping[str, Sequence[str]], links: Sequence[Drawn]) -> dict[str, Any]:
    """Size and inside of an SVG picture.

    Args:
        tables: what stands below the name of each.
        links: lines between them; of one from a table to itself the figure stands in the box.
    """
    own = {name: [link for link in links if link.child == link.parent == name] for name in tables}
    said = {name: (*lines, *(f"to itself: {_figure(link)}" for link in own[name])) for name, lines in tables.items()}
    boxes = {
        name: Box(
            width=2 * PADDING + LETTER * max(len(_cut(name)), *map(len, lines)),
            height=2 * PADDING + LINE * (1 + len(lines)) - 6,
        )
        for name, lines in said.items()
    }
    between = [link for link in links if link.child != link.parent]
    found = layout(boxes, [(link.child, link.parent) for link in between])
    parts = [part for link, route in zip(between, found.routes, strict=True) for part in _line(link, route)]
    for name, lines in said.items():
        parts += _box(name, lines, boxes[name], found.places[name])
    return {"width": number(found.width + 4), "height": number(found.height + 4), "inside": "".join(parts)}


def _line(link: Drawn, route: Sequence[Point]) -> Iterator[str]:
    points = " ".join(f"{number(x)},{number(y)}" for x, y in route)
    kind = link.level.replace(" ", "-")
    yield f'<g class="link {kind}"><title>{plain(readable(link.name))}: {plain(_figure(link))}</title><polyline points="{points}"/>'
    (ax, ay), (bx, by) = max(
        pairwise(route), key=lambda ends: abs(ends[0][0] - ends[1][0]) + abs(ends[0][1] - ends[1][1])
    )
    x, y, wide = (ax + bx) / 2, (ay + by) / 2, LETTER * len(_figure(link)) + 10
    yield f'<rect x="{number(x - wide / 2)}" y="{number(y - 9)}" width="{number(wide)}" height="18" rx="9"/>'
    yield f'<text x="{number(x)}" y="{number(y + 4)}" text-anchor="middle">{plain(_figure(link))}</text></g>'


def _box(name: str, lines: Sequence[str], box: Box, place: Point) -> Iterator[str]:
    x, y = place
    yield f'<g class="entity"><title>{plain(readable(name))}</title>'
    yield f'<rect x="{number(x)}" y="{number(y)}" width="{number(box.width)}" height="{number(box.height)}" rx="6"/>'
    yield f'<text class="name" x="{number(x + PADDING)}" y="{number(y + PADDING + 11)}">{plain(_cut(name))}</text>'
    for i, line in enumerate(lines, 1):
        yield f'<text x="{number(x + PADDING)}" y="{number(y + PADDING + 11 + i * LINE)}">{plain(line)}</text>'
    yield "</g>"


def _figure(link: Drawn) -> str:
    return show(link.value, "%")


def _cut(name: str) -> str:
    return readable(name, LONGEST)
