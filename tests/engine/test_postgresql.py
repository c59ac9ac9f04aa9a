"""PostgreSQL for real: a database with all that it can declare is learnt over the wire, and its twin written with all of it on."""

import decimal
import json

import pyarrow as pa
import pytest
from tests.engine._databases import ask

import rowsmith as rs
from rowsmith.core.definition import DECLARED
from rowsmith.engine.database import load_database
from rowsmith.engine.subset import _Found
from rowsmith.io._tables import read_tables

STATEMENTS = """
create type mood as enum ('low', 'fair', 'it''s high');
create table regions (code char(2) primary key, name varchar(20) not null unique, since timestamptz default now());
create table shops (
  shop_id bigint generated always as identity primary key,
  region char(2) not null references regions on update cascade,
  opened date not null,
  best int,
  tags text[] not null,
  settings jsonb,
  ref uuid not null default gen_random_uuid(),
  open time default '08:00:00',
  net inet default '10.0.0.1',
  seen timestamp(0) not null default '2024-01-01',
  weight numeric,
  check (opened >= date '2000-01-01' and (settings is null or settings ? 'floors'))
);
create table shifts (shop_id bigint references shops, day date, lead boolean not null, primary key (shop_id, day));
create table staff (
  staff_id serial primary key,
  shop_id bigint references shops,
  day date,
  boss int references staff,
  feeling mood not null,
  pay numeric(8, 2) not null check (pay > 0),
  year_pay numeric(10, 2) generated always as (pay * 12) stored,
  marks int[],
  foreign key (shop_id, day) references shifts
);
alter table shops add foreign key (best) references staff on delete set null deferrable initially deferred;
create index staff_by_day on staff (day, shop_id);
comment on table staff is 'who works';
insert into regions select 'R' || i, 'Region ' || i, timestamptz '2020-01-01 00:00+00' + i * interval '9 h' from generate_series(0, 7) as i;
insert into shops (region, opened, tags, weight, settings)
  select 'R' || (i * i % 8), date '2001-01-01' + i * 40,
    case when i % 3 = 0 then array['a "b"', null, '{c,\\d}'] else array['new'] end, i / 7.0,
    case when i % 5 > 0 then jsonb_build_object('floors', i % 3, 'bar', i % 2 = 0) end from generate_series(1, 60) as i;
insert into shifts select s, date '2024-01-01' + d * 7, d % 2 = 0 from generate_series(1, 60) as s, generate_series(0, s % 6) as d;
insert into staff (shop_id, day, boss, feeling, pay, marks)
  select 1 + i % 60, case when i % 4 > 0 then date '2024-01-01' + (i / 60 % (1 + (1 + i % 60) % 6)) * 7 end,
    case when i > 30 then 1 + i % 30 end, (array['low', 'fair', 'it''s high'])[1 + i % 3]::mood, 1000 + i % 97 * 12.5,
    case when i % 2 = 0 then array[1, 2] end from generate_series(0, 599) as i;
update shops set best = (select min(staff_id) from staff where staff.shop_id = shops.shop_id) where shop_id % 7 > 0;
"""
TABLES = ("regions", "shifts", "shops", "staff")
COLUMNS = """select table_name, column_name, data_type, udt_name, character_maximum_length, is_nullable,
  case when column_default not like 'nextval%' then column_default end, generation_expression
  from information_schema.columns where table_schema = 'public' order by 1, ordinal_position"""
CONSTRAINTS = """select conrelid::regclass::text, contype, pg_get_constraintdef(oid) from pg_constraint
  where connamespace = 'public'::regnamespace and contype <> 'n' order by 1, 2, 3"""
INDEXES = "select tablename, indexname, indexdef from pg_indexes where schemaname = 'public' order by 1, 2"


@pytest.fixture
def real(postgres):
    """The URL of a database as real ones are."""
    ask(postgres, "drop database if exists real with (force)", "create database real")
    url = postgres.replace("/postgres?", "/real?")
    ask(url, *STATEMENTS.split(";\n"))
    return url


