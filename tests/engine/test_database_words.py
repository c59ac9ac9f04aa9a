"""Keys that are words: codes of tariffs and names of drugs stay where enough rows share them, and mean what they did."""

import dataclasses

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs
from rowsmith.core.state import read_state, write_state
from rowsmith.learn.database import KIND, VERSION

SETTINGS = {"rounds": 25}
CODES = ("ECO", "MID", "VAN", "SUV", "LUX", "ELE")
NAMES = tuple(
    a + b for a in ("ampi", "keto", "ibu", "para", "meto") for b in ("cillin", "profen", "zol", "lol", "pril")
)


def fleet(n=600, codes=CODES):
    """Cars of a tariff; electric ones have no tank."""
    r = np.random.default_rng(0)
    share = np.arange(len(codes) + 3, 3, -1.0)
    tariff = r.choice(codes, n, p=share / share.sum())
    tank = pa.array(r.choice([40, 50, 60], n), mask=tariff == codes[-1])
    rates = r.gamma(5, 10, len(codes)).round(1)
    tariffs = pa.table({"tariff": codes, "label": [f"of {code}" for code in codes], "rate": rates})
    return {"tariffs": tariffs, "cars": pa.table({"car_id": np.arange(n), "tariff": tariff, "tank": tank})}


@pytest.mark.parametrize("scale", [1.0, 0.5, 2.0])
def test_codes_of_a_look_up_stay_and_mean_what_they_did(scale, tmp_path):
    real = fleet()
    model = rs.fit(real, settings=SETTINGS)
    model.save(tmp_path / "m.rowsmith")
    twin = rs.load(tmp_path / "m.rowsmith").sample(seed=1, scale=scale)
    keys, cars = twin["tariffs"]["tariff"].to_pylist(), twin["cars"].to_pandas()
    assert sorted(keys) == sorted(CODES)  # a list is as long in a twin of any size
    assert len(cars) == 600 * scale
    assert set(cars.tariff) <= set(keys)
    assert twin["tariffs"]["label"].to_pylist() == [f"of {code}" for code in keys]
    share, had = (t.tariff.value_counts(normalize=True) for t in (cars, real["cars"].to_pandas()))
    assert abs(share - had).max() < 0.05
    electric = cars.tariff == CODES[-1]
    assert cars.tank[electric].isna().mean() > 0.9
    assert cars.tank[~electric].isna().mean() < 0.05


def test_more_rows_than_codes_get_new_ones():
    keys = rs.fit(fleet(), settings=SETTINGS).sample({"tariffs": 10}, seed=1)["tariffs"]["tariff"].to_pylist()
    assert len(set(keys)) == 10
    assert set(CODES) < set(keys)


def test_rows_that_a_list_brings_forth_are_scaled_too():
    """Few cars of each of many tariffs: no column of groups, so that the tariffs bring them forth."""
    real = fleet(n=100)
    twin = rs.fit(real, settings=SETTINGS).sample(seed=1, scale=3)
    assert sorted(twin["tariffs"]["tariff"].to_pylist()) == sorted(CODES)
    assert twin["cars"].num_rows == 300
    assert set(twin["cars"]["tariff"].to_pylist()) == set(CODES)


def test_a_schema_says_that_codes_are_made_anew():
    real = fleet()
    known = rs.inspect(real)
    tariffs = known.tables["tariffs"]
    anew = dataclasses.replace(tariffs.columns["tariff"], kind="identifier")
    tables = known.tables | {"tariffs": dataclasses.replace(tariffs, columns={**tariffs.columns, "tariff": anew})}
    twin = rs.fit(real, schema=rs.Schema(tables=tables), settings=SETTINGS).sample(seed=1)
    assert not set(twin["tariffs"]["tariff"].to_pylist()) & set(CODES)


