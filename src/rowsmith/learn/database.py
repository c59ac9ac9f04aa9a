"""Several tables learnt that are linked: a composer over the learnt table.

Rows are brought forth along one link of each table, its home: a parent gets so many children, which are drawn given its
columns and the siblings before them. Parents by other links are dealt out afterwards, by groups of parents that have like
children, each with as many children as it shall have. Keys are made, never learnt. So every link holds by construction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import DataError, ModelFileError, RowsmithError, SpecError
from rowsmith.core.protocols import Learner, Progress, silent
from rowsmith.core.rng import Key
from rowsmith.core.schema import ForeignKey, Schema
from rowsmith.core.state import State
from rowsmith.learn import _finish
from rowsmith.learn._asked import asked
from rowsmith.learn._barren import places
from rowsmith.learn._deal import ranked, swapped, to_sum
from rowsmith.learn._draw import as_hierarchy, as_is, by_itself, in_families
from rowsmith.learn._drawn import Drawn
from rowsmith.learn._facts import Facts, facts, homes
from rowsmith.learn._fit_part import fit_part, orphans_of
from rowsmith.learn._groups import group_text, groups_of
from rowsmith.learn._helpers import Helpers, Learnt, helpers
from rowsmith.learn._kept_keys import with_words
from rowsmith.learn._links import Link
from rowsmith.learn._orphans import Orphans
from rowsmith.learn._part import Part, count_name, counts_of, group_name, other_name
from rowsmith.learn._picked import filled
from rowsmith.learn._protected import Protected
from rowsmith.learn._sides import most_of
from rowsmith.learn._told import told

KIND, VERSION = "database-model", 4
"""What the file of a model says of itself."""
Index = NDArray[np.int64]


@dataclass(frozen=True)
class DatabaseTables:
    """Fitted tables that are linked.

    Attributes:
        parts: the tables by name, in their order.
        links: between them; the numbers in the parts are positions here.
        through: links that follow from two others, all by number.
        order: names of the tables, each after the one that brings forth its rows.
        notes: what a person must be told of the data.
        orphans: links that point to no row, by number.
    """

    parts: Mapping[str, Part]
    links: tuple[Link, ...]
    through: Mapping[int, tuple[int, int]]
    order: tuple[str, ...]
    notes: tuple[str, ...] = ()
    orphans: Mapping[int, Orphans] = field(default_factory=dict)

    @property
    def schema(self) -> Schema:
        """Tables, columns and declared keys."""
        return Schema(
            tables={
                name: replace(
                    part.schema,
                    foreign_keys=tuple(
                        ForeignKey(columns=link.columns, table=link.parent, targets=link.targets)
                        for link in self.links
                        if link.declared and link.child == name
                    ),
                )
                for name, part in self.parts.items()
            }
        )

    @property
    def protected(self) -> dict[str, tuple[Protected, ...]]:
        """Columns of each table of which values that too few rows, or entities, share were left out."""
        own = {n: (part.model, part.schema.columns) for n, part in self.parts.items()}
        return {
            n: tuple(p for p in model.protected if p.column in columns) for n, (model, columns) in own.items() if model
        }

    @property
    def roots(self) -> tuple[str, ...]:
        """Tables whose numbers of rows are free: no other table brings their rows forth."""
        return tuple(name for name, part in self.parts.items() if self._home(name) is None and not part.public)

    def sample(
        self,
        key: Key,
        rows: Mapping[str, int] | None = None,
        scale: float = 1.0,
        progress: Progress = silent,
        where: str | None = None,
    ) -> dict[str, pa.Table]:
        """Draw the whole database.

        Args:
            key: random stream.
            rows: of some tables. Tables that hang on others follow these; where one is named, it comes to so many.
            scale: of all tables that stand by themselves and are not named, and are no lists of words.
            progress: told how many tables are done.
            where: a condition on tables that stand by themselves, which all their rows meet.

        Raises:
            SpecError: keys run out, or a rule or the condition can hardly be kept.
        """
        wanted, drawn = dict(rows or {}), dict[str, Drawn]()
        if scale != 1.0 and wanted and not any(self._scales(name) and name not in wanted for name in self.parts):
            raise SpecError(
                f"scale={scale:g}: `rows` says already how many rows {' and '.join(wanted)} shall have, and what is left follows. "
                "Say one of the two."
            )
        conditions = {} if where is None else asked(self, where)
        around = set(conditions)
        for done, name in enumerate(self.order, 1):
            part, stream = self.parts[name], key.child("table", name)
            home = self._home(name)
            n = wanted.get(
                name, max(round(part.n_rows * (1.0 if part.kept else scale)), min(part.n_rows, 1))
            )  # a list of words is as long as it is
            if part.public:
                if n != part.n_rows and name in wanted:
                    raise SpecError(f"rows: {name}={n}: is public, so that its {part.n_rows:,} rows come as they are.")
                drawn[name] = as_is(part)
                continue
            if home is not None:
                times = scale if self.parts[home.parent].kept and home.parent not in wanted else 1.0
                sizes, loose = self._sizes(part, drawn, wanted.get(name), times, stream)
                known, evenly = self._known(part, drawn), home.parent not in around
                found = in_families(part, drawn[home.parent], sizes, loose, stream, known, evenly)
            elif part.above is not None and part.above.depths:
                found = as_hierarchy(part, n, stream)
            else:
                found = by_itself(part, n, stream, conditions.get(name))
            if home is not None and home.parent in around:
                around.add(name)
            if name not in around:  # else they hang on the condition
                self._rake(part, found, stream)
            _without_children(part, found, stream)
            for number, picks in part.picked.items():
                counts = counts_of(found.columns[count_name(number)])
                found.columns.update(filled(picks, found.columns, counts, stream.child("picked", number).generator()))
            with_words(part, found, name in around, stream.child("words"))
            drawn[name] = _finish.in_order(part, found, stream.child("order").generator())
            progress("drawing", done, len(self.order))
        return _finish.tables(self, drawn, key.child("links"))

    def _scales(self, name: str) -> bool:
        """Whether a table has as many rows as the scale says, and not as many as another one brings forth."""
        part, home = self.parts[name], self._home(name)
        return not part.public and bool(self.parts[home.parent].kept if home is not None else not part.kept)

    def _home(self, name: str) -> Link | None:
        """The link to another table that brings forth a table's rows."""
        above = self.parts[name].above
        return None if above is None or above.depths else self.links[above.link]

    def _known(self, part: Part, drawn: Mapping[str, Drawn]) -> dict[str, pa.Array]:
        """Groups of a table's other parents that follow from the row that brings its rows forth, one value a such row."""
        out = {}
        assert part.above is not None, "another table brings its rows forth"
        for number in part.above.through:
            up = drawn[self.links[part.above.link].parent].up[self.through[number][1]]
            groups = groups_of(drawn[self.links[number].parent].columns[group_name(number)])
            out[other_name(number)] = group_text(np.append(groups, -1)[up])
        return out

    def _sizes(
        self, part: Part, drawn: Mapping[str, Drawn], wanted: int | None, times: float, key: Key
    ) -> tuple[Index, int]:
        """Rows of each family, so many times as they were drawn, and rows without a parent."""
        above, rng = part.above, key.child("sizes").generator()
        assert above is not None, "another table brings its rows forth"
        parent = drawn[self.links[above.link].parent]
        sizes = counts_of(parent.columns[count_name(above.link)]).astype(np.int64)
        most = most_of(self, drawn, part.name)
        sizes = sizes if times == 1 else to_sum(sizes, round(times * int(sizes.sum())), rng)
        linked = part.n_rows - above.loose
        if wanted is None:
            return swapped(sizes, most, rng), round(above.loose * int(sizes.sum()) / linked) if linked else above.loose
        loose = round(wanted * above.loose / part.n_rows) if part.n_rows else 0
        if wanted > loose and not len(sizes):
            raise SpecError(
                f"rows: {part.name}={wanted}: there is no row of {self.links[above.link].parent} that they could belong to."
            )
        found = swapped(to_sum(sizes, wanted - loose, rng), most, rng)
        if found.sum() < wanted - loose:
            room = int(found.sum()) + loose
            raise SpecError(f"rows: {part.name}={wanted}: no more than {room:,} rows find parents that they may have.")
        return found, loose

    def _rake(self, part: Part, drawn: Drawn, key: Key) -> None:
        """Give drawn numbers of children the histogram of the real ones, where they do not have it anyway."""
        for link, real in part.counts.items():
            name = count_name(link)
            if name in part.profile.levels or not len(real):
                continue
            rng = key.child("rake", link).generator()
            drawn.columns[name] = pa.array(ranked(counts_of(drawn.columns[name]), real, rng))

    def state(self) -> State:
        """Arrays and JSON from which `from_state` makes the same model."""
        return {
            "parts": [part.state() for part in self.parts.values()],
            "links": [link.state() for link in self.links],
            "through": [[link, *two] for link, two in self.through.items()],
            "order": list(self.order),
            "notes": list(self.notes),
            "orphans": [[link, each.state()] for link, each in self.orphans.items()],
        }

    @classmethod
    def from_state(cls, state: State) -> DatabaseTables:
        """The inverse of `state`.

        Raises:
            ModelFileError: the state does not describe linked tables.
        """
        try:
            parts = {part.name: part for part in map(Part.from_state, state["parts"])}
            out = cls(
                parts=parts,
                links=tuple(map(Link.from_state, state["links"])),
                through={int(link): (int(a), int(b)) for link, a, b in state["through"]},
                order=tuple(state["order"]),
                notes=tuple(state["notes"]),
                orphans={int(link): Orphans.from_state(each) for link, each in state.get("orphans", ())},
            )
            whole = set(out.order) == set(parts) and all({k.child, k.parent} <= set(parts) for k in out.links)
        except RowsmithError as fault:
            raise ModelFileError(f"the model is damaged or from another version: {fault}") from None
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as fault:
            raise ModelFileError(f"the model is damaged: its parts do not fit together ({fault!r}).") from None
        if not whole:
            raise ModelFileError("the model is damaged: its tables and links do not fit together.")
        return out


