"""All texts of a pattern, counted and numbered, so that a row's number leads to a text of its own.

The pattern's positions become a nondeterministic automaton (V. M. Glushkov, "The Abstract Theory of Automata", 1961),
that one a deterministic one by subsets; there, every text is one path, however ambiguous the pattern is. Paths from each
state are counted from the end, and a number is read as the choice of a path (ranking by counts; A. Nijenhuis, H. Wilf,
"Combinatorial Algorithms", 1978).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.permutation import Numbers, mix, permute
from rowsmith.samplers._pattern import Chars, Either, Node, Run

ENOUGH = 2**46
"""Texts from a state that are counted apart; where there are more, each number is spread over them."""
_MOST_POSITIONS = 20_000
_MOST_STATES = 20_000
_MOST_CHARACTERS = 2**15


@dataclass
class _Positions:
    """The places of a pattern where characters stand, and which may follow which."""

    chars: list[tuple[int, ...]] = field(default_factory=list)
    follow: list[set[int]] = field(default_factory=list)

    def add(self, node: Node) -> tuple[bool, frozenset[int], frozenset[int]]:
        """Whether a part may be empty, and the positions that it may begin and end with."""
        if isinstance(node, Chars):
            self.chars.append(node.points)
            self.follow.append(set())
            if len(self.chars) > _MOST_POSITIONS:
                raise SpecError("the pattern is too long for unique texts; make a repetition shorter.")
            here = frozenset([len(self.chars) - 1])
            return False, here, here
        if isinstance(node, Either):
            found = [self.add(part) for part in node.parts]
            return (
                any(empty for empty, _, _ in found),
                frozenset().union(*(first for _, first, _ in found)),
                frozenset().union(*(last for _, _, last in found)),
            )
        if isinstance(node, Run):
            return self._joined([self.add(part) for part in node.parts], optional_from=len(node.parts))
        return self._joined([self.add(node.part) for _ in range(node.most)], optional_from=node.least)

    def _joined(
        self, parts: list[tuple[bool, frozenset[int], frozenset[int]]], optional_from: int
    ) -> tuple[bool, frozenset[int], frozenset[int]]:
        """Parts one after another; from a certain one on, the rest may be missing."""
        empty, first, open_, last = True, frozenset[int](), frozenset[int](), frozenset[int]()
        for number, (part_empty, part_first, part_last) in enumerate(parts):
            for position in open_:
                self.follow[position] |= part_first
            first = first | part_first if empty else first
            open_ = open_ | part_last if part_empty else part_last
            empty = empty and part_empty
            last = last | open_ if number >= optional_from else open_
        empty = empty or optional_from == 0
        return empty, first, last


@dataclass(frozen=True)
class Choice:
    """One way to go on from a state.

    Attributes:
        points: code points of the characters that lead there; none at the end of a text.
        target: the state that they lead to.
        room: numbers that the target takes, 1 at the end.
    """

    points: NDArray[np.uint32]
    target: int
    room: int

    @property
    def size(self) -> int:
        """Numbers that the choice takes."""
        return max(len(self.points), 1) * self.room


@dataclass(frozen=True)
class Automaton:
    """Numbers to texts.

    Attributes:
        count: how many different texts there are.
        states: choices of each state, that to end first; the first state is the start.
        length: characters of the longest text.
    """

    count: int
    states: list[list[Choice]]
    length: int

    @property
    def most(self) -> int:
        """How many numbers there are to be turned into texts."""
        return min(self.count, ENOUGH)

    def texts(self, numbers: Numbers, seed: int) -> NDArray[np.uint32]:
        """A text for each number, another for another number.

        Args:
            numbers: from 0 to below `most`, shape (n,).
            seed: another seed, other texts.

        Returns:
            Code points, shape (n, length), 0 behind the end.
        """
        out = np.zeros((len(numbers), self.length), dtype=np.uint32)
        here = {0: [(np.arange(len(numbers)), permute(numbers, self.most, seed))]}
        for place in range(self.length):
            after: dict[int, list[tuple[Numbers, Numbers]]] = {}
            for state, parts in here.items():
                rows, rest = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
                for choice, rows_of, which, left in self._chosen(state, rows, rest, seed):
                    out[rows_of, place] = choice.points[which]
                    after.setdefault(choice.target, []).append((rows_of, left))
            here = after
        return out

    def _chosen(
        self, state: int, rows: Numbers, rest: Numbers, seed: int
    ) -> Iterator[tuple[Choice, Numbers, Numbers, Numbers]]:
        """Choices with their rows, the characters' places in `points`, and the numbers that are left for the target."""
        choices = self.states[state]
        sizes = [choice.size for choice in choices]
        total = sum(sizes)
        own = seed + (state + 1) * 0x632BE5AB
        if total > ENOUGH and len(choices) == 1 and choices[0].room == ENOUGH:
            # The target takes the whole number, so that any character will do.
            hashed = mix(rest.astype(np.uint64), own) >> np.uint64(32)
            yield choices[0], rows, (hashed % np.uint64(len(choices[0].points))).astype(np.int64), rest
            return
        if total > ENOUGH:
            rest = permute(rest, total, own)
        ends = np.cumsum(sizes)
        number = np.searchsorted(ends, rest, side="right") if len(choices) > 1 else None
        for i, choice in enumerate(choices):
            some = slice(None) if number is None else np.flatnonzero(number == i)
            if len(choice.points) and len(rows[some]):
                inside = rest[some] - (ends[i] - sizes[i])
                which = inside // choice.room
                yield choice, rows[some], which, inside - which * choice.room


