"""Word lists of many languages: those that Faker ships.

Faker (https://faker.readthedocs.io, MIT licence) is a dependency for its data alone: names, towns, streets, companies
and formats of some eighty locales, collected and weighted by many hands. Only the lists are read, once for a locale;
rows are made here, since a call of Faker makes one value at a time, some thousand times slower.

Its layout: `faker.providers.PART.LOCALE.Provider` has lists as class attributes (sequences, or mappings to weights).
"""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from rowsmith.core.errors import SpecError, suggest

PARTS = ("person", "address", "company", "job", "phone_number", "automotive", "lorem", "color")

_ALPHABET = 64  # a text no longer than this is a set of letters; a longer one is a list with a comma forgotten
_ENGLISH = ("company", "job", "color")  # parts whose lists for all locales are English


@cache
def locales() -> dict[str, frozenset[str]]:
    """The locales there are, each with the parts that have lists for it; nothing of Faker is imported."""
    found: dict[str, set[str]] = {}
    spec = importlib.util.find_spec("faker")
    for root in (spec.submodule_search_locations or []) if spec else []:
        for part in PARTS:
            for module in pkgutil.iter_modules([str(Path(root) / "providers" / part)]):
                found.setdefault(module.name, set()).add(part)
    return {name: frozenset(parts) for name, parts in found.items() if "_" in name}


def known_locale(locale: str) -> str:
    """A locale as it is written here (`de-de` and `de_DE` are the same).

    Raises:
        SpecError: there is none of this name; the message has the close ones.
    """
    plain = {name.lower(): name for name in locales()}
    name = plain.get(locale.replace("-", "_").lower())
    if name is None:
        language, _, country = locale.replace("-", "_").partition("_")
        alike = [known for low, known in sorted(plain.items()) if low.split("_")[0] == language.lower()]
        own = f"; known of it: {', '.join(alike)}."
        close = own if alike and not country else suggest(locale.replace("-", "_"), locales())
        raise SpecError(f"locale={locale!r}: expected a language and a country, such as 'de_DE'{close}")
    return name


@cache
def provider(part: str, locale: str) -> type[Any] | None:
    """The class that holds the lists of a locale, or of its language; None if there is neither."""
    for name in (locale, locale.split("_")[0]):
        try:
            found: type[Any] = importlib.import_module(f"faker.providers.{part}.{name}").Provider
        except ModuleNotFoundError:
            continue
        return found
    return None


def attribute(part: str, locale: str, name: str, *, common: bool = False) -> Any:
    """A list of a locale's own; None if it has none.

    Args:
        part: of Faker's data.
        locale: as `known_locale` gives it.
        name: of the attribute.
        common: whether one that Faker gives to all locales will do, such as how an address is laid out.
    """
    holder = provider(part, locale)
    if holder is None:
        return None
    common = common or (locale.startswith("en_") and (part in _ENGLISH or name == "countries"))
    for owner in holder.__mro__:
        if name in vars(owner) and not callable(vars(owner)[name]):
            own = owner.__module__.startswith(f"faker.providers.{part}.")
            return vars(owner)[name] if own or common else None
    return None


def weights(value: Any, field: int | None = None, *, strip: bool = True) -> dict[str, float] | None:
    """Texts and their weights from a list of Faker's; None if it holds something else.

    Args:
        value: a sequence, a mapping to weights, or a text: a format, or a set of letters.
        field: which member of each entry is the text, where entries have several.
        strip: whether spaces at the ends are an oversight; in parts of street names they are not.
    """
    if isinstance(value, str):
        if "{{" in value or len(value) < 2:
            return {value: 1.0}
        return dict.fromkeys(value, 1.0) if len(value) <= _ALPHABET else None
    weighed = isinstance(value, Mapping) and all(isinstance(w, int | float) for w in value.values())
    entries = list(value) if isinstance(value, Iterable) else []
    if field is not None:
        entries = [entry if isinstance(entry, str) else entry[field] for entry in entries]
    texts = [str(entry) if isinstance(entry, int) else entry for entry in entries]
    if not all(isinstance(text, str) for text in texts):
        return None
    if strip:
        texts = [text.strip() for text in texts]
    out: dict[str, float] = {}
    for text, weight in zip(texts, value.values() if weighed else itertools.repeat(1.0), strict=False):
        out[text] = out.get(text, 0.0) + weight
    out.pop("", None)
    return out or None