def test_words_that_few_rows_share_are_not_kept():
    real = fleet(codes=NAMES)
    kept = rs.inspect(real)
    assert kept.tables["tariffs"].columns["tariff"].kind == "category"
    column = real["cars"]["tariff"].to_pandas()
    some = column.where(~((column == NAMES[0]) & column.duplicated()), NAMES[1])  # one car has it
    cars = real["cars"].set_column(1, "tariff", pa.array(some))
    twin = rs.fit({"tariffs": real["tariffs"], "cars": cars}, schema=kept, settings=SETTINGS).sample(seed=1)
    keys = set(twin["tariffs"]["tariff"].to_pylist())
    assert NAMES[0] not in keys
    assert len(keys & set(NAMES)) == len(NAMES) - 1


def test_a_condition_on_words_holds():
    twin = rs.fit(fleet(), settings=SETTINGS).sample({"tariffs": 3}, where="label = 'of ECO'", seed=1)
    assert twin["tariffs"]["label"].to_pylist() == ["of ECO"] * 3
    assert len(set(twin["tariffs"]["tariff"].to_pylist())) == 3


def test_a_child_with_one_short_list_above_it_is_learnt_as_with_the_word_in_a_column():
    """Rows are not brought forth by a list of words: they hang on other columns as closely as those of a single table."""
    r = np.random.default_rng(3)
    x = r.normal(0, 1, 3000)
    code = np.array(CODES)[np.clip((x * 1.5 + 3).astype(int), 0, 5)]
    cars = pa.table(
        {"car_id": np.arange(3000), "tariff": code, "x": x.round(3), "y": (x + r.normal(0, 0.1, 3000)).round(3)}
    )
    twin = rs.fit({"tariffs": fleet()["tariffs"], "cars": cars}).sample(seed=1)["cars"].to_pandas()
    assert np.corrcoef(twin.x, twin.y)[0, 1] > 0.97
    real = cars.to_pandas().groupby("tariff").x.mean()
    assert (twin.groupby("tariff").x.mean() - real).abs().max() < 0.15


def trips(rows=2000):
    """Trips by cars of a tariff, whose rate they have; nobody has what the tariff's owner is paid."""
    r = np.random.default_rng(5)
    real = fleet()
    rate = dict(zip(*(real["tariffs"][c].to_pylist() for c in ("tariff", "rate")), strict=True))
    paid = pa.array(r.integers(10_000, 99_999, len(CODES)))
    car = r.integers(0, 600, rows)
    of_car = np.array(real["cars"]["tariff"].to_pylist())[car]
    days = r.integers(1, 9, rows)
    trips = {"trip_id": np.arange(rows), "car_id": car, "days": days, "rate": [rate[each] for each in of_car]}
    return real | {"tariffs": real["tariffs"].append_column("paid", paid), "trips": pa.table(trips)}, rate, paid


def test_what_rows_below_copy_stays_with_its_word_and_nothing_else_does():
    real, rate, paid = trips()
    twin = rs.fit(real, settings=SETTINGS).sample(seed=1)
    tariffs = twin["tariffs"].to_pandas()
    assert dict(zip(tariffs.tariff, tariffs.rate, strict=True)) == rate
    assert not set(tariffs.paid) & set(paid.to_pylist())
    both = twin["trips"].to_pandas().merge(twin["cars"].to_pandas(), on="car_id").merge(tariffs, on="tariff")
    assert (both.rate_x == both.rate_y).all()


def test_what_few_rows_copy_does_not_stay():
    real, rate, _ = trips(rows=12)
    tariffs = rs.fit(real, settings=SETTINGS).sample(seed=1)["tariffs"].to_pandas()
    assert sum(rate[code] == own for code, own in zip(tariffs.tariff, tariffs.rate, strict=True)) <= 3


def logs(staff, rows=2400):
    """What persons do: each is known by a word, and has a street of their own."""
    r = np.random.default_rng(6)
    names = [f"{'abcdefghij'[i % 10]}{'klmnop'[i // 10]}{i:02d}x" for i in range(staff)]
    streets = np.array([f"{['North', 'South', 'Hill', 'Lake', 'Mill', 'Park'][i % 6]} Lane {i}" for i in range(staff)])
    who = r.integers(0, staff, rows)
    log = {
        "at": np.arange(rows) * 7,
        "username": np.array(names)[who],
        "place": streets[who],
        "ms": r.gamma(2, 30, rows),
    }
    team = r.choice(["ops", "dev", "hr"], staff)
    return {"staff": pa.table({"username": names, "dept": team}), "log": pa.table(log)}, names, streets


