"""Lowering: how a scalar graph becomes a tape.

Chains of products of a uniform and a varying node become sums; sums over the same sources, whose weights lie evenly in
the slots, become a LAYER; equal operations on neighbouring rows become a BLOCK. Nothing here knows what a network is: a
layer is found in the graph, whoever wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from mgrad.engine.collector import MANY, collector_resting
from mgrad.engine.graph import Value
from mgrad.engine.grids import Grid, grids
from mgrad.engine.sums import NOBODY, ONE, find_sums, no_sums
from mgrad.engine.survey import Survey
from mgrad.engine.tape import (
    A_STEP,
    ACROSS,
    ADD,
    ALONG,
    B_STEP,
    BIAS,
    BIAS_STEP,
    CODES,
    COUNT,
    FIRST,
    INPUT,
    LAYER,
    NONE,
    NOWHERE,
    OP,
    OUT,
    SOURCE,
    SPREAD,
    START,
    STORE,
    SUM,
    TERMS,
    TO_A,
    TO_B,
    TO_SLOTS,
    TO_SOURCE,
    WIDTH,
    A,
    B,
    Ints,
    Tape,
)  # fmt: skip


def lower(
    root: Value,
    inputs: Sequence[Value] = (),
    *,
    parameters: Sequence[Value] | None = None,
    keep: Sequence[Value] = (),
    fuse: bool = True,
    every_gradient: bool = False,
) -> Tape:
    """The tape of a graph; `inputs` are the leaves that become columns, in this order.

    `parameters` fixes the order of the first slots (those of the graph if not given). With `fuse`, nodes inside a chain
    of products get no place of their own, unless `keep` lists them. With `every_gradient` all nodes but constants get a
    gradient, otherwise those that a parameter needs.
    """
    with collector_resting(large=root.count() > MANY):  # a list of all nodes is one thing, and long to look through
        return _Lowering(Survey(root, inputs, parameters, keep, every_gradient), fuse).tape()


# An instruction before rows are given out: its code, its node and that one's operands, by number.
Pending = tuple[int, int, tuple[int, ...]]


class _Lowering:
    """One pass; everything is by number of node until rows and slots are given out."""

    def __init__(self, survey: Survey, fuse: bool) -> None:
        self.survey = survey
        if fuse:
            _square(survey)
        self.sums = find_sums(survey) if fuse else no_sums(survey)
        count = len(survey.nodes)
        self.slot = np.full(count + 1, NOWHERE)  # the last is that of ONE
        self.row: dict[int, int] = {}
        self.spread: dict[int, int] = {}
        self.slots = self.rows = 0
        self.code: list[list[int]] = []
        self.zeroed: list[int] = []
        self.stored: list[Ints] = []
        self.weights: list[int] = []
        self.sources: list[int] = []

    def tape(self) -> Tape:
        survey = self.survey
        leaves = self._give_slots_to_leaves()
        uniform_runs, uniform_code = self._uniform()
        for k in survey.input_numbers.tolist():
            row = self._give_row(k)
            if survey.wanted[k]:
                self._instruct(INPUT, row)
        for group in self._groups():
            self._emit(group)
        source_modes = self._hand_back()
        places = self.slot[:-1].copy()
        places[list(self.row)] = [-1 - row for row in self.row.values()]
        return Tape(
            root=survey.root,
            nodes=survey.nodes,
            places=places,
            root_place=int(places[survey.root_number]),
            inputs=survey.inputs,
            parameters=survey.parameters,
            leaves=leaves,
            slots=self.slots,
            rows=self.rows,
            uniform_runs=uniform_runs,
            uniform_code=uniform_code,
            code=np.array(self.code, dtype=np.int64).reshape(-1, WIDTH),
            weights=np.array(self.weights, dtype=np.int64),
            sources=np.array(self.sources, dtype=np.int64),
            source_modes=np.array(source_modes, dtype=np.int64),
            cleared=self._cleared(),
            zeroed=np.array(self.zeroed, dtype=np.int64),
            one_slot=int(self.slot[ONE]),
        )

    # ------------------------------------------------------------------ single numbers
    def _give_slots_to_leaves(self) -> list[Value]:
        """Parameters come first, in their order, and then the other uniform leaves and the 1; returns the leaves."""
        survey = self.survey
        others = (survey.kinds < 0) & ~survey.varying
        others[survey.parameter_numbers] = False
        numbers = np.concatenate((survey.parameter_numbers, np.flatnonzero(others)))
        self.slot[numbers] = np.arange(len(numbers))
        self.slot[ONE] = len(numbers)
        self.slots = len(numbers) + 1
        return [*survey.parameters, *(survey.nodes[k] for k in numbers[len(survey.parameters) :].tolist())]

    def _uniform(self) -> tuple[Ints, Ints]:
        """Operations on single numbers, in runs of one operation whose members do not need each other."""
        survey = self.survey
        numbers = np.flatnonzero((survey.kinds >= 0) & ~survey.varying)
        levels = self._levels(numbers)
        kinds = survey.kinds[numbers]
        order = np.argsort(levels * len(CODES) + kinds, kind="stable")
        numbers, levels, kinds = numbers[order], levels[order], kinds[order]
        self.slot[numbers] = np.arange(self.slots, self.slots + len(numbers))
        self.slots += len(numbers)
        b = survey.b[numbers]
        code = np.stack((self.slot[survey.a[numbers]], np.where(b < 0, -1, self.slot[b])), axis=1)
        starts = np.flatnonzero(np.diff(levels, prepend=-1) | np.diff(kinds, prepend=-1))
        return np.stack((kinds[starts], np.diff(starts, append=len(numbers))), axis=1), code

    def _levels(self, numbers: Ints) -> Ints:
        """How many operations lead to each of these, itself among them, at most."""
        a, b = self.survey.a[numbers], self.survey.b[numbers]
        level = [0] * len(self.survey.nodes)
        for k, left, right in zip(numbers.tolist(), a.tolist(), np.where(b < 0, a, b).tolist(), strict=True):
            x, y = level[left], level[right]
            level[k] = x + 1 if x > y else y + 1
        return np.fromiter(map(level.__getitem__, numbers.tolist()), dtype=np.int64, count=len(numbers))

    # ------------------------------------------------------------------ in which order, and in which rows
    def _groups(self) -> Iterable[list[Pending]]:
        """Varying instructions of one kind that do not need each other, level by level; sums over the same sources."""
        survey, sums = self.survey, self.sums
        pending = np.flatnonzero((survey.kinds >= 0) & survey.varying & ~sums.inside)
        kinds = survey.kinds[pending]
        kinds[np.searchsorted(pending, sums.tops)] = SUM
        level = [0] * len(survey.nodes)
        wanted = survey.wanted[sums.tops].tolist()
        groups: dict[tuple[int, object], list[Pending]] = {}
        j = 0
        for k, code, a, b in zip(
            pending.tolist(), kinds.tolist(), survey.a[pending].tolist(), survey.b[pending].tolist(), strict=True
        ):
            if code == SUM:
                sources = sums.sources[sums.bounds[j] : sums.bounds[j + 1]]
                depth = level[k] = 1 + max(map(level.__getitem__, sources.tolist()))
                key = (depth, (sources.tobytes(), sums.first[j] == NOBODY, wanted[j]))
                groups.setdefault(key, []).append((code, j, ()))
                j += 1
            else:
                depth = level[k] = 1 + max(level[a], level[b] if b >= 0 else 0)
                groups.setdefault((depth, code), []).append((code, k, (a,) if b < 0 else (a, b)))
        return (groups[key] for key in sorted(groups, key=lambda key: key[0]))

    def _emit(self, group: list[Pending]) -> None:
        if group[0][0] == SUM:
            self._emit_sums([j for _, j, _ in group])
        else:
            self._emit_blocks(group)

    def _give_row(self, k: int) -> int:
        self.row[k] = self.rows
        self.rows += 1
        return self.row[k]

    def _row_of(self, k: int) -> int:
        """The row of an operand; a uniform one is spread over the lanes, once."""
        if k in self.row:
            return self.row[k]
        slot = int(self.slot[k])
        if slot not in self.spread:
            row = self.spread[slot] = self.rows
            self.rows += 1
            instruction = self._instruct(SPREAD, row)
            instruction[A] = slot
            instruction[TO_SLOTS] = ADD if self.survey.wanted[k] else NONE
        return self.spread[slot]

    def _instruct(self, code: int, out: int) -> list[int]:
        instruction = [-1] * WIDTH
        instruction[OP], instruction[OUT], instruction[COUNT] = code, out, 1
        for at in (TO_A, TO_B, TO_SOURCE, TO_SLOTS):
            instruction[at] = NONE
        self.code.append(instruction)
        return instruction

    # ------------------------------------------------------------------ blocks
    def _emit_blocks(self, group: list[Pending]) -> None:
        """Neighbouring rows under one operation become one instruction."""
        members = sorted((self._rows_of(operands), k) for _, k, operands in group)
        run: list[tuple[tuple[int, int], int]] = []
        for member in members:
            if run and not self._continues(run, member):
                self._emit_block(group[0][0], run)
                run = []
            run.append(member)
        self._emit_block(group[0][0], run)

    def _rows_of(self, operands: tuple[int, ...]) -> tuple[int, int]:
        return self._row_of(operands[0]), self._row_of(operands[1]) if len(operands) == 2 else -1

    def _continues(self, run: list[tuple[tuple[int, int], int]], member: tuple[tuple[int, int], int]) -> bool:
        wanted = self.survey.wanted
        (a, b), k = member
        (last_a, last_b), last = run[-1]
        steps = (a - last_a, b - last_b)
        if len(run) == 1:
            return steps[0] in (0, 1) and steps[1] in (0, 1) and wanted[k] == wanted[last]
        (before_a, before_b), _ = run[-2]
        return steps == (last_a - before_a, last_b - before_b) and wanted[k] == wanted[last]

    def _emit_block(self, code: int, run: list[tuple[tuple[int, int], int]]) -> None:
        (a, b), k = run[0]
        block = self._instruct(code, self._give_row(k))
        block[COUNT], block[A], block[B], block[A_STEP], block[B_STEP] = len(run), a, b, 0, 0
        if len(run) > 1:
            block[A_STEP], block[B_STEP] = run[1][0][0] - a, run[1][0][1] - b
        for _, other in run[1:]:
            self._give_row(other)

    # ------------------------------------------------------------------ sums and layers
    def _emit_sums(self, group: list[int]) -> None:
        """Sums over the same sources: LAYERs where sources and weights lie evenly, else each by itself."""
        sums, tops = self.sums, self.sums.tops[group].tolist()
        begins, terms = sums.bounds[group], int(sums.bounds[group[0] + 1] - sums.bounds[group[0]])
        sources = [self._row_of(k) for k in sums.sources[begins[0] : begins[0] + terms].tolist()]
        weights = sums.weights[begins[:, None] + np.arange(terms)]
        if sums.first[group[0]] != NOBODY:
            weights = np.concatenate((weights, sums.first[group][:, None]), axis=1)
        slots = self.slot[weights]
        rows = [self._give_row(k) for k in tops]
        if sources != list(range(sources[0], sources[0] + terms)):
            for j, row in enumerate(rows):
                self._emit_sum(row, slots[j].tolist(), sources, weights[j])
            return
        for begin, end, grid in grids(slots, terms):
            if grid is None:
                self._emit_sum(rows[begin], slots[begin].tolist(), sources, weights[begin])
            else:
                self._emit_layer(rows[begin:end], grid, sources, weights[begin:end])

    def _emit_layer(self, rows: list[int], grid: Grid, sources: list[int], weights: Ints) -> None:
        layer = self._instruct(LAYER, rows[0])
        layer[COUNT], layer[SOURCE], layer[TERMS] = len(rows), sources[0], len(sources)
        layer[FIRST], layer[ACROSS], layer[ALONG], layer[BIAS], layer[BIAS_STEP] = grid
        layer[TO_SLOTS] = self._to_slots(weights)

    def _emit_sum(self, row: int, slots: list[int], sources: list[int], weights: Ints) -> None:
        instruction = self._instruct(SUM, row)
        instruction[START], instruction[TERMS] = len(self.weights), len(sources)
        instruction[BIAS] = slots[-1] if len(slots) > len(sources) else -1
        instruction[TO_SLOTS] = ADD if self._any_wanted(weights) else NONE
        self.weights += slots[: len(sources)]
        self.sources += sources

    # ------------------------------------------------------------------ the way back
    def _hand_back(self) -> list[int]:
        """Settles for every gradient who is the first to write it; returns the modes of the terms of SUMs."""
        survey = self.survey
        wanted = {row for k, row in self.row.items() if survey.wanted[k]}
        wanted |= {instruction[OUT] for instruction in self.code if instruction[OP] == SPREAD and instruction[TO_SLOTS]}
        root = survey.root_number
        written = {self.row[root]} if root in self.row else set()
        modes = [NONE] * len(self.sources)
        for instruction in reversed(self.code):
            code, out, count = instruction[:3]
            if out not in wanted:
                instruction[TO_SLOTS] = NONE
            elif code < LAYER:
                self._hand_back_block(instruction, count, wanted, written)
            elif code == LAYER:
                rows = range(instruction[SOURCE], instruction[SOURCE] + instruction[TERMS])
                instruction[TO_SOURCE] = self._mode(rows, wanted, written)
            elif code == SUM:
                for k in range(instruction[START], instruction[START] + instruction[TERMS]):
                    modes[k] = self._mode((self.sources[k],), wanted, written)
        return modes

    def _hand_back_block(self, block: list[int], count: int, wanted: set[int], written: set[int]) -> None:
        a, b = (self._operand_rows(block, count, *at) for at in ((A, A_STEP), (B, B_STEP)))
        # An executor may go member by member: none may store where another has added already.
        crossing = a != b and a.start < b.stop and b.start < a.stop
        block[TO_A] = self._mode(a, wanted, written, several=len(a) < count or crossing)
        if block[B] >= 0:
            block[TO_B] = self._mode(b, wanted, written, several=len(b) < count or crossing)

    def _operand_rows(self, block: list[int], count: int, first: int, step: int) -> range:
        return range(block[first], block[first] + (count if block[step] else 1))

    def _mode(self, rows: Sequence[int], wanted: set[int], written: set[int], several: bool = False) -> int:
        """How gradients come to these rows; rows that are added to before anything is stored there begin at zero."""
        if not any(row in wanted for row in rows):
            return NONE
        fresh = [row for row in rows if row not in written]
        written.update(rows)
        if len(fresh) == len(rows) and not several:
            return STORE
        self.zeroed += fresh
        return ADD

    def _to_slots(self, weights: Ints) -> int:
        """How gradients come to the weights and uniform terms of a layer: stored, if nobody else sends them one."""
        if not self._any_wanted(weights):
            return NONE
        if (weights == ONE).any() or (self.survey.uses[weights] != 1).any():
            return ADD
        self.stored.append(self.slot[weights].ravel())
        return STORE

    def _cleared(self) -> Ints:
        """Spans of the slots that no layer stores to."""
        rest = np.ones(self.slots + 2, dtype=np.int8)
        rest[[0, -1]] = 0
        for slots in self.stored:
            rest[slots + 1] = 0
        return np.flatnonzero(np.diff(rest)).reshape(-1, 2).astype(np.int64)

    def _any_wanted(self, weights: Ints) -> bool:
        """Whether a weight or the uniform term of these sums learns."""
        return bool((self.survey.wanted[weights] & (weights != ONE)).any())


def _square(survey: Survey) -> None:
    """A square becomes a product, which is exact and costs less."""
    for k in np.flatnonzero(survey.kinds == CODES["pow"]).tolist():
        exponent = survey.nodes[survey.b[k]]
        if exponent.constant and exponent.data == 2.0:
            survey.kinds[k], survey.b[k] = CODES["mul"], survey.a[k]
