"""What guides and laws ask of a synthetic table, in our words, and where this sheet answers: by measures or by people."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One thing that is asked.

    Attributes:
        source: the document.
        clause: where in it.
        asks: what, in one sentence.
        measures: names of the measures that answer.
        answers: names of the questions that a person answers (see `_questions`).
        note: what has to be said besides.
        guarantee: whether a guarantee of differential privacy answers.
    """

    source: str
    clause: str
    asks: str
    measures: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    note: str = ""
    guarantee: bool = False


WP216 = "Article 29 Working Party, Opinion 05/2014 on anonymisation techniques (WP216)"
ICO = "ICO (UK), guidance on anonymisation and on privacy-enhancing technologies: synthetic data (2023–2025)"
PDPC = "PDPC (Singapore), guide on synthetic data generation (2024)"
AI_ACT = "EU AI Act, Regulation (EU) 2024/1689"
NIST_188 = "NIST SP 800-188, De-identifying government datasets (2023)"
NIST_226 = "NIST SP 800-226, Evaluating differential privacy guarantees (2025)"

CRITERIA: tuple[Criterion, ...] = (
    Criterion(
        source=WP216,
        clause="2.2, singling out",
        asks="Can records of one person be isolated?",
        measures=("singling_out", "verbatim", "copies"),
    ),
    Criterion(
        source=WP216,
        clause="2.2, linkability",
        asks="Can records of one person, here or in another data set, be linked?",
        measures=("linkability", "near_copies"),
    ),
    Criterion(
        source=WP216,
        clause="2.2, inference",
        asks="Can a value of a person be deduced with significant probability?",
        measures=("attribute_inference", "membership"),
    ),
    Criterion(
        source=ICO,
        clause="identifiability, motivated intruder",
        asks="Could somebody who is motivated find people again, with what is reasonably likely to be at hand?",
        measures=("membership", "worst_group", "singling_out"),
        answers=("release", "outside_data"),
    ),
    Criterion(
        source=ICO,
        clause="synthetic data, outliers",
        asks="Are unusual people safe, and is that traded openly against utility?",
        measures=("membership", "verbatim", "coverage"),
        answers=("owner",),
    ),
    Criterion(
        source=PDPC,
        clause="step 1, know your data",
        asks="What is it for, and what may it show?",
        answers=("purpose", "source"),
    ),
    Criterion(
        source=PDPC,
        clause="step 2, prepare your data",
        asks="What was left out, merged or made anew before anything was learnt?",
        answers=("preparation",),
    ),
    Criterion(
        source=PDPC,
        clause="step 3, generate",
        asks="Is it like the source, and of use?",
        measures=("shapes", "trends", "c2st", "utility"),
    ),
    Criterion(
        source=PDPC,
        clause="step 4, assess re-identification risk",
        asks="Was the risk measured by attacks, against a control?",
        measures=("singling_out", "linkability", "attribute_inference", "membership"),
    ),
    Criterion(
        source=PDPC,
        clause="step 5, manage residual risk",
        asks="Who owns what risk is left, and what limits who may use the table and how long?",
        answers=("owner", "release", "retention"),
    ),
    Criterion(
        source=AI_ACT,
        clause="Art. 10(2)(a)–(d)",
        asks="Which choices were made, where do the data come from, what was it collected for, and how was it prepared?",
        answers=("purpose", "source", "legal_basis", "preparation", "assumptions"),
    ),
    Criterion(
        source=AI_ACT,
        clause="Art. 10(2)(e), (h)",
        asks="Are there enough of the data that are needed, and which gaps are known?",
        measures=("coverage", "nulls"),
        answers=("gaps",),
    ),
    Criterion(
        source=AI_ACT,
        clause="Art. 10(2)(f)–(g)",
        asks="Which biases may harm people, and what was done about them?",
        measures=("fairness", "worst_group"),
        answers=("biases",),
    ),
    Criterion(
        source=AI_ACT,
        clause="Art. 10(3)–(4)",
        asks="Is the table relevant, representative and right for its use, also for the groups that it is about?",
        measures=("shapes", "trends", "coverage", "rules"),
        answers=("purpose",),
    ),
    Criterion(
        source=AI_ACT,
        clause="Art. 50(2)",
        asks="Can a machine see that it is synthetic?",
        note="The article names sound, pictures, video and text; a Parquet or Arrow file of rowsmith is marked all the same.",
    ),
    Criterion(
        source=NIST_188,
        clause="3, governance",
        asks="Who decides on releases, and by which standard?",
        answers=("owner", "release", "legal_basis"),
    ),
    Criterion(
        source=NIST_188,
        clause="4, synthetic data and its evaluation",
        asks="Were attempts at re-identification made, and is the loss of accuracy known?",
        measures=("membership", "linkability", "c2st", "utility"),
    ),
    Criterion(
        source=NIST_226,
        clause="guarantee and unit of privacy",
        asks="Is there a guarantee of differential privacy: which ε, for which unit, against whom?",
        answers=("unit",),
        guarantee=True,
    ),
)
