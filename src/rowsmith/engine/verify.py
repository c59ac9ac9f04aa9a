"""Whether what was planted can be found: every fact of an answer key, in the tables as anybody can read them."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from rowsmith.core.errors import DataError, suggest
from rowsmith.core.frames import to_arrow
from rowsmith.core.protocols import Progress, silent
from rowsmith.core.schema import arrow_type
from rowsmith.core.text import form_of, show
from rowsmith.core.types import is_text
from rowsmith.engine._undo import undone
from rowsmith.engine.bundle import KEY
from rowsmith.engine.make import Made
from rowsmith.engine.parts import FLAWS_TABLE
from rowsmith.io._open import read_table
from rowsmith.io._tables import tables_in
from rowsmith.truth._axis import shown as as_date
from rowsmith.truth._grade import Mark, grade
from rowsmith.truth._key import AnswerKey, Planted, read_key
from rowsmith.truth._mining import Unplanned, unplanned
from rowsmith.truth._plant import PLANTS, Fact, Finding, Verdict, verdict


@dataclass(frozen=True, kw_only=True)
class Checked:
    """One fact, and what the tables say of it.

    Attributes:
        planted: name of the structure.
        fact: the truth.
        finding: what was found; None for nothing.
        verdict: whether that is it.
    """

    planted: str
    fact: Fact
    finding: Finding | None
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What came of looking for everything.

    Attributes:
        checked: every fact.
        unplanned: relations that the key does not name.
    """

    checked: tuple[Checked, ...]
    unplanned: tuple[Unplanned, ...]

    @property
    def found(self) -> bool:
        """Whether every fact was found."""
        return all(each.verdict == "found" for each in self.checked)


@dataclass(frozen=True)
class Tables:
    """Tables of a folder, read when they are needed, or in memory.

    Attributes:
        places: name to the table, or what it is read from.
        key: how their rows find one another.
    """

    places: Mapping[str, Any]
    key: AnswerKey

    def table(self, name: str) -> pa.Table:
        """A table.

        Raises:
            DataError: it is not there.
        """
        if name not in self._read:
            if name not in self.places:
                raise DataError(f"{name}: there is no such table{suggest(name, self.places)}")
            place = self.places[name]
            found = read_table(place) if isinstance(place, str) else to_arrow(place)[0]
            self._read[name] = _as_made(found, self.key.types.get(name, {}))
        return self._read[name]

    def joined(self, planted: Planted) -> pa.Table:
        """A structure's table with the columns of tables above that it reads, clean of what others have spoilt, if that is known."""
        table = self._clean(planted, planted.table)
        for name in planted.reads:
            above, dot, column = name.partition(".")
            if dot and name not in table.column_names:
                table = table.append_column(name, self._above(planted, table, above, column))
        return table

    def _clean(self, planted: Planted, name: str) -> pa.Table:
        """A table for a structure, with the clean values of columns that others have spoilt, where there is a table of flaws."""
        spoilt = [place.partition(".") for place in self.key.about.get("spoilt", {}).get(planted.name, ())]
        columns = [column for table, _, column in spoilt if table == name]
        if not columns or FLAWS_TABLE not in self.places:
            return self.table(name)
        return undone(self.table(name), name, self.table(FLAWS_TABLE), columns, planted.name)

    def _above(self, planted: Planted, table: pa.Table, above: str, column: str) -> pa.ChunkedArray:
        import pyarrow.compute as pc

        join = next((join for join in self.key.joins.get(planted.table, ()) if join.head == above), None)
        if join is None:
            raise DataError(f"joins.{planted.table}: the answer key does not say how its rows find those of {above}.")
        target = self._clean(planted, join.table)
        pointers, keys = table[join.column], target[join.to].combine_chunks()
        place = pc.index_in(pointers.cast(keys.type), value_set=keys)
        return target[column].take(place)

    @cached_property
    def _read(self) -> dict[str, pa.Table]:
        return {}


def verify(
    tables: str | os.PathLike[str] | Mapping[str, Any],
    key: str | os.PathLike[str] | None = None,
    *,
    progress: Progress = silent,
) -> Verification:
    """Look for every planted fact, and for relations that nobody planted.

    Args:
        tables: folder with the tables, as `make` writes it or as anybody else does; or what `make` made in memory, or any
            mapping of names to frames (pandas, polars, Arrow).
        key: file with the answer key; if left out, `truth.json` of the folder, or the key of what was made.
        progress: told how many structures have been looked for.

    Raises:
        DataError: there is no key, or no such table or column.
    """
    if isinstance(tables, Mapping):
        answer_key, places = _key_of(tables) if key is None else load_key("", key), dict(tables)
        if isinstance(tables, Made) and tables.flaws is not None:
            places[FLAWS_TABLE] = tables.flaws
    else:
        answer_key, places = load_key(tables, key), tables_in(str(tables))
    return _verified(answer_key, Tables(places, answer_key), progress)


