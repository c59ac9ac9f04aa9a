"""Association rules that stand apart in a spec, planted together where they speak of one column of baskets."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rowsmith.core.errors import SpecError

if TYPE_CHECKING:
    from rowsmith.spec.truth import PlantSpec

RULE, BASKETS = "association", "baskets"
OF_BASKETS = ("items", "size")
"""Settings that a rule may have, and that are of all baskets."""


def folded(specs: Iterable[PlantSpec]) -> list[PlantSpec]:
    """The structures, all rules of a column of baskets made one; it stands where the first of them stood."""
    groups: dict[Any, list[PlantSpec]] = {}
    for spec in specs:
        of_baskets = spec.kind in (RULE, BASKETS)
        place = (spec.table, str(spec.settings.get("basket"))) if of_baskets else spec.name
        groups.setdefault(place, []).append(spec)
    return [found for group in groups.values() for found in _fold(group)]


def _fold(group: list[PlantSpec]) -> list[PlantSpec]:
    rules = [spec for spec in group if spec.kind == RULE]
    whole = [spec for spec in group if spec.kind == BASKETS]
    if not rules or len(whole) > 1 or len(group) == 1:
        return group
    base = whole[0] if whole else rules[0]
    settings: dict[str, Any] = dict(whole[0].settings) if whole else {"basket": base.settings["basket"]}
    own: Mapping[str, Any] = settings.get("rules", {})
    for spec in rules:
        for name in OF_BASKETS:
            value = spec.settings.get(name, settings.get(name))
            if name in settings and value != settings[name]:
                raise SpecError(
                    f"{spec.path}.{name}={value!r}: another rule or `baskets` says {settings[name]!r}; say it once."
                )
            settings |= {name: value} if value is not None else {}
        if spec.name in own:
            raise SpecError(
                f"{spec.path}: is the name of a rule in `rules` of {base.name!r} too; give one another name."
            )
    settings["rules"] = {**own, **{spec.name: _rule(spec) for spec in rules}}
    name = base.name if whole else f"rules of {base.settings['basket']}"
    return [dataclasses.replace(base, name=name, kind=BASKETS, settings=settings)]


def _rule(spec: PlantSpec) -> dict[str, Any]:
    kept = {name: value for name, value in spec.settings.items() if name not in ("basket", *OF_BASKETS)}
    return {"if" if name == "when" else name: value for name, value in kept.items()}
