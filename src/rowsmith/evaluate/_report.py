"""The judgement as a user holds it: printed, saved as JSON, or as one HTML page that opens with no network."""

from __future__ import annotations

import base64
import hashlib
import html
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from rowsmith.core.files import atomic
from rowsmith.evaluate._limits import broken, parse_limits
from rowsmith.evaluate._markdown import markdown
from rowsmith.evaluate._summary import Summary
from rowsmith.evaluate._text import text

TEMPLATE, STYLE, SCRIPT = "report.html.j2", "report.css", "report.js"
Form = Literal["html", "json", "markdown"]
ENDINGS: Mapping[str, Form] = {".json": "json", ".md": "markdown"}


@dataclass(frozen=True)
class Report:
    """How good and how safe a synthetic table is.

    Attributes:
        summary: all that was found, as plain data.
    """

    summary: Summary

    def save(self, path: str | os.PathLike[str], *, format: Form | None = None) -> None:
        """Write the report.

        Args:
            path: the file.
            format: by the ending of the path if left out; a page unless that is `.json` or `.md`.

        Raises:
            OutputError: the file cannot be written.
        """
        with atomic(path) as part:
            part.write_text(self._written(form_of(path, format)), encoding="utf-8")

    def broken(self, limits: Mapping[str, float]) -> list[str]:
        """One sentence for each limit that the table does not keep, or that could not be looked at.

        Args:
            limits: the worst value that is let through, by measure (`c2st`) or figure of one (`trends.related`).

        Raises:
            SpecError: no such measure or figure.
        """
        return broken(self.summary, parse_limits([f"{k}={v!r}" for k, v in limits.items()], "limits"))

    def _written(self, form: Form) -> str:
        if form == "json":
            return self.summary.to_json()
        return markdown(self.summary) if form == "markdown" else render(self.summary)

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

    return page(TEMPLATE, view(summary))


def form_of(path: str | os.PathLike[str], wanted: Form | None) -> Form:
    """The form that is wanted, or that a file's ending says."""
    return wanted or ENDINGS.get(os.path.splitext(path)[1].lower(), "html")


def page(template: str, variables: Mapping[str, Any]) -> str:
    """A whole page of one of this folder's templates."""
    return str(_template(template).render(variables))


@cache
def _template(name: str) -> Any:
    """The compiled template, style and script in place."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    folder = resources.files("rowsmith.evaluate")
    style, script = (folder.joinpath(f).read_text(encoding="utf-8") for f in (STYLE, SCRIPT))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    pages = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FunctionLoader(lambda file: folder.joinpath(file).read_text(encoding="utf-8")),
    )
    return pages.get_template(name, globals={"style": style, "script": script, "digest": digest})
