"""`rowsmith datasheet`: the document that a data-protection officer asks for."""

from __future__ import annotations

from typing import Annotated

import typer

from rowsmith.cli import _app as shared
from rowsmith.core.errors import SpecError


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    example = "Example:  rowsmith datasheet twin.parquet --report report.json --answers answers.yaml -o sheet.html"
    app.command(epilog=example)(shared.guarded(datasheet))


def datasheet(
    source: Annotated[str | None, typer.Argument(help="The synthetic table, a file.")] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="The sheet: .html, .md or .json.")
    ] = None,
    report: Annotated[
        str | None, typer.Option(metavar="FILE", help="A judgement of the table, as `evaluate --json` wrote it.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The model that it was drawn from, if the file bears no mark of it."),
    ] = None,
    answers: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The questionnaire, filled in: purpose, source, legal basis, owner …"),
    ] = None,
    questions: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write an empty questionnaire, and nothing else is needed.")
    ] = None,
    croissant: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the table's metadata as Croissant JSON-LD too.")
    ] = None,
    quiet: shared.Quiet = False,
) -> None:
    """Write what is known of a synthetic table: how it was made, evidence, risks, groups, and where guides and laws are answered."""
    from rowsmith.core.files import check_target
    from rowsmith.engine.datasheet import answers_in, report_in
    from rowsmith.engine.datasheet import datasheet as make_sheet
    from rowsmith.engine.datasheet import questions as write_questions
    from rowsmith.engine.model import load_model

    for path in filter(None, (output, questions, croissant)):
        check_target(path)
    if questions is not None:
        write_questions(questions)
        shared.say(f"questions -> {questions}", quiet)
        if source is None:
            return
    if source is None or (output is None and croissant is None):
        raise SpecError(
            "datasheet: expected a table and where to write (-o FILE or --croissant FILE), or --questions FILE."
        )
    made = make_sheet(
        source,
        model=None if model is None else load_model(model),
        report=None if report is None else report_in(report),
        answers=None if answers is None else answers_in(answers),
    )
    if output is not None:
        made.save(output)
        shared.say(f"data sheet -> {output}", quiet)
    if croissant is not None:
        made.save_croissant(croissant)
        shared.say(f"metadata -> {croissant}", quiet)
    left = [name for name in made.content.open if name != "title"]
    if left:
        shared.say(f"note: open: {', '.join(left)}; see --questions.", quiet)
