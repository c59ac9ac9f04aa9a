"""One table of a database, learnt: its own columns given those of the row that brings a row forth, and of its siblings.

Beside a table's own columns stand helpers, which are learnt with them and are no part of what is drawn in the end:

- `↑x`, given: column x of the parent;
- `⇕size`, `⇕place`, given: rows of the family, and how many are before this one;
- `←x`, `→x`, given: x of the sibling before, and what the rest of the family needs on average to come to its mean;
- `↗i`: group of the parent by another link, the number i;
- `↓i`, `⇣i`, `↓i x`: how many children a row has by a link, which group it is of, what its children's x is like;
- `⇡i`, given: how many rows are above a row of a family, by the link i, where its rows hang on one another; `⇡i since`: how long after;
- `≈x`: whether a column is what is usual in the family;
- `⇑i x`: column x of the parent by another link, the number i, where a formula reads it; x may be a helper of the parent's;
- `⇣i j`: the usual group of the other parents, by the link j, of its children.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.codecs import ColumnCodec, load_codec
from rowsmith.core.protocols import CodeArray, Rows
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column, Schema, Table
from rowsmith.core.state import State
from rowsmith.learn._barren import Barren
from rowsmith.learn._kept_keys import Kept
from rowsmith.learn._lines import Counted
from rowsmith.learn._parent_pairs import Pairs
from rowsmith.learn._picked import Picked
from rowsmith.learn._profile import Profile
from rowsmith.learn._relations import Copied, Rollup
from rowsmith.learn._running import Running
from rowsmith.learn._spells import Spells
from rowsmith.learn._tiers import Tiers
from rowsmith.learn._within import Within
from rowsmith.learn.table import TableModel

Index = NDArray[np.int64]
Arrays = dict[str, pa.Array]

COUNT = Column(kind="integer", type="int64", settings={"ends": 1})
GROUP = Column(kind="ordered", type="string", public=True)
MEAN = Column(kind="float", type="double")
FLAG = Column(kind="boolean", type="bool")
FAMILY_SIZE, FAMILY_PLACE = "⇕size", "⇕place"


def count_name(link: int) -> str:
    """Helper of a parent: how many children it has by a link."""
    return f"↓{link}"


def group_name(link: int) -> str:
    """Helper of a parent: its group."""
    return f"⇣{link}"


def common_name(link: int, column: str) -> str:
    """Helper of a parent: what a column of its children is like."""
    return f"↓{link} {column}"


def flag_name(column: str) -> str:
    """Helper of a child: whether a column is what is usual in its family."""
    return f"≈{column}"


def usual_name(link: int, other: int) -> str:
    """Helper of a parent by a link: the usual group of its children's parents by another link."""
    return f"⇣{link} {other}"


def depth_name(link: int) -> str:
    """Helper of a child: how many rows are above it in its family."""
    return f"⇡{link}"


def other_name(link: int) -> str:
    """Helper of a child: the group of its parent by another link than that which brings it forth."""
    return f"↗{link}"


def read_name(link: int, column: str) -> str:
    """Helper of a child: a column of its parent by another link than that which brings it forth."""
    return f"⇑{link} {column}"


@dataclass(frozen=True)
class Above:
    """How a table's rows hang on those that bring them forth.

    Attributes:
        link: number of the link.
        context: columns of the parent, helpers too, that are given.
        means: columns of which the family's mean is aimed at.
        before: columns of which the sibling before is given.
        usual: columns of which it is learnt whether they are what is usual in the family.
        likely: helpers that new rows get from real ones, of which the same is learnt.
        copied: columns that are the parent's.
        through: numbers of links that lead to where the parent's own one does, so that it is known to whom.
        loose: how many rows have no parent.
        depths: rows at each depth, where the parent is of the same table.
        trends: means at each depth of numbers that are learnt as what they are above them.
        steady: values at each depth, in the family too, of columns that are the same in all its rows there; None at others.
    """

    link: int
    context: tuple[str, ...]
    means: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()
    likely: tuple[str, ...] = ()
    copied: tuple[Copied, ...] = ()
    through: tuple[int, ...] = ()
    loose: int = 0
    depths: tuple[int, ...] = ()
    trends: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    steady: Mapping[str, tuple[str | int | None, ...]] = field(default_factory=dict)

    @property
    def known(self) -> tuple[str, ...]:
        """Columns and helpers that follow from the parent."""
        return (*(c.column for c in self.copied), *map(other_name, self.through))

    @property
    def in_turn(self) -> bool:
        """Whether siblings are drawn one after the other."""
        return bool(self.means or self.before)

    def state(self) -> State:
        """Plain values."""
        lists = {n: list(v) for n, v in vars(self).items() if isinstance(v, tuple) and n != "copied"}
        trends, steady = ([[n, list(each)] for n, each in told.items()] for told in (self.trends, self.steady))
        more = {"link": self.link, "loose": self.loose, "trends": trends, "steady": steady}
        return lists | more | {"copied": [c.state() for c in self.copied]}

    @classmethod
    def from_state(cls, state: State) -> Above:
        """The inverse of `state`."""
        values: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in state.items()}
        trends = {str(n): tuple(map(float, means)) for n, means in state["trends"]}
        steady = {str(n): tuple(each) for n, each in state["steady"]}
        copies = tuple(Copied(**c) for c in state["copied"])
        return cls(**{**values, "trends": trends, "steady": steady, "copied": copies})


