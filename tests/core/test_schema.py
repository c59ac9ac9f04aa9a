import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.core.errors import SpecError
from rowsmith.core.schema import Column, ForeignKey, Schema, Table

LOOKING = [
    "no",
    "Yes",
    "on",
    "1e3",
    "1_000",
    "12:30",
    "0x1F",
    "017",
    "~",
    "null",
    "True",
    ".5",
    "-.inf",
    "2024-01-31",
    "=",
]
words = st.text(min_size=1, max_size=8) | st.sampled_from(LOOKING)
plain = (
    st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(LOOKING)
    | st.lists(st.integers(), max_size=3)
)
columns = st.builds(
    Column,
    kind=st.sampled_from(["integer", "category"]),
    type=st.sampled_from(["int64", "string", "timestamp[us, tz=UTC]", "decimal128(10, 2)"]),
    form=st.none() | st.just({"as": "date", "pattern": "%d.%m.%Y"}),
    settings=st.dictionaries(st.sampled_from(["min", "levels", "bins"]), plain, max_size=2),
    why=st.text(max_size=5),
)
tables = st.builds(Table, columns=st.dictionaries(words, columns, min_size=1, max_size=4))


@given(st.dictionaries(words, tables, min_size=1, max_size=3))
def test_yaml_and_back_is_the_identity(found):
    schema = Schema(tables=found)
    assert Schema.from_yaml(schema.to_yaml()) == schema


def test_what_people_write_is_what_they_mean():
    text = "rowsmith: 1\ntables: {t: {columns: {a: {kind: ordered, levels: [no, maybe, yes]}, b: {kind: integer, max: 1e3}}}}"
    columns = Schema.from_yaml(text).only[1].columns
    assert columns["a"].settings == {"levels": ["no", "maybe", "yes"]}
    assert columns["b"].settings == {"max": 1000.0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "is not YAML at line"),
        ("tables: {}", "schema.rowsmith=None: expected 1"),
        ("rowsmith: 2\ntables: {}", "schema.rowsmith=2"),
        ("rowsmith: 1\ntabels: {}", "schema.tabels: no such entry; did you mean 'tables'"),
        ("rowsmith: 1\ntables: 3", "schema.tables=3: expected a mapping"),
        ("rowsmith: 1\ntables: {t: {columns: {a: {type: int64}}}}", "schema.tables.t.columns.a.kind=None: expected"),
        (
            "rowsmith: 1\ntables: {t: {columns: {a: {kind: x, type: int65}}}}",
            "columns.a.type='int65': expected an",
        ),
        (
            "rowsmith: 1\ntables: {t: {primary_key: [b], columns: {a: x}}}",
            "t.primary_key: there is no column 'b'",
        ),
    ],
)
def test_a_fault_is_named_with_its_path(text, message):
    with pytest.raises(SpecError) as caught:
        Schema.from_yaml(text)
    assert message in str(caught.value)


def test_a_schema_file_that_is_not_there(tmp_path):
    with pytest.raises(SpecError, match="the schema cannot be read"):
        Schema.read(tmp_path / "none.yaml")


LINKS = """
rowsmith: 1
tables:
  shops: {primary_key: shop_id, public: true, columns: {shop_id: integer, town: category}}
  staff:
    columns: {nr: integer, shop: integer, boss: integer, day: date}
    foreign_keys:
      shop: {to: shops.shop_id, why: "the names agree"}
      boss: staff.nr
  shifts:
    columns: {nr: integer, day: date}
    foreign_keys: [{columns: [nr, day], table: staff, targets: [nr, day]}]
"""


def test_links_are_read_in_both_forms_and_written_back():
    schema = Schema.from_yaml(LINKS)
    assert schema.tables["shops"].public
    assert schema.tables["staff"].foreign_keys == (
        ForeignKey(columns=("shop",), table="shops", targets=("shop_id",), why="the names agree"),
        ForeignKey(columns=("boss",), table="staff", targets=("nr",)),
    )
    assert [str(key) for key in schema.tables["shifts"].foreign_keys] == ["nr, day -> staff.nr, day"]
    assert Schema.from_yaml(schema.to_yaml()) == schema
    assert schema.to_dict()["tables"]["staff"]["foreign_keys"]["boss"] == "staff.nr"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "boss: staff.nr",
            "bos: staff.nr",
            "tables.staff.foreign_keys.bos: there is no such column; did you mean 'boss'",
        ),
        (
            "boss: staff.nr",
            "boss: staf.no",
            "tables.staff.foreign_keys.boss: there is no table 'staf'; did you mean 'staff'",
        ),
        ("boss: staff.nr", "boss: staff.no", "foreign_keys.boss: staff has no column 'no'"),
        ("boss: staff.nr", "boss: nr", "foreign_keys.boss='nr': expected TABLE.COLUMN, such as shops.shop_id"),
        ("boss: staff.nr", "boss: {at: staff.nr}", "foreign_keys.boss.at: no such entry"),
        ("targets: [nr, day]", "targets: [nr]", "2 columns point to 1; expected as many"),
        ("targets: [nr, day]", "target: [nr]", "foreign_keys.1.target: no such entry; did you mean 'targets'"),
        ("targets: [nr, day]", "targets: {}", "foreign_keys.1.targets={}: expected a column or a list of columns"),
        ("public: true", "public: 1", "tables.shops.public=1: expected true or false"),
    ],
)
def test_wrong_links_are_named_with_their_path(old, new, message):
    with pytest.raises(SpecError, match=message.replace("{", r"\{").replace("}", r"\}")):
        Schema.from_yaml(LINKS.replace(old, new))
