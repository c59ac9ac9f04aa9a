"""What every world must do: one run over the whole room."""

import dataclasses
import itertools
import re
import xml.etree.ElementTree as ET

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.simulate._small import SMALL

from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.settings import build, settings_of
from rowsmith.engine.simulate import simulate
from rowsmith.simulate._chart import chart
from rowsmith.simulate._page import ODD_PARTS, dictionary, page
from rowsmith.simulate._runs import Runs, columns_of
from rowsmith.simulate._world import RUNS, WORLDS, Pictured, params_of


@pytest.fixture(params=WORLDS.names())
def name(request):
    return request.param


def world(name):
    return build(WORLDS.load(name), SMALL[name], "parameters")


@pytest.fixture(scope="module")
def made():
    """The tables of a small run of each world, made when they are asked for."""
    found = {}

    def of(name):
        if name not in found:
            found[name] = simulate(name, set=SMALL[name], replications=2, seed=11)
        return found[name]

    return of


def parts_of(name, key=3):
    own = world(name)
    runs = Runs((own,))
    wanted = frozenset(runs.tables)
    return [columns_of(runs, e, runs.told(runs.place(i)), wanted) for i, e in enumerate(own.run(Key(key)))]


def test_every_world_has_small_settings():
    assert set(SMALL) == set(WORLDS.names())


def test_a_run_has_as_many_parts_as_it_says(name):
    assert len(parts_of(name)) == world(name).parts


def test_the_same_key_gives_the_same_bits_and_another_one_others(name):
    assert parts_of(name) == parts_of(name)
    assert parts_of(name) != parts_of(name, key=4)


def test_independent_parts_need_not_those_before(name):
    own = world(name)
    if not own.independent:
        pytest.skip("its parts follow from one another")
    large = dataclasses.replace(own, visitors=40_000)
    runs = Runs((large,))
    wanted = frozenset({RUNS, "visitors", "sessions"})
    told = runs.told(runs.place(1))
    one, other = (
        columns_of(runs, next(e), told, wanted)
        for e in (large.run(Key(1), 1), itertools.islice(large.run(Key(1)), 1, 2))
    )
    assert one == other


def test_keys_are_unique_and_pointers_lead_to_rows(name, made):
    tables = made(name)
    for table, emitted in Runs((world(name),)).tables.items():
        rows = tables[table]
        if emitted.key is not None:
            assert rows[emitted.key].to_pylist() == list(range(1, rows.num_rows + 1))
        links = dict(emitted.points) | ({emitted.per[0]: emitted.per[1]} if emitted.per else {})
        for column, to in links.items():
            target = tables[to]
            key = Runs((world(name),)).tables[to].key
            pointed = rows[column].drop_null()
            assert pc.all(pc.is_in(pointed, value_set=target[key].combine_chunks())).as_py() in (True, None)
            # and to one of the same run
            run_of = dict(zip(target[key].to_pylist(), target["run"].to_pylist(), strict=True))
            pairs = zip(rows[column].to_pylist(), rows["run"].to_pylist(), strict=True)
            assert all(run_of[at] == run for at, run in pairs if at is not None)


def test_columns_are_those_of_the_dictionary(name, made):
    for table, emitted in Runs((world(name),)).tables.items():
        schema = made(name)[table].schema
        assert set(emitted.columns) <= set(schema.names)
        for column, field in emitted.columns.items():
            assert schema.field(column).type == field.type
            assert field.about
            assert field.nullable or made(name)[table][column].null_count == 0


def test_every_parameter_is_told_with_unit_default_and_range(name):
    kind = WORLDS.load(name)
    known = params_of(kind)
    for setting in settings_of(kind).values():
        assert setting.help.endswith(".")
        assert setting.default is not dataclasses.MISSING
        assert setting.type not in (int, float) or setting.name in known, setting.name


def test_numbers_beyond_their_range_are_refused_with_name_value_and_range(name):
    kind = WORLDS.load(name)
    for parameter, param in params_of(kind).items():
        setting = settings_of(kind)[parameter]
        for wrong in [param.low - 1, *([param.high + 1] if param.high is not None else [])]:
            value = int(wrong) if setting.type is int else float(wrong)
            with pytest.raises(SpecError, match=rf"^{parameter}=.*expected a number {re.escape(param.range)}"):
                dataclasses.replace(world(name), **{parameter: value})


def test_the_model_is_told_in_odd_form(name):
    odd = world(name).odd
    assert odd is not None
    assert all(len(getattr(odd, part)) > 4 for part in ODD_PARTS)
    text = dictionary(name, world(name), world(name).tables)
    assert all(f"### {table}" in text for table in world(name).tables)


def test_pictures_are_well_formed_and_need_nothing_else(name, made):
    own = world(name)
    assert isinstance(own, Pictured)
    pictures = own.pictures(dict(made(name)))
    assert len(pictures) >= 3
    for each in pictures:
        drawn = ET.fromstring(chart(each))
        links = [v for e in drawn.iter() for k, v in e.attrib.items() if k.endswith("href")]
        assert all(link.startswith("data:image/png;base64,") for link in links)
    html = page(name, own, Runs((own,)).tables, dict(made(name)), pictures)
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "").partition("<h2>Runs")[0]


def test_pictures_of_nothing_are_drawn_too(name):
    own = world(name)
    empty = {}
    for table, emitted in Runs((own,)).tables.items():
        keys = [emitted.key, *emitted.points, *(emitted.per or ())[:1]]
        kinds = dict.fromkeys(filter(None, keys), pa.int64()) | {n: f.type for n, f in emitted.columns.items()}
        empty[table] = pa.table({n: pa.array([], kind) for n, kind in kinds.items()})
    for each in own.pictures(empty):
        ET.fromstring(chart(each))
