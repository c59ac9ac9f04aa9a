"""A page on some runs, and a text on a world: parameters, data dictionary, the model in ODD form, pictures."""

from __future__ import annotations

import base64
import inspect
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

import pyarrow as pa

from rowsmith.core.settings import settings_of, type_text
from rowsmith.simulate._chart import chart
from rowsmith.simulate._picture import Picture
from rowsmith.simulate._world import Emitted, World, params_of

STYLE = """
body{margin:0 auto;max-width:1240px;padding:24px;color:#1b232e;background:#f6f8fa;
font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}
h1{font-size:26px;margin:0 0 4px}h2{font-size:19px;margin:28px 0 10px}.lead{color:#4a5563;max-width:80ch;margin:0 0 18px}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,460px),1fr));gap:16px}
figure{margin:0;background:#fff;border:1px solid #d8dee6;border-radius:8px;padding:12px}
figcaption{font-weight:600;margin-bottom:6px}figure p{margin:6px 0 0;color:#586474;font-size:13px}
svg{width:100%;height:auto;display:block}img{max-width:100%}.grid{stroke:#e6eaf0}.frame{stroke:#9aa7b8;fill:none}.card{fill:#fff;fill-opacity:.9;stroke:#d8dee6}
.tick{font-size:12px;fill:#586474}.axis{font-size:13px;fill:#1b232e}
.wide{overflow-x:auto}table{border-collapse:collapse;background:#fff;font-size:14px}
th,td{border:1px solid #d8dee6;padding:4px 9px;text-align:left;vertical-align:top}th{background:#eef2f6}
code{font:13px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace}summary{cursor:pointer;font-weight:600}
"""
ODD_PARTS = {
    "purpose": "Purpose and patterns",
    "entities": "Entities, state and scales",
    "process": "Process and scheduling",
    "concepts": "Design concepts",
    "start": "Initialisation",
    "inputs": "Input data",
    "submodels": "Submodels",
}
MOST_RUNS = 40
"""Rows of the table of runs that a page shows."""


def page(
    name: str,
    world: World,
    tables: Mapping[str, Emitted],
    made: Mapping[str, pa.Table],
    pictures: Sequence[Picture],
    diagram: str = "",
) -> str:
    """The HTML text of a page that needs nothing but itself.

    Args:
        name: of the world.
        world: with its parameters.
        tables: what it emits.
        made: rows of the runs.
        pictures: what is to be seen.
        diagram: of the tables, the text of an SVG picture.
    """
    lead = summary(type(world))
    rows = ", ".join(f"{table}: {data.num_rows:,}" for table, data in made.items())
    coded = base64.b64encode(diagram.encode()).decode()  # in the page itself, its style would be that of the charts too
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>{escape(name)}</title>",
        f"<style>{STYLE}</style><h1>{escape(name)}</h1><p class=lead>{escape(lead)} Rows made: {escape(rows)}.</p>",
        '<div class="charts">',
        *(
            f"<figure><figcaption>{escape(p.title)}</figcaption>{chart(p)}{f'<p>{escape(p.note)}</p>' if p.note else ''}</figure>"
            for p in pictures
        ),
        "</div>",
        *_section("Runs", _runs(made)),
        *_section("Parameters", _grid(("parameter", "value", "unit", "meaning"), parameter_rows(type(world), world))),
        "<h2>Tables</h2>",
        *(
            [f'<p><img alt="tables, with lines to what they point to" src="data:image/svg+xml;base64,{coded}"></p>']
            if diagram
            else []
        ),
        *(_table(t, e) for t, e in tables.items()),
        *_section("How the world works (ODD)", _odd(world)),
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def dictionary(name: str, world: World, tables: Mapping[str, Emitted], diagram: str = "") -> str:
    """The Markdown text that goes beside the tables: what they hold, the parameters, and the model in ODD form.

    Args:
        name: of the world.
        world: with its parameters.
        tables: what it emits.
        diagram: file beside the text with a picture of the tables.
    """
    parts = [f"# {name}", summary(type(world)), "## Tables"]
    parts += [f"![The tables, with lines to what they point to]({diagram})"] if diagram else []
    for table, emitted in tables.items():
        parts += [f"### {table}", emitted.about, markdown(("column", "type", "meaning"), dictionary_rows(emitted))]
    parts += ["## Parameters", markdown(("parameter", "value", "unit", "meaning"), parameter_rows(type(world), world))]
    if world.odd is not None:
        parts.append("## How the world works")
        parts += [f"**{title}.** {getattr(world.odd, field)}" for field, title in ODD_PARTS.items()]
    return "\n\n".join(parts) + "\n"


