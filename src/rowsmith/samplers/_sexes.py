"""What a column says about a person's sex."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.samplers._phrases import plain

MALE, FEMALE, EITHER = 0, 1, 2


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# 1, 2, 0 and 9 are those of ISO/IEC 5218.
_SAID = {
    MALE: _words("m male man men boy masculine mr 1 h homme hombre herr mann männlich maschio uomo masculino masculin"),
    FEMALE: _words("f female woman women girl feminine mrs ms 2 w femme mujer frau weiblich femmina donna femenino k"),
    EITHER: _words("x d o u n 0 9 other divers diverse nonbinary non-binary unknown neutral none na n/a nb") | {""},
}
_SEX = {word: sex for sex, words in _SAID.items() for word in words}


def sexes_in(column: pa.Array, name: str) -> NDArray[np.int64]:
    """The sex of each row: `MALE`, `FEMALE`, or `EITHER` where the column says neither or is null.

    Args:
        column: texts or the numbers of ISO/IEC 5218.
        name: of the column, for the message.

    Raises:
        SpecError: a value that is not understood.

    >>> sexes_in(pa.array(["F", "male", None, "divers"]), "sex").tolist()
    [1, 0, 2, 2]
    """
    coded = plain(column).dictionary_encode()
    sexes = []
    for said in coded.dictionary.to_pylist():
        sex = _SEX.get(said.strip().rstrip(".").lower())
        if sex is None:
            raise SpecError(
                f"sex={name!r}: the column holds {said!r}; expected m or f, male or female, 1 or 2, "
                "or for either x, other or null."
            )
        sexes.append(sex)
    found: NDArray[np.int64] = np.array([*sexes, EITHER])[coded.indices.fill_null(len(sexes)).to_numpy()]
    return found