def automaton(node: Node) -> Automaton:
    """The automaton of a pattern.

    Raises:
        SpecError: it has too many states to count.
    """
    positions = _Positions()
    empty, first, last = positions.add(node)
    atoms, members = _atoms(positions.chars)
    moves = _deterministic(positions, first, atoms)
    numbers = {state: i for i, state in enumerate(moves)}
    edges: list[dict[int, list[int]]] = []  # of each state: target to the code points that lead there
    for found in moves.values():
        points: dict[int, list[int]] = {}
        for atom, target in found.items():
            points.setdefault(numbers[target], []).extend(members[atom])
        edges.append(points)
    ending = [empty, *(bool(state & last) for state in list(moves)[1:])]
    counts, lengths = [0] * len(edges), [0] * len(edges)
    for i in _targets_first([list(found) for found in edges]):
        counts[i] = ending[i] + sum(len(points) * counts[target] for target, points in edges[i].items())
        lengths[i] = max((lengths[target] + 1 for target in edges[i]), default=0)
    end = Choice(np.empty(0, np.uint32), -1, 1)
    states = [
        [end] * ending[i]
        + [Choice(np.array(sorted(points), np.uint32), t, min(counts[t], ENOUGH)) for t, points in edges[i].items()]
        for i in range(len(edges))
    ]
    return Automaton(counts[0], states, lengths[0])


def _atoms(chars: list[tuple[int, ...]]) -> tuple[list[tuple[int, ...]], list[list[int]]]:
    """Each position's characters as numbers of atoms, sets that no position splits; and the atoms' characters."""
    kinds = {points: number for number, points in enumerate(dict.fromkeys(chars))}
    held: dict[int, list[int]] = {}
    for points, number in kinds.items():
        for point in points:
            held.setdefault(point, []).append(number)
    if len(held) > _MOST_CHARACTERS:
        raise SpecError(
            f"the pattern has {len(held):,} characters; expected at most {_MOST_CHARACTERS:,} for unique texts."
        )
    members: dict[tuple[int, ...], list[int]] = {}
    for point, numbers in held.items():
        members.setdefault(tuple(numbers), []).append(point)
    of_kind: list[list[int]] = [[] for _ in kinds]
    for atom, numbers_of in enumerate(members):
        for number in numbers_of:
            of_kind[number].append(atom)
    return [tuple(of_kind[kinds[points]]) for points in chars], list(members.values())


State = frozenset[int]


def _deterministic(positions: _Positions, first: State, atoms: list[tuple[int, ...]]) -> dict[State, dict[int, State]]:
    """States (sets of positions just read; at first, the start), and where atoms lead from each."""
    start: State = frozenset([-1])
    moves: dict[State, dict[int, State]] = {start: {}}
    todo = [start]
    while todo:
        state = todo.pop()
        after = first if state is start else frozenset().union(*(positions.follow[p] for p in state))
        found: dict[int, set[int]] = {}
        for position in after:
            for atom in atoms[position]:
                found.setdefault(atom, set()).add(position)
        for atom in sorted(found):
            target = frozenset(found[atom])
            moves[state][atom] = target
            if target not in moves:
                moves[target] = {}
                todo.append(target)
        if len(moves) > _MOST_STATES:
            raise SpecError(
                "the pattern is too intricate to tell its texts apart; make alternatives start differently."
            )
    return moves


def _targets_first(targets: list[list[int]]) -> list[int]:
    """States in an order in which each comes after those that it leads to; there are no circles."""
    waiting = [len(found) for found in targets]
    sources: list[list[int]] = [[] for _ in targets]
    for i, found in enumerate(targets):
        for target in found:
            sources[target].append(i)
    order = [i for i, count in enumerate(waiting) if count == 0]
    for state in order:  # it grows
        for source in sources[state]:
            waiting[source] -= 1
            if waiting[source] == 0:
                order.append(source)
    return order
