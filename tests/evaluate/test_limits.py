import pytest

from rowsmith.core.errors import SpecError
from rowsmith.evaluate._limits import broken, parse_limits


@pytest.mark.parametrize("word", ["c2st", "c2st=", "c2st=much", "c2st=nan", "c2st=inf", "=0.5"])
def test_what_is_no_limit_is_refused(word):
    with pytest.raises(SpecError, match=r"c2st|measure"):
        parse_limits([word], "--fail-under")


def test_unknown_names_are_refused_with_the_close_ones(judged):
    with pytest.raises(SpecError, match="did you mean 'trends'"):
        parse_limits(["trend=2"], "--fail-under")
    with pytest.raises(SpecError, match="did you mean 'related'"):
        broken(judged["fresh"], {"trends.relatd": 2.0})


def test_each_figure_has_its_own_direction(judged):
    summary = judged["fresh"]
    for measure, name in (("c2st", "auc"), ("utility", "auc"), ("trends", "related"), ("boundaries", "outside")):
        figure = summary.figure(measure, name)
        step = 0.001 if figure.better == "lower" else -0.001
        assert broken(summary, {f"{measure}.{name}": figure.value}) == []
        assert broken(summary, {f"{measure}.{name}": figure.value + step}) == []
        (sentence,) = broken(summary, {f"{measure}.{name}": figure.value - step})
        assert sentence.startswith(f"{measure}.{name} is ")
        assert ("above" if figure.better == "lower" else "below") in sentence


def test_a_measure_without_a_dot_is_its_first_figure(judged):
    assert len(broken(judged["shuffled"], {"c2st": 0.6, "shapes": 2.0})) == 1


def test_what_was_not_measured_does_not_pass(judged):
    (sentence,) = broken(judged["fresh"], {"rules": 0.0})
    assert sentence.startswith("rules was not measured: no rules were given")
