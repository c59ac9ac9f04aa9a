"""The specs that come with rowsmith make what they say: keys, pointers, rules and sums, looked at from outside."""

import datetime
from functools import cache

import duckdb
import pytest
from tests.cli.conftest import run

from rowsmith.core.errors import SpecError
from rowsmith.engine.make import make, preview
from rowsmith.engine.planning import schemas_of
from rowsmith.spec.check import check
from rowsmith.spec.definitions import definitions
from rowsmith.spec.document import parse
from rowsmith.spec.examples import described, names, text
from rowsmith.spec.truth import spoilt

ROWS = {
    "bank": {"customers": 120},
    "clinical-trial": {"patients": 150},
    "credit-drift": {"applications": 300},
    "hospital": {"patients": 150},
    "hr": {"employees": 150},
    "iot": {"sites": 2},
    "retail-lesson": {"products": 20, "days": 400},
    "sensor-faults": {"sensors": 8},
    "shop": {"customers": 200, "products": 40},
    "web": {"visitors": 120},
    "web-ab-test": {"users": 150},
    "web-visits": {},
}
TRUE_IN_EVERY_ROW = {
    "retail-lesson": [
        "select list_unique(items) = len(items) and len(items) > 0 from baskets",
        "select months > 0 and age between 18 and 90 from customers",
        "select count(*) = 400 and max(day) - min(day) = 399 from days",
        "select count(distinct city) = 12 from stores",
    ],
    "shop": [
        "select coalesce(weight_kg, 1) * quantity <= 40 from items join products using (product_id)",
        "select ordered_at >= signed_up from orders join customers using (customer_id)",
        "select (shipped_at is null) = (status = 'cancelled') from orders",
        "select shipped_at between ordered_at + interval 2 hours and ordered_at + interval 5 days from orders",
        "select goods = (select sum(amount) from items i where i.order_id = o.order_id) from orders o",
        "select total = goods + round(goods * 0.2, 2) from orders",
        "select abs(amount - quantity * price * (1 - discount)) < 0.006 from items join products using (product_id)",
        """select coalesce(paid, 0) = case when status = 'cancelled' then 0 else total end
           and paid is not distinct from (select sum(amount) from payments p where p.order_id = o.order_id) from orders o""",
        "select spent is not distinct from (select sum(total) from orders o where o.customer_id = c.customer_id) from customers c",
        "select orders = (select count(*) from orders o where o.customer_id = c.customer_id) from customers c",
        "select r.quantity <= i.quantity and returned_at >= shipped_at + interval 1 day and status = 'delivered' "
        "from returns r join items i using (order_id, line) join orders using (order_id)",
    ],
    "bank": [
        "select size <= 3 * opening + 100 from (select case when amount < 0 then -amount else 0 end as size, iban from transfers) "
        "join accounts using (iban)",
        "select balance = opening + (select coalesce(sum(amount - fee), 0) from transfers t where t.iban = a.iban) from accounts a",
        "select wealth = (select sum(balance) from accounts a where a.customer_id = c.customer_id) from customers c",
        "select transfers = (select count(*) from transfers t where t.iban = a.iban) from accounts a",
        "select other_iban[:2] = other_country and fee = case when amount < 0 and other_country <> 'NL' then 1.5 else 0 end from transfers",
        "select c.city = b.city and since >= born + interval 18 years from customers c join branches b using (branch_id)",
        "select opened >= since from accounts join customers using (customer_id)",
    ],
    "hospital": [
        "select urgent or dayofweek(admitted_at) <> 0 from stays",
        "select (age < 16 and ward in ('paediatrics', 'intensive care')) or (age >= 16 and ward <> 'paediatrics') "
        "from stays join patients using (patient_id)",
        "select taken_at between admitted_at and discharged_at from labs join stays using (stay_id)",
        "select diagnoses = (select count(*) from diagnoses d where d.stay_id = s.stay_id) from stays s",
        "select days is not distinct from (select sum(days) from stays s where s.patient_id = p.patient_id) from patients p",
        "select abs(cost - (days + 1) * 780) < 0.006 from stays",
        "select height_cm is null or age >= 18 from patients",
    ],
    "web": [
        "select seconds <= 1800 and (value is null or value >= 15) and (value is null) = (page <> 'paid') from pages",
        "select started_at >= first_seen from sessions join visitors using (visitor_id)",
        "select pages = (select count(*) from pages p where p.session_id = s.session_id) from sessions s",
        "select paid = ((select count(*) from pages p where p.session_id = s.session_id and page = 'paid') > 0) from sessions s",
        "select revenue = (select sum(revenue) from sessions s where s.visitor_id = v.visitor_id) from visitors v",
        "select lag(page) over w = 'checkout' from pages window w as (partition by session_id order by n) qualify page = 'paid'",
        "select lag(seen_at) over w < seen_at from pages window w as (partition by session_id order by n) qualify n > 1",
    ],
    "web-visits": [
        "select number between 1 and 1000 and seconds is distinct from 0 from page_views",
        "select seconds >= 0 and started_at < timestamp '2024-01-29' from sessions",
        "select sessions = (select count(*) from sessions s where s.visitor_id = v.visitor_id) from visitors v",
        "select revenue is not distinct from (select sum(amount) from orders o where o.session_id = s.session_id) from sessions s",
        "select reached_paid = (session_id in (select session_id from orders)) from sessions",
        "select (cookie is not null) = consent from sessions join visitors using (visitor_id)",
        "select o.at >= started_at from orders o join sessions using (session_id)",
        "select (variant is null) = (kind = 'bot') from visitors",
    ],
    "hr": [
        "select kind <> 'leave' or days <= 28 from absences",
        "select amount >= 12.82 * 52 * hours from salaries join employees using (employee_id)",
        "select (manager_id is null) = (employee_id = 'E00001') from employees",
        "select manager_id is null or manager_id < employee_id from employees",
        "select salary is not distinct from "
        "(select arg_max(amount, year) from salaries s where s.employee_id = e.employee_id) from employees e",
        "select days_absent is not distinct from (select sum(days) from absences a where a.employee_id = e.employee_id) from employees e",
        "select year between year(hired) and coalesce(year(left_on), 2024) from salaries join employees using (employee_id)",
        "select last_day - first_day = days - 1 and dayofweek(first_day) between 1 and 5 from absences",
    ],
    "iot": [
        "select readings = (select count(value) from readings r where r.sensor_id = s.sensor_id) from sensors s",
        "select alarms = (select count(*) from readings r where r.sensor_id = s.sensor_id and value > 20) from sensors s "
        "where measures = 'temperature'",
        "select sensors = (select count(*) from sensors s where s.site_id = t.site_id) from sites t",
        "select read_at = installed + to_minutes(10 * (n - 1)) from readings join sensors using (sensor_id)",
        "select value between 5 and 100 from readings join sensors using (sensor_id) where unit = '%' and value is not null",
    ],
    "clinical-trial": [
        "select week < 4 or 7 * (week - 4) / 30.4 <= months from visits join patients using (patient_id)",
        "select visited = enrolled + cast(7 * week as integer) from visits join patients using (patient_id)",
        "select creatinine is null or creatinine < 4 or creatinine > 20 from visits",
    ],
    "credit-drift": [
        "select year = cast(year(applied_on) as text) and \"default\" in ('yes', 'no') from applications",
    ],
    "web-ab-test": [
        "select s.variant = u.variant from sessions s join users u using (user_id)",
        "select cohort = strftime(signed_up, '%Y-%m') from users",
        "select count(*) = 8 and min(week) = 0 and max(week) = 7 from weeks group by user_id",
        "select week > 0 or active from weeks",
    ],
    "sensor-faults": [
        "select temperature > 0 or temperature = -999 from readings",
        "select measured_at = timestamp '2023-01-01' + to_hours(6 * (row_number() over (order by measured_at) - 1)) from meter",
        "select pressure < 10 or pressure > 40 from readings where pressure is not null",
    ],
}  # fmt: skip


