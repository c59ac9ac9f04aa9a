"""What the kinds of names share: agreeing with a column of sexes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._entity import Localized
from rowsmith.samplers._lexicon import SEXES, phrase
from rowsmith.samplers._phrases import Phrase, by_group
from rowsmith.samplers._sexes import EITHER, sexes_in


@dataclass(frozen=True, kw_only=True)
class Named(Localized):
    """A name that may depend on a person's sex."""

    sex: str | None = None
    """Column that says m or f, male or female, 1 or 2; other values and nulls give names of either."""

    part = "person"

    def __post_init__(self) -> None:
        if self.unique and self.sex is not None:
            raise SpecError(
                f"unique=True: expected no sex={self.sex!r} with it, since unique names are a function of the row's "
                "number alone; leave one of them out."
            )
        self.phrase()
        if self.sex is not None:
            self._of(0), self._of(1)

    @property
    def reads(self) -> tuple[str, ...]:
        """The column of sexes."""
        return () if self.sex is None else (self.sex,)

    def _of(self, sex: int) -> Phrase:
        if sex == EITHER:
            return self.phrase()
        which = SEXES[sex]
        return phrase(self.locale, "person", f"{self.token}_{which}", f"{self.token.replace('_', ' ')} of one sex")

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Names of each sex for all of its rows at once."""
        if self.sex is None:
            return super().sample(rows, key, given)
        rng = key.generator()
        sexes = sexes_in(given[self.sex], self.sex)
        return by_group(sexes, lambda sex, members: self._of(sex).draw(len(members), rng, {}))