def test_persons_with_a_word_for_a_key_stay_persons():
    """A schema may call the key a category: neither it nor what each person has alone is kept."""
    real, names, streets = logs(60)
    column = rs.Column(kind="category", type="string")
    known = rs.inspect(real).tables
    staff = dataclasses.replace(
        known["staff"], primary_key=("username",), columns={**known["staff"].columns, "username": column}
    )
    link = rs.ForeignKey(columns=("username",), table="staff", targets=("username",))
    columns = {**known["log"].columns, "place": column, "username": column}
    log = dataclasses.replace(known["log"], foreign_keys=(link,), columns=columns)
    schema = rs.Schema(tables={"staff": staff, "log": log})
    twin = rs.fit(real, schema=schema, settings=SETTINGS).sample(seed=1)
    assert not set(twin["staff"]["username"].to_pylist()) & set(names)
    assert not set(twin["log"]["username"].to_pylist()) & set(names)
    assert not set(twin["log"]["place"].to_pylist()) & set(streets)


@pytest.mark.parametrize(
    ("table", "key"),
    [("staff", "username"), ("heroes", "hero"), ("tbl7", "word"), ("rooms", "login"), ("sites", "employee")],
)
def test_words_of_persons_or_of_nobody_knows_what_are_made_anew(table, key):
    """Of a short list all words would stay, with the other words of their rows."""
    real, names, _ = logs(12)
    faith = pa.array(["none", "old", "new"] * 4)
    staff = real["staff"].rename_columns([key, "dept"]).append_column("religion", faith)
    log = real["log"].rename_columns([key if c == "username" else c for c in real["log"].column_names])
    data = {table: staff, "log": log}
    known = rs.inspect(data)
    assert [k.table for k in known.tables["log"].foreign_keys] == [table]
    assert known.tables[table].columns[key].kind == "identifier"
    twin = rs.fit(data, settings=SETTINGS).sample(seed=1)
    assert not set(twin[table][key].to_pylist()) & set(names)
    assert not set(twin["log"][key].to_pylist()) & set(names)


@pytest.mark.parametrize(
    "damage", [lambda codes: codes + 60_000, lambda codes: codes[:-1], lambda codes: codes[:, None]]
)
def test_kept_words_of_a_damaged_model_are_told_when_it_is_loaded(tmp_path, damage):
    rs.fit(fleet(n=100), learner="independent").save(tmp_path / "m.rowsmith")
    state = read_state(tmp_path / "m.rowsmith", kind=KIND, version=VERSION)
    kept = next(dict(part["kept"]) for part in state["tables"]["parts"] if part["kept"])
    kept["tariff"]["codes"] = damage(kept["tariff"]["codes"])
    write_state(tmp_path / "bad.rowsmith", state, kind=KIND, version=VERSION)
    with pytest.raises(rs.ModelFileError, match="damaged"):
        rs.load(tmp_path / "bad.rowsmith")


def test_words_of_things_that_stand_beside_somebody_are_made_anew():
    """Whose room it is would stay with the room, and with it what else is said of them."""
    real, names, _ = logs(12)
    rooms = [f"R{end}" for end in ["ed", "ose", "uby", "ain", "iver", "ock", "ush", "ay", "ail", "oof", "oot", "ice"]]
    column = real["log"]["username"].to_pylist()
    bookings = {"booking_id": np.arange(2400), "room": [rooms[names.index(who)] for who in column]}
    data = {"rooms": pa.table({"room": rooms, "occupant": names}), "bookings": pa.table(bookings)}
    assert rs.inspect(data).tables["rooms"].columns["room"].kind == "identifier"
    twin = rs.fit(data, settings=SETTINGS).sample(seed=1)["rooms"]
    assert not set(twin["room"].to_pylist()) & set(rooms)
    assert sorted(twin["occupant"].to_pylist()) != sorted(names), "each real row would be there, as it is"
