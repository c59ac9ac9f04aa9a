"""The data sheet as a page, as Markdown, and as Croissant metadata that search engines and loaders of data sets read."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from rowsmith.evaluate._questions import LISTS, QUESTIONS
from rowsmith.evaluate._report import page as fill
from rowsmith.evaluate._sheet import OPEN, DataSheet
from rowsmith.evaluate._view import MARKS, level_class
from rowsmith.evaluate._words import percent, readable

_TERMS = (
    "citeAs column equivalentProperty extract field fileObject fileProperty fileSet format includes isLiveDataset jsonPath key "
    "md5 parentField path recordSet references regex repeated replace samplingRate separator source subField transform"
)
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    **{term: f"cr:{term}" for term in _TERMS.split()},
}
"""Terms of Croissant 1.0. Source: MLCommons, "Croissant Format Specification", version 1.0 (2024)."""
_TYPES = (("int", "sc:Integer"), ("uint", "sc:Integer"), ("float", "sc:Float"), ("double", "sc:Float"), ("decimal", "sc:Float"),
          ("halffloat", "sc:Float"), ("bool", "sc:Boolean"), ("date", "sc:Date"), ("timestamp", "sc:DateTime"))  # fmt: skip
_MEDIA = {
    "csv": "text/csv",
    "parquet": "application/x-parquet",
    "jsonl": "application/jsonl",
    "arrow": "application/vnd.apache.arrow.file",
}
TEMPLATE = "datasheet.html.j2"


def page(sheet: DataSheet) -> str:
    """One page with all of it, that opens without a network."""
    return fill(TEMPLATE, view(sheet))


def view(sheet: DataSheet) -> dict[str, Any]:
    """The variables of the page's template."""
    made = sheet.provenance
    return {
        "title": readable(sheet.answers.get("title", sheet.file.name), 120),
        "facts": _facts(sheet),
        "columns": [(readable(name), kind) for name, kind in sheet.file.columns.items()],
        "protected": [] if made is None else [dict(each) for each in made.protected],
        "said": dict(sheet.said),
        "notes": [readable(note, 400) for note in sheet.notes],
        "asked": [
            {"words": words, "answer": readable(str(sheet.answers.get(name, OPEN)), 2000), "open": name not in sheet.answers}
            for name, words in QUESTIONS.items()
            if name not in LISTS and name != "title"
        ],
        "open": len([name for name in sheet.open if name != "title"]),
        "aspects": [
            {
                "name": aspect.capitalize(),
                "findings": [
                    {"title": f.title, "value": f.value, "level": f.level, "mark": MARKS[f.level],
                     "class": level_class(f.level), "sentence": readable(f.sentence, 600)}
                    for f in findings
                ],
            }
            for aspect, findings in itertools.groupby(sheet.findings, key=lambda f: f.aspect)
        ],
        "risks": [readable(risk, 600) for risk in sheet.risks],
        "owner": readable(sheet.answers.get("owner", OPEN), 400),
        "non_uses": [readable(use, 400) for use in sheet.non_uses],
        "releases": [readable(release, 400) for release in sheet.releases],
        "groups": [
            {"column": readable(g.column), "level": readable(g.level), "rows": f"{g.rows:,}", "share": percent(g.share),
             "real": "–" if g.real is None else percent(g.real)}
            for g in sheet.groups
        ],
        "criteria": [
            {"source": source, "rows": [
                {"clause": c.clause, "asks": c.asks, "open": c.open,
                 "said": [readable(each, 600) for each in (*c.findings, *c.answers, *([c.note] if c.note else []))]}
                for c in rows
            ]}
            for source, rows in itertools.groupby(sheet.criteria, key=lambda c: c.source)
        ],
    }  # fmt: skip


