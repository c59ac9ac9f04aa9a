"""Options of the commands that go by a profile of rows."""

from __future__ import annotations

from typing import Annotated

import typer

Method = Annotated[
    str, typer.Option(metavar="NAME", help="How to profile rows: data-iq, data-maps or confident (learning).")
]
Bins = Annotated[
    int | None, typer.Option(metavar="N", help="Classes of equal size into which a target that is a number is cut.")
]
Drop = Annotated[
    list[str] | None,
    typer.Option(
        "--drop", metavar="SEGMENT", help="Rows to leave out: easy, ambiguous, hard, mislabelled; may be repeated."
    ),
]
