import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from tests.truth._examples_dirt import IDENTITY, people
from tests.truth._spoil import findings, refused, spoiler, spoilt

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._dirt import inserted
from rowsmith.truth._fresh import COPIES, Room

N = 4000
PEOPLE = people(np.random.default_rng(5), N)
UUIDS = pa.array([f"{i:08x}-0000-4000-8000-{i * 7:012x}" for i in range(N)])


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"rate": 0.5}, "rate=0.5: expected a share above 0 and at most 0.3"),
        ({"columns": []}, r"columns=\[\]: expected the columns that tell"),
        ({"columns": ["id", "name"]}, "id is the key, which differs in every row"),
        ({"fuzzy": 2}, "fuzzy=2: expected a share from 0 to 1"),
        ({"edits": 9}, "edits=9: there are 4 columns; expected 1 to 4"),
        ({"columns": [*IDENTITY, "vip"]}, "vip is bool, of which there is no small edit"),
        ({"columns": ["name", "city"]}, r"\d\d\.\d+% of the rows are alike in them by chance"),
    ],
)
def test_what_cannot_be_is_refused(settings, says):
    more = {"vip": pa.array(np.arange(N) % 2 == 0)}
    refused(says, "duplicates", PEOPLE | more, **{"columns": IDENTITY, "key": "id", **settings})


@pytest.mark.parametrize("edits", [1, 3])
@pytest.mark.parametrize("keys", ["new", "keep"])
def test_every_pair_of_the_log_is_a_pair_of_the_rows_and_every_difference_is_in_it(edits, keys):
    plant = spoiler("duplicates", columns=IDENTITY, key="id", keys=keys, fuzzy=0.6, edits=edits)
    table, changes, _ = spoilt(plant, PEOPLE)
    rows, before = table.to_pylist(), pa.table(PEOPLE).to_pylist()
    pairs = {}
    for change in changes:
        if change.column == "":
            for copy, of, old, new in zip(change.copies, change.rows, change.clean, change.dirty, strict=True):
                assert copy not in pairs
                pairs[int(copy)] = int(of)
                assert (before[of]["id"], rows[copy]["id"]) == (old.as_py(), new.as_py())
    assert len(pairs) == len(rows) - N
    assert [row for i, row in enumerate(rows) if i not in pairs] == before
    seen = {}
    for change in (c for c in changes if c.column):
        for copy, of, old, new in zip(change.copies, change.rows, change.clean, change.dirty, strict=True):
            assert pairs[int(copy)] == of
            seen[int(copy), change.column] = (old.as_py(), new.as_py())
    for copy, of in pairs.items():
        differs = {c: (before[of][c], rows[copy][c]) for c in table.column_names if before[of][c] != rows[copy][c]}
        differs.pop("id", None)
        assert differs == {column: values for (at, column), values in seen.items() if at == copy}
        assert len(differs) <= edits
    fuzzy = {int(copy) for change in changes if change.mechanism == "fuzzy copy" for copy in change.copies}
    assert fuzzy == {copy for copy, _ in seen}
    assert abs(len(fuzzy) / len(pairs) - 0.6) < 0.2
    originals = sorted(pairs.values())
    moved = inserted(np.array(originals), np.array(sorted(pairs)))
    assert [rows[at] for at in moved] == [before[of] for of in originals]


def test_edits_are_small():
    columns = {"name": PEOPLE["name"], "born": PEOPLE["born"], "spent": PEOPLE["spent"], "size": PEOPLE["id"]}
    columns["at"] = pa.array([dt.datetime(2024, 1, 1) + dt.timedelta(minutes=i) for i in range(N)])
    _, changes, _ = spoilt(spoiler("duplicates", columns=list(columns), fuzzy=1, edits=5), columns)
    kinds = {(change.column, change.mechanism) for change in changes if change.column}
    assert kinds >= {
        ("name", "typo"),
        ("name", "case"),
        ("born", "moved date"),
        ("spent", "rounding"),
        ("at", "moved date"),
    }
    for change in changes:
        for old, new in zip(change.clean.to_pylist(), change.dirty.to_pylist(), strict=True):
            if change.column in ("born", "at"):
                assert 1 <= abs((new - old).days) <= 3
            if change.column in ("spent", "size"):
                assert 0 < abs(new - old) <= max(0.0051 * abs(old), 1.001 if change.column == "size" else 0.0101)


