"""The judgement as a user holds it: printed, saved as JSON, or as one HTML page that opens with no network."""

from __future__ import annotations

import base64
import hashlib
import html
import os
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from rowsmith.core.files import atomic
from rowsmith.evaluate._summary import Summary
from rowsmith.evaluate._text import text

TEMPLATE, STYLE, SCRIPT = "report.html.j2", "report.css", "report.js"


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
        chosen = format or ("json" if str(path).lower().endswith(".json") else "html")
        with atomic(path) as part:
            part.write_text(self.summary.to_json() if chosen == "json" else render(self.summary), encoding="utf-8")

    def __str__(self) -> str:
        return text(self.summary)

    def _repr_html_(self) -> str:
        # A frame of its own, so that the page's style and the notebook's do not meet.
        page = html.escape(render(self.summary), quote=True)
        return (
            f'<iframe srcdoc="{page}" sandbox="allow-scripts" title="rowsmith report" '
            'style="width:100%;height:42rem;border:1px solid #8886"></iframe>'
        )


def render(summary: Summary) -> str:
    """The page: verdicts first, then every figure between floor and ceiling, then columns, pairs, notes and settings.

    Everything is inside: style, drawings (SVG) and a few lines of script to filter and sort the columns. Names and levels
    of the tables are escaped, and a content security policy lets no other script run.
    """
    from rowsmith.evaluate._view import view

    return str(_template().render(view(summary)))


@cache
def _template() -> Any:
    """The compiled template, style and script in place."""
    from jinja2 import Environment, StrictUndefined

    folder = resources.files("rowsmith.evaluate")
    template, style, script = (folder.joinpath(f).read_text(encoding="utf-8") for f in (TEMPLATE, STYLE, SCRIPT))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    pages = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return pages.from_string(template, globals={"style": style, "script": script, "digest": digest})
