"""Write the pages that come from the code: a reference page a room, a page a bundled spec. `make docs` runs it."""

from __future__ import annotations

import dataclasses
import inspect
import json
from pathlib import Path
from typing import Any

from docs._examples import HERE as EXAMPLES
from docs._examples import NAMES, pages

from rowsmith.augment._change import CHANGES
from rowsmith.core.protocols import COLUMN_KINDS, FORMATS, LEARNERS, SAMPLERS
from rowsmith.core.registry import Registry
from rowsmith.core.settings import settings_of, type_text
from rowsmith.engine._origin import AUTO
from rowsmith.engine.auto import Auto
from rowsmith.engine.simulate import entities
from rowsmith.evaluate._basket_measure import BASKET_MEASURES
from rowsmith.evaluate._json_schema import json_schema
from rowsmith.evaluate._link_measure import LINK_MEASURES
from rowsmith.evaluate._measure import MEASURES
from rowsmith.evaluate._profiler import PROFILERS
from rowsmith.evaluate._series_measure import SERIES_MEASURES
from rowsmith.simulate._page import ODD_PARTS, dictionary_rows, markdown, parameter_rows
from rowsmith.simulate._runs import Runs
from rowsmith.simulate._world import WORLDS
from rowsmith.truth._plant import PLANTS

HERE = Path(__file__).parent / "reference"
SCHEMA = "report.schema.json"
PAGES: dict[str, tuple[str, str, Registry[Any]]] = {
    "columns.md": (
        "Column kinds",
        "How a column is learnt and made. `rowsmith inspect` chooses one for each column and says why; a schema may "
        "name another under `kind`, with these settings beside it.",
        COLUMN_KINDS,
    ),
    "learners.md": (
        "Learners",
        "How the columns are learnt together: `--learner NAME`, with settings as `--set NAME=VALUE`.",
        LEARNERS,
    ),
    "formats.md": (
        "Formats",
        "What is read and written. The ending of a name says the format; a `#` names the table or sheet inside. "
        "Settings are given as `--read NAME=VALUE` where a table is read.",
        FORMATS,
    ),
    "changes.md": (
        "Changes",
        "What `rowsmith augment` does to [a table](../augment.md): `--CHANGE [VALUE] [SETTING=VALUE]...`, where the value alone is "
        "that of the setting marked as main; in Python `rs.Noise(relative=0.02)`, and so on; in a spec `then`.",
        CHANGES,
    ),
    "measures.md": ("Measures", "What `rowsmith evaluate` looks at.", MEASURES),
    "link-measures.md": (
        "Measures of linked tables",
        "What `rowsmith evaluate` looks at along the links of a database, beside the [measures](measures.md) of each table.",
        LINK_MEASURES,
    ),
    "series-measures.md": (
        "Measures of series",
        "What `rowsmith evaluate --time COLUMN` looks at in the order of times, beside the [measures](measures.md) of rows.",
        SERIES_MEASURES,
    ),
    "basket-measures.md": (
        "Measures of baskets",
        "What `rowsmith evaluate --basket COLUMN --item COLUMN` looks at in baskets, beside the [measures](measures.md) of their lines.",
        BASKET_MEASURES,
    ),
    "profilers.md": (
        "Profilers",
        "How `rowsmith profile --method NAME` tells easy rows from hard ones. p is the probability that a model gives a row's label.",
        PROFILERS,
    ),
    "kinds.md": (
        "Kinds of made columns",
        "How a column of a [spec](../spec.md) is made: `{kind: NAME, SETTING: VALUE}`, or the name alone where no setting "
        "must be given. Beside its settings any column may have `null`, `round`, `as`, `by`, `correlate` and `hidden`; "
        "[the spec](../spec.md#columns) says how. A setting of type {sql: …} may be computed for each row.",
        SAMPLERS,
    ),
    "worlds.md": (
        "Worlds",
        "What can be [simulated](../worlds.md): the facts by which a real one is known, the rules in the form of the ODD protocol, "
        "tables, parameters. Every world has a table `runs` besides; with several runs, every table has a column `run`.",
        WORLDS,
    ),
    "structures.md": (
        "Planted structures",
        "What a [spec](../truth.md) can plant under `truth`: `NAME: {plant: KIND, SETTING: VALUE}`. Any number may be "
        "`{between: [a, b]}` or `{sql: …}`. `when` and `otherwise` may be written `if` and `else`.",
        PLANTS,
    ),
}
KINDS: dict[str, str] = {
    "Keys and links": "id uuid parent reference position tree",
    "Formulas and look-ups": "formula lookup constant template",
    "Choices": "boolean category",
    "Numbers": "beta empirical exponential gamma histogram laplace logistic lognormal mixture normal pareto quantiles "
    "student_t triangular uniform weibull zero_inflated",
    "Whole numbers": "binomial geometric integer negative_binomial poisson zipf",
    "Times": "date timestamp time duration",
    "From row to row": "sequence walk",
    "People": "person.name person.first_name person.last_name person.sex person.birth_date person.email person.phone "
    "job username",
    "Places": "address.full address.street address.city address.postcode address.country address.country_code point",
    "Texts": "regex word sentence paragraph product company color license_plate",
    "Money": "iban card_number",
    "Networks": "ip mac url user_agent",
    "Nested values": "list struct json",
}
"""Groups on the page of made columns, each with its kinds."""


