"""Formats: are texts and numbers written as the real ones are?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Figure, Measure, Result, level_of, result, unmeasured
from rowsmith.evaluate._noise import apart, interval, of_share
from rowsmith.evaluate._words import percent, readable, rows

MOST_FORMS, SHARED = 50, 10
"""Forms beyond which the lengths of runs of letters and digits do not count, and rows for each form below which they do not either."""
DECIMALS = 8
EXACT = 2.0**52


@dataclass(frozen=True, kw_only=True)
class Formats(Measure):
    """Share of synthetic values that are written as no real value is.

    Of a text, each letter becomes `a` or `A` and each digit `9` (`AB-12` is `AA-99`); where a column has many such
    forms, runs count as one. Of a number, it is more decimals than any real value has. Columns that only name rows are
    looked at too. Unseen real rows set the ceiling.
    """

    title: ClassVar[str] = "Formats"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 18
    every_column: ClassVar[bool] = True

    good: float = 0.01
    """Share above the ceiling up to which it is good."""
    fair: float = 0.05
    """Share above the ceiling up to which it is fair."""
    most_rows: int = 20_000
    """Rows of each table that are looked at."""

    def measure(self, context: Context) -> Result:
        """Look for values in a form of their own."""
        found = {}
        base, unseen = context.unseen
        for i, feature in enumerate(context.features):
            found[feature.name] = self._column(
                context, feature, context.real.pick([i]), context.synthetic.pick([i]), base.pick([i]), unseen.pick([i])
            )
        for feature, real, made, holdout in context.names:
            found[feature.name] = self._column(context, feature, real, made, real, holdout)
        found = {name: both for name, both in found.items() if both[0] is not None}
        if not found:
            return unmeasured(self, "no column has a form that could be wrong.", decisive=False)
        name = max(found, key=lambda k: found[k][0] or 0.0)
        value = float(np.mean([v for v, _ in found.values() if v is not None]))
        tops = [c for _, c in found.values() if c is not None]
        ceiling = float(np.mean(tops)) if tops else None
        n, m = min(context.synthetic.n, self.most_rows), min(unseen.n, self.most_rows)
        half = of_share(value, n)
        figure = Figure(
            name="other",
            label="values in a form of their own",
            value=value,
            ceiling=ceiling,
            unit="share",
            better="lower",
            ideal=0.0,
            bad=0.1,
            noise=None if ceiling is None or m == 0 else apart(half, of_share(ceiling, m)),
            **interval(value, half, 0.0, 1.0),
        )
        level = level_of(figure, self.good, self.fair)
        said = f"{percent(value)} of the values are written as no real value is"
        sentence = {
            "good": f"{said}." if value else "All values are written as real ones are.",
            "fair": f"{said}, most of {readable(name)!r}: set its kind or form in the schema.",
            "poor": f"{said}, most of {readable(name)!r}: programs that read such values will trip; set its form in the schema.",
        }[level]
        return result(
            self,
            level,
            sentence,
            how=f"{len(found)} columns; at most {rows(self.most_rows)} of each table",
            figures=(figure,),
        )

    def _column(
        self, context: Context, feature: Feature, real: Columns, made: Columns, base: Columns, unseen: Columns | None
    ) -> tuple[float | None, float | None]:
        """Share of the synthetic and of the unseen values that have no real value's form."""
        real, made, base = (context.sample(t, self.most_rows, "formats", feature.name) for t in (real, made, base))
        look = _texts if feature.kind == "category" else _decimals
        value = look(feature, real, made)
        if unseen is None or unseen.n == 0:
            return value, None
        return value, look(feature, base, context.sample(unseen, self.most_rows, "formats", feature.name))


def _texts(feature: Feature, real: Columns, other: Columns) -> float | None:
    a, b = real.arrays[0], other.arrays[0]
    a, b = a[a >= 0], b[b >= 0]
    if len(a) == 0 or len(b) == 0:
        return None
    used, place = np.unique(np.concatenate([a, b]), return_inverse=True)
    names = [feature.levels[i] for i in used]
    forms = [_form(name) for name in names]
    known = {forms[k] for k in np.unique(place[: len(a)])}
    # of forms that hardly two rows, or names made anew, share, the next ones are new too
    most = min(MOST_FORMS, max(1, len(np.unique(a) if feature.identifier else a) // SHARED))
    if len(known) > most:
        forms = [re.sub(r"a+|9+|A[aA]*", lambda run: run[0][0], form) for form in forms]
        known = {forms[k] for k in np.unique(place[: len(a)])}
    if len(known) > most:  # free text, or letters and digits at random: what it consists of
        forms = ["".join(sorted(set(form))) for form in forms]
        known = {forms[k] for k in np.unique(place[: len(a)])}
    new = np.array([form not in known for form in forms])
    return float(new[place[len(a) :]].mean())


def _form(text: str) -> str:
    if text.count("@") == 1:  # an e-mail address, whatever name and host are like: made-up ones are of no real host
        return "a@a"
    return "".join("9" if c.isdigit() else ("A" if c.isupper() else "a") if c.isalpha() else c for c in text)


def _decimals(feature: Feature, real: Columns, other: Columns) -> float | None:
    if feature.kind == "time":
        return None
    digits: Sequence[np.ndarray] = [_needed(t.arrays[0]) for t in (real, other)]
    if len(digits[0]) == 0 or len(digits[1]) == 0 or digits[0].max() >= DECIMALS:
        return None
    return float((digits[1] > digits[0].max()).mean())


def _needed(values: np.ndarray) -> np.ndarray:
    """How many decimals each finite value needs, DECIMALS at most."""
    values = values[np.isfinite(values)]
    values = np.abs(values[np.abs(values) < EXACT / 10**DECIMALS])
    out = np.full(len(values), DECIMALS)
    for places in reversed(range(DECIMALS)):
        shifted = values * 10.0**places
        out[np.abs(shifted - np.round(shifted)) < 1e-6 * np.maximum(1.0, values)] = places
    return out