@pytest.fixture
def empty(postgres):
    """The URL of another one, without tables."""
    ask(postgres, "drop database if exists other with (force)", "create database other")
    return postgres.replace("/postgres?", "/other?")


def same_definitions(a, b):
    return all(ask(a, query) == ask(b, query) for query in (COLUMNS, CONSTRAINTS, INDEXES))


def test_a_twin_is_declared_as_its_original(real, empty):
    model = rs.fit(read_tables([real]), learner="independent")
    rows = model.sample_to(empty)
    assert rows == {"regions": 8, "shifts": 210, "shops": 60, "staff": 600}
    assert ask(empty, COLUMNS) == ask(real, COLUMNS)
    assert ask(empty, CONSTRAINTS) == ask(real, CONSTRAINTS)
    assert ask(empty, INDEXES) == ask(real, INDEXES)
    assert ask(empty, "select count(*) from staff where year_pay <> pay * 12") == [(0,)]
    assert {mood for (mood,) in ask(empty, "select feeling::text from staff")} == {"low", "fair", "it's high"}
    assert [list(row) for (row,) in ask(empty, "select distinct tags from shops order by 1")] == [
        ['a "b"', None, "{c,\\d}"],
        ["new"],
    ]
    assert (
        0.1 < ask(empty, "select avg((day is null)::int)::float from staff")[0][0] < 0.4
    )  # a key of which a part is null
    # Numbers go on where the rows end.
    new = ask(empty, "insert into staff (feeling, pay) values ('low', 2) returning staff_id, year_pay")
    assert new == [(601, decimal.Decimal(24))]
    assert ask(
        empty, "insert into shops (region, opened, tags) values ('R1', '2020-01-01', '{}') returning shop_id"
    ) == [(61,)]
    assert "synthetic" in ask(empty, "select obj_description('staff'::regclass)")[0][0]


def test_a_part_is_declared_as_the_whole(real, empty, tmp_path):
    found = rs.subset_to(real, empty, where="feeling = 'low' and pay > 1500")
    assert same_definitions(real, empty)
    query = "select * from staff where feeling = 'low' and pay > 1500 order by 1"
    assert ask(empty, query) == ask(real, query)
    for name in TABLES:
        assert ask(empty, f"select count(*) from {name}") == [(found.n_rows[name],)]
        key = {"staff": "staff_id", "shops": "shop_id", "regions": "code", "shifts": "shop_id, day"}[name]
        rows = ask(empty, f"select * from {name} order by {key}")
        assert rows == [row for row in ask(real, f"select * from {name} order by {key}") if row in rows]
    assert ask(empty, "select obj_description('staff'::regclass)") == [(None,)]  # these rows are real
    rs.subset_to(real, tmp_path / "part.sqlite", share=0.2)
    part = read_tables([str(tmp_path / "part.sqlite")])
    assert set(part["staff"]["staff_id"].to_pylist()) < {n for (n,) in ask(real, "select staff_id from staff")}
    again = rs.subset(read_tables([real]), share=0.2)
    assert sorted(again.tables["shops"]["shop_id"].to_pylist()) == part["shops"]["shop_id"].to_pylist()


def with_values(table, **values):
    """The table with one value in all rows of some columns."""
    columns = [
        pa.array([values[f.name]] * table.num_rows, f.type) if f.name in values else table[f.name] for f in table.schema
    ]
    return pa.table(columns, schema=table.schema)


