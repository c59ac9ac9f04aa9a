"""Diagrams show every table, column, key and relation of a spec, in order, and take any name."""

import re
import xml.etree.ElementTree as ET
from functools import cache
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cli.conftest import run

from rowsmith.engine.planning import schemas_of
from rowsmith.spec.check import check
from rowsmith.spec.diagram import check_svg, diagram
from rowsmith.spec.document import parse
from rowsmith.spec.examples import names, text
from rowsmith.spec.model import Spec
from rowsmith.spec.relations import relations

SVG = "{http://www.w3.org/2000/svg}"


@cache
def example(name):
    spec = check(parse(text(name), name))
    schemas = schemas_of(spec)
    return spec, schemas, ET.fromstring(diagram(spec, schemas))


def groups(drawn, kind):
    return [group for group in drawn.iter(f"{SVG}g") if group.get("class") == kind]


def titled(group):
    return group.find(f"{SVG}title").text


def texts(group):
    return [each.text for each in group.iter(f"{SVG}text")]


def areas(drawn):
    """Left, top, right and bottom of each box."""
    found = {}
    for group in groups(drawn, "table"):
        x, y, w, h = (float(group.find(f"{SVG}rect").get(key)) for key in ("x", "y", "width", "height"))
        found[titled(group)] = (x, y, x + w, y + h)
    return found


def corners(group):
    path = group.find(f"{SVG}path").get("d")
    return [(float(x), float(y)) for x, y in re.findall(r"[MLQ ]?(-?[\d.]+) (-?[\d.]+)", path)]


@pytest.mark.parametrize("name", names())
def test_every_table_column_and_key_is_shown(name):
    spec, schemas, drawn = example(name)
    assert {titled(g) for g in groups(drawn, "table")} == set(spec.tables)
    for group in groups(drawn, "table"):
        table, shown = spec.tables[titled(group)], texts(group)
        names_of = schemas[table.name].names
        columns = [t for t in shown if t in names_of and t != "number"]  # which is the word for a type, too
        assert columns == [n for n in names_of if n in columns]
        left = len(names_of) - len({t for t in shown if t in names_of})
        assert left == 0 or f"… and {left} more" in shown
        assert shown.count("PK") == len(table.primary_key)
        for column in table.primary_key:
            assert shown[shown.index(column) - 1] in ("PK", "FK")


@pytest.mark.parametrize("name", names())
def test_every_relation_is_a_line_between_its_boxes(name):
    spec, schemas, drawn = example(name)
    boxes = areas(drawn)
    lines = groups(drawn, "relation")
    links = relations(spec, schemas)
    assert len(lines) == len(links) >= len([t for t in spec.tables.values() if t.per is not None])
    for link in links:
        ends = ((link.child, link.columns), (link.parent, link.targets))
        title = " → ".join(f"{table} ({', '.join(columns)})" if columns else table for table, columns in ends)
        (line,) = (group for group in lines if titled(group) == title)
        for table, (x, y) in ((link.child, corners(line)[0]), (link.parent, corners(line)[-1])):
            left, top, right, bottom = boxes[table]
            assert (left < x < right and y in (top, bottom)) if link.child != link.parent else (x == right)
        assert boxes[link.parent][1] <= boxes[link.child][1]


@pytest.mark.parametrize("name", names())
def test_boxes_do_not_overlap_and_lines_go_around_them(name):
    drawn = example(name)[2]
    boxes = areas(drawn).values()
    for a, b in combinations(boxes, 2):
        assert a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]
    for group in groups(drawn, "relation"):
        for (ax, ay), (bx, by) in pairwise(corners(group)):
            for left, top, right, bottom in boxes:
                assert max(ax, bx) <= left or min(ax, bx) >= right or max(ay, by) <= top or min(ay, by) >= bottom
    width, height = float(drawn.get("width")), float(drawn.get("height"))
    assert all(a[0] >= 0 and a[1] >= 0 and a[2] < width and a[3] < height for a in boxes)


@pytest.mark.parametrize("name", names())
def test_text_fits_into_its_box(name):
    for group in groups(example(name)[2], "table"):
        x, width = (float(group.find(f"{SVG}rect").get(key)) for key in ("x", "width"))
        for line in {each.get("y") for each in group.iter(f"{SVG}text")}:
            ends = [
                (at - 7.9 * len(each.text), at) if each.get("text-anchor") else (at, at + 7.9 * len(each.text))
                for each in group.iter(f"{SVG}text")
                for at in [float(each.get("x"))]
                if each.get("y") == line
            ]
            ends = sorted(ends)
            assert ends[0][0] > x
            assert ends[-1][1] < x + width
            assert all(a[1] < b[0] for a, b in pairwise(ends))


