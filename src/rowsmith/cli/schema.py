"""`rowsmith schema`: the JSON Schema of specs, for editors."""

from __future__ import annotations

import typer

from rowsmith.cli import _app as shared


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(epilog="Example:  rowsmith schema > rowsmith.schema.json")(shared.guarded(schema))


def schema() -> None:
    """Print the JSON Schema of specs: completion and checks in an editor."""
    import json

    from rowsmith.spec.json_schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=1, ensure_ascii=False))
