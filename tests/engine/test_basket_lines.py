"""Lines of baskets hang on what is the same in all lines of theirs."""

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs


def sales(n=1200, seed=1):
    """Receipts, of which half show a card; who shows a gold one has 10 % off, and takes more pieces."""
    rng = np.random.default_rng(seed)
    price = rng.integers(100, 2000, 20) / 100
    rows = []
    for r in range(n):
        card = [None, "silver", "gold"][int(rng.choice(3, p=[0.5, 0.3, 0.2]))]
        off = {"gold": 10, "silver": 5}.get(card, 0)
        for i in rng.choice(20, 1 + int(rng.integers(4)), replace=False):
            pieces = 1 + int(rng.poisson(3.0 if card == "gold" else 0.3))
            total = round(pieces * float(price[i]) * (1 - off / 100), 2)
            rows.append((f"R{r:05}", card, off, f"P{i:02}", pieces, float(price[i]), total))
    names = ["receipt", "card", "discount", "product", "pieces", "price", "total"]
    return pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


@pytest.fixture(scope="module")
def model():
    return rs.fit(sales(), basket="receipt", item="product")


@pytest.fixture(scope="module")
def twin(model):
    return model.sample(1500).to_pandas()


def test_lines_hang_on_their_basket(twin):
    real = sales().to_pandas()
    for table in (real, twin):
        table["card"] = table["card"].fillna("none")
    wanted, found = (table.groupby("card")["pieces"].mean() for table in (real, twin))
    assert wanted["gold"] > 3 * wanted["none"]
    assert np.allclose(found, wanted, rtol=0.15)


def test_formulas_that_read_a_column_of_the_basket_hold(model, twin):
    assert any("discount" in rule for rule in model.schema.only[1].rules.values())
    made = (twin["pieces"] * twin["price"] * (1 - twin["discount"] / 100)).to_numpy()
    assert np.abs(made - twin["total"].to_numpy()).max() < 0.00501


def test_a_rule_may_read_the_item_and_columns_of_the_basket():
    real = sales(400)
    name, table = rs.inspect(real, basket="receipt", item="product").only
    real = real.filter(pa.compute.or_(pa.compute.less(real["pieces"], 3), pa.compute.equal(real["discount"], 10)))
    rules = {"few": "pieces < 3 or discount = 10", "item": "product <> 'P03' or pieces < 9"}
    model = rs.fit(real, schema=rs.Schema(tables={name: type(table)(**{**vars(table), "rules": rules})}))
    drawn = model.sample(600).to_pandas()
    assert ((drawn["pieces"] < 3) | (drawn["discount"] == 10)).all()


def test_a_rule_of_lines_reads_no_key_of_the_basket():
    name, table = rs.inspect(sales(50), basket="receipt", item="product").only
    rules = {"odd": "pieces < 3 or receipt = 'R00001'"}
    schema = rs.Schema(tables={name: type(table)(**{**vars(table), "rules": rules})})
    with pytest.raises(rs.SpecError, match=r"rules.odd: is of lines, and reads receipt of the basket"):
        rs.fit(sales(50), schema=schema)


def test_drawn_baskets_are_the_same_on_any_number_of_workers_and_after_saving(model, tmp_path):
    model.save(tmp_path / "m.rowsmith")
    again = rs.load(tmp_path / "m.rowsmith")
    assert again.sample(300, seed=4, workers=2).equals(model.sample(300, seed=4))


def with_sums(table):
    frame = table.to_pandas()
    frame["to_pay"] = frame.groupby("receipt")["total"].transform("sum").round(2)
    frame["lines"] = frame.groupby("receipt")["total"].transform("size")
    return frame


def test_sums_of_lines_are_those_of_the_lines(tmp_path):
    model = rs.fit(with_sums(sales(500)), basket="receipt", item="product")
    model.save(tmp_path / "m.rowsmith")
    for twin in (model.sample(600), rs.load(tmp_path / "m.rowsmith").sample(600)):
        each = twin.groupby("receipt")
        assert np.abs(each["total"].sum() - each["to_pay"].first()).max() < 0.006
        assert (each["total"].size() == each["lines"].first()).all()
        assert each["to_pay"].nunique().max() == 1


def test_a_slip_in_one_basket_does_not_spoil_the_others():
    frame = sales(500).to_pandas()
    counts = frame["receipt"].map(frame["receipt"].value_counts())
    frame.loc[frame.index[counts > 2][0], "card"] = "platinum"
    twin = rs.fit(frame, basket="receipt", item="product").sample(600)
    assert (twin.groupby("receipt")["card"].nunique(dropna=False) == 1).all()


def test_a_mark_that_few_lines_have_is_theirs_and_not_their_basket_s():
    frame = sales(2000).to_pandas()
    frame["returned"] = np.random.default_rng(1).random(len(frame)) < 0.004
    twin = rs.fit(frame, basket="receipt", item="product").sample(2000)
    assert 0.001 < twin["returned"].mean() < 0.01
    assert (twin.groupby("receipt")["returned"].nunique() > 1).any()
