"""Rules: does every row keep what the schema says must hold?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from rowsmith.core.sql import truth
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Figure, Measure, Result, level_of, result, unmeasured
from rowsmith.evaluate._noise import apart, interval, of_share
from rowsmith.evaluate._words import percent, readable, rows


@dataclass(frozen=True, kw_only=True)
class Rules(Measure):
    """Share of synthetic rows that break a rule of the schema; real rows that break one set the ceiling.

    A rule is a truth value in SQL over a row's columns; as in an SQL check, a rule whose outcome is null holds.
    """

    title: ClassVar[str] = "Rules"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 14
    every_column: ClassVar[bool] = True

    good: float = 0.001
    """Share above the ceiling up to which it is good."""
    fair: float = 0.01
    """Share above the ceiling up to which it is fair."""

    def measure(self, context: Context) -> Result:
        """Look at every rule in every row."""
        if not context.rules:
            reason = "no rules were given. Name a schema that has some (schema=…, --schema)."
            return unmeasured(self, reason, decisive=False)
        broken: dict[str, dict[str, float]] = {}
        either: dict[str, float] = {}
        for role, table in (context.checked or context.rows).items():
            plain = _plain(table)
            any_broken = np.zeros(table.num_rows, dtype=bool)
            for name, expression in context.rules.items():
                fails = ~truth(expression, plain, f"the {role} table, rule {name!r}")
                any_broken |= fails
                broken.setdefault(name, {})[role] = float(fails.mean())
            either[role] = float(any_broken.mean())
        unseen = "holdout" if "holdout" in either else "real"
        value, ceiling = either["synthetic"], either[unseen]
        half = of_share(value, context.synthetic.n)
        figure = Figure(
            name="broken",
            label="rows that break a rule",
            value=value,
            ceiling=ceiling,
            unit="share",
            better="lower",
            ideal=0.0,
            bad=0.05,
            noise=apart(half, of_share(ceiling, context.rows[unseen].num_rows)),
            **interval(value, half, 0.0, 1.0),
        )
        level = level_of(figure, self.good, self.fair)
        worst = max(broken, key=lambda n: broken[n]["synthetic"] - broken[n][unseen])
        said = f"{percent(value)} of the rows break a rule"
        sentence = {
            "good": "Every row keeps every rule." if value == 0 else f"{said}, as real rows do.",
            "fair": f"{said}, mostly {readable(worst)!r}: learn with the rule in the schema, and drawn rows keep it.",
            "poor": f"{said}, mostly {readable(worst)!r}: learn with the rule in the schema, and drawn rows keep it.",
        }[level]
        return result(
            self,
            level,
            sentence,
            how=f"{len(broken)} rule{'s' * (len(broken) != 1)} in all {rows(context.synthetic.n)}",
            figures=(figure,),
            details={
                "table": {
                    "title": "Rules, and the share of rows that break each",
                    "head": ["rule", "synthetic", unseen, "SQL"],
                    "rows": [
                        [name, percent(shares["synthetic"]), percent(shares[unseen]), context.rules[name]]
                        for name, shares in sorted(broken.items(), key=lambda x: -x[1]["synthetic"])
                    ],
                }
            },
        )


def _plain(table: pa.Table) -> pa.Table:
    """Dictionaries as their values, which SQL compares with text."""
    kinds = [f.type.value_type if pa.types.is_dictionary(f.type) else f.type for f in table.schema]
    return table.cast(pa.schema([pa.field(f.name, k) for f, k in zip(table.schema, kinds, strict=True)]))
