"""Drafts of personal text, free text and JSON in text: kinds that invent the like; no word of the data is kept."""

from __future__ import annotations

import json
import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.columns._names import names_address, names_email, names_person, names_phone, words
from rowsmith.columns._pattern import free_patterns
from rowsmith.columns._unique import nearly_unique
from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import SAMPLERS
from rowsmith.core.settings import build
from rowsmith.samplers._accounts import SCHEMES
from rowsmith.spec._draft_keys import expression
from rowsmith.spec._draft_laws import Settings
from rowsmith.spec._draft_parts import DataColumn, Draft, null_share

SENTENCE = 8
"""Words of a sentence, about."""
LONG = 18
"""Words from which a text is a paragraph."""
TRIED = 2000
"""Texts that a language is guessed from, at most."""

_PLACES = {
    "person.first_name": "firstname vorname forename givenname prenom nombre",
    "person.last_name": "lastname nachname surname familyname familienname nom apellido",
    "address.street": "street straße strasse str rue calle via road",
    "address.city": "city stadt ort town ville ciudad",
    "company": "company firma firm organisation organization employer",
    "address.country": "country land pays pais país nation",
    "job": "job profession occupation beruf",
}
"""Kinds by words in a column's name."""

_COUNTRIES = {
    "DE": "de_DE",
    "AT": "de_AT",
    "CH": "de_CH",
    "GB": "en_GB",
    "FR": "fr_FR",
    "ES": "es_ES",
    "IT": "it_IT",
    "NL": "nl_NL",
    "PL": "pl_PL",
    "PT": "pt_PT",
}
_CODES = {"49": "DE", "43": "AT", "41": "CH", "44": "GB", "33": "FR", "34": "ES", "39": "IT", "31": "NL", "48": "PL"}
"""Country by telephone code."""
_WORDS = {
    "de_DE": "der die das und ist nicht mit für ein eine von auf den im zu wurde bitte straße nachname vorname name ort",
    "fr_FR": "le la les des et est une pour dans avec sur pas du rue nom prenom ville",
    "es_ES": "el los las y es una para con por del que calle nombre apellido ciudad",
    "it_IT": "il gli che e una per con del della non sono via nome cognome",
    "nl_NL": "de het een en van niet met voor op straat naam achternaam",
    "pl_PL": "i w na z nie się jest do ulica imię nazwisko",
    "pt_PT": "o os as e uma para com não do da rua nome",
    "en_US": "the and of is to in for with not on a street name city",
}
"""Frequent words of languages, and of headers in them."""
_SEX = frozenset(["sex", "gender", "geschlecht", "sexe", "sexo"])
_LEAST_WORDS = 3
"""Spaces of a text from which it is prose."""
_LEAST_HEADERS = 2
"""Words in headers …"""
_LEAST_SHARE = 0.2
"""… or share of the words in texts, by which a language is known."""


def personal(source: DataColumn, values: pa.Array, sort: str | None = None) -> Draft:
    """The draft of a column of names, addresses, accounts and the like.

    Args:
        source: the column.
        values: texts or whole numbers, shape (rows,).
        sort: what they are; as was inferred if left out.
    """
    sort = str(source.column.settings.get("sort", "name")) if sort is None else sort
    texts = values if pa.types.is_string(values.type) else values.cast(pa.int64()).cast(pa.string())
    settings = _settings(sort, source, texts.drop_null())
    if not source.is_text:
        settings["as"] = "integer"
    present = values.is_valid().to_numpy(zero_copy_only=False)
    return Draft(
        name=source.name,
        settings={**settings, **null_share(values)},
        note="invented",
        present=present,
        derived=True,
    )


def _settings(sort: str, source: DataColumn, texts: pa.Array) -> Settings:
    unique = {"unique": True} if nearly_unique(texts) and pc.count_distinct(texts).as_py() == len(texts) else {}
    if sort == "email":
        return {**local("person.email", source.locale), **unique}
    if sort == "name":
        kind = next((k for k in ("person.first_name", "person.last_name") if _named(source.name, k)), "person.name")
        return local(kind, source.locale)
    if sort == "address":
        return local("address.street" if _named(source.name, "address.street") else "address.full", source.locale)
    if sort == "iban":
        country = _most(pc.utf8_slice_codeunits(texts, 0, 2))
        spaced = {"spaced": True} if pc.any(pc.match_substring(texts, " ")).as_py() else {}
        return {"kind": "iban", "country": country if country in SCHEMES else "DE", **spaced}
    if sort == "ip":
        colons = pc.mean(pc.match_substring(texts, ":").cast(pa.float64())).as_py() > 0.5
        return {"kind": "ip", **({"version": 6} if colons else {})}
    if sort == "card":
        return {"kind": "card_number", **({"spaced": True} if pc.any(pc.match_substring(texts, " ")).as_py() else {})}
    if sort == "secret" or (sort == "phone" and not source.is_text):
        return {"kind": "regex", "pattern": expression(free_patterns(texts, keep=1), 0)}
    return {"kind": "url"} if sort == "url" else local("person.phone", source.locale)


def local(kind: str, locale: str) -> Settings:
    """A kind with a locale; another of its language, or English, where there are no words for it.

    >>> local("job", "de_CH"), local("job", "it_IT")
    ({'kind': 'job', 'locale': 'de_DE'}, {'kind': 'job'})
    """
    for known in (locale, *(other for other in _COUNTRIES.values() if other[:2] == locale[:2] and other != "en_GB")):
        try:
            build(SAMPLERS.load(kind), {"locale": known}, kind)
        except SpecError:
            continue
        return {"kind": kind} | ({} if known == "en_US" else {"locale": known})
    return {"kind": kind}


