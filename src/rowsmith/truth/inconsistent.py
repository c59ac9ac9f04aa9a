"""Values of one column that are not all written in the same way: units, layouts, spellings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.types import is_number, is_text
from rowsmith.truth._dirt import (
    Places,
    chance,
    check_by,
    check_factor,
    check_rate,
    fill,
    fitted,
    replaced,
    share,
    struck,
    within,
)
from rowsmith.truth._layouts import USUAL, check_layouts, form_of, laid_out, pattern
from rowsmith.truth._linear import unanswered
from rowsmith.truth._plant import Calibration, Change, Changer, Fact, Finding
from rowsmith.truth._spellings import WAYS, fingerprint, merged, variants
from rowsmith.truth._terms import kind_of, named, numbers, texts
from rowsmith.truth._two_units import find_units
from rowsmith.truth._usual import decimals, predictors, robust

LOOKED_AT = 20_000
APART = 3.0
"""Standard deviations between two units, for facts that can be asked for."""
MOST_LEVELS, LEAST_SHARE = 60, 0.01
ONE_LAYOUT = 0.98
COARSE = 0.02


@dataclass(frozen=True, kw_only=True)
class Inconsistent(Changer):
    """A share of values that are written otherwise than the rest: in another unit, another layout, or spelled in variants.

    Where the rest is not of one kind itself (numbers that spread over more than the units are apart, levels that look like
    variants of each other), nobody can tell which values are the odd ones, and no facts are asked for.
    """

    column: str
    """The column."""
    kind: Literal["units", "dates", "numbers", "phones", "spelling"]
    """What differs: the unit of numbers; the layout of texts that are dates, numbers or phone numbers; or the spelling of texts."""
    rate: float | None = None
    """Share of the values, above 0 to 0.4; by difficulty 0.25 to 0.05 if left out."""
    factor: float = 0.01
    """For units: what values are multiplied by, such as 0.01 for metres among centimetres or 1.08 for dollars among euros."""
    by: tuple[str, ...] = ()
    """For units: columns that the values follow, where these spread over more than the units are apart."""
    layouts: tuple[str, ...] = ()
    """The other layouts: of dates such as `%d.%m.%Y`; of numbers 1,234.56, 1.234,56, 1 234,56, 1234,56 or 1234.56; of phone
    numbers digits, dashes, dots, spaces or zeros (00 for +)."""
    ways: tuple[Literal["case", "space", "short"], ...] = WAYS
    """For spelling: capital or small letters, a space before or after, the first letters with a point."""
    variants: Mapping[str, Any] | None = None
    """For spelling: levels to lists of variants of your own, such as {Berlin: [BLN]}, instead of the ways."""

    main: ClassVar[str] = "column"

    def at(self, difficulty: float) -> Self:
        """The rate by difficulty."""
        check_rate(self.rate, 0.4)
        if self.kind == "units":
            check_factor(self.factor)
        check_by(self.column, self.by)
        if self.by and self.kind != "units":
            raise SpecError(f"by={list(self.by)}: is for kind units; leave it out.")
        if self.kind in ("dates", "numbers", "phones"):
            check_layouts(self.kind, self.layouts)
        if self.kind == "spelling" and not self.ways and not self.variants:
            raise SpecError("ways=[]: expected at least one of case, space and short, or variants.")
        for level, listed in (self.variants or {}).items():
            if not isinstance(listed, list | tuple) or not listed or not all(isinstance(v, str) and v for v in listed):
                raise SpecError(f"variants.{level}={listed!r}: expected a list of texts.")
        return replace(self, rate=0.25 - 0.2 * difficulty) if self.rate is None else self

    @property
    def reads(self) -> tuple[str, ...]:
        """The column, and those that it follows."""
        return (self.column, *self.by)

    @property
    def changes(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """How likely a value is touched that can be, what is known of the clean ones, and whether the others can be told."""
        column = pilot[self.column]
        if self.kind == "units":
            return self._calibrate_units(column, pilot)
        if not is_text(column.type):
            hint = "make it text first" if self.kind != "spelling" else "take one of text"
            raise SpecError(f"{self.column}: is {kind_of(column.type)}, which has no {self.kind} of its own; {hint}.")
        values = texts(column).drop_null().slice(0, LOOKED_AT)
        if not len(values):
            raise SpecError(f"{self.column}: has no values.")
        return self._calibrate_spelling(values) if self.kind == "spelling" else self._calibrate_layouts(values)

    def change(
        self, batch: pa.RecordBatch, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration
    ) -> tuple[pa.RecordBatch, Sequence[Change]]:
        """Write values otherwise, each by chance."""
        generator = key.generator()
        column = batch.column(self.column)
        where = struck(generator, column, calibration["chance"])
        values = column.take(pa.array(where))
        if self.kind == "units":
            x = numbers(values, self.column)
            other = self._converted(x, column.type, calibration["places"])
            good = np.isfinite(other) & (other != x)
            return replaced(batch, self.column, where[good], fill(other[good], column.type), "unit")
        out, mechanisms = self._rewritten(texts(values), generator.random(len(where)), calibration)
        good = pc.not_equal(out, texts(values)).to_numpy(zero_copy_only=False)
        out, mechanisms = out.filter(pa.array(good)), mechanisms[good]
        if pa.types.is_dictionary(column.type):
            clean = texts(values).filter(pa.array(good)).to_pylist()
            out = pa.array(fitted(column, clean, out.to_pylist(), self.column), pa.string())
        return replaced(batch, self.column, where[good], out, list(mechanisms))

    def facts(self, calibration: Calibration) -> list[Fact]:
        """The share, and the factor, the layouts or the true levels; nothing where the others cannot be told."""
        assert self.rate is not None
        if not calibration["seen"]:
            return []
        what = f"share of {self.column} that is written otherwise"
        found = [Fact(name="rate", what=what, value=self.rate, null=0.0, tolerance=0.03)]
        if self.kind == "units":
            what = "factor between the units"
            found.append(Fact(name="factor", what=what, value=self.factor, null=1.0, tolerance=self.factor / 10))
        elif self.kind == "spelling":
            found.append(Fact(name="levels", what="true levels", value=tuple(calibration["levels"])))
        else:
            found.append(
                Fact(name="patterns", what="what the other layouts look like", value=tuple(calibration["patterns"]))
            )
        return found

    def question(self) -> dict[str, Any]:
        """The column, what it holds, and the columns that it follows."""
        return {"column": self.column, "kind": self.kind} | ({"by": list(self.by)} if self.by else {})

    def brief(self) -> str:
        """How many, and how."""
        if self.kind == "units":
            hint = f" {', '.join(self.by)} tell what to expect." if self.by else ""
            return f"Values of {self.column} may be in two units. What share is in the rarer one, and what is the factor?{hint}"
        if self.kind == "spelling":
            return f"Levels of {self.column} may be spelled in several ways. Which are the true levels, and what share is not so?"
        return (
            f"Values of {self.column} may be written in several layouts. What share is not in the usual one, and what do the "
            "others look like (digits as 9, four digits of a year as 9999, letters as A)?"
        )

    def how(self, calibration: Calibration) -> str:
        """What was done."""
        what = {
            "units": f"multiplied by {self.factor:g}",
            "spelling": f"spelled otherwise ({'variants of your own' if self.variants else ', '.join(self.ways)})",
        }.get(self.kind, f"written as {', '.join(self._layouts)}")
        seen = "" if calibration["seen"] else " Nobody can tell them from the others for sure."
        return f"{self.rate:.1%} of the values of {self.column} were {what}.{seen}"

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """A mixture of two laws of logarithms; or patterns of texts; or fingerprints of spellings."""
        kind, column = question["kind"], named(table, question["column"])
        if kind == "units":
            by = list(question.get("by", ()))
            x = numbers(column, question["column"])
            x = -x if (x < 0).sum() > (x > 0).sum() else x
            terms = predictors(table, by, logs=True) if by else np.ones((len(x), 1))
            kept = np.isfinite(x) & (x > 0) & np.isfinite(terms).all(axis=1)
            if kept.sum() < 10:
                return [Finding(name="rate", estimate=None, note="there are too few values above 0")]
            return find_units(np.log(x[kept]), terms[kept], float(kept.sum() / np.isfinite(x).sum()))
        values = texts(column).drop_null()
        if kind == "spelling":
            counts = _counts(values)
            if not counts:
                return unanswered(["rate", "levels"], "there are no values")
            level = merged(counts)
            odd = sum(count for text, count in counts.items() if level[text] != text)
            return [
                share("rate", odd, len(values)),
                Finding(name="levels", estimate=tuple(sorted(set(level.values())))),
            ]
        seen = _counts(pattern(values, kind))
        if not seen:
            return unanswered(["rate", "patterns"], "there are no values")
        usual = max(seen, key=lambda text: (seen[text], text))
        others = tuple(sorted(text for text in seen if text != usual))
        odd = len(values) - seen.get(usual, 0)
        return [share("rate", odd, len(values)), Finding(name="patterns", estimate=others)]

    @property
    def _layouts(self) -> tuple[str, ...]:
        return self.layouts or USUAL.get(self.kind, ())

    def _calibrate_units(self, column: pa.Array, pilot: Mapping[str, pa.Array]) -> Calibration:
        assert self.rate is not None
        if not is_number(column.type):
            raise SpecError(
                f"{self.column}: is {kind_of(column.type)}; expected a column of numbers, which have units."
            )
        x = numbers(column, self.column)
        kept = np.flatnonzero(np.isfinite(x))
        places = decimals(x[kept])
        other = self._converted(x[kept], column.type, places)
        able = np.isfinite(other) & (other != x[kept])
        likely = chance(self.rate, float(able.sum()) / max(len(kept), 1), "zero has no unit")
        exact = np.abs(other[able] / (x[kept][able] * self.factor) - 1) < COARSE
        if exact.mean() < ONE_LAYOUT:
            raise SpecError(
                f"factor={self.factor:g}: {self.column} is {kind_of(column.type)}, which cannot hold such values exactly enough; make it "
                f"a column of floats, or take {1 / self.factor:g}."
            )
        some = kept[:LOOKED_AT]
        some = some[np.abs(x[some]) > 0]
        terms = np.ones((len(some), 1))
        if self.by:
            terms = predictors({name: pilot[name].take(pa.array(some)) for name in self.by}, self.by, logs=True)
        logs = np.log(np.abs(x[some]))
        rest = logs - terms @ robust(logs, terms)
        one_sign = max((x[some] > 0).mean(), (x[some] < 0).mean()) >= ONE_LAYOUT
        seen = bool(one_sign and abs(np.log(self.factor)) >= APART * rest.std())
        return {"chance": likely, "places": places, "seen": seen}

    def _calibrate_layouts(self, values: pa.Array) -> Calibration:
        assert self.rate is not None
        assert self.kind in ("dates", "numbers", "phones")
        form = form_of(values, self.kind, self.column)
        clean = _counts(pattern(values, self.kind))
        usual = max(clean, key=lambda text: (clean[text], text))
        patterns: dict[str, float] = {}
        able = 0.0
        for layout in self._layouts:
            out = laid_out(values, self.kind, layout, form)
            differs = pc.not_equal(out, values)
            able += pc.sum(differs).as_py() / len(values) / len(self._layouts)
            for text, count in _counts(pattern(out.filter(differs), self.kind)).items():
                patterns[text] = patterns.get(text, 0.0) + count / len(values) / len(self._layouts)
        seen = (
            clean[usual] == len(values) and usual not in patterns and min(patterns.values(), default=0.0) >= LEAST_SHARE
        )
        likely = chance(self.rate, able, "the layouts make no difference to the others")
        return {"chance": likely, "form": form, "patterns": sorted(patterns), "seen": seen}

    def _calibrate_spelling(self, values: pa.Array) -> Calibration:
        assert self.rate is not None
        counts = _counts(values)
        for level in self.variants or {}:
            if level not in counts:
                raise SpecError(f"variants.{level}: {self.column} has no such level.")
        known = {fingerprint(text): text for text in counts} if len(counts) <= MOST_LEVELS else {}
        options = {text: self._options(text, known) for text in counts}
        able = sum(count for text, count in counts.items() if options[text]) / len(values)
        few = 0 < len(known) == len(counts) and min(counts.values()) >= LEAST_SHARE * len(values)
        mixed = {text: float(count) for text, count in counts.items()}
        for text, ways in options.items():
            for other, _ in ways:
                mixed[other] = mixed.get(other, 0.0) + counts[text] * self.rate / len(ways)
                mixed[text] -= counts[text] * self.rate / len(ways)
        true = merged(mixed) if few else {}
        pairs = [(text, other) for text, ways in options.items() for other in (text, *dict(ways))]
        seen = few and all(true[other] == text for text, other in pairs)
        levels = sorted(counts) if len(known) else []
        likely = chance(self.rate, able, "there is no other way to write the others")
        return {"chance": likely, "levels": levels, "seen": seen}

    def _converted(self, x: Any, kind: pa.DataType, places: int | None) -> Any:
        more = max(0, int(np.ceil(-np.log10(self.factor)))) + 2
        return within(x * self.factor if places is None else np.round(x * self.factor, places + more), kind)

    def _options(self, word: str, known: Mapping[str, str]) -> list[tuple[str, str]]:
        if self.variants is not None:
            return [(text, "variant") for text in self.variants.get(word, ()) if text != word]
        return variants(word, self.ways, known)

    def _rewritten(self, values: pa.Array, pick: Any, calibration: Calibration) -> tuple[pa.Array, Any]:
        """Texts written otherwise, and the mechanism of each."""
        if self.kind == "spelling":
            return self._respelled(values, pick, calibration)
        which = (pick * len(self._layouts)).astype(int)
        mechanisms = np.array(self._layouts, dtype=object)[which]
        out = values
        for number, layout in enumerate(self._layouts):
            rows: Places = np.flatnonzero(which == number)
            there = laid_out(values.take(pa.array(rows)), self.kind, layout, calibration["form"])  # type: ignore[arg-type]
            out = pc.replace_with_mask(out, pa.array(which == number), there)
        return out, mechanisms

    def _respelled(self, values: pa.Array, pick: Any, calibration: Calibration) -> tuple[pa.Array, Any]:
        known = {fingerprint(text): text for text in calibration["levels"]}
        coded = values.dictionary_encode()
        options = [self._options(text, known) or [(text, "")] for text in coded.dictionary.to_pylist()]
        sizes = np.array([len(ways) for ways in options], dtype=np.int64)
        starts = np.cumsum(sizes) - sizes
        codes = coded.indices.to_numpy(zero_copy_only=False)
        chosen = starts[codes] + (pick * sizes[codes]).astype(np.int64) if len(codes) else np.empty(0, np.int64)
        flat = [way for ways in options for way in ways]
        out = pa.array([text for text, _ in flat], pa.string()).take(pa.array(chosen))
        return out, np.array([way for _, way in flat], dtype=object)[chosen] if flat else np.empty(0, object)


def _counts(values: pa.Array) -> dict[str, int]:
    """How often each text comes."""
    return {each["values"]: each["counts"] for each in pc.value_counts(values).to_pylist()}