def page(name: str) -> str:
    """The text of one reference page."""
    title, lead, registry = PAGES[name]
    parts = [f"# {title}", lead, "<!-- Written by docs/build.py from the docstrings; `make docs` writes it again. -->"]
    if registry is SAMPLERS:
        parts.append(grouped(registry.names()))
    kinds = {item: registry.load(item) for item in registry.names()}
    if registry is LEARNERS:
        kinds = {AUTO: Auto, **kinds}
    for item, kind in kinds.items():
        parts += [f"## {item}", prose(kind)]
        if registry is WORLDS:
            parts += world_parts(item, kind)
            continue
        settings, main = settings_of(kind).values(), getattr(kind, "main", "") if registry is CHANGES else ""
        if settings:
            rows = [
                f"| `{s.name}`{' (main)' * (s.name == main)} | {cell(type_text(s.type))} | {cell(default(s.default))} | {cell(s.help)} |"
                for s in settings
            ]
            parts.append("\n".join(["| setting | type | default | |", "|---|---|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def world_parts(name: str, kind: Any) -> list[str]:
    """What the reference says of a world."""
    world = kind()
    parts = [f"**{title}.** {getattr(world.odd, field)}" for field, title in ODD_PARTS.items()]
    parts.append(f"![The tables of {name}, with lines to what they point to](worlds/{name}.svg)")
    for table, emitted in Runs((world,)).tables.items():
        parts += [
            f"### Table `{table}`",
            emitted.about,
            markdown(("column", "type", "meaning"), dictionary_rows(emitted)),
        ]
    return [*parts, "### Parameters", markdown(("parameter", "default", "unit", "meaning"), parameter_rows(kind))]


def report_schema() -> str:
    """The JSON Schema of reports, as it is published."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


def grouped(names: list[str]) -> str:
    """The kinds of made columns as a table of groups, linked to their sections."""
    groups = {group: kinds.split() for group, kinds in KINDS.items()}
    listed = {kind for kinds in groups.values() for kind in kinds}
    groups["Others"] = [name for name in names if name not in listed]
    rows = [
        f"| {group} | {' '.join(f'[{kind}](#{anchor(kind)})' for kind in kinds if kind in names)} |"
        for group, kinds in groups.items()
        if kinds
    ]
    return "\n".join(["| group | kinds |", "|---|---|", *rows])


def anchor(heading: str) -> str:
    """The link to a heading, as renderers of Markdown make it."""
    return heading.replace(".", "")


def prose(kind: type) -> str:
    """A class's docstring without its sections and examples."""
    text = inspect.cleandoc(kind.__doc__ or "")
    for mark in (">>>", "Attributes:", "Args:", "Raises:"):
        text = text.partition(mark)[0]
    return text.strip()


def default(value: Any) -> str:
    """A default as a reader would write it."""
    return "must be given" if value is dataclasses.MISSING else f"`{value!r}`"


def cell(text: str) -> str:
    """Text that fits into one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    (HERE / "worlds").mkdir(parents=True, exist_ok=True)
    for file in PAGES:
        (HERE / file).write_text(page(file), encoding="utf-8")
    for name in WORLDS.names():
        (HERE / "worlds" / f"{name}.svg").write_text(entities(name), encoding="utf-8")
    (HERE / SCHEMA).write_text(report_schema(), encoding="utf-8")
    for name in NAMES:
        for file, text in pages(name).items():
            (EXAMPLES / file).write_text(text, encoding="utf-8")