def test_the_same_spec_gives_the_same_bytes():
    spec, schemas, _ = example("shop")
    again = check(parse(text("shop"), "shop"))
    assert diagram(again, schemas_of(again)) == diagram(spec, schemas)


def hostile(table, column):
    columns = {column: "id", "up": {"kind": "tree"}, "other": {"kind": "reference", "table": table, "null": 0.5}}
    return Spec(tables={table: {"rows": 3, "columns": columns}})


@pytest.mark.parametrize("name", ["<script>alert(1)", "a&b", "\"'><g onload='x'", "]]>", "&lt;", "名前", "x" * 190])
def test_any_name_is_only_a_name(name):
    spec = hostile(name, f"{name} c")
    drawn = ET.fromstring(diagram(spec, schemas_of(spec)))
    assert {each.tag.removeprefix(SVG) for each in drawn.iter()} <= {
        "svg", "title", "style", "rect", "g", "path", "circle", "text",
    }  # fmt: skip
    assert not any(key.startswith("on") or "href" in key for each in drawn.iter() for key in each.attrib)
    (box,) = groups(drawn, "table")
    assert titled(box) == name
    assert texts(box)[0] == (name if len(name) <= 36 else name[:35] + "…")


@settings(deadline=None, max_examples=25)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
def test_names_of_columns_of_any_letters_are_well_formed(name):
    spec = Spec(tables={"t": {"rows": 1, "columns": {name.replace(".", "_"): "id"}}})
    (box,) = groups(ET.fromstring(diagram(spec, schemas_of(spec))), "table")
    assert len(texts(box)) == 5  # head, rows, PK, name, type


def test_lines_of_a_table_to_itself_are_beside_it_and_apart():
    spec = hostile("people", "id")
    drawn = ET.fromstring(diagram(spec, schemas_of(spec)))
    (box,) = areas(drawn).values()
    ends = [corners(group) for group in groups(drawn, "relation")]
    assert len(ends) == 2
    assert all(x >= box[2] for line in ends for x, _ in line)
    assert len({y for line in ends for _, y in (line[0], line[-1])}) == 4
    assert max(x for line in ends for x, _ in line) + 24 < float(drawn.get("width"))


def test_a_very_wide_table_is_cut_but_keeps_its_keys():
    columns = {f"c{i}": {"kind": "normal", "mean": 0, "sd": 1} for i in range(200)} | {"key": "id"}
    spec = Spec(tables={"wide": {"rows": 1, "columns": columns}})
    (box,) = groups(ET.fromstring(diagram(spec, schemas_of(spec))), "table")
    shown = texts(box)
    assert "key" in shown
    assert "c38" in shown
    assert "c39" not in shown
    assert "… and 161 more" in shown


def test_rows_are_shown_as_planned_or_as_the_spec_says():
    spec, schemas, drawn = example("shop")
    heads = {titled(g): texts(g)[1] for g in groups(drawn, "table")}
    assert heads["customers"] == "2,000 rows"
    assert heads["orders"] == "per customers"
    planned = ET.fromstring(diagram(spec, schemas, dict.fromkeys(spec.tables, 1) | {"orders": 12_345}))
    heads = {titled(g): texts(g)[1] for g in groups(planned, "table")}
    assert heads["customers"] == "1 row"
    assert heads["orders"] == "12,345 rows"


def test_the_command_writes_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.yaml").write_text(text("shop"), encoding="utf-8")
    done = run("plan", "shop.yaml", "--rows", "customers=10", "--diagram", "shop.svg")
    assert done.exit_code == 0, done.output
    assert "diagram -> shop.svg" in done.output
    drawn = ET.fromstring((tmp_path / "shop.svg").read_text(encoding="utf-8"))
    assert "10 rows" in texts(groups(drawn, "table")[1])
    for name, said in (
        ("shop.html", "shop.html: a diagram is an SVG picture; give a name that ends in .svg."),
        ("nowhere/shop.svg", "the folder nowhere does not exist"),
    ):
        done = run("plan", "shop.yaml", "--diagram", name)
        assert done.exit_code == 2
        assert said in done.output
    assert {p.name for p in tmp_path.iterdir()} == {"shop.yaml", "shop.svg"}
    assert check_svg("X.SVG").name == "X.SVG"


def test_a_diagram_is_no_wider_than_the_window():
    spec = hostile("t", "c")
    drawn = ET.fromstring(diagram(spec, schemas_of(spec)))
    assert drawn.get("viewBox") == f"0 0 {drawn.get('width')} {drawn.get('height')}"
    assert "max-width:100%" in drawn.get("style")