ODD = """
create domain positive as int check (value > 0);
create table "odd %1 tables" ("a%b" int primary key, p positive, net inet, span int4range, at timestamptz(0), late timetz, long interval,
  grid int[][], moods mood[], half real, bits bit(3), "now:" text generated always as ('50%: ' || "a%b") stored);
insert into "odd %1 tables" select i, i, '10.0.0.1', int4range(i, i + 2), now(), '10:00+02', '1 mon 2 days 25:00', '{{1,2},{3,4}}',
  array['low'::mood], i / 3.0, b'101' from generate_series(1, 40) as i;
create table logs (id int, day date) partition by range (day);
create table logs_2024 partition of logs for values from ('2024-01-01') to ('2025-01-01');
insert into logs select i, date '2024-01-01' + i from generate_series(1, 50) as i;
create table nothing ();
create materialized view seen as select * from logs"""


def test_rows_of_a_part_are_the_very_rows(real, empty, recwarn):
    """Of any type, whether Arrow has it or not."""
    ask(real, *ODD.split(";\n"))
    assert sorted(read_tables([real])) == sorted([*TABLES, "odd %1 tables", "logs"])
    rs.subset_to(real, empty, rows={"odd %1 tables": 7, "logs": 3})
    of_it = """select attname, format_type(atttypid, atttypmod) from pg_attribute
      where attrelid = '"odd %1 tables"'::regclass and attnum > 0"""
    assert ask(empty, of_it) == [(n, "integer" if n == "p" else kind) for n, kind in ask(real, of_it)]
    query = """select t::text from "odd %1 tables" as t"""
    found = ask(empty, query)
    assert len(found) == 7
    assert set(found) < set(ask(real, query))
    assert ask(empty, "select count(*) from logs") == [(3,)]
    assert not recwarn.list


def test_expressions_are_copied_to_the_letter(real, empty):
    """Colons and backslashes, too, which SQLAlchemy takes for parameters."""
    made = """create table t (id int primary key, v text default 'a:b::c', w text default 'x\\:y',
      z text generated always as (id::text || ':a::b') stored)"""
    ask(real, made, "insert into t (id) select i from generate_series(0, 30) as i")
    rs.subset_to(real, empty, rows={"t": 9})
    query = f"select * from ({COLUMNS}) as c where table_name = 't'"
    assert ask(empty, query) == ask(real, query)
    assert ask(empty, "select z = id::text || ':a::b' from t limit 1") == [(True,)]


def test_numbers_below_1_are_no_hindrance(real, empty):
    ask(
        real,
        *(f"drop table {name} cascade" for name in TABLES),
        "create table down (id int generated always as identity (increment -1) primary key, v int)",
        "insert into down (v) select i from generate_series(1, 40) as i",
        "create table zero (id serial primary key)",
        "insert into zero values (0)",
        "create table mixed (id serial primary key)",
        "insert into mixed values (-4), (7)",
    )
    rs.subset_to(real, empty, share=1)
    assert ask(empty, "select min(id), max(id) from down") == [(-40, -1)]
    for table, new in (("zero", 1), ("mixed", 8)):
        assert ask(empty, f"insert into {table} default values returning id") == [(new,)]


def test_rows_are_chosen_and_copied_at_one_moment(real, empty, monkeypatch):
    made = _Found.of

    def meanwhile(*words):
        ask(real, "delete from shifts where shop_id = 1", "update shops set best = null where shop_id < 9")
        ask(real, "insert into regions select 'N' || i, 'New ' || i from generate_series(1, 3) as i")
        return made(*words)

    before = ask(real, "select * from shops order by 1"), ask(real, "select * from shifts order by 1, 2")
    monkeypatch.setattr(_Found, "of", meanwhile)
    rs.subset_to(real, empty, share=1)
    assert (ask(empty, "select * from shops order by 1"), ask(empty, "select * from shifts order by 1, 2")) == before


def test_a_name_with_a_dot_is_that_of_a_table(real, tmp_path):
    ask(real, 'create table "a.b" (id int primary key, ref uuid)', """insert into "a.b" values (1), (2)""")
    assert read_tables([real])["a.b"]["id"].to_pylist() == [1, 2]
    assert read_tables([f"{real}#a.b"]).popitem()[1].num_rows == 2
    rs.subset_to(real, tmp_path / "part.sqlite", rows={"a.b": 1})
    assert read_tables([str(tmp_path / "part.sqlite")])["a.b"].num_rows == 1


