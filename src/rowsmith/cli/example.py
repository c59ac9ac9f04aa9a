"""`rowsmith example`: specs to start from."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from rowsmith.cli import _app as shared
from rowsmith.core.errors import SpecError


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(epilog="Example:  rowsmith example shop -o shop.yaml")(shared.guarded(example))


def example(
    name: Annotated[str | None, typer.Argument(help="One of the specs; all are listed if left out.")] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write it; shown if left out.")
    ] = None,
    quiet: shared.Quiet = False,
) -> None:
    """List the specs that come with rowsmith, or write one to start from."""
    from rowsmith.core.files import atomic
    from rowsmith.spec.examples import described, text

    if name is None:
        for each, what in described().items():
            typer.echo(f"{each:<12} {what}")
    elif output is None:
        typer.echo(text(name), nl=False)
    else:
        if os.path.exists(output):
            raise SpecError(f"{output}: is there already, and may hold your own changes; give another name.")
        with atomic(output) as part:
            part.write_text(text(name), encoding="utf-8")
        shared.say(f"{name} -> {output}; next: rowsmith preview {output}", quiet)