def parameter_rows(kind: type[World], world: World | None = None) -> Iterator[tuple[str, str, str, str]]:
    """Parameter, value (or default, where there is no world), unit and meaning of each."""
    known = params_of(kind)
    for name, setting in settings_of(kind).items():
        param = known.get(name)
        value = setting.default if world is None else getattr(world, name)
        about = setting.help
        if param is not None:
            about += f" ({param.range}{'; ' + param.source if param.source else ''})"
        elif world is None:
            about += f" ({type_text(setting.type)})"
        yield name, _text(value), param.unit if param is not None else "", about


def dictionary_rows(table: Emitted) -> Iterator[tuple[str, str, str]]:
    """Column, type and meaning of each column of a table, keys first."""
    if table.key is not None:
        yield table.key, "int64", "key, counted from 1"
    if table.per is not None:
        yield table.per[0], "int64", f"row of {table.per[1]} that it belongs to"
    for name, to in table.points.items():
        yield name, "int64", f"row of {to}; missing for none"
    for name, field in table.columns.items():
        kind = "text" if pa.types.is_dictionary(field.type) or pa.types.is_string(field.type) else str(field.type)
        yield name, kind, field.about + (f", in {field.unit}" if field.unit else "")


def markdown(head: Sequence[str], rows: Iterator[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for first, *rest in rows:
        lines.append("| " + " | ".join([f"`{first}`", *(cell.replace("|", "\\|") for cell in rest)]) + " |")
    return "\n".join(lines)


def summary(kind: type[World]) -> str:
    """The first paragraph of a world's docstring."""
    return " ".join(inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].split())


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(
            f"{k}: {'(' + _text(v) + ')' if isinstance(v, Mapping) else _text(v)}" for k, v in value.items()
        )
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    if value is None:
        return "not set"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _section(title: str, body: str) -> Iterator[str]:
    if body:
        yield f"<h2>{escape(title)}</h2>{body}"


def _grid(head: Sequence[str], rows: Iterator[tuple[str, ...]]) -> str:
    top = "".join(f"<th>{escape(h)}</th>" for h in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<div class=wide><table><tr>{top}</tr>{body}</table></div>"


def _table(name: str, emitted: Emitted) -> str:
    rows = _grid(("column", "type", "meaning"), dictionary_rows(emitted))
    return f"<h3><code>{escape(name)}</code></h3><p class=lead>{escape(emitted.about)}</p>{rows}"


def _runs(made: Mapping[str, pa.Table]) -> str:
    if "runs" not in made:
        return ""
    table = made["runs"].slice(0, MOST_RUNS)
    rows = (
        tuple("" if v is None else f"{v:.6g}" if isinstance(v, float) else str(v) for v in r.values())
        for r in table.to_pylist()
    )
    more = made["runs"].num_rows - table.num_rows
    return _grid(table.column_names, rows) + (f"<p class=lead>… and {more:,} more</p>" if more else "")


def _odd(world: World) -> str:
    if world.odd is None:
        return ""
    return "".join(f"<p><b>{title}.</b> {escape(getattr(world.odd, field))}</p>" for field, title in ODD_PARTS.items())