@cache
def made(name):
    spec = check(parse(text(name), name))
    return spec, make(spec, rows=ROWS[name])


def database(name):
    found = duckdb.connect()
    for table, rows in made(name)[1].items():
        found.register(table, rows)
    return found


def test_each_is_described_and_tested():
    assert names() == sorted(ROWS) == sorted(TRUE_IN_EVERY_ROW)
    assert all(20 < len(what) < 110 for what in described().values())
    with pytest.raises(SpecError, match="did you mean 'shop'"):
        text("shap")


@pytest.mark.parametrize("name", ROWS)
def test_keys_are_unique_and_pointers_lead_somewhere(name):
    spec, tables = made(name)
    for table, definition in definitions(spec, schemas_of(spec)).items():
        key = list(spec.tables[table].primary_key)
        assert key
        assert tables[table].select(key).group_by(key).aggregate([]).num_rows == tables[table].num_rows > 0
        for pointer in definition.foreign_keys:
            there = set(zip(*(tables[pointer.table][c].to_pylist() for c in pointer.targets), strict=True))
            for row in zip(*(tables[table][c].to_pylist() for c in pointer.columns), strict=True):
                assert None in row or row in there
    repeated = {name for name, (_, repeats) in spoilt(spec).items() if repeats}  # a database is told no key of these
    runs = {
        t.name for t in spec.tables.values() if t.emitted is not None and t.per is None
    }  # have no key in other tables
    children = [t for t in spec.tables.values() if t.per is not None and t.per.table not in repeated | runs]
    assert len(children) == sum(
        any(key.table == t.per.table for key in definitions(spec, schemas_of(spec))[t.name].foreign_keys) for t in children
    )  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_what_is_said_holds_in_every_row(name):
    rows = database(name)
    for query in TRUE_IN_EVERY_ROW[name]:
        found = [value for (value,) in rows.execute(query).fetchall()]
        assert found, query
        assert False not in found, query


@pytest.mark.parametrize("name", ROWS)
def test_a_preview_shows_each_table(name):
    spec = made(name)[0]
    assert all(table.num_rows <= 5 for table in preview(spec, 5).values())


def test_an_example_is_written_and_made_on_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "shop " in run("example").output
    assert run("example", "shop", "-o", "shop.yaml").exit_code == 0
    done = run("make", "shop.yaml", "-o", "shop/", "--rows", "customers=20", "--set", "vat=0.19", "--workers", "1")
    assert done.exit_code == 0, done.output
    assert {p.name for p in (tmp_path / "shop").iterdir()} == {
        "manifest.json", *(f"{n}.parquet" for n in ("customers", "products", "orders", "items", "payments", "returns")),
    }  # fmt: skip


def test_what_a_person_sees_is_of_this_time():
    orders = made("shop")[1]["orders"]["ordered_at"].to_pylist()
    assert min(orders) >= datetime.datetime(2023, 1, 1)
    assert max(orders) < datetime.datetime(2025, 1, 1)
