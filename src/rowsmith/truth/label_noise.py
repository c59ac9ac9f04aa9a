"""Wrong labels: a share of the rows says another class than it is of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.types import is_text
from rowsmith.truth._confident import confident, features, find_noise
from rowsmith.truth._dirt import check_rate, replaced, struck
from rowsmith.truth._plant import Calibration, Change, Changer, Fact, Finding
from rowsmith.truth._terms import kind_of, named, texts

LOOKED_AT = 4_000
MOST_CLASSES = 20
LURKING = 0.1
"""Share of the wrong labels that a model's own errors may add to them, at most."""


@dataclass(frozen=True, kw_only=True)
class LabelNoise(Changer):
    """Labels that are wrong: any other class with the same chance, or one class taken for another.

    They can be told from hard cases only where other columns leave no doubt of a row's class; if there is hardly such a row, or
    the labels have as many errors of their own, no facts are asked for.
    """

    column: str
    """The column of labels: texts, whole numbers, or true and false."""
    features: tuple[str, ...]
    """Columns that a row's class can be told from."""
    rate: float | None = None
    """Share of the labels that become wrong, of those in `flip` if it is given; above 0 to 0.4; by difficulty 0.15 to 0.06."""
    flip: Mapping[str, str] | None = None
    """Classes to what they are taken for, such as {fraud: ok}; without, any class for any other."""

    main: ClassVar[str] = "column"

    def at(self, difficulty: float) -> Self:
        """The rate by difficulty."""
        check_rate(self.rate, 0.4)
        if not self.features:
            raise SpecError("features=[]: expected the columns that a row's class can be told from.")
        if self.column in self.features:
            raise SpecError(f"features={list(self.features)}: {self.column} is the label itself; expected others.")
        if self.flip is not None and (not self.flip or any(_word(a) == _word(b) for a, b in self.flip.items())):
            raise SpecError(f"flip={dict(self.flip)}: expected classes to other classes, such as {{fraud: ok}}.")
        return replace(self, rate=0.15 - 0.09 * difficulty) if self.rate is None else self

    @property
    def reads(self) -> tuple[str, ...]:
        """The label, and what it can be told from."""
        return (self.column, *self.features)

    @property
    def changes(self) -> tuple[str, ...]:
        """The label."""
        return (self.column,)

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """The classes, the share of those that are hit, and whether a model is sure of clean ones, and right."""
        assert self.rate is not None
        column = pilot[self.column]
        if not (is_text(column.type) or pa.types.is_integer(column.type) or pa.types.is_boolean(column.type)):
            raise SpecError(
                f"{self.column}: is {kind_of(column.type)}; expected labels: texts, whole numbers, or true and false."
            )
        counts = {each["values"]: each["counts"] for each in pc.value_counts(texts(column).drop_null()).to_pylist()}
        classes = sorted(counts)
        if not 2 <= len(classes) <= MOST_CLASSES:
            raise SpecError(f"{self.column}: has {len(classes)} classes; expected 2 to {MOST_CLASSES}.")
        for word in [_word(w) for pair in (self.flip or {}).items() for w in pair]:
            if word not in counts:
                raise SpecError(f"flip: {self.column} has no class {word!r}; expected some of {', '.join(classes)}.")
        some = pa.array(np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))[:LOOKED_AT])
        labels = (
            pc.index_in(texts(column.take(some)), pa.array(classes)).to_numpy(zero_copy_only=False).astype(np.int64)
        )
        x = features({name: pilot[name].take(some) for name in self.features}, self.features)
        found = confident(x, labels, len(classes)).counts
        wrong = 1 - np.diag(found).sum() / max(found.sum(), 1)
        seen = bool((found.sum(axis=0) > 0).all() and wrong <= LURKING * self.rate)
        hit = classes if self.flip is None else [_word(word) for word in self.flip]
        return {"classes": classes, "share": sum(counts[word] for word in hit) / sum(counts.values()), "seen": seen}

    def change(
        self, batch: pa.RecordBatch, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration
    ) -> tuple[pa.RecordBatch, Sequence[Change]]:
        """Give another class, each by chance."""
        assert self.rate is not None
        generator = key.generator()
        classes = calibration["classes"]
        column = batch.column(self.column)
        where = struck(generator, column, self.rate)
        pick = generator.random(len(where))
        old = pc.index_in(texts(column.take(pa.array(where))), pa.array(classes, pa.string())).fill_null(-1)
        codes = old.to_numpy(zero_copy_only=False).astype(np.int64)
        if self.flip is None:
            new = (codes + 1 + (pick * (len(classes) - 1)).astype(np.int64)) % len(classes)
        else:
            to = {_word(a): classes.index(_word(b)) for a, b in self.flip.items()}
            new = np.array([*(to.get(word, -1) for word in classes), -1])[codes]
        good = (codes >= 0) & (new >= 0)
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        dirty = pa.array(classes, pa.string()).take(pa.array(new[good])).cast(kind)
        return replaced(batch, self.column, where[good], dirty, "wrong label")

    def facts(self, calibration: Calibration) -> list[Fact]:
        """The share of wrong labels, and which class is taken for which; nothing where no model can be sure."""
        assert self.rate is not None
        if not calibration["seen"]:
            return []
        rate = self.rate * calibration["share"]
        what = f"share of wrong labels in {self.column}"
        found = [Fact(name="rate", what=what, value=rate, null=0.0, tolerance=rate / 3, pilot=self.flip is not None)]
        if self.flip is not None:
            flips = tuple(f"{_word(a)} → {_word(b)}" for a, b in self.flip.items())
            found.append(Fact(name="flips", what="which class is taken for which", value=flips, public=False))
        return found

    def question(self) -> dict[str, Any]:
        """The label, and what it can be told from."""
        return {"column": self.column, "features": list(self.features)}

    def brief(self) -> str:
        """How many, and which."""
        return (
            f"Some labels in {self.column} may be wrong. {', '.join(self.features)} tell the class; what share of the labels is "
            'wrong? If it is not any class for any other, give as `flips` a list of which is taken for which: ["this → that"].'
        )

    def how(self, calibration: Calibration) -> str:
        """Which became which."""
        which = (
            "any other class" if self.flip is None else ", ".join(f"{b} instead of {a}" for a, b in self.flip.items())
        )
        seen = "" if calibration["seen"] else " No model can be sure enough of the classes to count them."
        return f"{self.rate:.1%} of the labels in {self.column} were made wrong: {which}.{seen}"

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """Labels that differ from the class that a model, fitted to other rows, is sure of."""
        column = named(table, question["column"])
        table = table.filter(column.is_valid())
        coded = texts(table[question["column"]]).dictionary_encode()
        words = sorted(coded.dictionary.to_pylist())
        if len(words) < 2:
            return [Finding(name="rate", estimate=None, note="there is one class")]
        labels = pc.index_in(texts(coded), pa.array(words)).to_numpy(zero_copy_only=False).astype(np.int64)
        x = features(table, list(question["features"]))
        return find_noise(confident(x, labels, len(words)), words)


def _word(label: Any) -> str:
    """A class as text, as Arrow writes it: YAML knows true and 1 for what they are."""
    return str(label).lower() if isinstance(label, bool) else str(label)
