"""`rowsmith calibrate`: fit a world to data."""

from __future__ import annotations

from typing import Annotated

import typer

from rowsmith.cli import _app as shared


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(epilog="Example:  rowsmith calibrate web_visits access.log -o web.yaml")(shared.guarded(calibrate))


def calibrate(
    world: Annotated[str, typer.Argument(help="Name of the world, such as web_visits.")],
    source: Annotated[
        str,
        typer.Argument(
            help="What was observed: an access log for web_visits, readings of detectors as CSV for traffic."
        ),
    ],
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="The spec to write; printed if left out.")
    ] = None,
    quiet: shared.Quiet = False,
) -> None:
    """Find the parameters under which a world makes observations like those in a file."""
    from rowsmith.core.files import atomic
    from rowsmith.engine.simulate import calibrate as fitted
    from rowsmith.engine.simulate import to_yaml

    text = to_yaml(world, fitted(world, source), {}, 1, 0)
    if output is None:
        typer.echo(text, nl=False)
        return
    with atomic(output) as part:
        part.write_text(text, encoding="utf-8")
    shared.say(f"{world} -> {output}; next: rowsmith make {output} -o {world}/", quiet)