def _named(name: str, kind: str) -> bool:
    own = words(name)
    known = _PLACES[kind].split()
    return bool(set(own) & set(known)) or "".join(own) in known


def _most(texts: pa.Array) -> str:
    found = pc.value_counts(texts)
    return str(found.field("values")[int(np.argmax(found.field("counts").to_numpy()))].as_py())


def entity(name: str) -> str | None:
    """The kind of text that hardly repeats and whose column is named after what it holds, if there is one.

    >>> entity("Company name"), entity("remarks")
    ('company', None)
    """
    return next((kind for kind in ("company", "address.city", "address.country", "job") if _named(name, kind)), None)


def sort_by_name(name: str) -> str | None:
    """What a column of personal text is named after, if it is; a bare `name` is as often that of a thing.

    >>> sort_by_name("BillingAddress"), sort_by_name("customer name"), sort_by_name("name"), sort_by_name("note")
    ('address', 'name', None, None)
    """
    tests = {"email": names_email, "phone": names_phone, "address": names_address, "name": names_person}
    found = next((sort for sort, test in tests.items() if test(name)), None)
    return None if found == "name" and words(name) == ["name"] else found


def prose(source: DataColumn, values: pa.Array) -> Draft:
    """The draft of a column of free text: as many words, of a dictionary."""
    present = values.is_valid().to_numpy(zero_copy_only=False)
    counts = pc.count_substring_regex(values.drop_null(), r"\S+").to_numpy()
    low, middle, high = (max(1, round(float(q))) for q in np.quantile(counts, [0.05, 0.5, 0.95]))
    kind = entity(source.name) if middle <= SENTENCE else None
    kind = kind or ("word" if middle == 1 else "sentence" if middle < LONG else "paragraph")
    settings = local(kind, source.locale)
    if kind == "sentence":
        settings |= {"low": low, "high": high}
    if kind == "paragraph":
        settings |= {"low": max(1, round(low / SENTENCE)), "high": max(1, round(high / SENTENCE))}
    return Draft(
        name=source.name,
        settings={**settings, **null_share(values)},
        note=f"free text, {middle:,} words in the middle of them: random words",
        present=present,
        derived=True,
    )


def agreeing(drafts: dict[str, Draft]) -> dict[str, Draft]:
    """The drafts, e-mail addresses made from the names beside them, and names of the sex beside them, where there is one."""
    kinds = {name: str(d.settings.get("kind")) for name, d in drafts.items()}
    names = [name for name, kind in kinds.items() if kind == "person.name"]
    sexes = [name for name, d in drafts.items() if d.levels and set(words(name)) & _SEX]
    out = dict(drafts)
    for name, kind in kinds.items():
        if kind == "person.email" and len(names) == 1 and drafts[names[0]].present.all():
            out[name] = drafts[name].having(**{"from": names[0]})
            out[name].settings.pop("locale", None)
        elif kind in ("person.name", "person.first_name") and len(sexes) == 1:
            out[name] = drafts[name].having(sex=sexes[0])
    return out


def objects(values: pa.Array) -> pa.Array | None:
    """JSON objects in texts as structs; None if the texts are no such objects."""
    texts = values.drop_null().slice(0, TRIED)
    if len(texts) == 0 or not pc.all(pc.match_substring_regex(texts, r"(?s)^\s*\{.*\}\s*$")).as_py():
        return None
    try:
        found = [json.loads(text) for text in texts.to_pylist()]
        return pa.array(found) if all(isinstance(one, dict) and one for one in found) else None
    except (ValueError, RecursionError, pa.ArrowException):
        return None


def guess_locale(columns: dict[str, pa.Array]) -> str:
    """Language and country of a table's texts: by accounts and telephone numbers, else by frequent words.

    Args:
        columns: name to texts.

    >>> guess_locale({"Nachname": pa.array(["Huber"]), "Ort": pa.array(["Graz"]), "Vorname": pa.array(["Anna"])})
    'de_DE'
    """
    votes: dict[str, int] = {}
    for texts in columns.values():
        some = texts.drop_null().slice(0, TRIED).to_pylist()
        for text in some:
            code = re.match(r"\+(\d\d)[ /\d(-]{6,}$", text)
            country = _CODES.get(code[1]) if code else None
            if country is None and re.match(r"[A-Z]{2}\d\d(?: ?[0-9A-Z]{2,4}){3,}$", text):
                country = text[:2]
            if country in _COUNTRIES:
                votes[_COUNTRIES[country]] = votes.get(_COUNTRIES[country], 0) + 1
    if votes:
        return max(sorted(votes), key=votes.__getitem__)
    headers = [word for name in columns for word in set(words(name))]
    prose = [
        text.lower().split()
        for texts in columns.values()
        for text in texts.drop_null().slice(0, TRIED // 10).to_pylist()
        if text.count(" ") >= _LEAST_WORDS
    ]
    seen = [word for text in prose for word in text]
    scores = {
        locale: sum(word in known for word in headers) / _LEAST_HEADERS
        + sum(word in known for word in seen) / max(len(seen), _LEAST_WORDS * 10) / _LEAST_SHARE
        for locale, known in _SETS.items()
    }
    best = max(scores, key=scores.__getitem__)
    return best if scores[best] >= 1 and scores[best] > scores["en_US"] else "en_US"


_SETS = {locale: frozenset(listed.split()) for locale, listed in _WORDS.items()}
