"""Two links of a row that never lead to the same row, or usually do: no team plays itself; who pays an order mostly gets it."""

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs

SCHEMA = rs.Schema.from_yaml(
    "{rowsmith: 1, tables: {teams: {primary_key: [team]}, grounds: {primary_key: [ground]}, games: {primary_key: [game], foreign_keys: "
    "{home: teams.team, away: teams.team, ground: grounds.ground}}}}"
)


def league(*, itself=0.0, once=False, teams=20, n=900):
    """Games of teams in two divisions, at home and away, on any ground; some teams play themselves, or no pair comes twice."""
    r = np.random.default_rng(3)
    home = r.integers(0, teams, n)
    away = (home + 2 * r.integers(1, teams // 2, n)) % teams  # a team of the same division
    away = np.where(r.random(n) < itself, home, away)
    if once:
        pairs = np.array([(a, b) for a in range(teams) for b in range(teams) if a != b])
        home, away = r.permutation(pairs).T
    goals = r.poisson(1 + home % 2, len(home))
    return {
        "teams": pa.table({"team": np.arange(teams), "division": np.arange(teams) % 2}),
        "grounds": pa.table({"ground": np.arange(9), "seats": r.integers(1, 9, 9)}),
        "games": pa.table(
            {"game": np.arange(len(home)), "home": home, "away": away, "ground": home % 9, "goals": goals}
        ),
    }


def alike(games):
    return np.mean(games["home"].to_numpy() == games["away"].to_numpy())


@pytest.mark.parametrize(("scale", "once"), [(1.0, False), (0.3, False), (3.0, False), (1.0, True)])
def test_no_team_plays_itself(scale, once, tmp_path):
    real = league(once=once)
    model = rs.fit(real, schema=SCHEMA)
    twin = model.sample(scale=scale, seed=2)
    games = twin["games"]
    assert alike(games) == 0
    model.save(tmp_path / "m.rowsmith")
    assert rs.load(tmp_path / "m.rowsmith").sample(scale=scale, seed=2)["games"].equals(games)
    if once:
        pairs = set(zip(games["home"].to_pylist(), games["away"].to_pylist(), strict=True))
        assert len(pairs) == games.num_rows > 0.95 * real["games"].num_rows


@pytest.mark.parametrize("itself", [0.3, 0.9])
@pytest.mark.parametrize("teams", [20, 300])
def test_teams_that_play_themselves_do_as_often(itself, teams):
    real = league(itself=itself, teams=teams, n=3_000)
    twin = rs.fit(real, schema=SCHEMA).sample(seed=2)
    assert alike(twin["games"]) == pytest.approx(alike(real["games"]), abs=0.04)
    counts = [np.sort(np.bincount(t["games"]["away"].to_numpy(), minlength=teams)) for t in (real, twin)]
    assert np.abs(counts[0] - counts[1]).mean() < 0.1 * counts[0].mean()


def test_that_it_happens_in_no_row_of_few_says_nothing():
    few = league(teams=400, n=300)  # by chance in a row of four hundred
    assert not rs.fit(few, schema=SCHEMA).tables.parts["games"].never
    assert rs.fit(league(), schema=SCHEMA).tables.parts["games"].never
