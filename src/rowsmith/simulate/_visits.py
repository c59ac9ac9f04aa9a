"""One part of the run of `web_visits`: some visitors, their sessions, and every page of these, as arrays."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.rng import Key
from rowsmith.simulate._runs import words
from rowsmith.simulate._site import Floats, Laws
from rowsmith.simulate._world import Emission

if TYPE_CHECKING:
    from rowsmith.simulate.web_visits import WebVisits

Ints = NDArray[np.int64]
PART = 16_384
"""Visitors of a part. The output depends on it."""
CHANNELS = ("search", "direct", "social", "mail", "ads")
DEVICES = ("phone", "desktop", "tablet")
COUNTRIES, COUNTRY_SHARES = ("DE", "AT", "CH", "FR", "NL", "US"), (46, 16, 14, 10, 8, 6)
KINDS, VARIANTS = ("person", "bot"), ("A", "B")
EVENTS = ("search", "add_to_basket", "begin_checkout", "purchase")
SEARCHES = 0.3
"""Share of lists that somebody searched for."""
HOURS = np.array(
    [20, 12, 8, 6, 6, 9, 18, 34, 48, 56, 60, 62, 66, 62, 58, 58, 60, 66, 76, 90, 98, 92, 68, 40], dtype=float
)
"""How many come by hour of the day: the usual shape of a shop's log, most of it in the evening."""
DAY, HOUR = 86_400_000, 3_600_000
RETURN_CHANNELS = {"direct": 45, "search": 30, "mail": 15, "social": 5, "ads": 5}
BOT_RETURNS, BOT_HASTE = 6.0, 0.08
APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1"
AGENTS = (
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) {APPLE}",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0",
    f"Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) {APPLE}",
    "ExampleCrawler/2.1 (+https://crawler.example/bot)",
    "Mozilla/5.0 (compatible; price-watch/1.0)",
)
AGENTS_OF = np.array([[0, 1], [2, 3], [4, 4], [5, 6]])
"""Programs by device, bots last."""
REFERERS = {"search": "https://search.example/", "social": "https://social.example/", "mail": "https://mail.example/"}


