"""What a column's name says: whether it names keys, or something personal."""

from __future__ import annotations

import itertools
import re
from typing import Literal


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_KEY = _set("id ids key no nr num number nummer uuid guid code ref reference serial token pk identifier uid sku")
_NO_KEY = _set("zip postal post plz postcode area country currency language phone tel fax mobile")
_NOT_ID = _set(
    "paid unpaid prepaid bid valid invalid void avoid grid humid covid acid solid liquid fluid hybrid rapid mid "
    "kid aid said laid raid lipid steroid plaid arid avid"
)
_NO_COUNT = _set("year jahr age alter day tag month monat week woche hour stunde minute rank count amount price value")
_PERSON = _set(
    "fullname firstname lastname surname forename givenname familyname middlename nachname vorname prenom nombre "
    "apellido person customer patient employee contact owner author holder member student teacher"
)
_THINGS = _set(
    "product article item good goods part component material ingredient brand category subcategory genre tag label topic theme type "
    "subtype kind sort class status state region country county province city town district continent place location site "
    "drug medicine medication substance vaccine disease diagnosis disorder symptom allergy procedure treatment test "
    "department division branch office store shop warehouse depot hospital clinic ward school university faculty college "
    "station stop airport airline route line port harbour bridge road street building room hotel restaurant "
    "movie film song track album playlist series episode book title game app "
    "course lesson subject exam module skill role position job event festival campaign project task feature plan tariff service "
    "device sensor machine engine vehicle model instrument tool equipment robot server currency language unit measure metric "
    "extra option accessory addon bundle offer discount fee channel method mode reason action zone area sector segment level "
    "sport league team club food dish recipe meal drink wine beer cheese fruit vegetable plant crop tree flower species breed "
    "medium mediatype format color colour size shape "
    "produkt artikel ware teil bauteil material marke kategorie gruppe gattung thema art typ klasse land bundesland kreis stadt ort "
    "medikament arznei arzneimittel wirkstoff krankheit diagnose abteilung filiale laden lager krankenhaus schule universitat "
    "bahnhof haltestelle flughafen strecke linie kurs fach veranstaltung projekt aufgabe maschine gerat fahrzeug sprache einheit gericht "
    "rezept pflanze"
)
"""What rows of a table may be, so that their names are no person's. Firms are not among them: a firm may be one person."""
_NUMBERED = _PERSON | _set(
    "client user staff worker pupil citizen resident passenger subscriber guest tenant applicant candidate donor participant insured "
    "occupant policyholder cardholder cust emp pat kunde kunden patienten mitarbeiter mitglied teilnehmer schueler schüler versicherten"
)
"""Who may have a number."""
_SOMEBODY = _NUMBERED | _set(
    "driver clerk doctor physician nurse therapist surgeon tutor coach trainer manager lead leader agent operator inspector technician "
    "consultant seller salesperson cashier reviewer assignee boss supervisor accountant lawyer judge witness player pilot "
    "fahrer arzt aerztin ärztin lehrer betreuer trainer leiter verkaeufer verkäufer ansprechpartner bearbeiter sachbearbeiter"
)
"""Who may be named in a column that says what they do."""
_CALLED = _set("login logon username nickname nick alias handle initials account benutzername kuerzel kürzel")
"""By what somebody may be known."""
_ADDRESS = _set("address adresse anschrift street strasse straße addr adress road")
_EMAIL = _set("email mail e-mail")
_SECRET = _set("pin cvv cvc ssn sozialversicherungsnummer svnr passcode")
_PHONE = _set("phone telephone tel telefon telefonnummer phonenumber fax mobile mobil handy cell cellphone msisdn")


def words(name: str) -> list[str]:
    """The words of a column name, lower case.

    >>> words("customerId"), words("Beleg-Nr"), words("first_name")
    (['customer', 'id'], ['beleg', 'nr'], ['first', 'name'])
    """
    parts = re.sub(r"(?<=[a-zß-ÿ0-9])(?=[A-ZÀ-Þ])", " ", name)
    return [w.lower() for w in re.findall(r"[^\W\d_]+", parts)]


def key_word(name: str) -> str | None:
    """The word of a name by which it seems to name a key, if there is one.

    >>> key_word("order_id"), key_word("custid"), key_word("zip_code"), key_word("paid")
    ('id', 'id', None, None)
    """
    own = words(name)
    if not own or _NO_KEY & set(own):
        return None
    if own[-1] in _KEY:
        return own[-1]
    if own[0] in ("id", "uuid", "guid"):
        return own[0]
    return "id" if own[-1].endswith("id") and own[-1] not in _NOT_ID else None


def is_measure(name: str) -> bool:
    """Whether a name speaks of something measured, so that numbers without a gap are no counter."""
    return bool(_NO_COUNT & set(words(name)))


