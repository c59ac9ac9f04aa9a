"""Parameters of `web_visits` from a server's log, by moments and one likelihood."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import DataError
from rowsmith.simulate._site import EXIT

LINE = re.compile(r'(\S+) \S+ \S+ \[([^\]]+)\] "(?:GET|POST) (\S+)[^"]*" (\d{3}) \S+(?: "[^"]*" "([^"]*)")?')
"""The common and the combined log format of the Apache server."""
ASSET = re.compile(r"\.(css|js|png|jpe?g|gif|svg|ico|webp|woff2?|ttf|map|txt|xml|json)$", re.IGNORECASE)
PROGRAM = re.compile(r"bot|crawl|spider|slurp|watch|curl|wget|python|java/|headless", re.IGNORECASE)
GAP = 1800.0
"""Seconds without a page after which a session is over: the usual half an hour."""
PACE = 3.0
"""Mean seconds a page below which a session of five pages or more is a program's."""
LEAST, RARE = 500, 0.002
"""Pages that a log needs; share of pages below which a kind is `other`."""
ROUNDS = 40
FUNNEL = ("product", "basket", "checkout", "paid")
FEW = 20
"""Returns below which the days between them are not told; they are taken for 4 at the median, as the world has it."""


def settings_from_log(lines: Iterable[str]) -> dict[str, Any]:
    """Parameters under which the world makes visits like those of a log.

    A visitor is an address with a browser, a session ends after half an hour; pages of one kind share the first part of their path.

    Args:
        lines: of the log, in the common or combined format.

    Raises:
        DataError: they are not, or there are too few pages.
    """
    who, at, path, program = _read(lines)
    order = np.lexsort((at, who))
    who, at, path = who[order], at[order], path[order]
    new = np.r_[True, (who[1:] != who[:-1]) | (np.diff(at) > GAP)]
    session = np.cumsum(new) - 1
    length = np.bincount(session)
    first = np.flatnonzero(new)
    last = np.r_[first[1:], len(at)] - 1
    pace = (at[last] - at[first]) / np.maximum(length - 1, 1)
    owner = who[first]
    bot = np.isin(owner, np.unique(owner[(program[owner]) | ((length >= 5) & (pace < PACE))]))
    person = ~bot[session]
    names, kind = _kinds(path)
    n = len(names)
    out: dict[str, Any] = {}
    following = np.where(np.isin(np.arange(len(at)), last), n, np.r_[kind[1:], n])
    steps = np.zeros((n, n + 1))
    np.add.at(steps, (kind[person], following[person]), 1)
    people = ~bot
    shape = _patience(length[people])
    landed = np.bincount(kind[first[people]], minlength=n)
    own = np.flatnonzero(person)
    exits = _exits(kind[own], following[own] == n, np.flatnonzero(new[own]), n, shape)
    going = steps[:, :n] / np.maximum(steps[:, :n].sum(axis=1, keepdims=True), 1)
    out["visitors"] = len(np.unique(who))
    days = np.floor(at / 86_400)
    out["start"] = (datetime.date(1970, 1, 1) + datetime.timedelta(int(days.min()))).isoformat()
    out["days"] = int(days.max() - days.min()) + 1
    out["bots"] = round(len(np.unique(owner[bot])) / out["visitors"], 4)
    out |= _returns(owner[people], days[first[people]], days.max())
    arrived = first[people][np.r_[True, np.diff(owner[people]) > 0]]  # returns keep no week
    out["weekend"] = _weekend(days[arrived])
    out["patience"] = round(shape, 2)
    weights = np.column_stack([100 * (1 - exits)[:, None] * going, 100 * exits])
    out["site"] = {
        page: {to: round(float(w), 2) for to, w in zip((*names, EXIT), row, strict=True) if w >= 0.005}
        for page, row in zip(names, weights, strict=True)
    }
    out["landing"] = {page: int(landed[i]) for i, page in enumerate(names) if landed[i]}
    wait = np.r_[np.diff(at), 0.0]
    stays = person & (following < n) & (wait > 0)
    out["dwell"] = {
        page: round(float(np.exp(np.log(wait[stays & (kind == i)]).mean())), 1)
        for i, page in enumerate(names)
        if (stays & (kind == i)).any()
    }
    for name, setting in (("product", "products"), ("article", "articles")):
        if name in names:
            counts = np.sort(np.unique(path[person & (kind == names.index(name))], return_counts=True)[1])[::-1]
            out[setting] = len(counts)
            if name == "product" and len(counts) >= 10:
                out["zipf"] = _zipf(counts)
    out["funnel"] = [page for page in FUNNEL if page in names]
    if len(out["funnel"]) < 2:
        common = [names[i] for i in np.argsort(-steps.sum(axis=1))]
        out["funnel"] = [*common[1:2], *common[:1]] if len(common) > 1 else common * 2
    out["lift"] = 0.0  # a log does not tell who saw which variant
    return out


