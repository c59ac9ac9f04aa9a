"""The learner `auto`: which learner suits a table is tried out on a part of its rows."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from rowsmith.core.errors import DataError, RowsmithError, SpecError, suggest
from rowsmith.core.frames import to_arrow
from rowsmith.core.protocols import LEARNERS, Progress
from rowsmith.core.rng import Key
from rowsmith.core.schema import Schema
from rowsmith.core.settings import build
from rowsmith.engine._origin import AUTO
from rowsmith.engine._paid import pays

if TYPE_CHECKING:
    from rowsmith.evaluate._measure import Result

QUICK_FIRST = ("trees", "mixture", "copula", "autoregressive", "vae", "diffusion", "gan")
"""The order of trials where no learners are named; those that are not listed come last."""
NOT_BY_ITSELF = {
    "independent": "it keeps nothing but single columns",
    "private": "it is chosen for its guarantee, not for closeness",
}
"""Learners that are tried only if they are named."""
FEWEST = 300
"""Rows of a table from which learners can be told apart."""
MOST = 60_000
"""Rows that trials look at."""
APART = 0.2
"""Share of these that no learner sees."""
JUDGED = 10_000
"""Rows of each side that the classifier is trained on."""


@dataclass(frozen=True, kw_only=True)
class Auto:
    """Tries learners on a part of the rows and keeps the best, which then learns all rows.

    Each learns 80 % of the rows (of at most 60,000) and draws as many. The best is the one whose rows a classifier can
    tell least from the rows that were kept apart. Among those that are as good within the noise, it is the one whose rows
    give least away to the membership attack; one whose rows that attack calls poor is kept only if all are poor.
    `private` and `independent` are tried only if they are named.

    Where no learners are named, the clock decides which trials are begun: the quick learners come first, and another is begun only
    if as much time is left as the longest trial took. So the choice may differ from machine to machine. Where learners are
    named, all are tried, and the same data and seed choose the same.
    """

    seconds: float = 120
    """Seconds for the trials, where no learners are named. One that has begun is finished; learning all rows comes on top."""
    learners: str | tuple[str, ...] = ""
    """Learners to try, whatever the time, such as `trees,mixture`."""

    def __post_init__(self) -> None:
        if not 0 <= self.seconds < float("inf"):
            raise SpecError(f"seconds={self.seconds!r}: expected a number from 0.")
        for name in self.names:
            if name in LEARNERS.names() and pays(name):
                raise SpecError(
                    f"learners={name!r}: is chosen for its guarantee, and to compare it on real rows would break it."
                )
            if name not in LEARNERS.names():
                raise SpecError(f"learners={name!r}: no such learner{suggest(name, LEARNERS.names())}")

    @property
    def names(self) -> tuple[str, ...]:
        """The learners that are named."""
        words = self.learners.split(",") if isinstance(self.learners, str) else self.learners
        return tuple(dict.fromkeys(word.strip() for word in words if word.strip()))


@dataclass(frozen=True, kw_only=True)
class Trial:
    """How one learner did.

    Attributes:
        learner: its name.
        c2st: area under the curve of a classifier that tells its rows from unseen ones; None if it was not tried.
        noise: half the 95 % interval of that.
        attack: hits of the membership attack at 10 % false alarms; 0.10 is chance.
        poor: whether the attack calls the rows poor.
        reason: why it was not tried, or could not be.
    """

    learner: str
    c2st: float | None = None
    noise: float = 0.0
    attack: float | None = None
    poor: bool = False
    reason: str = ""

    def __str__(self) -> str:
        if self.c2st is None:
            return f"{self.learner}: not tried ({self.reason})"
        attack = "not measured" if self.attack is None else f"{self.attack:.3f}"
        return f"{self.learner}: c2st {self.c2st:.3f} ± {self.noise:.3f}, hits of the attack {attack}"


@dataclass(frozen=True)
class Trials:
    """All trials of a table.

    Attributes:
        each: in the order in which learners were tried.
        learnt: rows that each learnt.
        unseen: rows that it was judged by.
    """

    each: tuple[Trial, ...] = ()
    learnt: int = 0
    unseen: int = 0

    @property
    def best(self) -> Trial:
        """The one that is kept; see `Auto`. At least one was tried."""
        tried = [t for t in self.each if t.c2st is not None]
        able = [t for t in tried if not t.poor] or tried
        first = min(able, key=_c2st)
        alike = [t for t in able if _c2st(t) - _c2st(first) <= float(np.hypot(t.noise, first.noise))]
        return min(alike, key=lambda t: (t.attack is None, t.attack, _c2st(t)))

    @property
    def note(self) -> str:
        """The table of trials, as it is said of a model; empty if there were none."""
        if not self.each:
            return ""
        kept = self.best
        lines = [f"{trial}{' <- kept' * (trial is kept)}" for trial in self.each]
        head = f"note: learners tried on {self.learnt:,} rows and judged by {self.unseen:,} others (c2st .5 and hits .10 are ideal):"
        return "\n  ".join([head, *lines])

    def state(self) -> dict[str, Any]:
        """JSON from which `from_state` makes the same."""
        return {"each": [vars(trial) for trial in self.each], "learnt": self.learnt, "unseen": self.unseen}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Trials:
        """The inverse of `state`.

        Raises:
            ValueError: nothing was tried.
        """
        each = tuple(
            Trial(
                learner=str(one["learner"]),
                c2st=None if one["c2st"] is None else float(one["c2st"]),
                noise=float(one["noise"]),
                attack=None if one["attack"] is None else float(one["attack"]),
                poor=bool(one["poor"]),
                reason=str(one["reason"]),
            )
            for one in state["each"]
        )
        if each and all(one.c2st is None for one in each):
            raise ValueError("none of the trials was made")
        return cls(each, int(state["learnt"]), int(state["unseen"]))


def choose(
    table: pa.Table,
    schema: Schema,
    settings: Mapping[str, Any] | None,
    *,
    public: tuple[str, ...] | list[str] | str,
    seed: int,
    workers: int,
    progress: Progress,
) -> Trials:
    """Try learners on a table.

    Args:
        table: all rows.
        schema: of it.
        settings: of `Auto`.
        public: as in `fit`.
        seed: of the split, the fits and the judgement.
        workers: threads.
        progress: told what is done, with the learner's name.

    Raises:
        DataError: there are too few rows to compare by.
        SpecError: a setting is wrong, or no learner could be tried.
    """
    auto = build(Auto, settings or {}, f"learner {AUTO}")
    if table.num_rows < FEWEST:
        raise DataError(
            f"learner={AUTO}: {table.num_rows:,} rows are too few to tell learners apart (at least {FEWEST}); "
            "name one, such as trees."
        )
    rows = Key(seed).child(AUTO).generator().permutation(table.num_rows)[:MOST]
    cut = round(len(rows) * APART)
    unseen, learnt = (table.take(pa.array(np.sort(part))) for part in (rows[:cut], rows[cut:]))
    found: list[Trial] = []
    begun, longest = time.monotonic(), 0.0
    for name in auto.names or _in_order():
        start = time.monotonic()
        if not auto.names and found and start - begun + longest > auto.seconds:
            found.append(Trial(learner=name, reason=f"the {auto.seconds:g} seconds were up"))
            continue
        found.append(_tried(name, learnt, unseen, schema, public, progress, seed=seed, workers=workers))
        longest = max(longest, time.monotonic() - start)
    if all(trial.c2st is None for trial in found):
        raise SpecError(f"learner={AUTO}: none could be tried; " + "; ".join(f"{t.learner}: {t.reason}" for t in found))
    if not auto.names:
        found += [Trial(learner=n, reason=why) for n, why in NOT_BY_ITSELF.items() if n in LEARNERS.names()]
    return Trials(tuple(found), learnt.num_rows, unseen.num_rows)


def _in_order() -> Iterator[str]:
    """The learners that are tried by themselves, quick ones first."""
    known = LEARNERS.names()
    yield from (name for name in QUICK_FIRST if name in known)
    yield from (name for name in known if name not in QUICK_FIRST and name not in NOT_BY_ITSELF)


def _tried(
    name: str,
    learnt: pa.Table,
    unseen: pa.Table,
    schema: Schema,
    public: tuple[str, ...] | list[str] | str,
    progress: Progress,
    **shared: Any,
) -> Trial:
    """Learn, draw and judge; a learner that lacks a package, or cannot learn the table, says why in one sentence."""
    from rowsmith.engine.model import fit
    from rowsmith.evaluate._align import align
    from rowsmith.evaluate._judge import context_of, results_of
    from rowsmith.evaluate.c2st import ClassifierTest
    from rowsmith.evaluate.membership import Membership

    def tell(what: str, done: int, total: int) -> None:
        progress(f"{what} {name}", done, total)

    try:
        model = fit(learnt, schema=schema, public=public, learner=name, progress=tell, **shared)
        drawn = to_arrow(model.sample(learnt.num_rows, **shared))[0]
    except RowsmithError as fault:
        return Trial(learner=name, reason=str(fault).rstrip("."))
    aligned = align({"real": learnt, "synthetic": drawn, "holdout": unseen})
    context = context_of(aligned, None, Key(shared["seed"]), shared["workers"])
    return _trial(name, results_of([ClassifierTest(most_rows=JUDGED), Membership()], context, tell))


def _trial(name: str, found: Sequence[Result]) -> Trial:
    results = {result.measure: result for result in found}
    figures = {(r.measure, figure.name): figure for r in results.values() for figure in r.figures}
    told, attack = figures.get(("c2st", "auc")), figures.get(("membership", "tpr"))
    if told is None or told.value is None:
        return Trial(learner=name, reason=results["c2st"].sentence.rstrip("."))
    half = 0.0 if told.low is None or told.high is None else (told.high - told.low) / 2
    poor = results["membership"].level == "poor"
    return Trial(learner=name, c2st=told.value, noise=half, attack=None if attack is None else attack.value, poor=poor)


def _c2st(trial: Trial) -> float:
    assert trial.c2st is not None
    return trial.c2st
