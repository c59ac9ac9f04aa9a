"""Reading saved models of any kind."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from rowsmith.core.state import state_kind
from rowsmith.engine.basket import BasketModel, load_basket
from rowsmith.engine.database import DatabaseModel, load_database
from rowsmith.engine.model import Model, load_model
from rowsmith.engine.sequence import SequenceModel, load_sequence
from rowsmith.learn import basket, database, sequence

Saved = Model | DatabaseModel | SequenceModel | BasketModel
LOADERS: Mapping[str, Callable[[str | os.PathLike[str]], Saved]] = {
    basket.KIND: load_basket,
    database.KIND: load_database,
    sequence.KIND: load_sequence,
}
"""What a file says it holds to what reads it; all others are read as a table."""


def load(path: str | os.PathLike[str]) -> Saved:
    """Read a saved model. Runs no code from the file.

    Returns:
        The model of a table, of a database, of sequences, or of baskets, as it was saved.

    Raises:
        ModelFileError: not a model, damaged, or of another version.
    """
    return LOADERS.get(state_kind(path), load_model)(path)
