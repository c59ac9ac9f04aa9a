"""The judgement as a user holds it: printed, saved as JSON, or as a page of tables (charts are still to come)."""

from __future__ import annotations

import html
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rowsmith.core.files import atomic
from rowsmith.evaluate._summary import Summary
from rowsmith.evaluate._text import HEAD, rows, text

_STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:auto;padding:1rem}"
    "div{overflow-x:auto}table{border-collapse:collapse}th,td{padding:.25rem .75rem;text-align:left;"
    "border-bottom:1px solid #8888}"
)


@dataclass(frozen=True)
class Report:
    """How good and how safe a synthetic table is.

    Attributes:
        summary: all that was found, as plain data.
    """

    summary: Summary

    def save(self, path: str | os.PathLike[str], *, format: Literal["html", "json"] | None = None) -> None:
        """Write the report.

        Args:
            path: the file.
            format: by the ending of the path if left out; a page unless that is `.json`.

        Raises:
            OutputError: the file cannot be written.
        """
        chosen = format or ("json" if str(path).endswith(".json") else "html")
        with atomic(path) as part:
            part.write_text(self.summary.to_json() if chosen == "json" else render(self.summary), encoding="utf-8")

    def __str__(self) -> str:
        return text(self.summary)

    def _repr_html_(self) -> str:
        return render(self.summary)


def render(summary: Summary) -> str:
    """The page: verdicts first, then every figure between its floor and ceiling, columns and pairs, worst first."""
    verdicts = "".join(
        f"<p><strong>{_e(v.aspect.capitalize())}: {_e(v.level)}.</strong> {_e(v.sentence)}</p>"
        for v in summary.verdicts
    )
    columns = [(c.name, c.kind, "–" if c.error is None else f"{100 * c.error:.2f} %") for c in summary.columns]
    pairs = [(p.a, p.b, f"{100 * p.error:.2f} %") for p in summary.pairs[:30]]
    notes = "".join(f"<li>{_e(note)}</li>" for note in summary.notes)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>rowsmith report</title><style>{_STYLE}</style></head><body><h1>Synthetic table, judged</h1>{verdicts}"
        f"<h2>Measures</h2>{_table(HEAD, rows(summary))}"
        "<p>Floor: every column shuffled on its own. Ceiling: real rows that nobody learnt from.</p>"
        f"<h2>Columns, worst first</h2>{_table(('column', 'kind', 'error'), columns)}"
        f"<h2>Pairs, worst first</h2>{_table(('column', 'with', 'error'), pairs)}"
        f"<h2>Notes</h2><ul>{notes}</ul></body></html>"
    )


def _table(head: tuple[str, ...], body: Sequence[tuple[str, ...]]) -> str:
    top = "".join(f'<th scope="col">{_e(cell)}</th>' for cell in head)
    lines = "".join("<tr>" + "".join(f"<td>{_e(cell)}</td>" for cell in row) + "</tr>" for row in body)
    return f"<div><table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table></div>"


def _e(value: str) -> str:
    return html.escape(value)