def arrivals(world: WebVisits) -> Floats:
    """Cumulative share of visitors who come before the end of each hour, from the beginning of the warm-up, shape (hours,).

    Given how many come at all, arrivals of an inhomogeneous Poisson process are independent draws from this law.
    """
    first = datetime.date.fromisoformat(world.start).weekday() - world.warm_up
    days = np.arange(world.warm_up + world.days)
    level = np.where((days + first) % 7 >= 5, world.weekend, 1.0)
    level[world.warm_up + np.array(world.campaign_days, dtype=np.int64) - 1] *= world.campaign_lift
    weights = (level[:, None] * HOURS[None, :]).ravel()
    return np.cumsum(weights) / weights.sum()  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Visits:
    """What the parts of a run have in common.

    Attributes:
        world: parameters.
        key: random stream of the run.
        laws: of walks over the site.
        hours: as `arrivals` has them.
    """

    world: WebVisits
    key: Key
    laws: Laws
    hours: Floats

    def part(self, number: int) -> Emission:
        """A part of the run."""
        rng = self.key.child("part", number).generator()
        n = min(PART, self.world.visitors - number * PART)
        people = self._people(rng, n)
        sessions = self._sessions(rng, people)
        views = self._views(rng, people, sessions)
        m = len(sessions["visitor"])
        orders = np.flatnonzero(views["page"] == self.laws.pages.index(self.world.funnel[-1]))
        heard = rng.random(len(views["page"])) >= self.world.lost_hits
        return {
            "runs": {"visitors": [n], "sessions": [m]},
            **({"pages": self._pages()} if number == 0 else {}),
            "visitors": self._visitors(people, sessions),
            "sessions": self._told(people, sessions, views),
            "page_views": partial(self._seen, views, np.flatnonzero(heard)),
            "events": self._events(rng, views),
            "orders": self._orders(rng, people, sessions, views, orders),
            "access_log": partial(self._log, self.key.child("log", number), people, sessions, views),
        }

    def _people(self, rng: np.random.Generator, n: int) -> dict[str, Any]:
        world = self.world
        bot = rng.random(n) < world.bots
        hour = np.searchsorted(self.hours, rng.random(n), side="right")
        hour = np.where(bot, rng.integers(len(self.hours), size=n), hour)
        device = np.where(rng.random(n) < world.phones, 0, np.where(rng.random(n) < 0.1, 2, 1))
        weights = np.array([world.channels.get(c, 0.0) for c in CHANNELS], dtype=float)
        channel = np.where(bot, CHANNELS.index("direct"), rng.choice(len(CHANNELS), n, p=weights / weights.sum()))
        shares = np.array(COUNTRY_SHARES) / sum(COUNTRY_SHARES)
        mean = np.where(bot, BOT_RETURNS, world.returns)
        return {
            "bot": bot,
            "device": np.where(bot, 1, device),
            "channel": channel,
            "country": rng.choice(len(COUNTRIES), n, p=shares),
            "variant": rng.integers(2, size=n),
            "consent": ~bot & (rng.random(n) < world.consent),
            "first": hour * HOUR + rng.integers(HOUR, size=n),
            "returns": rng.poisson(mean * rng.standard_exponential(n)),
            "ip": rng.integers(1 << 32, size=n, dtype=np.uint32),
            "agent": AGENTS_OF[np.where(bot, 3, device), rng.integers(2, size=n)],
        }

    def _sessions(self, rng: np.random.Generator, people: Mapping[str, Any]) -> dict[str, Any]:
        """Sessions in the recorded days, by visitor and in order of time."""
        world = self.world
        counts = people["returns"] + 1
        visitor = np.repeat(np.arange(len(counts)), counts)
        place = np.arange(len(visitor)) - np.repeat(np.cumsum(counts) - counts, counts)
        gaps = np.ceil(np.exp(np.log(world.return_days) + rng.standard_normal(len(visitor)))).astype(np.int64)
        gaps[place == 0] = 0
        total = np.cumsum(gaps)
        since = total - np.repeat(total[np.cumsum(counts) - counts], counts)
        bot = people["bot"][visitor]
        profile = np.searchsorted(np.cumsum(HOURS) / HOURS.sum(), rng.random(len(visitor)), side="right")
        profile = np.where(bot, rng.integers(24, size=len(visitor)), profile)
        later = (people["first"][visitor] // DAY + since) * DAY + profile * HOUR + rng.integers(HOUR, size=len(visitor))
        at = np.where(place == 0, people["first"][visitor], later) - world.warm_up * DAY
        lost = (place == 0) | (rng.random(len(visitor)) < world.cookie_loss)
        cookie = rng.integers(1, 2**62, size=len(visitor))
        run = np.maximum.accumulate(np.where(lost, np.arange(len(visitor)), 0))
        others = np.array([RETURN_CHANNELS[c] for c in CHANNELS], dtype=float)
        again = rng.choice(len(CHANNELS), len(visitor), p=others / others.sum())
        channel = np.where((place == 0) | bot, people["channel"][visitor], again)
        kept = np.flatnonzero((at >= 0) & (at < world.days * DAY))
        found = {"visitor": visitor, "at": at, "channel": channel, "cookie": cookie[run], "place": place}
        return {name: values[kept] for name, values in found.items()}

    def _views(
        self, rng: np.random.Generator, people: Mapping[str, Any], sessions: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Pages of the sessions."""
        from rowsmith.simulate._web import walk

        world, visitor = self.world, sessions["visitor"]
        n, bot = len(visitor), people["bot"][visitor]
        haste = rng.gamma(world.patience, 1 / world.patience, n) * np.where(bot, BOT_HASTE, 1.0)
        law = np.where(bot, 2, people["variant"][visitor])
        landing, onward = np.cumsum(self.laws.landing, axis=1), np.cumsum(self.laws.onward, axis=2)
        seeds = rng.integers(2**64, size=n, dtype=np.uint64)
        page, length = walk(seeds, law, haste, landing, onward, self.laws.stay, world.most_pages)
        session = np.repeat(np.arange(n), length)
        median = np.array([world.dwell.get(p, 20.0) for p in self.laws.pages])
        spread = np.exp(0.9 * rng.standard_normal(len(page)))
        pace = rng.uniform(0.4, 2.5, n)  # of a bot: the same from page to page, but for the network
        seconds = np.where(bot[session], pace[session] * rng.uniform(0.95, 1.05, len(page)), median[page] * spread)
        passed = np.cumsum(seconds)
        first = np.cumsum(length) - length
        before = passed - seconds
        at = sessions["at"][session] + ((before - before[first][session]) * 1000).astype(np.int64)
        item = self._items(rng, page)
        place = np.arange(len(page)) - first[session]
        last = np.zeros(len(page), dtype=bool)
        last[first + length - 1] = True
        return {
            "session": session, "page": page.astype(np.int64), "at": at, "seconds": seconds, "length": length,
            "first": first, "item": item, "place": place, "last": last,
        }  # fmt: skip

    def _sizes(self) -> Ints:
        """How many pages there are of each kind."""
        many = {"product": self.world.products, "article": self.world.articles}
        return np.array([many.get(page, 1) for page in self.laws.pages])

    def _items(self, rng: np.random.Generator, page: Ints) -> Ints:
        """Number of the page in the table of pages, by the popularity of its kind's."""
        sizes = self._sizes()
        starts, out = np.cumsum(sizes) - sizes, (np.cumsum(sizes) - sizes)[page]
        for kind in np.flatnonzero(sizes > 1):
            at = np.flatnonzero(page == kind)
            ranked = np.cumsum(np.arange(1, sizes[kind] + 1, dtype=float) ** -self.world.zipf)
            rank = np.searchsorted(ranked, rng.random(len(at)) * ranked[-1], side="right")
            out[at] = starts[kind] + self._order(int(kind), int(sizes[kind]))[rank]
        return out

    def _order(self, kind: int, size: int) -> Ints:
        """Which page of a kind has which rank, shape (size,)."""
        return self.key.child("ranks", kind).generator().permutation(size)

    def _pages(self) -> dict[str, Any]:
        sizes = self._sizes()
        kind = np.repeat(np.arange(len(sizes)), sizes)
        number = np.arange(len(kind)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + 1
        single = sizes[kind] == 1
        names = self.laws.pages
        paths = [
            f"/{names[k]}" if one else f"/{names[k]}/{i}"
            for k, i, one in zip(kind.tolist(), number.tolist(), single.tolist(), strict=True)
        ]
        if "home" in names:
            paths[int(np.flatnonzero(kind == names.index("home"))[0])] = "/"
        return {"path": paths, "kind": words(kind, names)}

    def _moment(self, at: Ints) -> Ints:
        """Milliseconds since 1970 from those since the first day."""
        return at + (datetime.date.fromisoformat(self.world.start) - datetime.date(1970, 1, 1)).days * DAY

    def _visitors(self, people: Mapping[str, Any], sessions: Mapping[str, Any]) -> dict[str, Any]:
        bot = people["bot"]
        return {
            "kind": words(bot.astype(np.int64), KINDS),
            "country": words(people["country"], COUNTRIES),
            "device": words(people["device"], DEVICES),
            "first_channel": words(people["channel"], CHANNELS),
            "variant": words(np.where(bot, -1, people["variant"]), VARIANTS),
            "consent": people["consent"],
            "first_at": self._moment(people["first"] - self.world.warm_up * DAY),
        }

    def _told(self, people: Mapping[str, Any], sessions: Mapping[str, Any], views: Mapping[str, Any]) -> dict[str, Any]:
        pages, visitor = views["page"], sessions["visitor"]
        n = len(visitor)
        seconds = np.bincount(views["session"], np.where(views["last"], 0, views["seconds"]), n)
        reached = {
            f"reached_{name}": np.bincount(views["session"], pages == self.laws.pages.index(name), n) > 0
            for name in FUNNEL_COLUMNS
            if name in self.laws.pages
        }
        none = {f"reached_{name}": np.zeros(n, dtype=bool) for name in FUNNEL_COLUMNS}
        return {
            "visitor_id": visitor,
            "number": sessions["place"] + 1,
            "started_at": self._moment(sessions["at"]),
            "channel": words(sessions["channel"], CHANNELS),
            "cookie": pc.if_else(pa.array(people["consent"][visitor]), _hexadecimal(sessions["cookie"]), None),
            "landing_page": words(pages[views["first"]], self.laws.pages),
            "pages": views["length"],
            "seconds": np.round(seconds, 1),
            **none,
            **reached,
        }

    def _seen(self, views: Mapping[str, Any], heard: Ints) -> dict[str, Any]:
        seconds = pa.array(np.round(views["seconds"][heard], 1), mask=views["last"][heard])
        return {
            "session_id": views["session"][heard],
            "page_id": views["item"][heard],
            "number": views["place"][heard] + 1,
            "at": self._moment(views["at"][heard]),
            "seconds": seconds,
        }

    def _events(self, rng: np.random.Generator, views: Mapping[str, Any]) -> dict[str, Any]:
        """Clicks that lead to a page of the funnel, and searches."""
        pages, names = views["page"], self.laws.pages
        kind = np.full(len(names), -1)
        kind[[names.index(page) for page in self.world.funnel[1:]]] = np.minimum(
            np.arange(1, len(self.world.funnel)), len(EVENTS) - 1
        )
        kind[names.index(self.world.funnel[-1])] = EVENTS.index("purchase")
        found = kind[pages]
        if "list" in names:
            found[(pages == names.index("list")) & (rng.random(len(pages)) < SEARCHES)] = EVENTS.index("search")
        at = np.flatnonzero(found >= 0)
        return {
            "session_id": views["session"][at],
            "at": self._moment(views["at"][at]),
            "kind": words(found[at], EVENTS),
        }

    def _orders(
        self,
        rng: np.random.Generator,
        people: Mapping[str, Any],
        sessions: Mapping[str, Any],
        views: Mapping[str, Any],
        at: Ints,
    ) -> dict[str, Any]:
        session = views["session"][at]
        visitor = sessions["visitor"][session]
        # What can be known of the first channel: that of the first session with the same cookie.
        first = (
            np.r_[True, sessions["cookie"][1:] != sessions["cookie"][:-1]]
            if len(sessions["cookie"])
            else np.zeros(0, bool)
        )
        begun = (
            np.maximum.accumulate(np.where(first, np.arange(len(first)), 0)) if len(first) else first.astype(np.int64)
        )
        known = np.where(people["consent"][visitor], sessions["channel"][begun[session]], sessions["channel"][session])
        value = self.world.order_value * np.exp(0.6 * rng.standard_normal(len(at)))
        return {
            "session_id": session,
            "at": self._moment(views["at"][at]),
            "amount": np.maximum(np.round(value, 2), 0.01),
            "items": 1 + rng.poisson(0.8, len(at)),
            "first_channel": words(people["channel"][visitor], CHANNELS),
            "first_channel_seen": words(known, CHANNELS),
        }

    def _log(
        self, key: Key, people: Mapping[str, Any], sessions: Mapping[str, Any], views: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What the server writes, in order of time."""
        from rowsmith.simulate._web import log_lines  # numba is loaded where it is needed

        rng = key.generator()
        order = np.argsort(views["at"], kind="stable")
        session, visitor = views["session"][order], sessions["visitor"][views["session"][order]]
        paths = pa.array(self._pages()["path"])
        item = views["item"]
        before = np.r_[0, item[:-1]][order] if len(item) else item
        inside = pc.binary_join_element_wise("https://shop.example", paths, "").take(pa.array(before))
        outside = pa.array([REFERERS.get(c, "-") for c in CHANNELS]).take(pa.array(sessions["channel"][session]))
        referer = pc.if_else(pa.array(views["place"][order] == 0), outside, inside)
        bot = pa.array(people["bot"][visitor])
        quads = [pa.array(((people["ip"] >> s) & 255).astype(np.int64)).cast(pa.string()) for s in (24, 16, 8, 0)]
        ip = pc.binary_join_element_wise(*quads, ".").take(pa.array(visitor))
        moments = pa.array(self._moment(views["at"][order]), pa.int64()).view(pa.timestamp("ms"))
        status = pa.array(np.where(rng.random(len(order)) < 0.004, 500, 200))
        size = pa.array(np.exp(9.2 + 0.5 * rng.standard_normal(len(order))).astype(np.int64))
        agent = pa.array(AGENTS).take(pa.array(people["agent"][visitor]))
        referer = pc.if_else(bot, "-", referer)
        line = log_lines(ip, moments, paths.take(pa.array(item[order])), status, size, referer, agent)
        return {"at": moments, "line": line}


def _hexadecimal(values: Ints) -> pa.Array:
    """Whole numbers as texts of 16 hexadecimal digits."""
    pairs = np.array([list(f"{byte:02x}".encode()) for byte in range(256)], dtype=np.uint8)
    letters = pairs[values.astype(">i8").view(np.uint8)]
    ends = np.arange(len(values) + 1, dtype=np.int32) * 16
    return pa.StringArray.from_buffers(len(values), pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(letters)))


FUNNEL_COLUMNS = ("product", "basket", "checkout", "paid")
"""Kinds of pages of which a session tells whether it got there."""
