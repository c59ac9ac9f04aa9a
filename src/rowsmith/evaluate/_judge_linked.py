"""Judge a synthetic database: its keys, what flows along its links, and every table of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from rowsmith.core.errors import SpecError, suggest
from rowsmith.core.protocols import Progress, silent
from rowsmith.core.rng import Key
from rowsmith.core.schema import Schema
from rowsmith.evaluate._by_parents import dealt_by_parents
from rowsmith.evaluate._copied import without_copies
from rowsmith.evaluate._each_table import FEWEST, measures_of, together
from rowsmith.evaluate._judge import context_of, doubts, results_of, values_of, verdict, with_overlays
from rowsmith.evaluate._link_measure import LINK_MEASURES
from rowsmith.evaluate._links import Linked
from rowsmith.evaluate._measure import ASPECTS, Result, candid
from rowsmith.evaluate._summary import ColumnResult, Size, Summary

Looked = tuple[Mapping[str, str], Mapping[str, pa.Table]]
"""Rules by name, and tables by role in which they are looked at."""


def judge_linked(
    databases: Mapping[str, Mapping[str, pa.Table]],
    schema: Schema,
    *,
    looked: Mapping[str, Looked] | None = None,
    target: str | None = None,
    seed: int = 0,
    workers: int = 1,
    progress: Progress = silent,
) -> Summary:
    """Judge a synthetic database.

    Args:
        databases: tables by name, by role: real, synthetic and, if there is one, a holdout that nobody learnt from.
        schema: keys, links and rules of the real one, and which tables are public.
        looked: by table, further rules, and the tables by role with what these read of other rows.
        target: column that a model should predict, as `table.column`.
        seed: of all samples and folds; the same databases and seed give the same summary.
        workers: threads; the summary does not depend on it.
        progress: told how much is done.

    Raises:
        DataError: there is no table in common.
        SpecError: no such target.
    """
    aim = target_of(target, databases["real"])
    linked = Linked.of(databases, schema, Key(seed).child("judge linked"), workers)
    kinds = [LINK_MEASURES.load(name)() for name in LINK_MEASURES.names()]
    judged = {n: a for n, a in linked.aligned.items() if min(t.n for t in a.tables.values()) >= FEWEST}
    steps, done = len(kinds) + len(judged), 0
    results: list[tuple[int, Result]] = []
    settings: dict[str, Any] = {}
    for kind in kinds:
        progress("judging links", done, steps)
        results.append((kind.order, candid(kind, kind.measure(linked))))
        settings[kind.name] = values_of(kind)
        done += 1
    columns: list[ColumnResult] = []
    taken: dict[str, dict[str, Result]] = {}
    measures, doubt = {}, []
    copied: list[str] = []
    for name in judged:
        progress(f"judging {name}", done, steps)
        aligned, said_of = without_copies(linked, name)
        copied += said_of
        known, (more, checked) = schema.tables.get(name), (looked or {}).get(name, ({}, {}))
        context = replace(
            context_of(aligned, aim[1] if name == aim[0] else None, linked.key.child("table", name), workers),
            rules={**({} if known is None else known.rules), **more},
            rows={role: tables[name] for role, tables in databases.items()},
            checked=checked,
            apart=dealt_by_parents(linked, name, aligned),
        )
        public = known is not None and known.public
        own = measures_of(target=target is None or name == aim[0], public=public)
        found = results_of(own, context)
        for measure, each in zip(own, found, strict=True):
            measures[each.measure] = measure
            taken.setdefault(each.measure, {})[name] = each
        columns += [replace(c, name=f"{name}.{c.name}") for c in with_overlays(aligned, found)]
        if not public:
            doubt += [f"{said.removesuffix('.')} ({name})." for said in doubts(context)]
        done += 1
    for name, parts in taken.items():
        results.append((measures[name].order, together(measures[name], parts)))
        settings[name] = values_of(measures[name])
    ordered = [found for _, found in sorted(results, key=lambda r: (r[0], r[1].title))]
    ordered[0] = replace(ordered[0], details={**ordered[0].details, "database": _picture(linked, ordered, taken)})
    small = [n for n in linked.features if n not in judged]
    notes = [*linked.notes, *copied]
    if small:
        notes.append(
            f"Not judged on their own, as they have fewer than {FEWEST} rows or nothing but keys: {', '.join(map(repr, small))}."
        )
    progress("judging", steps, steps)
    return Summary(
        tables={
            role: Size(
                rows=sum(t.num_rows for t in tables.values()), columns=sum(t.num_columns for t in tables.values())
            )
            for role, tables in databases.items()
        },
        settings={"seed": seed, "target": target, "tables": list(linked.features), "measures": settings},
        verdicts=tuple(verdict(aspect, ordered, doubt) for aspect in ASPECTS),
        measures=tuple(ordered),
        columns=tuple(sorted(columns, key=lambda c: -1.0 if c.error is None else c.error, reverse=True)),
        notes=(*doubt, *notes),
    )


def _picture(linked: Linked, results: Sequence[Result], each: Mapping[str, Mapping[str, Result]]) -> dict[str, Any]:
    """Tables and links with a figure for each: how well rows are told from real ones, how far trends along links are off."""
    hops = next((r for r in results if r.measure == "hops"), None)
    along: Mapping[str, Any] = {} if hops is None else hops.details.get("links", {})
    told = {n: r.figures[0].value for n, r in each.get("c2st", {}).items() if r.figures}
    return {
        "tables": [
            {
                "name": name,
                "real": linked.real.tables[name].n,
                "synthetic": linked.synthetic.tables[name].n,
                "c2st": told.get(name),
            }
            for name in linked.features
        ],
        "links": [
            {"child": k.child, "parent": k.parent, "name": str(k), "value": None, "ceiling": None}
            | along.get(str(k), {})
            for k in linked.links
        ],
    }


def target_of(target: str | None, real: Mapping[str, pa.Table]) -> tuple[str, str]:
    """Table and column of the target; empty names if there is none.

    Args:
        target: `table.column`, if any.
        real: tables by name.

    Raises:
        SpecError: no such table or column; the message has the close ones.
    """
    if target is None:
        return "", ""
    table, _, column = target.rpartition(".")
    if table not in real:
        raise SpecError(
            f"target={target!r}: of several tables, name the table too, as in {next(iter(real))}.column{suggest(table, real)}"
        )
    if column not in real[table].column_names:
        raise SpecError(f"target={target!r}: {table} has no such column{suggest(column, real[table].column_names)}")
    return table, column
