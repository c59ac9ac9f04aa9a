"""The data sheet of a synthetic table: what a data-protection officer asks for, as plain data.

What can be known is stated: how it was made, what attacks and comparisons found, which groups are in it. What only people
can say is asked, and shown as open until they have. The sheet never says that a table is anonymous: that depends on all
means that are reasonably likely to be used (GDPR, recital 26), which no test looks at.

The form follows T. Gebru et al., "Datasheets for Datasets" (2021), sections 3.1 to 3.7.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rowsmith.core.provenance import Provenance
from rowsmith.evaluate._criteria import CRITERIA
from rowsmith.evaluate._measure import Result
from rowsmith.evaluate._questions import LISTS, QUESTIONS
from rowsmith.evaluate._summary import Summary
from rowsmith.evaluate._words import show

OPEN = "open"
"""What stands in place of an answer that nobody has given."""
NOT_ANONYMOUS = (
    "This sheet does not say that the table is anonymous. That depends on all means that are reasonably likely to be used, "
    "and is for people to judge."
)
SEEDS = (
    "The same model, seed and version give the same rows. The seed is not part of the table: whoever has the model and the seed "
    "can make it again, and nobody learns more of the real rows by it than by the model."
)
NON_USES = (
    "Decisions about single people: no row is a person.",
    "Finding out about somebody who may be in the real data.",
    "Statements about groups of fewer than five real rows, which were not kept.",
    "Conclusions about cause and effect that the real data would not bear.",
)
NO_GUARANTEE = (
    "There is no guarantee of differential privacy: attacks show what some attackers reach, not what all of them could."
)
GUARANTEE = (
    "The table is differentially private, ε = {epsilon:g} and δ = {delta:g}, for {unit}. What that bounds is what the table tells of "
    "one of them more than a table without them would; not what it tells of groups, nor what this sheet, a report of attacks or "
    "another table made of the same data tells: every release adds its own ε."
)
STANDING_RISKS = ("Every further table that is made of the same real data adds to what can be learnt of them.",)


@dataclass(frozen=True, kw_only=True)
class File:
    """The table as a file.

    Attributes:
        name: without folders.
        bytes: its size.
        sha256: of its bytes.
        format: name of the format.
        rows: how many.
        columns: name to Arrow type.
    """

    name: str
    bytes: int
    sha256: str
    format: str
    rows: int
    columns: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Group:
    """One group of rows: a level of a column.

    Attributes:
        column: its name.
        level: the level.
        rows: synthetic rows that have it.
        share: of the synthetic rows.
        real: share of the real rows, where a report says it.
    """

    column: str
    level: str
    rows: int
    share: float
    real: float | None = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one measure found, in a line.

    Attributes:
        measure: its name.
        title: what a reader sees.
        aspect: fidelity, utility or privacy.
        level: good, fair, poor or not measured.
        value: the main figure with its floor and ceiling, in words.
        sentence: the finding.
    """

    measure: str
    title: str
    aspect: str
    level: str
    value: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How one criterion is answered.

    Attributes:
        source: the guide or law.
        clause: where in it.
        asks: what it asks.
        findings: what measures say, each "title: level".
        answers: what people say, each "question: answer or open".
        note: what has to be said besides.
        open: whether something is missing: a measure that was not made or a question that was not answered.
    """

    source: str
    clause: str
    asks: str
    findings: tuple[str, ...]
    answers: tuple[str, ...]
    note: str
    open: bool


@dataclass(frozen=True, kw_only=True)
class DataSheet:
    """All that is said of a synthetic table; plain data, from which the page is made."""

    file: File
    provenance: Provenance | None
    answers: Mapping[str, Any]
    findings: tuple[Finding, ...]
    groups: tuple[Group, ...]
    criteria: tuple[Answer, ...]
    risks: tuple[str, ...]
    non_uses: tuple[str, ...]
    releases: tuple[str, ...]
    notes: tuple[str, ...] = ()
    said: Mapping[str, str] = field(default_factory=lambda: {"anonymity": NOT_ANONYMOUS, "seeds": SEEDS})

    @property
    def open(self) -> list[str]:
        """Questions that nobody has answered."""
        return [name for name in QUESTIONS if name not in LISTS and name not in self.answers]

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {**dataclasses.asdict(self), "open": self.open}


def sheet(
    file: File,
    *,
    provenance: Provenance | None,
    summary: Summary | None,
    groups: Sequence[Group],
    answers: Mapping[str, Any],
) -> DataSheet:
    """Put together what is known.

    Args:
        file: the table.
        provenance: its mark, or that of its model.
        summary: a judgement of it.
        groups: levels of its columns.
        answers: what people said, as `read_answers` returns it.
    """
    findings = () if summary is None else tuple(_finding(result) for result in summary.measures)
    by_name = {each.measure: each for each in findings}
    real = {} if summary is None else _real_shares(summary)
    weak = [
        f"{f.title} ({f.level}): {f.sentence}"
        for f in findings
        if f.aspect == "privacy" and f.level in ("fair", "poor")
    ]
    unmade = [f.title for f in findings if f.aspect == "privacy" and f.level == "not measured"]
    notes = []
    if summary is None:
        notes.append(
            "No report was given (--report report.json): nothing is known of how like and how safe the table is."
        )
    if provenance is None:
        notes.append("The table bears no mark of how it was made, and no model was given (--model).")
    return DataSheet(
        file=file,
        provenance=provenance,
        answers=answers,
        findings=findings,
        groups=tuple(dataclasses.replace(g, real=real.get((g.column, g.level))) for g in groups),
        criteria=tuple(
            _answer(
                c.source,
                c.clause,
                c.asks,
                _promised(provenance) if c.guarantee else c.note,
                [by_name.get(m) or m for m in c.measures],
                c.answers,
                answers,
            )
            for c in CRITERIA
        ),
        risks=(
            *weak,
            *([f"Not measured: {', '.join(unmade)}."] if unmade else []),
            _promised(provenance),
            *STANDING_RISKS,
        ),
        non_uses=(*NON_USES, *answers.get("non_uses", ())),
        releases=tuple(answers.get("releases", ())),
        notes=tuple(notes),
    )


def _promised(provenance: Provenance | None) -> str:
    """What is promised whatever an attacker does; or that nothing is."""
    told = {} if provenance is None else provenance.promise
    try:
        return GUARANTEE.format(epsilon=float(told["epsilon"]), delta=float(told["delta"]), unit=str(told["unit"]))
    except (KeyError, TypeError, ValueError):
        return NO_GUARANTEE


def _finding(result: Result) -> Finding:
    value = ""
    if result.figures and result.figures[0].value is not None:
        f = result.figures[0]
        ends = [
            f"{word} {show(end, f.unit)}"
            for word, end in (("floor", f.floor), ("ceiling", f.ceiling))
            if end is not None
        ]
        between = ", ".join(ends)
        value = f"{show(f.value, f.unit)}{f' ({between})' if ends else ''}"
    return Finding(
        measure=result.measure,
        title=result.title,
        aspect=result.aspect,
        level=result.level,
        value=value,
        sentence=result.sentence,
    )


def _answer(
    source: str,
    clause: str,
    asks: str,
    note: str,
    found: Sequence[Finding | str],
    questions: Sequence[str],
    answers: Mapping[str, Any],
) -> Answer:
    """How a criterion is answered by findings (names of measures that were not made) and by people."""
    said = [
        f"{f.title}: {f.level}" if isinstance(f, Finding) else f"{f.replace('_', ' ')}: not measured" for f in found
    ]
    spoken = [f"{name.replace('_', ' ')}: {answers.get(name, OPEN)}" for name in questions]
    missing = any(each.endswith(": not measured") for each in said) or any(name not in answers for name in questions)
    return Answer(
        source=source, clause=clause, asks=asks, findings=tuple(said), answers=tuple(spoken), note=note, open=missing
    )


def _real_shares(summary: Summary) -> dict[tuple[str, str], float]:
    """Shares of levels among the real rows, as far as a report draws them."""
    found: dict[tuple[str, str], float] = {}
    for column in summary.columns:
        for level in column.overlay.get("levels", ()):
            found[column.name, str(level["label"])] = float(level["real"])
    return found