@dataclass(frozen=True)
class Made:
    """A column that is made by the number of the row.

    Attributes:
        kind: name of its kind.
        codec: of its values.
        shares: of its codes, rising to 1.
    """

    kind: str
    codec: ColumnCodec
    shares: NDArray[np.float64]

    def make(self, n: int, key: Key) -> pa.Array:
        """Values of the rows 0 to n."""
        rng = key.generator()
        codes = np.searchsorted(self.shares, rng.random(n), side="right").astype(np.uint16)
        return self.codec.decode(codes, Rows(0, n), key)

    def state(self) -> State:
        """Plain values."""
        return {"kind": self.kind, "codec": self.codec.state(), "shares": self.shares}

    @classmethod
    def from_state(cls, state: State) -> Made:
        """The inverse of `state`."""
        return cls(str(state["kind"]), load_codec(state["kind"], state["codec"]), state["shares"])


@dataclass(frozen=True)
class Part:
    """A learnt table of a database.

    Attributes:
        name: of the table.
        schema: its columns, as they are drawn in the end.
        n_rows: how many rows it had.
        model: its own columns and helpers; None where there is nothing to learn.
        given: helpers and columns that are given when rows are drawn.
        above: what brings its rows forth; None for a table that stands by itself.
        profile: helpers that new rows get from real ones as they are.
        outline: draws them given the parents, which says what row gets those of which real one; None without parents.
        counts: numbers of children of the rows, sorted, by number of the link.
        barren: levels of rows that never have children, by number of the link.
        made: columns that are made by number.
        kept: those of them that have real values as far as there are some.
        counted: columns of the key that rows of a family have one after the other.
        rollups: columns that sum up children, by number of the link.
        picked: columns that are those of one of the children, by number of the link.
        rising: times in whose order rows of a family are, and the columns that go along, by name.
        spells: times between which a parent is taken by one row alone, by number of the link.
        matched: columns that are those of a parent that did not bring the row forth, by number of the link.
        reads: columns of such a parent that formulas read, by number of the link.
        within: what rows always have to do with a parent by another link, by number of it.
        tiers: how deep the rows of a family stand that hang on one another; None where they do not.
        usual: other links whose parents are usually of one group for all children of one parent, by number of the link.
        sorted_by: column by which the rows stand in order; None for none.
        kept_together: whether rows of one family stand together.
        alone: columns that are a parent's, of rows that have none.
        telling_apart: learnt columns of the key, by which rows must differ.
        by_family: whether only rows of one family need to.
        pairs: groups of other parents that come together.
        once: numbers of links that no two rows have the same, together.
        never: numbers of two links that never lead to the same row.
        public: all columns of a table whose rows come as they are, and what is read of rows above, as codes of a category.
        pointing: of such a table, the rows that its rows point to, by number of the link.
        running: columns that follow from the row before of the same family; None where there are none.
    """

    name: str
    schema: Table
    n_rows: int
    model: TableModel | None = None
    given: tuple[str, ...] = ()
    above: Above | None = None
    profile: Profile = field(default_factory=Profile)
    outline: TableModel | None = None
    counts: Mapping[int, Index] = field(default_factory=dict)
    barren: Mapping[int, tuple[Barren, ...]] = field(default_factory=dict)
    made: Mapping[str, Made] = field(default_factory=dict)
    kept: Mapping[str, Kept] = field(default_factory=dict)
    counted: Mapping[str, Counted] = field(default_factory=dict)
    rollups: Mapping[int, tuple[Rollup, ...]] = field(default_factory=dict)
    picked: Mapping[int, tuple[Picked, ...]] = field(default_factory=dict)
    rising: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    spells: Mapping[int, Spells] = field(default_factory=dict)
    matched: Mapping[int, tuple[Copied, ...]] = field(default_factory=dict)
    reads: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    within: Mapping[int, Within] = field(default_factory=dict)
    tiers: Tiers | None = None
    usual: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    sorted_by: str | None = None
    kept_together: bool = False
    alone: Mapping[str, Made] = field(default_factory=dict)
    telling_apart: tuple[str, ...] = ()
    by_family: bool = False
    pairs: tuple[Pairs, ...] = ()
    once: tuple[tuple[int, ...], ...] = ()
    never: tuple[tuple[int, int], ...] = ()
    public: Mapping[str, tuple[ColumnCodec, CodeArray]] = field(default_factory=dict)
    pointing: Mapping[int, Index] = field(default_factory=dict)
    running: Running | None = None

    def state(self) -> State:
        """Arrays and JSON from which `from_state` makes the same."""
        return {
            "schema": Schema(tables={self.name: self.schema}).to_dict(),
            "n_rows": self.n_rows,
            "model": None if self.model is None else self.model.state(),
            "given": list(self.given),
            "above": None if self.above is None else self.above.state(),
            "profile": self.profile.state(),
            "outline": None if self.outline is None else self.outline.state(),
            "counts": [[link, values] for link, values in self.counts.items()],
            "barren": [[link, [each.state() for each in some]] for link, some in self.barren.items()],
            "made": [[n, m.state()] for n, m in self.made.items()],
            "kept": [[n, k.state()] for n, k in self.kept.items()],
            "counted": [[n, vars(c)] for n, c in self.counted.items()],
            "rollups": [[link, [r.state() for r in each]] for link, each in self.rollups.items()],
            "picked": [[link, [p.state() for p in each]] for link, each in self.picked.items()],
            "rising": [[column, list(along)] for column, along in self.rising.items()],
            "spells": [[link, spells.state()] for link, spells in self.spells.items()],
            "matched": [[link, [c.state() for c in each]] for link, each in self.matched.items()],
            "reads": [[link, list(names)] for link, names in self.reads.items()],
            "within": [[link, each.state()] for link, each in self.within.items()],
            "tiers": None if self.tiers is None else self.tiers.state(),
            "usual": [[link, list(others)] for link, others in self.usual.items()],
            "sorted_by": self.sorted_by,
            "kept_together": self.kept_together,
            "alone": [[n, m.state()] for n, m in self.alone.items()],
            "telling_apart": list(self.telling_apart),
            "by_family": self.by_family,
            "pairs": [pairs.state() for pairs in self.pairs],
            "once": [list(links) for links in self.once],
            "never": [list(links) for links in self.never],
            "public": [[n, codec.state(), codes] for n, (codec, codes) in self.public.items()],
            "pointing": [[link, rows] for link, rows in self.pointing.items()],
            "running": None if self.running is None else self.running.state(),
        }

    @classmethod
    def from_state(cls, state: State) -> Part:
        """The inverse of `state`."""
        name, schema = Schema.from_dict(state["schema"]).only
        return cls(
            name=name,
            schema=schema,
            n_rows=int(state["n_rows"]),
            model=None if state["model"] is None else TableModel.from_state(state["model"]),
            given=tuple(state["given"]),
            above=None if state["above"] is None else Above.from_state(state["above"]),
            profile=Profile.from_state(state["profile"]),
            outline=None if state["outline"] is None else TableModel.from_state(state["outline"]),
            counts={int(link): values.astype(np.int64) for link, values in state["counts"]},
            barren={int(link): tuple(map(Barren.from_state, some)) for link, some in state.get("barren", ())},
            made={n: Made.from_state(m) for n, m in state["made"]},
            kept={n: Kept.from_state(k, int(state["n_rows"])) for n, k in state.get("kept", ())},
            counted={n: Counted(**c) for n, c in state["counted"]},
            rollups={int(i): tuple(map(Rollup.from_state, some)) for i, some in state["rollups"]},
            rising={str(column): tuple(map(str, along)) for column, along in state["rising"]},
            spells={int(i): Spells.from_state(each) for i, each in state["spells"]},
            picked={int(i): tuple(map(Picked.from_state, some)) for i, some in state["picked"]},
            matched={int(link): tuple(Copied(**c) for c in each) for link, each in state["matched"]},
            reads={int(link): tuple(map(str, names)) for link, names in state.get("reads", ())},
            within={int(link): Within.from_state(each) for link, each in state.get("within", ())},
            tiers=None if state.get("tiers") is None else Tiers.from_state(state["tiers"]),
            usual={int(link): tuple(others) for link, others in state["usual"]},
            sorted_by=state["sorted_by"],
            kept_together=bool(state["kept_together"]),
            alone={n: Made.from_state(m) for n, m in state["alone"]},
            telling_apart=tuple(state["telling_apart"]),
            by_family=bool(state["by_family"]),
            pairs=tuple(map(Pairs.from_state, state["pairs"])),
            once=tuple(tuple(map(int, links)) for links in state["once"]),
            never=tuple((int(one), int(other)) for one, other in state["never"]),
            public={n: (load_codec("category", codec), codes.astype(np.uint16)) for n, codec, codes in state["public"]},
            pointing={int(link): rows.astype(np.int64) for link, rows in state["pointing"]},
            running=None if state["running"] is None else Running.from_state(state["running"]),
        )


def counts_of(values: pa.Array) -> NDArray[np.float64]:
    """A column of counts, NaN for none."""
    return np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def taken(values: pa.Array, rows: Index) -> pa.Array:
    """Values of rows by number, null where that is negative."""
    if not len(values):
        return pa.nulls(len(rows), values.type)
    return values.take(pa.array(rows, mask=rows < 0))


def flat(values: pa.Array) -> pa.Array:
    """Values without a dictionary."""
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def chosen(where: NDArray[np.bool_], values: pa.Array, others: pa.Array) -> pa.Array:
    """Values where a mask says so, and others elsewhere, in the type of the others."""
    if not where.any():
        return others
    kind = others.type.value_type if pa.types.is_dictionary(others.type) else others.type
    out = pc.if_else(pa.array(where), flat(values).cast(kind), flat(others))
    return out.dictionary_encode().cast(others.type) if pa.types.is_dictionary(others.type) else out
