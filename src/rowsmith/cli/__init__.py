"""The command line: one file a command, which parses, calls the library, and prints. No logic."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Annotated

import typer


def main() -> None:
    """Entry point of the `rowsmith` command."""
    application()()


def application() -> typer.Typer:
    """The command line with all its commands: the public modules of this folder."""
    app = typer.Typer(
        name="rowsmith",
        help="Synthetic tables that are right in every row, with the evidence.",
        epilog="Start with:  rowsmith synth people.csv -o twin.csv --report report.html",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_")):
        importlib.import_module(f"rowsmith.cli.{module}").register(app)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        from rowsmith import __version__

        typer.echo(f"rowsmith {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Synthetic tables that are right in every row, with the evidence."""
