"""The tables of a spec as a picture: boxes with columns, types and keys, and lines with crow's feet between them.

The text of an SVG file that needs nothing but itself. It is drawn on a card of its own, so that it can be read on a dark page.
Names are written in letters of one width, so that what fits here fits with any font.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from unicodedata import combining, east_asian_width

import pyarrow as pa

from rowsmith.core.errors import OutputError
from rowsmith.core.files import check_target
from rowsmith.core.layout import CORNER, LANE, LEAD, Box, Point, layout
from rowsmith.core.svg import number, plain
from rowsmith.spec.definitions import Schemas
from rowsmith.spec.model import Spec, TableSpec
from rowsmith.spec.relations import Relation, relations

MARGIN = 24.0
LEAST_WIDTH = 420.0
"""Room for the legend."""
HEAD = 32.0
ROW = 21.0
LETTER = 7.9
"""Width of a letter of 13 pixels in typefaces whose letters are all as wide, the widest of them."""
PROSE = 6.4
"""Width of a letter of 12 pixels in the legend's typeface, a wide one."""
BADGE = 27.0
LOOP, FURTHER = 36.0, 12.0
"""Room beside a box for a line to itself, and for each one more."""
APART = 9.0
"""Between lines of a box to itself where they meet."""
BEND = 7.0
SIZE = 6.0
"""Of marks, to each side of their line."""
MOST_COLUMNS = 40
"""Columns of a table that are shown; keys are shown always."""
MOST_LETTERS = 36
HUES = ("#2f5079", "#1d655f", "#6a4378", "#8a4b12", "#3c6429", "#4a5563")
"""Of the heads of boxes, one for each family; white letters can be read on all."""
STYLE = (
    ".card{fill:#fff;stroke:#d8dee6}"
    ".box{fill:#fff;stroke:#9aa7b8}"
    ".key{fill:#f1f4f8}"
    "text{font:13px ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace;fill:#1b232e}"
    ".head{font-weight:700;fill:#fff}.rows{font-size:12px;fill:#fff;fill-opacity:.85}"
    ".pk{font-weight:700}.type{fill:#586474}"
    ".badge{font-size:10px;font-weight:700}.badge.p{fill:#8a4b12}.badge.f{fill:#2f5079}"
    ".said{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:#586474}"
    ".line,.mark{fill:none;stroke:#46546a;stroke-width:1.5}.mark.o{fill:#fff}"
    ".halo{fill:none;stroke:#fff;stroke-width:6}"
    ".points{stroke-dasharray:5 4}"
)


def diagram(spec: Spec, schemas: Schemas, rows: Mapping[str, int] | None = None) -> str:
    """The SVG text of a spec's tables and relations.

    Args:
        spec: how the tables are made.
        schemas: columns and types of each.
        rows: of each table, to be shown, if there are any; as the spec says if nothing is given.
    """
    links = relations(spec, schemas)
    own = {name: [r for r in links if r.child == r.parent == name] for name in spec.tables}
    between = [r for r in links if r.child != r.parent]
    boxes = {name: _Table(table, schemas[name], links, _size(table, rows)) for name, table in spec.tables.items()}
    spare = {name: LOOP + FURTHER * (len(loops) - 1) if loops else 0.0 for name, loops in own.items()}
    found = layout(
        {name: Box(width=box.width, height=box.height, spare=spare[name]) for name, box in boxes.items()},
        [(r.child, r.parent) for r in between],
    )
    roots = [t.name for t in spec.tables.values() if t.per is None]
    hues = {root: HUES[i % len(HUES)] for i, root in enumerate(roots)}
    inner = max(found.width, LEAST_WIDTH)
    legend, low = _legend(links, inner, hues=1 < len(roots) <= len(HUES))
    width, height = inner + 2 * MARGIN, found.height + low + 2 * MARGIN
    shift = MARGIN + (inner - found.width) / 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{number(width)}" height="{number(height)}" '
        f'viewBox="0 0 {number(width)} {number(height)}" style="max-width:100%;height:auto" role="img">',
        f"<title>{plain(f'Tables of {spec.name}')}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="card" x=".5" y=".5" width="{number(width - 1)}" height="{number(height - 1)}" rx="10"/>',
        f'<g transform="translate({number(shift)} {number(MARGIN)})">',
        *(_line(r, route) for r, route in zip(between, found.routes, strict=True)),
        *(line for name, loops in own.items() for line in _loops(loops, boxes[name], found.places[name])),
        *(box.drawn(found.places[name], hues[spec.root(name).name]) for name, box in boxes.items()),
        "</g>",
        f'<g transform="translate({number(MARGIN)} {number(found.height + MARGIN)})">',
        *legend,
        "</g>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def check_svg(path: str | os.PathLike[str]) -> Path:
    """The path, if a diagram can be written there.

    Raises:
        OutputError: it has another ending, is a folder, or its folder does not exist.
    """
    if Path(path).suffix.lower() != ".svg":
        raise OutputError(f"{path}: a diagram is an SVG picture; give a name that ends in .svg.")
    return check_target(path)