def test_words_that_the_other_database_does_not_know_cost_one_table_its_own(real, empty):
    ask(
        real,
        "create function next_day() returns date language sql as 'select current_date + 1'",
        "create type colour as enum ('red', 'blue')",
        "create table late (id int primary key, day date default next_day(), code varchar(9), many colour[])",
        "insert into late (id, many) select i, array['red'::colour] from generate_series(1, 9) as i",
    )
    rs.subset_to(real, empty, share=1)
    query = f"select * from ({COLUMNS}) as c where table_name <> 'late'"
    assert ask(empty, query) == ask(real, query)
    found = {
        column: (kind, default) for table, column, _, kind, _, _, default, _ in ask(empty, COLUMNS) if table == "late"
    }
    assert found == {"id": ("int4", None), "day": ("date", None), "code": ("varchar", None), "many": ("_colour", None)}
    assert ask(empty, "select many::text from late limit 1") == [("{red}",)]


def test_what_drawn_rows_do_not_keep_is_not_declared(real, empty):
    tables = read_tables([real])
    tables = {
        **tables,
        "staff": with_values(tables["staff"], feeling="never heard of", pay=decimal.Decimal("-1.00")),
        "regions": with_values(tables["regions"], name="one and the same name, longer than 20"),
    }
    bare = {
        n: t.replace_schema_metadata({k: v for k, v in t.schema.metadata.items() if k != DECLARED})
        for n, t in tables.items()
    }
    rs.fit(tables, learner="independent", schema=rs.inspect(bare)).sample_to(empty)
    found = {(table, column): kind for table, column, kind, *_ in ask(empty, COLUMNS)}
    assert found["staff", "feeling"] == "text"
    assert found["regions", "name"] == "text"
    assert found["regions", "code"] == "character"
    kinds = [(table, kind) for table, kind, _ in ask(empty, CONSTRAINTS)]
    assert ("staff", "c") not in kinds
    assert ("shops", "c") in kinds
    assert ("regions", "u") not in kinds
    assert sorted(kind for _, kind in kinds).count("f") == 6


def test_expressions_in_a_file_are_not_run(real, empty, tmp_path):
    tables = read_tables([real])
    rs.fit(tables, learner="independent").save(tmp_path / "m")
    model = load_database(tmp_path / "m")
    for noted in model.metadata.values():  # as a stranger may have written it
        declared = json.loads(noted["rowsmith.declared"])
        assert declared["checks"] == declared["computed"] == declared["defaults"] == {}
        declared["checks"] = {"no": "true); create table mine (a int); --"}
        declared["types"] = {name: "text); create table mine (a int); --" for name in declared["types"]}
        noted["rowsmith.declared"] = json.dumps(declared)
    model.metadata["shifts"]["rowsmith.declared"] = '{"dialect": 7, "enums": []}'
    model.sample_to(empty)
    assert [
        name for (name,) in ask(empty, "select tablename from pg_tables where schemaname = 'public' order by 1")
    ] == list(TABLES)
    assert ask(
        empty, "select count(*) from pg_constraint where contype = 'c' and connamespace = 'public'::regnamespace"
    ) == [(0,)]


def test_a_type_of_the_name_that_is_another(real, empty):
    ask(empty, "create type mood as enum ('good', 'bad')")
    rs.subset_to(real, empty, share=0.5)
    assert ("staff", "feeling", "text") in [row[:3] for row in ask(empty, COLUMNS)]
    ask(empty, *(f"drop table {name} cascade" for name in TABLES), "drop type mood", STATEMENTS.split(";\n")[0])
    rs.subset_to(real, empty, share=0.5)
    assert same_definitions(real, empty)
