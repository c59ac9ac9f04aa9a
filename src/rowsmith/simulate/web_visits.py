"""Visitors of a website with a shop: arrivals, sessions as walks over the site, a funnel, an A/B test, bots, what is not seen."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa

from rowsmith.core.errors import SpecError, suggest
from rowsmith.core.rng import Key
from rowsmith.simulate._picture import Picture
from rowsmith.simulate._site import EXIT, Laws, landing_law, laws, reach
from rowsmith.simulate._visits import CHANNELS, PART, Visits, arrivals
from rowsmith.simulate._web_fit import settings_from_log
from rowsmith.simulate._web_pictures import pictures
from rowsmith.simulate._web_tables import ODD, TABLES
from rowsmith.simulate._world import Calibrated, Emission, Emitted, Odd, Param, Pictured, World

GAMMA_NODES = 64
"""Points of the quadrature over impatience."""


def _site() -> dict[str, dict[str, float]]:
    return {
        "home": {"list": 40, "product": 10, "article": 10, "help": 3, EXIT: 37},
        "list": {"product": 50, "list": 16, "home": 6, EXIT: 28},
        "product": {"product": 22, "list": 24, "basket": 6, "article": 4, "home": 5, EXIT: 39},
        "article": {"article": 22, "product": 18, "list": 12, "home": 6, EXIT: 42},
        "help": {"home": 25, "checkout": 5, "list": 20, "help": 10, EXIT: 40},
        "basket": {"checkout": 38, "product": 16, "list": 14, EXIT: 32},
        "checkout": {"paid": 55, "basket": 14, "help": 5, EXIT: 26},
        "paid": {"home": 15, EXIT: 85},
    }


def _dwell() -> dict[str, float]:
    return {
        "home": 12, "list": 18, "product": 28, "article": 55, "help": 40, "basket": 20, "checkout": 60, "paid": 10,
    }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class WebVisits(World, Pictured, Calibrated):
    """A website with a shop, seen by its own server and by a script on its pages.

    >>> world = WebVisits(visitors=100)
    >>> emission = next(world.run(Key(1)))
    >>> len(emission["visitors"]["device"])
    100
    """

    visitors: Annotated[int, Param(1, 10**9, "persons and bots")] = 10_000
    """Who comes at least once."""
    start: str = "2024-01-01"
    """First day that is recorded."""
    days: Annotated[int, Param(1, 3650, "days")] = 28
    """How long it is recorded."""
    warm_up: Annotated[int, Param(0, 3650, "days")] = 0
    """Days before the first one, in which people come and nothing is recorded."""
    returns: Annotated[float, Param(0, 100, "sessions", "typical of a shop's log")] = 0.75
    """Further sessions of a visitor, on average; few have many (gamma–Poisson, shape 1)."""
    return_days: Annotated[float, Param(1, 365, "days")] = 4.0
    """Median of the days between sessions (lognormal, sigma 1)."""
    campaign_days: tuple[int, ...] = ()
    """Days of a campaign, from 1."""
    campaign_lift: Annotated[float, Param(1, 100)] = 2.0
    """How many times as many come on a campaign's day."""
    weekend: Annotated[float, Param(0, 10, "", "typical of a shop's log", open=True)] = 0.75
    """Arrivals on a Saturday or Sunday, as a part of those of another day."""
    channels: Mapping[str, float] = field(
        default_factory=lambda: {"search": 45, "direct": 25, "social": 12, "mail": 10, "ads": 8}
    )
    """Weights of how visitors first come: search, direct, social, mail, ads."""
    phones: Annotated[float, Param(0, 1, "share")] = 0.6
    """Visitors with a phone; of the others one in ten has a tablet."""
    site: Mapping[str, Mapping[str, float]] = field(default_factory=_site)
    """Kind of page to weights of what follows, `exit` among them."""
    landing: Mapping[str, float] = field(
        default_factory=lambda: {"home": 45, "product": 25, "list": 15, "article": 13, "help": 2}
    )
    """Weights of the first page."""
    funnel: tuple[str, ...] = ("product", "basket", "checkout", "paid")
    """Kinds of pages on the way to an order, the last being the order itself."""
    patience: Annotated[float, Param(0.5, 50, "", "Huberman et al. 1998: lengths have a heavy tail")] = 2.0
    """Tail index of the length of sessions: impatience differs from session to session (gamma of this shape, mean 1)."""
    most_pages: Annotated[int, Param(1, 10_000, "pages")] = 1000
    """At which a session ends in any case."""
    dwell: Mapping[str, float] = field(default_factory=_dwell)
    """Median seconds on each kind of page (lognormal, sigma 0.9); 20 on those that are not listed."""
    products: Annotated[int, Param(1, 10**6, "pages")] = 400
    """Pages of products."""
    articles: Annotated[int, Param(1, 10**6, "pages")] = 80
    """Pages of articles."""
    zipf: Annotated[float, Param(0, 5, "", "Breslau et al. 1999: 0.6 to 1")] = 0.9
    """Exponent of the popularity of products and articles: that of rank r is visited in proportion to r ** -zipf."""
    lift: Annotated[float, Param(-0.95, 10)] = 0.1
    """How much more often, as a part, variant B of the A/B test leads from the last page but one of the funnel to the order."""
    order_value: Annotated[float, Param(0, 10**6, "euro", open=True)] = 48.0
    """Median of an order (lognormal, sigma 0.6)."""
    bots: Annotated[float, Param(0, 0.9, "share")] = 0.03
    """Visitors that are programs: they crawl at a steady pace around the clock, and never buy."""
    consent: Annotated[float, Param(0, 1, "share")] = 0.7
    """Persons who let a cookie be set; without, sessions cannot be linked."""
    cookie_loss: Annotated[float, Param(0, 1, "a return")] = 0.1
    """Chance that a cookie is gone when its visitor returns: another one is set."""
    lost_hits: Annotated[float, Param(0, 0.99, "share")] = 0.02
    """Page views that the script does not report; the server's log has them."""

    independent: ClassVar[bool] = True
    odd: ClassVar[Odd | None] = ODD

    def check(self) -> None:
        """Refuse sites that cannot be left, and other things that do not go together."""
        try:
            datetime.date.fromisoformat(self.start)
        except ValueError:
            raise SpecError(f"start={self.start!r}: expected a date such as 2024-01-31.") from None
        for page, following in self.site.items():
            if not isinstance(following, Mapping):
                raise SpecError(f"site.{page}={following!r}: expected a mapping of pages, or {EXIT}, to weights.")
        for day in self.campaign_days:
            if not 1 <= day <= self.days:
                raise SpecError(f"campaign_days={day}: expected days from 1 to days={self.days}.")
        for name in self.channels:
            if name not in CHANNELS:
                raise SpecError(f"channels.{name}: is not known{suggest(name, CHANNELS)}")
        for name, weights in (("channels", self.channels), ("landing", self.landing)):
            if not weights or any(w < 0 for w in weights.values()) or sum(weights.values()) <= 0:
                raise SpecError(f"{name}={dict(weights)!r}: expected weights from 0, not all of them 0.")
        for page, seconds in self.dwell.items():
            if not 0 < seconds < float("inf"):
                raise SpecError(f"dwell.{page}={seconds!r}: expected seconds above 0.")
        if len(self.funnel) < 2:
            raise SpecError(f"funnel={self.funnel!r}: expected at least two kinds of pages.")
        for page in self.funnel:
            if page not in self.site:
                raise SpecError(f"funnel={page!r}: is no page of the site{suggest(page, self.site)}")
        landing_law(self.site, self.landing)
        _ = self.laws

    @property
    def laws(self) -> Laws:
        """Laws of the walk: of persons with variant A, with variant B, and of bots."""
        return laws(self.site, self.landing, self.funnel, self.lift)

    @property
    def tables(self) -> Mapping[str, Emitted]:
        """Visitors, sessions, page views, events, orders, pages, and the server's log."""
        return TABLES

    @property
    def parts(self) -> int:
        """Some visitors each."""
        return -(-self.visitors // PART)

    def run(self, key: Key, first: int = 0) -> Iterator[Emission]:
        """Visitors of a part, with all that they do."""
        visits = Visits(self, key, self.laws, arrivals(self))
        for part in range(first, self.parts):
            yield visits.part(part)

    def expected(self, variant: str = "A") -> dict[str, float]:
        """Share of persons' sessions that get to each page of the funnel, by theory.

        Args:
            variant: of the A/B test, "A" or "B".
        """
        from scipy.special import roots_genlaguerre

        nodes, weights = roots_genlaguerre(GAMMA_NODES, self.patience - 1)
        shares = weights / weights.sum()
        found = self.laws
        each = [reach(found, "AB".index(variant), haste / self.patience, self.funnel) for haste in nodes]
        return dict(zip(self.funnel, (shares @ np.array(each)).tolist(), strict=True))

    def pictures(self, tables: Mapping[str, pa.Table]) -> Sequence[Picture]:
        """Arrivals, the funnel, popularity of pages, length of sessions."""
        return pictures(tables, self.funnel)

    @classmethod
    def settings_from(cls, lines: Iterable[str]) -> dict[str, Any]:
        """Parameters from a server's log in the common or combined format."""
        return settings_from_log(lines)
