import json

import jsonschema
import pytest

from rowsmith.evaluate._json_schema import json_schema
from rowsmith.evaluate._measure import Figure
from rowsmith.evaluate._summary import Summary

SCHEMA = json_schema()


def test_it_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", ["fresh", "copy", "shuffled"])
def test_every_summary_fits(judged, name):
    jsonschema.validate(json.loads(judged[name].to_json()), SCHEMA)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.update(more=1),
        lambda d: d.pop("verdicts"),
        lambda d: d.update(rowsmith=2),
        lambda d: d["measures"][0].update(level="great"),
        lambda d: d["measures"][0]["figures"][0].update(value="1"),
        lambda d: d["columns"][0]["nulls"].append(0.0),
    ],
)
def test_what_is_not_one_does_not_fit(judged, spoil):
    document = json.loads(judged["fresh"].to_json())
    spoil(document)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)


def test_every_entry_has_a_description():
    for part in [SCHEMA, *SCHEMA["$defs"].values()]:
        for name, entry in part["properties"].items():
            assert entry.get("description") or part["description"], name


def test_figures_say_where_they_stand_and_come_back(judged):
    again = Summary.from_dict(json.loads(judged["copy"].to_json()))
    assert again == judged["copy"]
    words = judged["shuffled"].figure("c2st").words
    assert "independent columns" in words


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"value": 0.52, "ceiling": 0.5, "floor": 0.9, "noise": 0.03}, "inside the noise"),
        ({"value": 0.49, "ceiling": 0.5, "floor": 0.9, "noise": 0.001}, "at least as good"),
        ({"value": 0.6, "ceiling": 0.5, "floor": 0.9}, "75 % of the way from independent columns"),
        ({"value": 0.95, "ceiling": 0.5, "floor": 0.9}, "no better than independent columns"),
        ({"value": 0.6, "ceiling": 0.5, "floor": 0.4}, "further from the ideal"),
        ({"value": 0.6, "ceiling": 0.5, "control": 0.7}, "50 % of the way from a copy"),
        ({"value": 0.6}, ""),
        ({"value": None, "reason": "too few"}, "not measured: too few"),
    ],
)
def test_words_of_a_figure(numbers, words):
    found = Figure(name="x", label="x", unit="AUC", better="lower", ideal=0.5, **numbers).words
    assert words in found
    assert bool(words) == bool(found)