def markdown(sheet: DataSheet) -> str:
    """The sheet for a repository or a ticket."""
    v = view(sheet)
    out = [f"# Data sheet: {v['title']}", "", v["said"]["anonymity"], ""]
    out += [f"- **{name}**: {value}" for name, value in v["facts"]]
    out += ["", "## What people say", ""] + [f"- {each['words']} {each['answer']}" for each in v["asked"]]
    if v["aspects"]:
        out += ["", "## Evidence", "", "| | measure | value | verdict |", "|---|---|---|---|"]
        out += [
            f"| {a['name']} | {f['title']} | {f['value']} | {f['level']} |" for a in v["aspects"] for f in a["findings"]
        ]
    lists = {
        "Risk that is left": v["risks"],
        "What it must not be used for": v["non_uses"],
        "Releases before": v["releases"],
    }
    for heading, lines in lists.items():
        out += ["", f"## {heading}", "", *([f"- {line}" for line in lines] or ["None is known."])]
    out += ["", "## Guides and laws", "", "| where | what it asks | answer |", "|---|---|---|"]
    out += [
        f"| {c['source'].split(',')[0]}, {r['clause']} | {r['asks']} | {'; '.join(r['said'])} |"
        for c in v["criteria"]
        for r in c["rows"]
    ]
    return "\n".join([*out, "", *v["notes"], ""])


def croissant(sheet: DataSheet) -> dict[str, Any]:
    """Metadata of the table as JSON-LD: schema.org's Dataset with Croissant's record set."""
    file, answers = sheet.file, sheet.answers
    optional = {"license": answers.get("licence"), "creator": answers.get("controller")}
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"rows/{name}",
            "name": name,
            "dataType": next((known for start, known in _TYPES if kind.startswith(start)), "sc:Text"),
            "source": {"fileObject": {"@id": file.name}, "extract": {"column": name}},
        }
        for name, kind in file.columns.items()
    ]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": answers.get("title", file.name),
        "description": f"Synthetic data. {answers.get('purpose', 'No purpose was stated.')}",
        "keywords": ["synthetic data"],
        **{name: value for name, value in optional.items() if value is not None},
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": file.name,
                "name": file.name,
                "contentUrl": file.name,
                "contentSize": f"{file.bytes} B",
                "encodingFormat": _MEDIA.get(file.format, "application/octet-stream"),
                "sha256": file.sha256,
            }
        ],
        "recordSet": [{"@type": "cr:RecordSet", "@id": "rows", "name": "rows", "field": fields}],
    }


def _facts(sheet: DataSheet) -> list[tuple[str, str]]:
    file, made = sheet.file, sheet.provenance
    facts = [
        ("File", f"{readable(file.name)}, {file.format}, {file.bytes:,} bytes"),
        ("SHA-256", file.sha256),
        ("Size", f"{file.rows:,} rows, {len(file.columns):,} columns"),
    ]
    if made is None:
        return facts
    facts.append(("Made by", made.made_by or "a program that did not say"))
    if made.method == "spec":
        return [*facts, ("Method", "from a specification, without real data")]
    settings = ", ".join(f"{name} {value}" for name, value in made.settings.items())
    return [
        *facts,
        ("Method", f"learnt from {'about ' * bool(made.promise)}{made.learnt_rows or 0:,} real rows"),
        ("Learner", f"{made.learner}{f' ({settings})' if settings else ''}"),
        *_promise(made.promise),
    ]


def _promise(promise: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A guarantee of differential privacy and its ledger; nothing where there is none, or a file tells something else."""
    try:
        spent = ", ".join(f"{what} {100 * float(part):.2g} %" for what, part in promise["spent"].items())
        bound = f"ε = {float(promise['epsilon']):g}, δ = {float(promise['delta']):g}, ρ = {float(promise['rho']):.3g}"
        return [
            ("Differential privacy", f"{bound}, for {readable(str(promise['unit']))}"),
            ("Budget", readable(spent, 400)),
        ]
    except (KeyError, TypeError, ValueError, AttributeError):
        return []
