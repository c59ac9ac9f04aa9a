"""What is worth looking at in the tables of `web_visits`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.simulate._picture import Picture, Series


def pictures(tables: Mapping[str, pa.Table], funnel: Sequence[str]) -> list[Picture]:
    """Arrivals, the funnel, popularity of pages, length of sessions."""
    found: list[Picture] = []
    if "sessions" in tables:
        sessions = tables["sessions"]
        hours = sessions["started_at"].cast(pa.int64()).to_numpy() // 3_600_000
        days = hours // 24
        counts = np.bincount(days - days.min()) if len(days) else np.zeros(1)
        found.append(
            Picture(
                title="Sessions by day",
                x="day",
                y="sessions",
                series=[Series(x=np.arange(1, len(counts) + 1), y=counts)],
            )
        )
        by_hour = np.bincount(hours % 24, minlength=24)
        found.append(
            Picture(
                title="Sessions by hour of the day",
                x="hour (UTC)",
                y="sessions",
                series=[Series(x=[str(h) for h in range(24)], y=by_hour, mark="bar")],
            )
        )
        steps = [name for name in ("product", "basket", "checkout", "paid")]
        reached = [pc.sum(sessions[f"reached_{step}"]).as_py() or 0 for step in steps]
        found.append(
            Picture(
                title="Funnel: sessions that got so far",
                x="",
                y="sessions",
                series=[Series(x=["all", *steps], y=[sessions.num_rows, *reached], mark="bar")],
            )
        )
        length = np.sort(sessions["pages"].to_numpy())[::-1]
        if len(length):
            at = np.unique(np.geomspace(1, length[0], 40).astype(np.int64))
            share = np.array([(length >= n).mean() for n in at])
            found.append(
                Picture(
                    title="Length of sessions: a straight tail is a heavy one",
                    x="pages n",
                    y="share with n pages or more",
                    series=[Series(x=at, y=share, mark="points")],
                    log_x=True,
                    log_y=True,
                )
            )
    if "page_views" in tables:
        visits = np.sort(pc.value_counts(tables["page_views"]["page_id"]).field("counts").to_numpy())[::-1]
        found.append(
            Picture(
                title="Popularity of pages",
                x="rank",
                y="views",
                series=[Series(x=np.arange(1, len(visits) + 1), y=visits, mark="points")],
                log_x=True,
                log_y=True,
            )
        )
    return found
