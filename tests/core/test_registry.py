import subprocess
import sys

import pytest

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import COLUMN_KINDS, FORMATS, LEARNERS


@pytest.mark.parametrize("registry", [COLUMN_KINDS, FORMATS, LEARNERS], ids=lambda r: r.noun)
def test_every_name_loads_and_is_found_again(registry):
    assert registry.names()
    for name in registry.names():
        assert registry.name_of(registry.load(name)) == name


def test_listing_a_room_imports_nothing_of_it():
    code = (
        "import sys; from rowsmith.core.protocols import LEARNERS; LEARNERS.names();"
        "print([m for m in sys.modules if m.startswith('rowsmith.learn.')])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_an_unknown_name_is_answered_with_the_close_ones():
    with pytest.raises(SpecError, match="'tres' is not a known learner; did you mean 'trees'"):
        LEARNERS.load("tres")
