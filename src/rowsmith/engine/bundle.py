"""What goes with tables in which something is planted: the answer key, the key to read, and the tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from rowsmith.augment._change import CHANGES
from rowsmith.core.errors import SpecError
from rowsmith.samplers.parent import Parent
from rowsmith.spec.document import plain
from rowsmith.spec.links import place_of, single_key
from rowsmith.spec.related import kin, related
from rowsmith.spec.truth_checks import used
from rowsmith.truth._key import AnswerKey, Join, Planted
from rowsmith.truth._papers import brief, instructor
from rowsmith.truth._plant import Changer, Maker

if TYPE_CHECKING:
    from rowsmith.engine._planting import Planting
    from rowsmith.engine.plan import MakePlan
    from rowsmith.spec.model import Spec

Bundle = Literal["instructor", "student"]
BUNDLES: tuple[Bundle, ...] = ("instructor", "student")
Spoilt = Mapping[str, Mapping[str, list[str]]]
"""By structure, columns that it uses (with their table), and the structures that spoil them."""
KEY, PAPER, TASKS = "truth.json", "key.md", "brief.md"


def documents(plan: MakePlan, bundle: Bundle, rows: Mapping[str, int], touched: Mapping[str, int]) -> dict[str, bytes]:
    """Files that go beside the tables, by name; none where nothing is planted.

    Args:
        plan: what was made.
        bundle: a student gets the tasks and nothing else.
        rows: of each table, as it is written.
        touched: rows that each structure changed.
    """
    if not plan.plantings:
        return {}
    key = answer_key(plan, touched)
    papers = {TASKS: brief(key, {name: plan.schemas[name] for name in plan.spec.tables}, rows)}
    if bundle == "instructor":
        papers |= {KEY: key.to_json(), PAPER: instructor(key)}
    return {name: text.encode() for name, text in papers.items()}


def answer_key(plan: MakePlan, touched: Mapping[str, int]) -> AnswerKey:
    """The key of what a plan makes.

    Args:
        plan: what is made.
        touched: rows that each structure changed.

    Raises:
        SpecError: nothing in a table points to another whose columns a structure reads, so that nobody could find it.
    """
    from rowsmith import __version__

    about = {
        "rowsmith": __version__,
        "spec": plan.spec.name,
        "seed": plan.seed,
        "difficulty": plan.spec.difficulty,
    }
    spoilt = _spoilt(plan)
    planted = tuple(_planted(plan.spec, planting, touched, spoilt) for planting in plan.plantings)
    tables = dict.fromkeys(each.table for each in planted)
    changed = {
        name: [
            f"{CHANGES.name_of(type(change))} {', '.join(change.named)}".rstrip()
            for change in plan.spec.tables[name].then
        ]
        for name in tables
        if plan.spec.tables[name].then
    }
    return AnswerKey(
        planted=planted,
        joins={name: joins for name in tables if (joins := _joins(plan, name))},
        related={name: related(plan.spec, plan.spec.tables[name]) for name in tables},
        types={name: {f.name: str(f.type) for f in plan.schemas[name]} for name in plan.spec.tables},
        about=about | ({"spoilt": spoilt} if spoilt else {}) | ({"changed": changed} if changed else {}),
    )


def _spoilt(plan: MakePlan) -> Spoilt:
    """What has to be cleaned before a structure can be found. Copies are of rows with their flaws, so they can be told as it is."""
    out: dict[str, dict[str, list[str]]] = {}
    changed: dict[tuple[str, str], list[str]] = {}
    for each in plan.plantings:
        for column in each.plant.changes if isinstance(each.plant, Changer) else ():
            changed.setdefault((each.spec.table, column), []).append(each.spec.name)
    for each in plan.plantings:
        if isinstance(each.plant, Changer) and each.plant.repeats:
            continue
        for _, table, column in used(plan.spec, each.spec, each.plant):
            others = changed.get((table, column), [])
            if others and each.spec.name not in others:
                out.setdefault(each.spec.name, {})[f"{table}.{column}"] = others
    return out


def _planted(spec: Spec, planting: Planting, touched: Mapping[str, int], spoilt: Spoilt) -> Planted:
    plant, table = planting.plant, spec.tables[planting.spec.table]
    made = tuple(plant.makes) if isinstance(plant, Maker) else ()
    changed = plant.changes if isinstance(plant, Changer) else ()
    return Planted(
        name=planting.spec.name,
        plant=planting.spec.kind,
        table=planting.spec.table,
        brief=plant.brief(),
        question=plain(plant.question()),
        how=_with_cleaning(plant.how(planting.calibration), spoilt.get(planting.spec.name, {})),
        facts=tuple(plant.facts(planting.calibration)),
        settings=plain({name: value for name, value in vars(plant).items() if value is not None}),
        reads=tuple(name for name in plant.reads if "." in name),
        columns=tuple(dict.fromkeys([*made, *changed, *kin(spec, table, (*made, *changed, *plant.reads))])),
        rows=touched.get(planting.spec.name, 0) if isinstance(plant, Changer) else None,
    )


def _with_cleaning(how: str, spoilt: Mapping[str, list[str]]) -> str:
    """How a structure was planted, and what must be cleaned before it can be found."""
    listed = ", ".join(f"{column} ({', '.join(names)})" for column, names in spoilt.items())
    return f"{how.rstrip('.')}. To be found once what others spoilt is clean: {listed}." if listed else how


def _joins(plan: MakePlan, name: str) -> tuple[Join, ...]:
    """How a table's rows find the tables whose columns structures in it read."""
    spec, found = plan.spec, dict[str, Join]()
    for planting in plan.plantings:
        for read in planting.plant.reads if planting.spec.table == name else ():
            kind = place_of(spec, spec.tables[name], read)[0]
            if kind in ("ancestor", "reference"):
                head = read.partition(".")[0]
                found[head] = _join(spec, name, head, read, planting.spec.path)
    return tuple(found.values())


def _join(spec: Spec, name: str, head: str, read: str, path: str) -> Join:
    kind, at, _ = place_of(spec, spec.tables[name], read)
    table = spec.tables[name]
    if kind == "reference":
        other = str(table.columns[at].sampler.table)  # type: ignore[attr-defined]
        return Join(head=head, table=other, column=at, to=str(table.columns[at].sampler.column))  # type: ignore[attr-defined]
    for column in table.written:
        sampler = table.columns[column].sampler
        if isinstance(sampler, Parent):
            above, _, key = str(sampler.column).partition(".")
            if above == at and key == single_key(spec, at):
                return Join(head=head, table=at, column=column, to=key)
    raise SpecError(
        f"{path}: reads {read}, but no column of table {name} points to {at}, so that nobody could join them; "
        f"add one, such as {at}_id: parent."
    )