def names_person(name: str) -> bool:
    """Whether a column of this name holds names of persons.

    >>> names_person("full_name"), names_person("customer name"), names_person("name"), names_person("city")
    (True, True, True, False)
    """
    own = words(name)
    pairs = {a + b for a, b in itertools.pairwise(own)}
    if _PERSON & pairs or {"name"} == set(own) or {"nachname", "vorname", "surname", "forename"} & set(own):
        return True
    if own and own[-1] in ("fullname", "firstname", "lastname", "givenname", "familyname"):
        return True
    return bool(own and own[-1] in ("name", "names") and _PERSON & set(own))


def numbers_person(name: str) -> bool:
    """Whether a column of this name holds the numbers of persons, if it holds any.

    >>> [numbers_person(name) for name in ("customer_id", "custid", "patient", "memberNo", "customer_type", "product_id")]
    [True, True, True, True, False, False]
    """
    own = words(name)
    stems = {word.removesuffix("id") for word in own} if key_word(name) else set[str]()
    return bool(own) and (key_word(name) is not None or len(own) == 1) and bool(_NUMBERED & ({*own} | stems))


def names_somebody(name: str) -> bool:
    """Whether a column of this name may hold somebody's name, by what the person is or does.

    >>> [names_somebody(name) for name in ("driver", "lead_doctor", "teacher_name", "driver_type", "city")]
    [True, True, True, False, False]
    """
    own = [word for word in words(name) if word not in ("name", "names")]
    return bool(own) and own[-1] in _SOMEBODY


def names_things(table: str) -> bool:
    """Whether a table of this name holds things, whose names are no person's. The last word says what its rows are.

    >>> names_things("drugs"), names_things("customer_products"), names_things("product_owners"), names_things("table")
    (True, True, False, False)
    """
    own = [re.sub(r"[äöü]", lambda m: {"ä": "a", "ö": "o", "ü": "u"}[m[0]], word) for word in words(table)]
    if not own:
        return False
    last = own[-1]
    singular = {last, last.removesuffix("s"), last.removesuffix("es"), last.removesuffix("n"), last.removesuffix("en")}
    return bool(_THINGS & (singular | {last.removesuffix("ies") + "y", "".join(own[-2:])}))


def calls_somebody(name: str) -> bool:
    """Whether a column of this name may say who somebody is: a name, a number, a login.

    >>> [calls_somebody(name) for name in ("login", "user_name", "patient", "owner_initials", "tariff", "name")]
    [True, True, True, True, False, False]
    """
    person = names_person(name) and not only_name(name)
    return person or names_somebody(name) or numbers_person(name) or bool(_CALLED & set(words(name)))


def only_name(name: str) -> bool:
    """Whether a column is called a name, and of nothing else.

    >>> only_name("Name"), only_name("names"), only_name("full_name")
    (True, True, False)
    """
    return words(name) in (["name"], ["names"])


def name_part(name: str) -> Literal["full", "given", "family"]:
    """Which part of a person's name a column of this name holds.

    >>> name_part("firstName"), name_part("Nachname"), name_part("customer_name")
    ('given', 'family', 'full')
    """
    plain = "".join(words(name))
    if any(w in plain for w in ("firstname", "vorname", "forename", "givenname", "middlename")):
        return "given"
    return "family" if any(w in plain for w in ("lastname", "nachname", "surname", "familyname")) else "full"


def names_address(name: str) -> bool:
    """Whether a column of this name holds postal addresses."""
    return bool(_ADDRESS & set(words(name))) and not _EMAIL & set(words(name))


def names_phone(name: str) -> bool:
    """Whether a column of this name holds telephone numbers.

    >>> names_phone("Tel."), names_phone("mobilePhone"), names_phone("telling")
    (True, True, False)
    """
    return bool(_PHONE & set(words(name)))


def names_email(name: str) -> bool:
    """Whether a column of this name holds e-mail addresses."""
    own = words(name)
    return bool(_EMAIL & set(own)) or own[-2:] == ["e", "mail"]


def names_secret(name: str) -> bool:
    """Whether a column of this name holds digits by which a person is known or let in: a PIN, the end of a card's number.

    >>> [names_secret(name) for name in ("card_last4", "lastFourDigits", "PIN", "cvv2", "ssn", "pins", "last_4_weeks")]
    [True, True, True, True, True, False, False]
    """
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    own = re.findall(r"[a-z]+|[0-9]+", plain.lower())
    if _SECRET & set(own):
        return True
    ends = [own[i + 2 :] for i in range(len(own) - 1) if own[i] in ("last", "final") and own[i + 1] in ("4", "four")]
    return any(not rest or rest[0].startswith("digit") for rest in ends)
