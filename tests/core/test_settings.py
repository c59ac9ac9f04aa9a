from dataclasses import dataclass
from typing import Literal

import pytest

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import COLUMN_KINDS, FORMATS, LEARNERS
from rowsmith.core.settings import build, changed, settings_of


@dataclass(frozen=True, kw_only=True)
class Example:
    """An example."""

    rounds: int
    """How many rounds."""
    rate: float = 0.5
    """How fast."""
    mode: Literal["a", "b"] = "a"
    """Which way."""
    names: tuple[str, ...] = ()
    """Which names."""


def test_fields_carry_their_docstring():
    assert {s.name: s.help for s in settings_of(Example).values()} == {
        "rounds": "How many rounds.",
        "rate": "How fast.",
        "mode": "Which way.",
        "names": "Which names.",
    }


def test_values_are_built_and_told_again():
    made = build(Example, {"rounds": 3, "names": ["x"]}, "here")
    assert made == Example(rounds=3, names=("x",))
    assert changed(made) == {"rounds": 3, "names": ["x"]}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"round": 3}, "here.round: no such setting of Example; did you mean 'rounds'"),
        ({"rounds": "3"}, "here.rounds='3': expected a whole number. How many rounds."),
        ({"rounds": True}, "here.rounds=True: expected a whole number"),
        ({"rounds": 1, "mode": "c"}, "here.mode='c': expected one of 'a', 'b'. Which way."),
        ({}, "here: Example needs rounds."),
    ],
)
def test_a_wrong_value_is_named_with_its_path(values, message):
    with pytest.raises(SpecError) as caught:
        build(Example, values, "here")
    assert message in str(caught.value)


@pytest.mark.parametrize("registry", [COLUMN_KINDS, FORMATS, LEARNERS], ids=lambda r: r.noun)
def test_every_setting_of_every_room_says_what_it_is(registry):
    for name in registry.names():
        kind = registry.load(name)
        assert kind.__doc__, name
        assert [s.name for s in settings_of(kind).values() if not s.help] == [], name


def test_a_number_with_an_exponent_and_no_point_is_one():
    # YAML takes 1e-6 for text.
    assert build(Example, {"rounds": 1, "rate": "1e-6"}, "here").rate == 1e-6
    with pytest.raises(SpecError, match="expected a number"):
        build(Example, {"rounds": 1, "rate": "fast"}, "here")
