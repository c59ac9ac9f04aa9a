"""The page of each spec that comes with rowsmith: words from `examples/_about/`, and what the spec itself and its rows say.

Whatever can be true or false is computed: keys, relations, rules, rows, the answers to questions, both pictures.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml
from docs._plots import Panel, figure

from rowsmith.core.sql import references
from rowsmith.engine.make import make
from rowsmith.engine.planning import schemas_of
from rowsmith.samplers._dated import Dated
from rowsmith.samplers.formula import Formula
from rowsmith.samplers.reference import Reference
from rowsmith.spec.check import check
from rowsmith.spec.diagram import diagram
from rowsmith.spec.document import parse
from rowsmith.spec.examples import names, text
from rowsmith.spec.model import ColumnSpec, Spec, TableSpec
from rowsmith.spec.relations import Relation, relations
from rowsmith.spec.truth import spoilt

HERE = Path(__file__).parent / "examples"
NAMES = names()
DIAL = "difficulty"
"""Among the parameters of a spec that has it."""


def pages(name: str) -> dict[str, str]:
    """Name of each file of an example to its text.

    Raises:
        ValueError: the words are of other tables or parameters than the spec has.
    """
    about = yaml.safe_load((HERE / "_about" / f"{name}.yaml").read_text(encoding="utf-8"))
    spec = check(parse(text(name), f"{name}.yaml"))
    _check_words(about, spec)
    tables = make(spec).tables
    schemas = schemas_of(spec)
    rows = {table: made.num_rows for table, made in tables.items()}
    with _database(tables) as database:
        panels = [
            Panel(**{k: p[k] for k in p if k != "sql"}, rows=_ask(database, p["sql"])[1]) for p in about["panels"]
        ]
        answers = [(q["ask"], q["sql"].strip(), *_ask(database, q["sql"])) for q in about["questions"]]
    parts = [
        f"# {about['title']}",
        "<!-- Written by docs/build.py from the spec and docs/examples/_about/; `make docs` writes it again. -->",
        about["about"].strip(),
        *_make_it(name, spec, rows),
        *_what_is_planted(name, spec),
        *_tables(name, about, spec, rows),
        *_what_comes_out(name, panels),
        *_what_holds(spec, relations(spec, schemas)),
        *_turned(name, about, spec),
        *_questions(name, list(tables)[-1], answers),
    ]
    return {
        f"{name}.md": "\n\n".join(parts) + "\n",
        f"{name}-tables.svg": diagram(spec, schemas, rows),
        f"{name}-plot.svg": figure(panels, f"What comes out of {name}.yaml"),
    }


def _check_words(about: Mapping[str, Any], spec: Spec) -> None:
    turned = {k: v for k, v in about["turned"].items() if k != "rows"} | ({DIAL: ""} if DIAL in spec.parameters else {})
    roots = [t.name for t in spec.tables.values() if t.per is None]
    for what, words, there in (
        ("tables", about["tables"], list(spec.tables)),
        ("turned", turned, list(spec.parameters)),
        ("turned.rows", about["turned"].get("rows", {}), None),
    ):
        wrong = set(words) ^ set(there) if there is not None else set(words) - set(roots)
        if wrong:
            raise ValueError(f"docs/examples/_about, {spec.name}, {what}: {', '.join(sorted(wrong))} is not in both.")


def _database(tables: Mapping[str, pa.Table]) -> duckdb.DuckDBPyConnection:
    database = duckdb.connect(config={"threads": 1})  # so that sums of floats are taken in one order
    database.execute("set TimeZone = 'UTC'")
    for name, table in tables.items():
        database.register(name, table)
    return database


def _ask(database: duckdb.DuckDBPyConnection, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    done = database.execute(sql)
    return [column[0] for column in done.description], done.fetchall()


def _make_it(name: str, spec: Spec, rows: Mapping[str, int]) -> Iterator[str]:
    yield "## Make it"
    if spec.truth:
        yield (
            f"```sh\nrowsmith example {name} -o {name}.yaml\nrowsmith make {name}.yaml -o {name}/\nrowsmith verify {name}/\n```"
        )
        flaws = " The table `flaws` lists every value that was spoilt, with the clean one." if spoilt(spec) else ""
        yield (
            f"The second command writes {_count(len(rows), 'table')} in Parquet, {sum(rows.values()):,} rows in all, and beside "
            f"them the tasks (`brief.md`) and the answer key (`key.md` to read, `truth.json` for programs).{flaws} The last one finds "
            "every planted fact again in the tables, as an analyst would, and never looks at how they were made."
        )
        return
    yield (
        f"```sh\nrowsmith example {name} -o {name}.yaml\nrowsmith preview {name}.yaml\n"
        f"rowsmith make {name}.yaml -o {name}/\n```"
    )
    yield (
        f"The last command writes {len(rows)} files in Parquet, {sum(rows.values()):,} rows in all. `-o {name}.sqlite`, or the "
        "URL of a database, takes all tables with their keys instead."
    )


def _what_is_planted(name: str, spec: Spec) -> Iterator[str]:
    """The tasks, without the answers."""
    if not spec.truth:
        return
    yield "## What is planted"
    plants = [(each, each.plant(spec.seed, spec.difficulty, spec.parameters)) for each in spec.truth]
    yield _table(
        ("", "table", "structure", "the task"),
        [
            (str(i), f"`{each.table}`", f"[{each.kind}](../reference/structures.md#{each.kind})", plant.brief())
            for i, (each, plant) in enumerate(plants, start=1)
        ],
    )
    yield (
        f"For a class, `rowsmith make {name}.yaml -o class/ --variants 30 --bundle student` makes thirty sets of tables, each with "
        "numbers of its own, without anything that gives an answer away. The same command with `-o keys/` and without "
        "`--bundle student` makes their keys, and `rowsmith verify class/01/ --key keys/01/truth.json --answers answers.json` "
        "marks what a student hands in. [Planted truth](../truth.md) says more."
    )


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _tables(name: str, about: Mapping[str, Any], spec: Spec, rows: Mapping[str, int]) -> Iterator[str]:
    yield "## Tables"
    yield f"![The tables of {name}.yaml with their columns, and lines from each to those it belongs to]({name}-tables.svg)"
    yield "This picture is drawn by"
    yield f"```sh\nrowsmith plan {name}.yaml --diagram {name}.svg\n```"
    yield _table(("table", "rows", "a row is"), [(f"`{t}`", f"{rows[t]:,}", about["tables"][t]) for t in spec.tables])


def _what_comes_out(name: str, panels: Sequence[Panel]) -> Iterator[str]:
    yield "## What comes out"
    titles = "; ".join(panel.title for panel in panels)
    yield f"![{titles}]({name}-plot.svg)"


def _what_holds(spec: Spec, links: Sequence[Relation]) -> Iterator[str]:
    yield "## What holds in every row"
    keys = [f"`{t.name}` ({', '.join(f'`{c}`' for c in t.primary_key)})" for t in spec.tables.values()]
    yield f"Primary keys: {', '.join(keys)}."
    if links:
        yield _table(
            ("column", "leads to a row of", "each row there has"),
            [(_ends(link), f"`{link.parent}`", _how_many(spec, link)) for link in links],
        )
    facts = list(_facts(spec))
    if facts:
        yield "Figures are exact and rules are kept, whatever the seed:"
        yield _table(("column or rule", "what holds"), facts)


def _ends(link: Relation) -> str:
    columns = ", ".join(f"`{link.child}.{c}`" for c in link.columns) or f"`{link.child}`"
    return f"{columns}, if not null" if link.optional else columns


def _how_many(spec: Spec, link: Relation) -> str:
    if link.made_per:
        words = {(True, True): "1", (True, False): "1 or more", (False, True): "0 or 1", (False, False): "0 or more"}
        return words[link.some, link.single]
    sampler = spec.tables[link.child].columns[link.columns[0]].sampler
    few = isinstance(sampler, Reference) and sampler.law == "zipf"
    return "0 or more; few rows have most" if few else "0 or more"


def _facts(spec: Spec) -> Iterator[tuple[str, str]]:
    wrong = spoilt(spec)
    for table in spec.tables.values():
        dirty = wrong.get(table.name, (frozenset(), False))[0]  # it is made from clean values, and nobody sees these
        for name in table.written:
            if dirty.intersection((name, *table.columns[name].reads)):
                continue
            yield from ((f"`{table.name}.{name}`", said) for said in _said_of(spec, table, table.columns[name]))
        for rule, sql in table.rules.items():
            yield f"{table.name}: {rule}", _code(sql)


def _said_of(spec: Spec, table: TableSpec, column: ColumnSpec) -> Iterator[str]:
    """What holds of a column whatever is drawn."""
    sampler = column.sampler
    if isinstance(sampler, Formula) and not _hidden_names(table, sampler.sql):
        rounded = f", rounded to {column.digits} decimals" if column.digits is not None else ""
        yield _code(sampler.sql) + rounded
    if isinstance(sampler, Dated) and (sampler.after or sampler.before):
        least = f"{sampler.gap} or more after" if sampler.gap else "not before"
        bounds = [f"{least} {_code(c)}" for c in _several(sampler.after)]
        bounds += [f"{sampler.within} after it at most"] if sampler.within else []
        bounds += [f"not after {_code(c)}" for c in _several(sampler.before)]
        yield ", ".join(bounds)


def _hidden_names(table: TableSpec, sql: str) -> bool:
    return any(name in table.columns and table.columns[name].hidden for name in references(sql, "sql"))


def _several(names: str | tuple[str, ...]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else names


def _turned(name: str, about: Mapping[str, Any], spec: Spec) -> Iterator[str]:
    yield "## What can be turned"
    listed = about["turned"].get("rows", {})
    rows = [(f"`--rows {table}={spec.tables[table].rows}`", what) for table, what in listed.items()]
    values = [(f"`--set {p}={v}`", about["turned"][p]) for p, v in spec.parameters.items() if p != DIAL]
    if spec.truth:
        values.append(("`--set difficulty=easy`", "or medium, hard, or a number from 0 to 1: noise, shares, flaws"))
    yield _table(
        ("as it comes", "what it says"),
        [*rows, *values, (f"`--seed {spec.seed}`", "another number makes other rows of the same kind")],
    )
    yield (
        f"`rowsmith make {name}.yaml -o {name}/` takes all of them; `--set` any other path of the spec too. "
        f"[The spec](../spec.md) says what can be written, and `{name}.yaml` is yours to edit."
    )


def _questions(
    name: str, table: str, answers: Iterable[tuple[str, str, list[str], list[tuple[Any, ...]]]]
) -> Iterator[str]:
    yield "## Questions"
    yield (
        "The answers are those of the rows that the spec makes as it comes. The queries are for DuckDB, which reads the files "
        f"where they lie: `create view {table} as from '{name}/{table}.parquet'`, and so on."
    )
    for ask, sql, columns, rows in answers:
        yield f"**{ask}**"
        yield f"```sql\n{sql}\n```"
        if not rows:
            raise ValueError(f"docs/examples/_about/{name}.yaml: nothing answers {ask!r}.")
        yield _table(columns, [tuple(_value(v) for v in row) for row in rows])


def _value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return str(value)


def _code(sql: str) -> str:
    return f"`{' '.join(sql.split())}`"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown; columns of numbers stand at the right."""
    numeric = [all(_is_number(row[i]) for row in rows if row[i]) for i in range(len(head))]
    lines = [head, ["---:" if n else "---" for n in numeric], *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").replace(".", "").removeprefix("-").isdigit()
