"""The attacks of single tables on entities with all their rows, one result for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rowsmith.evaluate._context import Context
from rowsmith.evaluate._each_table import together
from rowsmith.evaluate._judge import results_of
from rowsmith.evaluate._measure import LEVELS, Judge, Result, result, unmeasured, worst
from rowsmith.evaluate._words import readable, show
from rowsmith.evaluate.copies import Copies
from rowsmith.evaluate.distance import Distance
from rowsmith.evaluate.membership import Membership
from rowsmith.evaluate.near_copies import NearCopies
from rowsmith.evaluate.singling_out import SinglingOut

ATTACKS = (Membership, SinglingOut, Copies, NearCopies, Distance)


def attacked(measure: Judge, contexts: Mapping[str, Context], what: str, whole: str) -> Result:
    """What the attacks find.

    Args:
        measure: whose result it is.
        contexts: by name, entities with what their rows come to; at least one.
        what: one of the entities is of its name, such as a row.
        whole: what each is taken with.
    """
    attacks = [kind() for kind in ATTACKS]
    found: dict[str, dict[str, Result]] = {attack.name: {} for attack in attacks}
    for name, context in contexts.items():
        for attack, taken in zip(attacks, results_of(attacks, context), strict=True):
            found[attack.name][name] = taken
    summed = [together(attack, found[attack.name]) for attack in attacks]
    made = [r for r in summed if r.level != "not measured"]
    decisive = [r for r in made if r.decisive]
    if not decisive:
        return unmeasured(measure, summed[0].sentence.removeprefix("Not measured: "))
    level = worst([r.level for r in decisive])
    listed = ", ".join(map(readable, contexts))
    if level == "good":
        sentence = f"No attack tells which {what}s of {listed} were learnt, each with {whole}."
    else:
        first, said = next(r for r in decisive if r.level == level).sentence.split(": ", 1)
        sentence = f"{readable(first)}, each {what} with {whole}: {said}"
    left = [r for r in summed if r not in made]
    if left:
        if level == "good":
            sentence = f"No more {what}s of {listed}, each with {whole}, are copied than chance brings."
        reason = left[0].sentence.removeprefix("Not measured: ")
        sentence += f" Other attacks were not made ({', '.join(r.title.lower() for r in left)}): {reason}"
    return result(
        measure,
        level,
        sentence,
        how=f"{listed}; figures are means over them" if len(contexts) > 1 else listed,
        figures=tuple(replace(f, name=r.measure, label=f"{r.title}: {f.label}") for r in made for f in r.figures[:1]),
        details={
            "table": {
                "title": "Attacks on whole entities, one by one",
                "head": ["entities and attack", "synthetic", "copy", "unseen", "verdict"],
                "rows": [
                    row for name in contexts for row in _rows(name, {a.title: found[a.name][name] for a in attacks})
                ],
            }
        },
    )


def _rows(name: str, attacks: Mapping[str, Result]) -> list[list[str]]:
    """The figures of the attacks on some entities."""
    return [
        [
            f"{readable(name)}: {title}, {f.label}",
            *(show(x, f.unit) for x in (f.value, f.control, f.ceiling)),
            found.level if found.level in LEVELS else "",
        ]
        for title, found in attacks.items()
        for f in found.figures
    ]
