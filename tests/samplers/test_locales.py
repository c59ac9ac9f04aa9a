"""A language and a country of entities."""

import pytest

from rowsmith.core.errors import SpecError
from rowsmith.samplers._faker import known_locale


def test_a_locale_may_be_written_in_several_ways():
    assert {known_locale(x) for x in ("de_DE", "de-DE", "de-de")} == {"de_DE"}


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("de", "known of it: de_AT, de_CH, de_DE"),
        ("DE-", "known of it: de_AT, de_CH, de_DE"),
        ("de-DX", "did you mean 'de_DE'"),
        ("deDE", "did you mean 'de_DE'?"),
        ("qq", "; known: "),
    ],
)
def test_an_unknown_locale_is_told_those_of_its_language(locale, said):
    with pytest.raises(SpecError, match="expected a language and a country, such as 'de_DE'") as fault:
        known_locale(locale)
    assert said in str(fault.value)
