"""`rowsmith schema`: the JSON Schema of specs, for editors, or of reports, for pipelines."""

from __future__ import annotations

from typing import Annotated

import typer

from rowsmith.cli import _app as shared


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(epilog="Example:  rowsmith schema > rowsmith.schema.json")(shared.guarded(schema))


def schema(
    report: Annotated[bool, typer.Option("--report", help="Of what `evaluate --json` writes, instead.")] = False,
) -> None:
    """Print the JSON Schema of specs: completion and checks in an editor."""
    import json

    from rowsmith.evaluate._json_schema import json_schema as of_reports
    from rowsmith.spec.json_schema import json_schema as of_specs

    typer.echo(json.dumps(of_reports() if report else of_specs(), indent=1, ensure_ascii=False))
