"""Weights of rows with which a table has given shares and means: raking and exponential tilting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rowsmith.augment._change import Floats
from rowsmith.augment._numbers import floats, unit_of
from rowsmith.augment._subject import Subject, text
from rowsmith.core.errors import SpecError
from rowsmith.core.types import is_number

TOLERANCE = 1e-9
ROUNDS = 100


def weights_for(subject: Subject, shares: Mapping[str, Any], means: Mapping[str, Any]) -> Floats:
    """The weights nearest to equal ones with which the rows have given shares and means, shape (rows,), of mean 1.

    They are exponentials of a sum over what is asked for (the least Kullback-Leibler divergence from equal weights), found by
    Newton's method on the dual; for shares alone, that is what raking comes to. Source: J.-C. Deville and C.-E. Särndal,
    "Calibration Estimators in Survey Sampling", JASA 87 (1992), case 2.

    Args:
        subject: the table.
        shares: by column, share of classes; those that are left out have the rest, in the proportions they have.
        means: by column of numbers, its mean.

    Raises:
        SpecError: no such column or class, a share or mean that no weights give, or some that contradict one another.
    """
    features: list[Floats] = []
    names: list[str] = []
    for name, wanted in shares.items():
        codes, levels = subject.labels(name, "shares")
        if not isinstance(wanted, Mapping):
            raise SpecError(f"shares.{name}={wanted!r}: expected a mapping of classes to shares.")
        goal, known = {}, np.bincount(codes[codes >= 0], minlength=len(levels))
        for each, share in wanted.items():
            if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
                raise SpecError(f"shares.{name}.{text(each)}={share!r}: expected a share from 0 to 1.")
            goal[subject.level(name, levels, each, f"shares.{name}")] = float(share)
        total = sum(goal.values())
        if total > 1 + 1e-9 or (len(goal) == len(levels) and abs(total - 1) > 1e-6):
            raise SpecError(f"shares.{name}: come to {total:g}; expected 1, or less where classes are left out.")
        for code, share in goal.items():
            if share > 0 and known[code] == 0:
                raise SpecError(f"shares.{name}: there is no row of {text(levels[code].as_py())!r} to weigh.")
            features.append((codes == code) - share)
            names.append(f"shares.{name}.{text(levels[code].as_py())}")
        if len(goal) == len(levels) and len(goal) > 1:
            features.pop()  # the last follows from the others
            names.pop()
    for name, mean in means.items():
        kind = subject.table.schema.field(subject.column(name, "means")).type
        if not is_number(kind):
            raise SpecError(f"means.{name}: is {kind}; expected a column of numbers.")
        values = subject.values(name)
        x = floats(values) / unit_of(kind)
        known_x = x[np.isfinite(x)]
        if (
            not len(known_x)
            or isinstance(mean, bool)
            or not isinstance(mean, int | float)
            or not known_x.min() < mean < known_x.max()
        ):
            ends = f"{known_x.min():g} to {known_x.max():g}" if len(known_x) else "no values"
            raise SpecError(f"means.{name}={mean!r}: expected a number between its values, {ends}.")
        spread = float(known_x.std())
        features.append(np.where(np.isfinite(x), (x - mean) / spread, 0.0))
        names.append(f"means.{name}")
    if not features:
        raise SpecError("shares, means: expected at least one share or mean.")
    return _tilted(np.column_stack(features).astype(np.float64), names)


def _tilted(a: Floats, names: list[str]) -> Floats:
    """Weights with which the mean of each column of `a` is 0."""
    theta, n = np.zeros(a.shape[1]), len(a)

    def law(theta: Floats) -> tuple[Floats, float]:
        line = a @ theta
        top = float(line.max(initial=0.0))
        w = np.exp(line - top)
        return w / w.sum(), top + float(np.log(w.sum()))

    p, value = law(theta)
    for _ in range(ROUNDS):
        slope = p @ a
        if np.abs(slope).max() < TOLERANCE:
            break
        bend = (a * p[:, None]).T @ a - np.outer(slope, slope) + 1e-12 * np.eye(a.shape[1])
        step, size = np.linalg.solve(bend, slope), 1.0
        while size > 1e-8:  # a full step may go too far
            new, other = law(theta - size * step)
            if other <= value - 1e-4 * size * float(slope @ step):
                break
            size /= 2
        else:
            break
        theta, p, value = theta - size * step, new, other
    worst = int(np.abs(p @ a).argmax())
    if np.abs(p @ a).max() > 1e-6:
        raise SpecError(
            f"{names[worst]}: no weights of these rows come to all that is asked for (off by {np.abs(p @ a).max():.2g}); expected "
            "shares and means that do not contradict one another."
        )
    return np.asarray(p * n)
