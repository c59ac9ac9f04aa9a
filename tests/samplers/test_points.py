"""Places on the earth."""

import numpy as np
import pytest
from scipy import stats
from tests.samplers._make import LEVEL, N, make, sampler

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.samplers.point import EARTH_KM


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("box", [[-60, 170, 80, -150], [10, 2, 12, 5.5]])
def test_points_are_even_over_the_area_of_a_box(box, seed):
    south, west, north, east = box
    made = make("point", N, seed, box=box)
    lat, lon = (part.to_numpy() for part in made.flatten())
    low, high = np.sin(np.radians([south, north]))
    assert stats.kstest((np.sin(np.radians(lat)) - low) / (high - low), "uniform").pvalue > LEVEL
    assert stats.kstest((lon - west) % 360 / ((east - west) % 360), "uniform").pvalue > LEVEL
    assert ((lon >= -180) & (lon < 180)).all()


def away(lat, lon, lat0, lon0):
    """Kilometres by the haversine formula."""
    lat, lon, lat0, lon0 = map(np.radians, (lat, lon, lat0, lon0))
    h = np.sin((lat - lat0) / 2) ** 2 + np.cos(lat) * np.cos(lat0) * np.sin((lon - lon0) / 2) ** 2
    return 2 * EARTH_KM * np.arcsin(np.sqrt(h))


@pytest.mark.parametrize("center", [(52.52, 13.405), (-89.99, 0.0), (10.0, 179.99), (90.0, 0.0)])
@pytest.mark.parametrize("spread", [0.2, 10, 9000])
def test_points_scatter_around_a_centre(center, spread):
    made = make("point", N, center=list(center), spread_km=spread, digits=9)
    lat, lon = (part.to_numpy() for part in made.flatten())
    distance = away(lat, lon, *center)
    # the area within a distance on a sphere, in units in which the law is an exponential one cut at the far pole
    kappa = (EARTH_KM / spread) ** 2
    rise = 2 * kappa * np.sin(distance / EARTH_KM / 2) ** 2
    assert stats.kstest(rise, stats.truncexpon(2 * kappa).cdf).pvalue > LEVEL
    assert (np.abs(lat) <= 90).all()
    assert ((lon >= -180) & (lon < 180)).all()
    if spread == 10:
        assert abs(distance.mean() / (spread * np.sqrt(np.pi / 2)) - 1) < 0.02
    if spread < 100 and abs(center[0]) < 80:
        north, east = lat - center[0], ((lon - center[1] + 180) % 360 - 180) * np.cos(np.radians(center[0]))
        assert abs(np.corrcoef(north, east)[0, 1]) < 0.03
        assert abs(north.std() / east.std() - 1) < 0.03


def test_points_as_text_and_with_a_spread_for_each_row():
    spread = np.where(np.arange(1000) % 2, 0.001, 100.0)
    made = sampler("point", center=[50, 8], spread_km=spread, as_text=True, digits=4)
    pairs = np.array([text.split(", ") for text in made.sample(Rows(0, 1000), Key(0), {}).to_pylist()])
    assert all(len(text.partition(".")[2]) == 4 for text in pairs.ravel())
    distance = away(pairs[:, 0].astype(float), pairs[:, 1].astype(float), 50, 8)
    assert (distance[1::2] < 0.03).all()
    assert np.median(distance[::2]) > 50


@pytest.mark.parametrize(
    "bad", [{}, {"box": [1, 2, 3]}, {"box": [5, 0, 1, 1]}, {"center": [91, 0]}, {"center": [0, 0], "spread_km": 0}]
)
def test_point_refuses(bad):
    with pytest.raises(SpecError):
        sampler("point", **bad)