@pytest.mark.parametrize("rate", [0.3, 0.08, 0.0301, 0.001])
def test_places_of_copies_are_the_same_from_wherever_they_are_counted(rate):
    room, n = Room(rate, 5), 20_000
    before, behind = room.before(np.arange(n)), room.behind(np.arange(n))
    assert before[0] == 0
    assert (np.cumsum(behind) - behind == before).all()
    assert abs(behind.sum() - n * rate) <= 1
    assert (room.before(np.arange(7000, 9000)) == before[7000:9000]).all()
    assert (Room(rate, 6).behind(np.arange(n)) != behind).any()


def test_places_of_copies_do_not_keep_step():
    gaps = np.diff(np.flatnonzero(Room(0.08, 5).behind(np.arange(N))))
    assert gaps.min() < 4
    assert gaps.max() > 18


def test_copies_have_the_keys_that_are_given():
    plant = spoiler("duplicates", columns=IDENTITY, key="id", rate=0.3)
    numbers = np.arange(N)
    room = Room(0.3, 9)
    counts, rows = room.behind(numbers), numbers + room.before(numbers)
    ends = np.append(0, np.cumsum(counts))
    free = np.setdiff1d(np.arange(N + ends[-1]), rows)
    lists = pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(free))
    batch = pa.record_batch(PEOPLE | {"id": pa.array(rows)})
    out, _ = plant.change(batch, Rows(0, N), Key(1), {COPIES: lists}, plant.calibrate(PEOPLE))
    assert out["id"].to_pylist() == list(range(N + len(free)))


def test_copies_lie_anywhere():
    _, changes, _ = spoilt(spoiler("duplicates", columns=IDENTITY, rate=0.2, fuzzy=0), PEOPLE)
    at, of = (np.concatenate([getattr(c, name) for c in changes]) for name in ("copies", "rows"))
    assert abs(np.corrcoef(at, of)[0, 1]) < 0.15
    assert abs(at.mean() / (N + len(at)) - 0.5) < 0.05


def test_rows_that_are_repeated_already_are_refused():
    plant = spoiler("duplicates", columns=IDENTITY)
    batch = pa.record_batch(PEOPLE)
    with pytest.raises(SpecError, match="repeated by another structure already"):
        plant.change(batch, Rows(0, N - 1), Key(1), {}, plant.calibrate(PEOPLE))


def test_people_who_are_not_copied_are_not_found():
    plant = spoiler("duplicates", columns=IDENTITY, key="id")
    assert findings(plant, pa.table(PEOPLE))["rate"].estimate < 0.001


def test_the_same_key_twice_is_a_copy_whatever_else_differs():
    plant = spoiler("duplicates", columns=IDENTITY, key="id", keys="keep", fuzzy=1, edits=4)
    table, changes, _ = spoilt(plant, PEOPLE)
    found = findings(plant, table)
    copies = sum(len(change.rows) for change in changes if not change.column)
    assert round(found["rate"].estimate * N) == copies


def test_small_tables():
    plant = spoiler("duplicates", columns=IDENTITY, key="id")
    for n in (0, 1):
        few = {name: column.slice(0, n) for name, column in PEOPLE.items()}
        assert findings(plant, pa.table(few))["rate"].estimate is None
        table, changes, _ = spoilt(plant, few, pilot=PEOPLE)
        assert table.num_rows == n + sum(len(change.rows) for change in changes if not change.column)