def _read(lines: Iterable[str]) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[Any], NDArray[np.bool_]]:
    """Number of the visitor, moment and path of each page; and whether each visitor says that it is a program."""
    known: dict[tuple[str, str], int] = {}
    days: dict[str, float] = {}
    who, at, path, wrong = [], [], [], 0
    for line in lines:
        found = LINE.match(line)
        if found is None:
            wrong += bool(line.strip())
            continue
        ip, moment, target, status, agent = found.groups()
        page = target.partition("?")[0]
        if int(status) >= 400 or ASSET.search(page):
            continue
        try:
            if moment[:11] not in days:
                days[moment[:11]] = datetime.datetime.strptime(moment[:11] + " +0000", "%d/%b/%Y %z").timestamp()
            clock = days[moment[:11]] + int(moment[12:14]) * 3600 + int(moment[15:17]) * 60 + int(moment[18:20])
        except ValueError:
            wrong += 1
            continue
        who.append(known.setdefault((ip, agent or ""), len(known)))
        at.append(clock)
        path.append(page)
    if len(at) < LEAST or wrong > len(at):
        raise DataError(
            f"{len(at):,} page views and {wrong:,} lines of another form: expected an access log in the common or combined format, with "
            f"{LEAST} page views at least."
        )
    program = np.array([bool(PROGRAM.search(agent)) for _, agent in known])
    return np.array(who), np.array(at), np.array(path), program