def _key_of(made: Mapping[str, Any]) -> AnswerKey:
    """The answer key of what was made in memory."""
    if isinstance(made, Made) and made.files and KEY not in made.documents:
        raise DataError("tables: they were written into files; give their folder, such as verify('lesson/').")
    if not isinstance(made, Made) or KEY not in made.documents:
        raise DataError("tables: there is no answer key with them; give its file as `key`.")
    return read_key(made.documents[KEY], KEY)


def _verified(answer_key: AnswerKey, tables: Tables, progress: Progress) -> Verification:
    checked: list[Checked] = []
    for done, planted in enumerate(answer_key.planted, start=1):
        findings = {finding.name: finding for finding in _findings(planted, tables)}
        rows = tables.table(planted.table).num_rows
        for fact in planted.facts:
            finding = findings.get(fact.name)
            checked.append(
                Checked(planted=planted.name, fact=fact, finding=finding, verdict=verdict(fact, finding, rows))
            )
        progress("looking for facts", done, len(answer_key.planted))
    return Verification(checked=tuple(checked), unplanned=tuple(_unplanned(answer_key, tables)))


def mark(
    place: str | os.PathLike[str], answers: str | os.PathLike[str], key: str | os.PathLike[str] | None = None
) -> list[Mark]:
    """Marks for a person's answers.

    Args:
        place: folder with the answer key.
        answers: JSON file with a mapping of structures to facts to values.
        key: file with the answer key; `truth.json` of the folder if left out.

    Raises:
        DataError: there is no key, or the answers are not of this form.
    """
    try:
        given = json.loads(Path(answers).read_text(encoding="utf-8"))
    except OSError as fault:
        raise DataError(f"{answers}: cannot be read ({fault.strerror}).") from None
    except ValueError as fault:
        raise DataError(f"{answers}: is no JSON ({fault}).") from None
    return grade(load_key(place, key), given, str(answers))


def load_key(place: str | os.PathLike[str], key: str | os.PathLike[str] | None = None) -> AnswerKey:
    """The answer key of a folder.

    Raises:
        DataError: there is none, or it is none.
    """
    path = Path(place) / KEY if key is None else Path(key)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as fault:
        hint = "" if key is not None else "; give the file with the answer key, which a bundle for students lacks"
        raise DataError(f"{path}: there is no answer key ({fault.strerror}){hint}.") from None
    return read_key(text, str(path))


def _as_made(table: pa.Table, types: Mapping[str, str]) -> pa.Table:
    """A table with its texts and times, of which a file of text may say other things: yes and no, days as text."""
    for place, field in enumerate(table.schema):
        wanted = arrow_type(types[field.name]) if field.name in types else field.type
        wanted = wanted.value_type if pa.types.is_dictionary(wanted) else wanted
        read = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        values = table.column(place).combine_chunks()
        if pa.types.is_string(wanted) and not is_text(read):
            form = form_of(field)
            values = show(values, form) if form is not None else values.cast(pa.string())
        elif pa.types.is_temporal(wanted) and is_text(read):
            with contextlib.suppress(
                pa.ArrowInvalid, pa.ArrowNotImplementedError
            ):  # what it says instead, `find` will tell
                values = values.cast(wanted)
        else:
            continue
        table = table.set_column(place, field.name, values)
    return table


def _findings(planted: Planted, tables: Tables) -> list[Finding]:
    find: Callable[..., list[Finding]] = PLANTS.load(planted.plant).find
    try:
        return find(planted.question, tables.joined(planted))
    except DataError as fault:
        raise DataError(f"{planted.name}: {planted.table}: {fault}") from None
    except KeyError as fault:
        raise DataError(f"{planted.name}: the answer key's question lacks {fault}.") from None
    except ImportError as fault:
        raise DataError(f"{planted.name}: needs {fault.name}; pip install 'rowsmith[truth]'.") from None


def _unplanned(key: AnswerKey, tables: Tables) -> list[Unplanned]:
    """Relations of the columns of every table that the key speaks of."""
    found = []
    for name in dict.fromkeys([*key.related, *(planted.table for planted in key.planted)]):
        groups = [list(group) for group in key.related.get(name, ())]
        groups += [list(planted.columns) for planted in key.planted if planted.table == name]
        found += unplanned(name, tables.table(name), groups)
    for planted in key.planted:
        plant = PLANTS.load(planted.plant)
        for each in plant.unplanned(planted.question, planted.settings, tables.joined(planted)):
            assert isinstance(each.estimate, float), "what is found beside the facts is measured"
            found.append(
                Unplanned(
                    table=planted.table,
                    columns=(str(planted.settings[plant.main]), each.name),
                    measure=each.name.rpartition(": ")[2],
                    size=each.estimate,
                    p=0.0,
                )
            )
    return found


def shown(checked: Checked) -> Mapping[str, Any]:
    """A fact and its finding as plain values; moments as dates."""
    finding, fact = checked.finding, checked.fact
    plain: Callable[[Any], Any] = partial(as_date, time=True) if fact.time else lambda value: value
    return {
        "planted": checked.planted,
        "fact": fact.name,
        "truth": plain(fact.value),
        "found": None if finding is None or finding.estimate is None else plain(finding.estimate),
        "interval": None if finding is None or finding.low is None else [plain(finding.low), plain(finding.high)],
        "verdict": checked.verdict,
    }