def _without_children(part: Part, drawn: Drawn, key: Key) -> None:
    """Have rows of kinds that never have children none, by each link: with what is learnt of these, others get them."""
    for link, levels in part.barren.items():
        counts = np.nan_to_num(counts_of(drawn.columns[count_name(link)])).astype(np.int64)
        barren = np.any([each.of(drawn.columns) for each in levels if each.column in drawn.columns], axis=0)
        rows = places(np.broadcast_to(barren, counts.shape), counts, key.child("barren", link).generator())
        for name in drawn.columns:
            if name.split(" ")[0] in (count_name(link), group_name(link)):
                drawn.columns[name] = drawn.columns[name].take(pa.array(np.maximum(rows, 0)))
        drawn.columns[count_name(link)] = pa.array(np.where(rows < 0, 0, counts[rows]))


def fit_database(
    tables: Mapping[str, pa.Table],
    schema: Schema,
    learner: Learner,
    *,
    key: Key,
    workers: int = 1,
    progress: Progress = silent,
) -> DatabaseTables:
    """Learn tables that are linked.

    Args:
        tables: the rows by name; columns are those of the schema, in the same order.
        schema: kinds and types of all columns, keys, foreign keys.
        learner: settings of the learner.
        key: random stream of the fit.
        workers: how many threads; the result does not depend on it.
        progress: told what has been done.

    Raises:
        DataError: there is nothing to learn, or a key is none.
    """
    if not tables:
        raise DataError("there are no tables to learn.")
    found = facts(schema, tables)
    _finish.check_keys(found)
    said = told(found)
    homes(found, said.by_link)
    more, given, parts = helpers(found, said), dict[str, dict[str, Learnt]](), dict[str, Part]()
    order = _order(found, more)
    for done, name in enumerate(order, 1):
        parts[name] = fit_part(found, name, more, said, given, learner, key=key.child(name), workers=workers)
        progress("learning tables", done, len(order))
    numbers = found.numbers
    return DatabaseTables(
        parts={name: parts[name] for name in schema.tables},
        links=tuple(found.links),
        through={numbers[link]: (numbers[a], numbers[b]) for link, (a, b) in found.through.items()},
        order=tuple(order),
        notes=tuple(found.notes),
        orphans=orphans_of(found, key),
    )


def _order(found: Facts, more: Helpers) -> list[str]:
    """Tables, each after the one that brings forth its rows, and after those that say how many these may be, where that is no circle."""
    out: list[str] = []
    while len(out) < len(found.tables):
        left = [name for name in found.tables if name not in out]
        home = {name: found.home.get(name) for name in left}
        free = [n for n in left if (link := home[n]) is None or link.parent == n or link.parent in out]
        first = [n for n in free if all(found.links[i].parent in (n, *out) for i in more.within[n])]
        out += first or free[:1]
    return out
