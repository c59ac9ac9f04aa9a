"""Hierarchies inside of families: each branch has its head, and who hangs on whom, and how deep, is as in the real one."""

import numpy as np
import pyarrow as pa
import pytest
from tests.engine._linked import key, schema

import rowsmith as rs
from rowsmith.learn._families import Families
from rowsmith.learn._tiers import Tiers, led

ROLES = np.array(["head", "lead", "clerk"])


def company(seed, branches, *, heads=1, agents=0):
    """Branches with 1 to `heads` heads, who lead leads, who lead clerks; agents belong to no branch and have nobody above."""
    r = np.random.default_rng(seed)
    branch, boss, depth = [-1] * agents, [-1] * agents, [0] * agents
    for b in range(branches):
        above = []
        for d, n in enumerate((r.integers(1, heads + 1), r.integers(1, 4), r.integers(3, 12))):
            rows = list(range(len(branch), len(branch) + n))
            boss += [-1] * n if d == 0 else r.choice(above, n).tolist()
            branch += [b] * n
            depth += [d] * n
            above = rows
    place = r.permutation(len(branch))
    order = np.argsort(place)
    branch, boss, depth = (np.array(each)[order] for each in (branch, boss, depth))
    boss = np.where(boss >= 0, place[boss], -1)
    return {
        "branches": pa.table({"branch": np.arange(branches), "town": np.arange(branches) % 4}),
        "staff": pa.table({
            "id": np.arange(len(branch)),
            "branch": pa.array(branch, mask=branch < 0),
            "boss": pa.array(boss, mask=boss < 0),
            "role": ROLES[depth],
            "pay": np.array([7000, 4500, 2500])[depth] + r.integers(-300, 300, len(branch)),
        }),
    }  # fmt: skip


KEYS = schema(
    branches=(["branch"], []),
    staff=(["id"], [key("branch", "branches", "branch"), key("boss", "staff", "id")]),
)


def walked(staff):
    """Depth of each row, and whether it is in the branch of its boss; a circle would go on for ever."""
    rows = staff.to_pandas().set_index("id")
    depth, at = np.zeros(len(rows), dtype=int), rows.boss
    for _ in range(len(rows)):
        if at.isna().all():
            break
        depth += at.notna().to_numpy()
        at = at.map(rows.boss)
    assert at.isna().all()
    below = rows[rows.boss.notna()]
    assert (rows.loc[below.boss, "branch"].to_numpy() == below.branch.to_numpy()).all()
    return rows, depth


@pytest.mark.parametrize(("seed", "branches", "scale"), [(0, 60, 1.0), (1, 60, 2.0), (2, 15, 1.0)])
def test_each_branch_has_one_head_and_is_as_deep_as_real_ones(seed, branches, scale, tmp_path):
    real = company(seed, branches)
    model = rs.fit(real, schema=KEYS)
    twin = model.sample(seed=1, scale=scale)["staff"]
    rows, depth = walked(twin)
    assert (rows[rows.boss.isna()].groupby("branch").size() == 1).all()
    assert rows.branch.nunique() == rows[rows.boss.isna()].branch.nunique()
    assert rows.assign(depth=depth).groupby("branch").depth.max().unique().tolist() == [2]
    theirs, deep = walked(real["staff"])
    assert np.bincount(depth) / len(rows) == pytest.approx(np.bincount(deep) / len(theirs), abs=0.04)
    assert (rows.role.to_numpy() == ROLES[depth]).mean() > 0.97
    for d in range(3):
        assert rows.pay[depth == d].mean() == pytest.approx(theirs.pay[deep == d].mean(), abs=150)
    model.save(tmp_path / "staff.rowsmith")
    assert rs.load(tmp_path / "staff.rowsmith").sample(seed=1, scale=scale)["staff"].equals(twin)


def test_branches_have_several_heads_as_often_and_who_belongs_to_none_leads_nobody():
    real = company(3, 60, heads=3, agents=20)["staff"]
    twin = rs.fit(company(3, 60, heads=3, agents=20), schema=KEYS).sample(seed=1)["staff"]
    (rows, depth), (theirs, _) = walked(twin), walked(real)
    assert rows.branch.isna().sum() == 20
    assert (depth[rows.branch.isna()] == 0).all()
    assert not rows.loc[rows.boss.dropna(), "branch"].isna().any()
    heads, real_heads = (
        np.bincount(each[each.boss.isna()].groupby("branch").size(), minlength=4) for each in (rows, theirs)
    )
    assert len(heads) == 4
    assert np.abs(heads - real_heads).max() <= 8


def test_a_family_is_like_real_ones_of_its_size():
    size = np.repeat([3, 12], 20)
    families = Families.of_sizes(size)
    depth = np.concatenate([[0, 1, 1]] * 20 + [[0, 0, *[1] * 4, *[2] * 6]] * 20)
    tiers = Tiers.of(0, families, depth, size)
    drawn = tiers.depths(np.array([3, 0, 12, 24, 1]), np.random.default_rng(0))
    three, none, twelve, more, one = np.split(drawn, np.cumsum([3, 0, 12, 24]))
    assert three.tolist() == [0, 1, 1]
    assert not len(none)
    assert np.bincount(twelve).tolist() == [2, 4, 6]
    assert np.bincount(more)[0] == 2
    assert np.bincount(more)[1:] == pytest.approx([22 * 0.4, 22 * 0.6], abs=1)
    assert one.tolist() == [0]
    assert (np.diff(more) >= 0).all()


def test_rows_hang_on_those_above_them_as_often_as_these_shall_lead():
    family, depth = np.array([0, 0, 0, 0, 0, 0, 1, 1, 2]), np.array([0, 1, 1, 2, 2, 2, 0, 2, 0])
    counts = np.array([2, 3, 0, 0, 0, 0, 0, 0, 5])
    none = np.full(9, -1)
    up = led(family, depth, none, none, counts, np.random.default_rng(0))
    assert up.tolist() == [-1, 0, 0, 1, 1, 1, -1, 6, -1]
    wanted, groups = np.array([-1, 0, 0, 1, 2, 2, -1, 0, -1]), np.array([0, 1, 2, 3, 3, 3, 0, 3, 0])
    up = led(family, depth, wanted, groups, np.array([2, 1, 2, 0, 0, 0, 1, 0, 0]), np.random.default_rng(0))
    assert up.tolist() == [-1, 0, 0, 1, 2, 2, -1, 6, -1]
