"""Occupations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rowsmith.samplers._entity import Localized


@dataclass(frozen=True, kw_only=True)
class Job(Localized):
    """Occupations."""

    few: ClassVar[bool] = True
    part = "job"
    token = "job"
