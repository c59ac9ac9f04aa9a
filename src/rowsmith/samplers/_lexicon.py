"""From a locale and a token (`first_name`, `street_suffix`, …) to the phrase that makes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal

from rowsmith.core.errors import SpecError
from rowsmith.samplers._faker import attribute, known_locale, locales, weights
from rowsmith.samplers._overrides import ALIASES, FIELDS, FORMATS, LAYOUT, made
from rowsmith.samplers._phrases import Choice, Phrase, Words, template

Sex = Literal["male", "female"]
SEXES: tuple[Sex, Sex] = ("male", "female")


def phrase(locale: str, part: str, token: str, what: str) -> Phrase:
    """The phrase for something in a locale.

    Args:
        locale: as the user wrote it.
        part: of Faker's data, see `_faker.PARTS`.
        token: what is wanted.
        what: its name for the message.

    Raises:
        SpecError: no such locale, or it has no list for this; the message names the locales that do.
    """
    name = known_locale(locale)
    found = lexicon(name).get(part, token)
    if found is None:
        have = [other for other in sorted(locales()) if lexicon(other).get(part, token) is not None]
        near = [other for other in have if other[:2] == name[:2]]
        raise SpecError(
            f"locale={locale!r}: has no list for {what}; choose one that does: "
            f"{', '.join(near + [other for other in have if other not in near])}."
        )
    return found


class Lexicon:
    """The phrases of one locale, each put together when it is first asked for."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        self._known: dict[tuple[str, str], Phrase | None] = {}

    def get(self, part: str, token: str) -> Phrase | None:
        """The phrase of a token; None if it, or something in it, has no list."""
        if (part, token) not in self._known:
            self._known[part, token] = None  # what a format that names itself finds
            self._known[part, token] = self._find(part, token)
        return self._known[part, token]

    def template(self, part: str, formats: dict[str, float], given: dict[str, Phrase] | None = None) -> Phrase | None:
        """A choice of the formats all of whose tokens have a phrase.

        Args:
            part: where tokens are looked up first.
            formats: with their weights.
            given: phrases that stand in for those of the locale.
        """
        options = []
        for text, weight in formats.items():
            tokens = re.findall(r"\{\{\s*(\w+)", text)
            phrases = {t: (given or {}).get(t) or self.get(part, t) for t in tokens}
            line = re.sub(r" {2,}", " ", re.sub(r",?\s*\n\s*", ", ", text).strip(" ,")) if part == "address" else text
            made_of = template(line, phrases)
            if made_of is not None:
                options.append((made_of, weight))
        return Choice.of(options) if options else None

    def _find(self, part: str, token: str) -> Phrase | None:
        if token.endswith("_title"):
            plain = self.get(part, token.removesuffix("_title"))
            return Words.of(w.capitalize() for w in plain.slots()[0]) if isinstance(plain, Words) else None
        value = made(self.locale, token) or FORMATS.get((self.locale, token))
        if value is not None:
            return self._phrase(part, (value,) if isinstance(value, str) else value, token)
        found = self._name(token) or self._listed(part, token)
        if found is None and token in ("last_name_male", "last_name_female"):
            return self.get("person", "last_name")
        return found

    def formats(self, part: str, token: str) -> Any:
        """The formats that a token's phrase is made from, as Faker or `_overrides` has them."""
        own = FORMATS.get((self.locale, token))
        if own is not None:
            return own
        listed = (attribute(part, self.locale, name, common=token in LAYOUT) for name in _attributes(token))
        return next((value for value in listed if value is not None), None)

    def _listed(self, part: str, token: str) -> Phrase | None:
        if re.match("(first|last|middle)_name", token):
            part = "person"
        for name in _attributes(token):
            value = attribute(part, self.locale, name, common=token in LAYOUT)
            found = None if value is None else self._phrase(part, value, token)
            if found is not None:
                return found
        return None

    def _phrase(self, part: str, value: Any, token: str) -> Phrase | None:
        words = weights(value, FIELDS.get((self.locale, token)), strip=part != "address")
        if words is None:
            return None
        if part in ("color", "job", "lorem"):  # mere words: C# is no pattern
            return Words.of(words)
        if not re.search(r"\{\{|[#%]", "\n".join(words)):
            if token in ("building_number", "secondary_address"):  # such as `?座`
                return self.template(part, words)
            return Words.of(words)
        if token in ("building_number", "secondary_address"):  # no number begins with a zero
            words = {re.sub(r"(?<![#%\d])#", "%", word): weight for word, weight in words.items()}
        return self.template(part, words)

    def _name(self, token: str) -> Phrase | None:
        """Names that may differ by sex: without one, half are of either."""
        if token in ("name_male", "name_female"):
            return self._full_name(SEXES[token == "name_female"])
        if token not in ("first_name", "last_name", "middle_name", "name"):
            return None
        if token == "last_name":
            both = self._listed("person", token)
            if both is not None:
                return both
        halves = [self.get("person", f"{token}_{sex}") for sex in SEXES]
        if any(halves):
            return Choice.of([(half, 1.0) for half in halves if half is not None])
        return self._full_name(None) if token == "name" else None

    def _full_name(self, sex: Sex | None) -> Phrase | None:
        """Without titles such as Dr., and without suffixes such as Jr."""
        ending = f"_{sex}" if sex else ""
        if self.get("person", f"first_name{ending}") is None:
            return None
        formats = attribute("person", self.locale, f"formats{ending}") or attribute("person", self.locale, "formats")
        barred = r"^\{\{prefix|suffix" + (rf"|_{SEXES[1 - SEXES.index(sex)]}\b" if sex else "")
        kept = {
            re.sub(r"(first|last|middle)_name\b", rf"\1_name{ending}", text): weight
            for text, weight in (weights(formats) or {"{{first_name}} {{last_name}}": 1.0}).items()
            if not re.search(barred, text)
        }
        return self.template("person", kept)


@cache
def lexicon(locale: str) -> Lexicon:
    """The lexicon of a locale, as `known_locale` gives it."""
    return Lexicon(locale)


def _attributes(token: str) -> Iterator[str]:
    """Names under which Faker may keep what a token stands for."""
    yield from ALIASES.get(token, ())
    yield f"{token}_formats"
    yield f"{token}_format"
    words = token.split("_")
    for i in reversed(range(len(words))):  # first_names_male, street_suffixes, cities
        for ending, plural in (("y", "ies"), ("x", "xes"), ("", "s"), ("", "es")):
            if words[i].endswith(ending):
                several = words[i][: len(words[i]) - len(ending)] + plural
                yield "_".join([*words[:i], several, *words[i + 1 :]])
    yield token