def _size(table: TableSpec, rows: Mapping[str, int] | None) -> str:
    if rows is not None:
        return "" if table.name not in rows else f"{rows[table.name]:,} row{'s' * (rows[table.name] != 1)}"
    return f"per {_cut(table.per.table)}" if table.per is not None else f"{table.rows:,} rows"


class _Table:
    """What is written into a box, and how large it is."""

    def __init__(self, table: TableSpec, schema: pa.Schema, links: Sequence[Relation], size: str) -> None:
        """Choose columns and measure.

        Args:
            table: whose box it is.
            schema: its columns and types.
            links: all relations.
            size: how many rows there are, in words.
        """
        self.name, self.size = table.name, size
        self.keys = frozenset(table.primary_key)
        self.pointing = frozenset(c for r in links if r.child == table.name for c in r.columns)
        free = MOST_COLUMNS - len(self.keys | self.pointing)
        plain = [f.name for f in schema if f.name not in self.keys | self.pointing][: max(free, 0)]
        shown = {*plain, *self.keys, *self.pointing}
        self.columns = {f.name: type_word(f.type) for f in schema if f.name in shown}
        self.left_out = len(schema) - len(self.columns)
        self.badges = 2 if self.keys & self.pointing else 1
        names = max((_cells(_cut(c)) + _cells(t) for c, t in self.columns.items()), default=0)
        head = (_cells(_cut(self.name)) + _cells(size)) * LETTER + 48
        lines = [r for r in links if r.child != r.parent]
        busiest = max(sum(r.child == table.name for r in lines), sum(r.parent == table.name for r in lines))
        lanes = (busiest - 1) * LANE + 2 * CORNER
        self.width = float(round(max(head, lanes, 10 + self.badges * BADGE + names * LETTER + 34)))
        self.height = HEAD + ROW * (len(self.columns) + bool(self.left_out)) + 6

    def middle(self, column: str) -> float:
        """Height of the middle of a column's row, from the top of the box."""
        return HEAD + 3 + ROW * (list(self.columns).index(column) + 0.5)

    def drawn(self, place: Point, hue: str) -> str:
        """The box."""
        return "\n".join(self._parts(place[0], place[1], hue))

    def _parts(self, x: float, y: float, hue: str) -> Iterator[str]:
        right = x + self.width
        yield f'<g class="table"><title>{plain(self.name)}</title>'
        yield f'<rect class="box" x="{number(x)}" y="{number(y)}" width="{number(self.width)}" height="{number(self.height)}" rx="6"/>'
        path = (
            f"M{number(x)} {number(y + HEAD)}V{number(y + 6)}q0 -6 6 -6H{number(right - 6)}q6 0 6 6V{number(y + HEAD)}Z"
        )
        yield f'<path d="{path}" fill="{hue}"/>'
        yield _said("head", x + 12, y + 21, _cut(self.name))
        yield _said("rows", right - 12, y + 21, self.size, end=True)
        for column, word in self.columns.items():
            at = y + self.middle(column)
            if column in self.keys:
                left, wide = number(x + 1), number(self.width - 2)
                yield f'<rect class="key" x="{left}" y="{number(at - ROW / 2)}" width="{wide}" height="{number(ROW)}"/>'
                yield _said("badge p", x + 12, at + 4, "PK")
            if column in self.pointing:
                yield _said("badge f", x + 12 + (self.badges - 1) * BADGE, at + 4, "FK")
            name = "pk" if column in self.keys else ""
            yield _said(name, x + 12 + self.badges * BADGE, at + 4.5, _cut(column), full=column)
            yield _said("type", right - 12, at + 4.5, word, end=True)
        if self.left_out:
            at = y + HEAD + 3 + ROW * (len(self.columns) + 0.5)
            yield _said("type", x + 12 + self.badges * BADGE, at + 4.5, f"… and {self.left_out:,} more")
        yield "</g>"


