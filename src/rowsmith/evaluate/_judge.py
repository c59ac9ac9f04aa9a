"""Judge a synthetic table: align, measure, sum up."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from rowsmith.core.errors import SpecError, suggest
from rowsmith.core.protocols import Progress, silent
from rowsmith.core.rng import Key
from rowsmith.core.settings import settings_of
from rowsmith.evaluate._align import Aligned, Feature, align, unlike
from rowsmith.evaluate._context import Context, Shadows
from rowsmith.evaluate._measure import ASPECTS, MEASURES, Aspect, Judge, Measure, Result, candid, worst
from rowsmith.evaluate._summary import ColumnResult, PairResult, Size, Summary, Verdict
from rowsmith.evaluate._trees import side_by_side
from rowsmith.evaluate._words import rows

MOST_COLUMNS = 100
"""Columns that measures of whole rows look at."""
MOST_ROWS = 3_000_000
"""Rows of a table that are looked at; of a larger one, a random choice."""
FEWEST = 20
"""Rows of a table from which on it is said whether it looks like the real one."""
OVERLAP = 0.05
"""Share of the holdout above the usual one that may equal training rows before it is doubted."""


def judge(
    real: pa.Table,
    synthetic: pa.Table,
    *,
    holdout: pa.Table | None = None,
    target: str | None = None,
    rules: Mapping[str, str] | None = None,
    full: bool = False,
    shadows: Shadows | None = None,
    seed: int = 0,
    workers: int = 2,
    progress: Progress = silent,
) -> Summary:
    """Judge a synthetic table against the real one.

    Args:
        real: the rows that were learnt from.
        synthetic: the rows to judge, made by any tool.
        holdout: real rows that the learner never saw: the reference for fidelity and utility, needed for privacy.
        target: column that a model should predict, to see how useful the synthetic rows are.
        rules: SQL that must hold in every row, by name.
        full: whether to take the measures that take long, too, and to look at more rows.
        shadows: models to attack with, in a full judgement.
        seed: of all samples and folds; the same tables and seed give the same summary.
        workers: threads; the summary does not depend on it.
        progress: told how many measures are done.

    Raises:
        DataError: a table has no rows, or the tables have no column in common.
        SpecError: the target is not a column of the tables, or a rule cannot be computed.
    """
    tables = {"real": real, "synthetic": synthetic} | ({"holdout": holdout} if holdout is not None else {})
    check_target_column(target, tables)
    sizes = {role: Size(rows=t.num_rows, columns=t.num_columns) for role, t in tables.items()}
    tables = {role: _part(table, Key(seed).child("judge", role)) for role, table in tables.items()}
    aligned = align(tables)
    context = context_of(aligned, target, Key(seed), workers)
    context = replace(context, full=full, rules={} if rules is None else rules, rows=tables, shadows=shadows)
    known = [MEASURES.load(name) for name in MEASURES.names()]
    measures = [kind() for kind in known if full or not kind.thorough]
    measures.sort(key=lambda m: (m.order, m.title))
    results = results_of(measures, context, progress)
    left = sorted(kind.title for kind in known if kind.thorough and not full)
    doubt, strange = doubts(context), unlike(tables)
    return Summary(
        tables=sizes,
        settings={
            "seed": seed,
            "target": target,
            "full": full,
            "measures": {r.measure: values_of(m) for r, m in zip(results, measures, strict=True)},
        },
        verdicts=tuple(_of_one(verdict(aspect, results, doubt, _few(sizes)), strange) for aspect in ASPECTS),
        measures=tuple(results),
        columns=tuple(with_overlays(aligned, results)),
        pairs=tuple(_pairs(results)),
        notes=(*doubt, *_parted(sizes), *_narrowed(context), *_notes(aligned, results), *_left_out(left)),
    )


def results_of(measures: Sequence[Measure], context: Context, progress: Progress = silent) -> list[Result]:
    """The results of all measures, in their order; several at a time, each on one thread of the linear algebra.

    So a sum is taken in the same order, whatever the number of processors.
    """
    from threadpoolctl import threadpool_limits

    done, narrow = itertools.count(1), context.narrow(MOST_COLUMNS)

    def take(measure: Measure) -> Result:
        found = candid(measure, measure.measure(context if measure.every_column else narrow))
        progress("judging", next(done), len(measures))
        return found

    progress("judging", 0, len(measures))
    with threadpool_limits(1, user_api="blas"):
        return side_by_side([partial(take, m) for m in measures], context.workers)


def check_target_column(target: str | None, tables: Mapping[str, pa.Table]) -> None:
    """See whether every table has the target.

    Args:
        target: name of a column, if any.
        tables: by role.

    Raises:
        SpecError: one has no such column; the message has the close ones.
    """
    if target is None:
        return
    for role, table in tables.items():
        if target not in table.column_names:
            raise SpecError(
                f"target={target!r}: the {role} table has no such column{suggest(target, table.column_names)}"
            )


def context_of(aligned: Aligned, target: str | None, key: Key, workers: int) -> Context:
    """What measures look at, from tables with the same columns."""
    kept = [i for i, f in enumerate(aligned.features) if not f.identifier]
    real, synthetic, holdout = (aligned.tables.get(role) for role in ("real", "synthetic", "holdout"))
    assert real is not None and synthetic is not None
    names = [
        (f, real.pick([i]), synthetic.pick([i]), None if holdout is None else holdout.pick([i]))
        for i, f in enumerate(aligned.features)
        if f.identifier
    ]
    return Context(
        features=tuple(aligned.features[i] for i in kept),
        real=real.pick(kept),
        synthetic=synthetic.pick(kept),
        holdout=None if holdout is None else holdout.pick(kept),
        names=tuple(names),
        target=target,
        key=key.child("evaluate"),
        workers=workers,
    )


def values_of(measure: Judge) -> dict[str, Any]:
    """The settings of a measure, as plain values."""
    return {name: getattr(measure, name) for name in settings_of(type(measure))}


_PRAISE = {
    ("fidelity", "good"): "Columns, pairs of columns and whole rows look like real ones.",
    ("utility", "good"): "What a model learns from the synthetic rows holds for real ones.",
    ("privacy", "good"): "No attack did better than on rows that nobody learnt from. That is evidence, not proof.",
}


def _few(sizes: Mapping[str, Size]) -> str:
    """Why there are too few rows to say whether they look like real ones; empty where there are enough."""
    role, size = min(sizes.items(), key=lambda each: each[1].rows)
    if role == "holdout" or size.rows >= FEWEST:
        return ""
    return f"The {role} table has {rows(size.rows)}, of which nothing is certain: at least {FEWEST} are needed."


def verdict(aspect: Aspect, results: Sequence[Result], doubt: Sequence[str], few: str = "") -> Verdict:
    """The answer to one question, from all results.

    Args:
        aspect: the question.
        results: of all measures.
        doubt: warnings that the privacy figures say nothing.
        few: why there are too few rows for an answer on fidelity, if there are.
    """
    if few and aspect == "fidelity":
        return Verdict(aspect=aspect, level="not measured", sentence=few)
    own = [r for r in results if r.aspect == aspect and r.decisive]
    level = worst([r.level for r in own])
    missing = [r for r in own if r.level == "not measured"]
    if level == "not measured":
        sentence = _reason(missing[0]) if missing else "There is no measure of it."
        return Verdict(aspect=aspect, level=level, sentence=sentence)
    if aspect == "privacy" and doubt and level != "poor":
        return Verdict(aspect=aspect, level="not measured", sentence=doubt[0].removeprefix("WARNING: "))
    decisive = next(r for r in own if r.level == level)
    sentence = decisive.sentence
    if aspect == "privacy" and len(missing) > 0 and level == "good":
        reason = _reason(missing[0])
        told = reason[1:] in sentence  # by the attacks on whole entities, in the middle of a sentence
        more = "" if told else f" But the attacks were not made. {reason}"
        return Verdict(aspect=aspect, level="not measured", sentence=sentence + more)
    if aspect == "fidelity" and level == "good" and missing:
        sentence += f" But not all was looked at. {_reason(missing[0])}"
    praise = _PRAISE.get((aspect, level))
    if praise and not missing:
        sentence = praise if aspect == "fidelity" else f"{praise} {decisive.sentence}"
    return Verdict(aspect=aspect, level=level, sentence=sentence)


def _of_one(found: Verdict, strange: str) -> Verdict:
    """The answer, if the tables may be the same one; what is leaked is told all the same."""
    leaked = found.aspect == "privacy" and found.level == "poor"
    if not strange or leaked:
        return found
    sentence = strange if found.aspect == "fidelity" else strange.partition(":")[0] + "."
    return Verdict(aspect=found.aspect, level="not measured", sentence=sentence)


def _reason(found: Result) -> str:
    reason = found.sentence.removeprefix("Not measured: ")
    return reason[:1].upper() + reason[1:]


def with_overlays(aligned: Aligned, results: Sequence[Result]) -> list[ColumnResult]:
    """One result a column, with what is to be drawn of it, the worst first."""
    from rowsmith.evaluate._overlay import overlay

    errors: dict[str, float] = next((dict(r.details["columns"]) for r in results if "columns" in r.details), {})
    real, synthetic = aligned.tables["real"], aligned.tables["synthetic"]
    out = []
    for feature, a, b in zip(aligned.features, real.arrays, synthetic.arrays, strict=True):
        named = bool(feature.identifier)
        out.append(
            ColumnResult(
                name=feature.name,
                kind="identifier" if named else feature.kind,
                error=None if named else errors.get(feature.name),
                nulls=(_nulls(feature, a), _nulls(feature, b)),
                overlay={} if named else overlay(feature, a, b),
            )
        )
    return sorted(out, key=lambda c: -1.0 if c.error is None else c.error, reverse=True)


def _nulls(feature: Feature, values: Any) -> float:
    return float((values < 0).mean() if feature.kind == "category" else np.isnan(values).mean())


def _pairs(results: Sequence[Result]) -> list[PairResult]:
    found: list[dict[str, Any]] = next((r.details["pairs"] for r in results if "pairs" in r.details), [])
    return sorted((PairResult(**p) for p in found), key=lambda p: p.error, reverse=True)


def _notes(aligned: Aligned, results: Sequence[Result]) -> list[str]:
    notes = list(aligned.notes)
    for feature in aligned.features:
        if feature.identifier:
            notes.append(
                f"{feature.name!r} only names rows ({feature.identifier}): it is not compared, only searched for copies."
            )
    for single in results:
        notes += single.notes
    return notes


def _part(table: pa.Table, key: Key) -> pa.Table:
    """The table, or MOST_ROWS of its rows at random, in their order."""
    if table.num_rows <= MOST_ROWS:
        return table
    return table.take(
        pa.array(np.sort(key.generator().choice(table.num_rows, MOST_ROWS, replace=False, shuffle=False)))
    )


def _parted(sizes: Mapping[str, Size]) -> list[str]:
    return [
        f"Of the {size.rows:,} rows of the {role} table {MOST_ROWS:,} are looked at, drawn at random; copies are counted among "
        "these alone."
        for role, size in sizes.items()
        if size.rows > MOST_ROWS
    ]


def _narrowed(context: Context) -> list[str]:
    n = len(context.features)
    return (
        [f"Whole rows are judged by {MOST_COLUMNS} of the {n:,} columns, drawn at random."] if n > MOST_COLUMNS else []
    )


def _left_out(titles: Sequence[str]) -> list[str]:
    return [f"Not taken, as they take long (full=True, --full): {', '.join(titles)}."] if titles else []


def doubts(context: Context) -> list[str]:
    """A warning if the holdout is not unseen."""
    from rowsmith.evaluate._words import percent
    from rowsmith.evaluate.copies import repeated, row_hashes, share_in

    if context.holdout is None or not context.features:
        return []
    seen = row_hashes(context.features, context.real)
    share = share_in(row_hashes(context.features, context.holdout), seen)
    if share <= repeated(seen) + OVERLAP:
        return []
    return [
        f"WARNING: {percent(share)} of the holdout's rows stand in the real table too. A holdout must be unseen: every figure "
        "that uses it is too kind, and the privacy figures say nothing."
    ]