def _kinds(path: NDArray[Any]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Kinds of pages, and that of each page: the first part of its path."""
    pages, at = np.unique(path, return_inverse=True)
    heads = np.array([page.strip("/").split("/")[0] or "home" for page in pages])
    names, which = np.unique(heads, return_inverse=True)
    counts = np.bincount(which[at], minlength=len(names))
    words = np.array(
        ["other" if c < RARE * len(path) or name == EXIT else name for name, c in zip(names, counts, strict=True)]
    )
    kept, code = np.unique(words, return_inverse=True)
    return tuple(kept.tolist()), code[which][at]


def _patience(length: NDArray[np.int64]) -> float:
    """Shape of P(more than n pages) = (1 + n rate / shape) ** -shape, by maximum likelihood."""
    from scipy.optimize import minimize

    sizes, counts = np.unique(length, return_counts=True)

    def cost(free: NDArray[np.float64]) -> float:
        rate, shape = np.exp(free)
        chance = (1 + (sizes - 1) * rate / shape) ** -shape - (1 + sizes * rate / shape) ** -shape
        return -float(counts @ np.log(np.maximum(chance, 1e-300)))

    return float(np.clip(np.exp(minimize(cost, np.log([0.3, 2.0]), method="Nelder-Mead").x[1]), 0.5, 50))


def _exits(
    kind: NDArray[np.int64], left: NDArray[np.bool_], first: NDArray[np.int64], n: int, shape: float
) -> NDArray[np.float64]:
    """Chance to leave each kind of page, for a session of mean impatience.

    Who is still there after some pages is patient: of a gamma law of impatience, pages seen with a sum of rates R leave one whose mean is
    shape / (shape + R). So rates are found at which as many are expected to leave from each kind of page as do.

    Args:
        kind: of each page, session after session, shape (pages,).
        left: whether the session ends there.
        first: place of the first page of each session.
        n: how many kinds there are.
        shape: of the law.

    Returns:
        Shape (n,).
    """
    begins = np.zeros(len(kind), dtype=np.int64)
    begins[first] = first
    begins = np.maximum.accumulate(begins)
    seen = np.bincount(kind[left], minlength=n) + 0.5
    rate = np.full(n, 0.3)
    for _ in range(ROUNDS):
        own = rate[kind]
        before = np.cumsum(own) - own
        before -= before[begins]
        leaves = 1 - ((shape + before) / (shape + before + own)) ** shape
        rate = np.clip(rate * seen / (np.bincount(kind, leaves, n) + 0.5), 1e-4, 50)
    return np.asarray(1 - np.exp(-rate))


def _returns(owner: NDArray[np.int64], day: NDArray[np.float64], end: float) -> dict[str, float]:
    """Mean number of returns, and median days between sessions, by maximum likelihood.

    Of the world's law of returns (gamma–Poisson of shape 1) it follows that after each session a visitor comes back with the same
    chance q = returns / (1 + returns), whatever was before. So a session with another one g days later says q f(g), and a last
    one with r days of the log left says 1 − q F(r), for the return may lie beyond the end; f and F are of the days between.

    Args:
        owner: visitor of each session, together and in order of time, shape (sessions,).
        day: of each session.
        end: last day of the log.
    """
    from scipy.optimize import minimize
    from scipy.stats import norm

    again = np.r_[owner[1:] == owner[:-1], False]
    gap, came = np.unique(
        np.maximum(np.diff(day)[again[:-1]], 1), return_counts=True
    )  # later on the same day is one day
    rest, stayed = np.unique((end - day)[~again], return_counts=True)
    typical = 4.0 if came.sum() < FEW else None

    def law(days: NDArray[np.float64], median: float) -> NDArray[np.float64]:
        with np.errstate(divide="ignore"):
            return np.asarray(norm.cdf(np.log(days / median)))

    def cost(free: NDArray[np.float64]) -> float:
        q, median = 1 / (1 + np.exp(-free[0])), np.exp(free[1]) if typical is None else typical
        chance = law(gap, median) - law(gap - 1, median)
        return -float(came @ np.log(np.maximum(q * chance, 1e-300)) + stayed @ np.log1p(-q * law(rest, median)))

    limits = [(np.log(1e-6), np.log(100.0)), (0.0, np.log(365.0))]
    found = minimize(cost, [0.0, np.log(4.0)], method="Nelder-Mead", bounds=limits).x
    returns = {"returns": round(float(np.exp(found[0])), 3)}
    return returns if typical is not None else returns | {"return_days": round(float(np.exp(found[1])), 2)}


def _weekend(days: NDArray[np.float64]) -> float:
    """Sessions of a day at the weekend, as a part of those of another."""
    every, counts = np.unique(days, return_counts=True)
    free = (every + 3) % 7 >= 5  # 1970-01-01 was a Thursday
    return round(float(counts[free].mean() / counts[~free].mean()), 3) if free.any() and (~free).any() else 1.0


def _zipf(counts: NDArray[np.int64]) -> float:
    """Exponent of popularity: the likeliest, given which page has which rank."""
    from scipy.optimize import minimize_scalar

    logs = np.log(np.arange(1, len(counts) + 1))

    def cost(exponent: float) -> float:
        return float(exponent * (counts @ logs) + counts.sum() * np.log(np.exp(-exponent * logs).sum()))

    return round(float(minimize_scalar(cost, bounds=(0, 5), method="bounded").x), 3)