def _line(relation: Relation, route: Sequence[Point], parent_size: float = SIZE) -> str:
    """A line with its marks."""
    kind = "line" if relation.made_per else "line points"
    path = _path(route)
    return "\n".join(
        [
            f'<g class="relation"><title>{plain(_named(relation))}</title>',
            f'<path class="halo" d="{path}"/><path class="{kind}" d="{path}"/>',
            *_marks(relation, route, parent_size),
            "</g>",
        ]
    )


def _loops(own: Sequence[Relation], box: _Table, place: Point) -> Iterator[str]:
    """Lines from a box to itself, at its right: the longer ones around the shorter ones."""
    x, top = place[0] + box.width, place[1]
    ends = [(box.middle(r.columns[0]), box.middle(r.targets[0]), r) for r in own]
    for turn, (low, high, relation) in enumerate(sorted(ends, key=lambda end: abs(end[0] - end[1]))):
        far = x + LOOP - FURTHER / 2 + turn * FURTHER
        inward = (turn - (len(own) - 1) / 2) * APART * (1 if low > high else -1)
        start, end = top + low, top + high - inward
        yield _line(relation, [(x, start), (far, start), (far, end), (x, end)], parent_size=4.0)


def _named(relation: Relation) -> str:
    """What a line says, for a reader who points at it.

    >>> _named(Relation(child="a", parent="b", columns=("x", "y"), targets=("k", "l")))
    'a (x, y) → b (k, l)'
    """
    child, parent = (
        f"{table} ({', '.join(columns)})" if columns else table
        for table, columns in ((relation.child, relation.columns), (relation.parent, relation.targets))
    )
    return f"{child} → {parent}"


def _path(route: Sequence[Point]) -> str:
    """A path along corners, which are rounded."""
    parts = [f"M{number(route[0][0])} {number(route[0][1])}"]
    for before, (x, y), after in zip(route, route[1:], route[2:], strict=False):
        (ax, ay), (bx, by) = (_toward((x, y), end) for end in (before, after))
        parts.append(f"L{number(ax)} {number(ay)}Q{number(x)} {number(y)} {number(bx)} {number(by)}")
    parts.append(f"L{number(route[-1][0])} {number(route[-1][1])}")
    return "".join(parts)


def _toward(corner: Point, end: Point) -> Point:
    """Where a rounded corner begins: at most half-way to the next one."""
    length = abs(end[0] - corner[0]) + abs(end[1] - corner[1])
    share = min(BEND, length / 2) / length if length else 0.0
    return corner[0] + (end[0] - corner[0]) * share, corner[1] + (end[1] - corner[1]) * share


def _marks(relation: Relation, route: Sequence[Point], parent_size: float) -> Iterator[str]:
    """What stands at the ends: how many rows of the child a parent has, and whether the child always has a parent."""
    child, parent = _End(route[0], route[1]), _End(route[-1], route[-2])
    yield child.bar(7) if relation.single else child.foot()
    far = 12 if relation.single else 17
    yield child.bar(far) if relation.some else child.ring(far + 3 * relation.single)
    yield parent.bar(7, parent_size)
    yield parent.ring(15) if relation.optional else parent.bar(12, parent_size)


