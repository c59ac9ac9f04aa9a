"""What texts look like that name persons."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

FEW_LEVELS = 2
"""A column of no more levels is a yes or no, whose answers are nobody's."""
NAME, NAMES = r"^\p{Lu}[\p{L}'’.-]*( (van|von|de|da|del|der|den|di|la|le|zu))*( \p{Lu}[\p{L}'’.-]+){1,3}$", 0.9
"""What first and family names of a person look like, and the share of levels that do."""


def are_names(levels: pa.Array) -> bool:
    """Whether nearly all levels look like first and family names of persons.

    >>> are_names(pa.array(["Ann Lee", "Åsa Berg", "J. van Dam"])), are_names(pa.array(["Ann", "New York 3", "Bob Ray"]))
    (True, False)
    """
    if not (pa.types.is_string(levels.type) or pa.types.is_large_string(levels.type)) or len(levels) <= FEW_LEVELS:
        return False
    return bool(pc.mean(pc.match_substring_regex(levels, NAME).cast(pa.int8())).as_py() >= NAMES)
