"""Places on the globe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core import text
from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.core.values import Number, require

EARTH_KM = 6371.0088
"""Mean radius of the Earth."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Point(ColumnSampler):
    """Places on the globe, in degrees: even over the area of a box, or scattered around a centre."""

    box: tuple[float, ...] | None = None
    """South, west, north, east, such as [47.3, 5.9, 55.1, 15.0]; west may be greater, then the box crosses 180°."""
    center: tuple[float, ...] | None = None
    """Latitude and longitude, such as [52.52, 13.405]; near ones are likelier (a normal distribution on the globe)."""
    spread_km: Number = 10.0
    """Standard deviation of the way from the centre to the north, and to the east, in kilometres, greater than 0."""
    digits: int = 6
    """Decimals of the degrees, from 0 to 9 (6 is a tenth of a metre)."""
    as_text: bool = False
    """Whether to make a text such as '52.520000, 13.405000', not two numbers `lat` and `lon`."""

    def __post_init__(self) -> None:
        require(self, "spread_km", above=0)
        if not 0 <= self.digits <= 9:
            raise SpecError(f"digits={self.digits}: expected a whole number from 0 to 9.")
        if (self.box is None) == (self.center is None):
            raise SpecError("box, center: expected one of the two.")
        if self.center is not None and not (len(self.center) == 2 and _on_globe(*self.center)):
            raise SpecError(f"center={list(self.center)}: expected latitude (-90 to 90) and longitude (-180 to 180).")
        if self.box is not None and not (
            len(self.box) == 4 and _on_globe(*self.box[:2]) and _on_globe(*self.box[2:]) and self.box[0] <= self.box[2]
        ):
            raise SpecError(f"box={list(self.box)}: expected south, west, north and east in degrees, the south below.")

    @property
    def type(self) -> pa.DataType:
        """A struct of `lat` and `lon`, or text."""
        return pa.string() if self.as_text else pa.struct([("lat", pa.float64()), ("lon", pa.float64())])

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Draw latitudes and longitudes."""
        u, v = key.generator().random((2, rows.n))
        lat, lon = self._in_box(u, v) if self.box is not None else self._around(u, v)
        lat, lon = np.round(lat, self.digits), np.round(lon, self.digits)
        lon = np.where(lon >= 180, lon - 360, lon)
        if not self.as_text:
            return pa.StructArray.from_arrays([pa.array(lat + 0.0), pa.array(lon + 0.0)], fields=list(self.type))
        form = {"as": "float", "digits": self.digits}
        return pc.binary_join_element_wise(*(text.show(pa.array(part + 0.0), form) for part in (lat, lon)), ", ")

    def _in_box(self, u: Floats, v: Floats) -> tuple[Floats, Floats]:
        """Even in the sine of the latitude, as the area of a zone is (Archimedes)."""
        south, west, north, east = self.box or (0.0,) * 4
        low, high = np.sin(np.radians([south, north]))
        lat = np.degrees(np.arcsin(np.clip(low + u * (high - low), -1, 1)))
        lon = west + v * (east - west + 360 * (east < west))
        return np.clip(lat, south, north), np.where(lon >= 180, lon - 360, lon)

    def _around(self, u: Floats, v: Floats) -> tuple[Floats, Floats]:
        """By the distribution of R. Fisher ("Dispersion on a Sphere", 1953), the normal one of directions.

        The squared chord to the centre is drawn rather than the angle's cosine, which would lose small distances.
        """
        spread: Any = self.spread_km
        kappa = (EARTH_KM / np.asarray(spread, dtype=float)) ** 2
        # 1 - u lies in (0, 1]; log1p keeps what is near 1
        rise = -np.log1p(-u * -np.expm1(-2 * kappa)) / kappa  # 1 - cosine of the angle
        angle = 2 * np.arcsin(np.sqrt(np.clip(rise / 2, 0, 1)))
        bearing = 2 * np.pi * v
        lat0, lon0 = np.radians(self.center or (0.0, 0.0))
        sine = np.sin(lat0) * np.cos(angle) + np.cos(lat0) * np.sin(angle) * np.cos(bearing)
        east = np.sin(bearing) * np.sin(angle) * np.cos(lat0)
        lon = lon0 + np.arctan2(east, np.cos(angle) - np.sin(lat0) * sine)
        return np.degrees(np.arcsin(np.clip(sine, -1, 1))), (np.degrees(lon) + 180) % 360 - 180


def _on_globe(lat: float, lon: float) -> bool:
    return -90 <= lat <= 90 and -180 <= lon <= 180