class _End:
    """The end of a line at a box, seen from the box."""

    def __init__(self, at: Point, toward: Point) -> None:
        """Find the way.

        Args:
            at: where the line touches the box.
            toward: its next corner.
        """
        self.x, self.y = at
        self.across = toward[1] == at[1]
        self.sign = 1 if (toward[0] > at[0] if self.across else toward[1] > at[1]) else -1

    def point(self, out: float, aside: float) -> str:
        """A place so far away from the box, and beside the line."""
        out *= self.sign
        x, y = (out, aside) if self.across else (aside, out)
        return f"{number(self.x + x)} {number(self.y + y)}"

    def bar(self, out: float, size: float = SIZE) -> str:
        """One."""
        return f'<path class="mark" d="M{self.point(out, -size)}L{self.point(out, size)}"/>'

    def foot(self) -> str:
        """Many."""
        tip = self.point(12, 0)
        return f'<path class="mark" d="M{self.point(0, -7)}L{tip}L{self.point(0, 7)}M{tip}L{self.point(0, 0)}"/>'

    def ring(self, out: float) -> str:
        """None."""
        x, y = self.point(out, 0).split()
        return f'<circle class="mark o" cx="{x}" cy="{y}" r="4"/>'


def _legend(links: Sequence[Relation], width: float, *, hues: bool) -> tuple[list[str], float]:
    """What the signs mean, and the height that saying it takes.

    Args:
        links: what is drawn.
        width: of the diagram.
        hues: whether there are several families, each of a colour of its own.
    """
    if not links:
        return [], 0.0
    made = any(r.made_per for r in links)
    items = [("line", "made for each row of the other table")] if made else []
    items += [("line points", "points to a row")] if not all(r.made_per for r in links) else []
    items += [("foot", "many"), ("bar", "one"), ("ring", "or none")]
    items += [("", "Tables of one colour are made together.")] if made and hues else []
    parts, x, y = [], 0.0, LEAD + 12
    for kind, text in items:
        room = 34.0 if kind else 0.0
        long = room + len(text) * PROSE
        if x and x + long > width:
            x, y = 0.0, y + 20
        end = _End((x + 26, y - 4), (x, y - 4))
        if kind:
            parts.append(f'<path class="{kind if "line" in kind else "line"}" d="M{number(x)} {number(y - 4)}h26"/>')
        parts += {"foot": [end.foot()], "bar": [end.bar(13)], "ring": [end.ring(13)]}.get(kind, [])
        parts.append(_said("said", x + room, y, text))
        x += long + 18
    return parts, y


def _said(kind: str, x: float, y: float, text: str, *, end: bool = False, full: str | None = None) -> str:
    anchor = ' text-anchor="end"' if end else ""
    name = f' class="{kind}"' if kind else ""
    title = f"<title>{plain(full)}</title>" if full is not None and full != text else ""
    return f'<text{name} x="{number(x)}" y="{number(y)}"{anchor}>{plain(text)}{title}</text>'


def type_word(kind: pa.DataType) -> str:
    """A type as people say it, in the words of a spec's `as`.

    >>> [type_word(t) for t in (pa.dictionary(pa.int8(), pa.string()), pa.decimal128(10, 2), pa.timestamp("us", "UTC"))]
    ['text', 'decimal(10,2)', 'timestamp tz']
    """
    if pa.types.is_dictionary(kind):
        return type_word(kind.value_type)
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamp tz" if kind.tz else "timestamp"
    words = {
        "integer": pa.types.is_integer,
        "number": pa.types.is_floating,
        "boolean": pa.types.is_boolean,
        "date": pa.types.is_date,
        "time": pa.types.is_time,
        "duration": pa.types.is_duration,
        "list": lambda t: pa.types.is_list(t) or pa.types.is_large_list(t) or pa.types.is_fixed_size_list(t),
        "struct": pa.types.is_struct,
        "text": lambda t: pa.types.is_string(t) or pa.types.is_large_string(t),
    }
    return next((word for word, fits in words.items() if fits(kind)), _cut(str(kind)))


def _cut(name: str) -> str:
    """A name that is not too long."""
    return name if len(name) <= MOST_LETTERS else name[: MOST_LETTERS - 1] + "…"


def _cells(text: str) -> int:
    """Widths of a letter that a text takes: those of East Asia take two."""
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)
