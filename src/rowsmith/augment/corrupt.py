"""A table spoilt on purpose, with a log of every cell: to see what a tool that cleans finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from rowsmith.augment._change import Outcome, RowChange
from rowsmith.augment._subject import Subject
from rowsmith.core.errors import DataError, RowsmithError, SpecError, suggest
from rowsmith.core.rng import Key
from rowsmith.core.types import is_number, is_text

LEVELS = {"easy": 0.0, "medium": 0.5, "hard": 1.0}
FLAWS = ("missing", "outliers", "typos", "inconsistent", "label_noise", "duplicates")
"""In the order in which they are planted: rows are repeated last, with their flaws."""
MOST_COLUMNS = 4
"""Columns that tell together whether two rows are the same."""


@dataclass(frozen=True, kw_only=True)
class Corrupt(RowChange):
    """Flaws as they happen, planted into any table.

    The input is the clean table, the output the dirty one, and the log has every cell that was changed, and how it came about.
    Without `flaws`, each column gets one that suits it, and some rows come twice. Kinds of flaws and their settings are those of
    [planted structures](structures.md): missing (MCAR, MAR, MNAR), outliers, typos, inconsistent (units, layouts, spelling),
    label_noise, duplicates (exact and fuzzy).

    >>> import rowsmith as rs, pyarrow as pa
    >>> rows = pa.table({"age": [30.5, 41.0, 52.5, 28.0] * 100, "city": ["Graz", "Linz", "Wien", "Wels"] * 100})
    >>> flaws = {"missing": {"column": "age", "rate": 0.1}}
    >>> done = rs.augment(rows, rs.Corrupt(flaws=flaws), seed=3, log=True)
    >>> done.log.num_rows == done.frame["age"].null_count, done.log["how"][0].as_py()
    (True, 'MCAR')
    """

    difficulty: float | str = "medium"
    """How hard flaws are to find: easy, medium, hard, or a number from 0 to 1."""
    flaws: Mapping[str, Any] | tuple[str, ...] = ()
    """Kinds of flaws, or a mapping of each to its settings (or a list of these); all that suit the columns if left out."""

    main: ClassVar[str] = "difficulty"
    lawful: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if isinstance(self.difficulty, str) and self.difficulty not in LEVELS:
            raise SpecError(f"difficulty={self.difficulty!r}: expected easy, medium, hard or a number from 0 to 1.")
        if not isinstance(self.difficulty, str) and not 0 <= self.difficulty <= 1:
            raise SpecError(f"difficulty={self.difficulty:g}: expected a number from 0 to 1, or easy, medium or hard.")
        for flaw in self.flaws:
            if flaw not in FLAWS:
                raise SpecError(f"flaws: {flaw!r} is no kind of flaw{suggest(flaw, FLAWS)}")

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Plant the flaws, one after the other."""
        hard = LEVELS[self.difficulty] if isinstance(self.difficulty, str) else float(self.difficulty)
        done, planted = Outcome.changed(subject.table), 0
        told = isinstance(self.flaws, Mapping)
        for number, (flaw, settings) in enumerate(self._told() if told else self._found(subject, key)):
            try:
                step = subject.lent.spoil(subject, done.table, flaw, settings, hard, key.child(flaw, number))
            except RowsmithError as fault:
                if told:
                    raise type(fault)(f"flaws.{flaw}: {fault}") from None
                continue  # a column may suit a flaw by its type and not by its values
            done, planted = done.then(step), planted + 1
        if not planted and subject.n:
            raise DataError("no column suits any flaw; say which one with flaws.")
        return done

    def _told(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Flaws with settings that the user gave."""
        assert isinstance(self.flaws, Mapping)
        for flaw in sorted(self.flaws, key=FLAWS.index):
            listed = self.flaws[flaw]
            for settings in listed if isinstance(listed, list | tuple) else [listed]:
                if not isinstance(settings, Mapping):
                    raise SpecError(f"flaws.{flaw}={settings!r}: expected settings, such as column and rate.")
                yield flaw, settings

    def _found(self, subject: Subject, key: Key) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Flaws that suit the columns: of those that do, each column gets one in turn."""
        wanted = tuple(self.flaws) or FLAWS
        free = [n for n in subject.table.column_names if n not in subject.fixed]
        measures = [n for n in free if is_number(subject.table.schema.field(n).type) and n not in subject.classes]
        texts = [n for n in free if is_text(subject.table.schema.field(n).type)]
        ways = {
            "missing": [{"column": n, **_reason(n, measures)} for n in free],
            "outliers": [{"column": n} for n in measures],
            "typos": [{"column": n} for n in texts],
            "inconsistent": [{"column": n, "kind": "spelling"} for n in texts if n in subject.classes],
        }
        start = int(key.child("turn").generator().integers(1000))
        for place, name in enumerate(free):
            able = [(f, s) for f in wanted for s in ways.get(f, []) if s["column"] == name]
            if able:
                yield able[(start + place) % len(able)]
        if "label_noise" in wanted and self.flaws:  # without a word of the user no column is known to be a label
            raise SpecError("flaws.label_noise: expected settings: the column of labels and its features.")
        if "duplicates" in wanted and free:
            telling = sorted(free, key=lambda n: -subject.distinct(n))
            yield "duplicates", {"columns": telling[:MOST_COLUMNS]}


def _reason(name: str, measures: list[str]) -> dict[str, Any]:
    """Why values of a column are missing: by another one where there is one, or by chance."""
    other = next((m for m in measures if m != name), None)
    return {} if other is None else {"mechanism": "MAR", "by": other}
