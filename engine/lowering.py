"""Lowering: how a scalar graph becomes a tape.

Chains of products of a uniform and a varying node become sums; sums over the same sources, whose weights lie evenly in
the slots, become a LAYER; equal operations on neighbouring rows become a BLOCK. Nothing here knows what a network is: a
layer is found in the graph, whoever wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from mgrad.engine.collector import collector_resting
from mgrad.engine.graph import Constant, Value
from mgrad.engine.operations import OPERATIONS
from mgrad.engine.sums import NOBODY, ONE, Sum, find_sums
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
    NAMES,
    NONE,
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
    with collector_resting():
        return _Lowering(Survey(root, inputs, parameters, keep, every_gradient), fuse).tape()


# An instruction before rows are given out: operation, node, operands, all by number; and the Sum, if it is one.
Pending = tuple[int, int, tuple[int, ...], Sum | None]


class _Lowering:
    def __init__(self, survey: Survey, fuse: bool) -> None:
        self.survey, self.fuse = survey, fuse
        self.slot: dict[int, int] = {}
        self.row: dict[int, int] = {}
        self.spread: dict[int, int] = {}
        self.leaf_slots: list[tuple[int, Value]] = []
        self.slots = self.rows = 0
        self.uniform_runs: list[tuple[int, int]] = []
        self.uniform_code: list[tuple[int, int]] = []
        self.code: list[list[int]] = []
        self.zeroed: list[int] = []
        self.stored: set[int] = set()
        self.weights: list[int] = []
        self.sources: list[int] = []

    def tape(self) -> Tape:
        survey = self.survey
        for node in survey.parameters:
            self._leaf_slot(survey.of(node))
        for k, kind in enumerate(survey.kinds):
            if kind < 0 and not survey.varying[k] and k not in self.slot:
                self._leaf_slot(k)
        self.slot[ONE] = self.slots
        self.slots += 1
        for node in survey.inputs:
            row = self._give_row(survey.of(node))
            if survey.wanted[survey.of(node)]:
                self._instruct(INPUT, row)
        for group in self._groups(self._uniform_then_pending()):
            self._emit(group)
        source_modes = self._hand_back()
        place = {id(survey.nodes[k]): slot for k, slot in self.slot.items() if k >= 0}
        place |= {id(survey.nodes[k]): -1 - row for k, row in self.row.items()}
        return Tape(
            root=survey.root,
            nodes=survey.nodes,
            inputs=survey.inputs,
            parameters=survey.parameters,
            place=place,
            slots=self.slots,
            rows=self.rows,
            uniform_runs=_array(self.uniform_runs, 2),
            uniform_code=_array(self.uniform_code, 2),
            code=_array(self.code, WIDTH),
            weights=np.array(self.weights, dtype=np.int64),
            sources=np.array(self.sources, dtype=np.int64),
            source_modes=np.array(source_modes, dtype=np.int64),
            cleared=self._cleared(),
            zeroed=np.array(self.zeroed, dtype=np.int64),
            leaf_slots=self.leaf_slots,
            one_slot=self.slot[ONE],
        )

    def _leaf_slot(self, k: int) -> None:
        self.slot[k] = self.slots
        self.leaf_slots.append((self.slots, self.survey.nodes[k]))
        self.slots += 1

    # ------------------------------------------------------------------ what there is to compute
    def _operation(self, k: int) -> tuple[int, tuple[int, ...]]:
        """The node's code and operands; a square becomes a product, which is exact and costs less."""
        code, operands = self.survey.kinds[k], self.survey.operands[k]
        if self.fuse and code == CODES["pow"]:
            exponent = self.survey.nodes[operands[1]]
            if isinstance(exponent, Constant) and exponent.data == 2.0:
                return CODES["mul"], (operands[0], operands[0])
        return code, operands

    def _uniform_then_pending(self) -> list[Pending]:
        """Writes the uniform code; returns the varying instructions, in topological order."""
        sums, swallowed = find_sums(self.survey) if self.fuse else ({}, set())
        varying, kinds = self.survey.varying, self.survey.kinds
        pending: list[Pending] = []
        level = [0] * len(kinds)
        runs: dict[tuple[int, int], list[tuple[int, tuple[int, ...]]]] = {}
        for k, kind in enumerate(kinds):
            if kind < 0 or k in swallowed:
                continue
            if k in sums:
                found = sums[k]
                pending.append((SUM, k, tuple(source for _, source in found.terms), found))
                continue
            code, operands = self._operation(k)
            if varying[k]:
                pending.append((code, k, operands, None))
            else:
                depth = level[k] = 1 + max(level[operands[0]], level[operands[-1]])
                runs.setdefault((depth, code), []).append((k, operands))
        for (_, code), members in sorted(runs.items(), key=lambda run: run[0]):
            self._emit_run(code, members)
        return pending

    def _emit_run(self, code: int, members: list[tuple[int, tuple[int, ...]]]) -> None:
        """One operation on many single numbers that do not need each other."""
        slot = self.slot
        self.uniform_runs.append((code, len(members)))
        if OPERATIONS[NAMES[code]].arity == 1:
            self.uniform_code += [(slot[operands[0]], -1) for _, operands in members]
        else:
            self.uniform_code += [(slot[operands[0]], slot[operands[1]]) for _, operands in members]
        for k, _ in members:
            slot[k] = self.slots
            self.slots += 1

    # ------------------------------------------------------------------ in which order, and in which rows
    def _groups(self, pending: list[Pending]) -> Iterable[list[Pending]]:
        """Instructions of one kind that do not need each other, level by level."""
        level: dict[int, int] = {}
        groups: dict[tuple[object, ...], list[Pending]] = {}
        for instruction in pending:
            code, k, operands, found = instruction
            depth = level[k] = 1 + max((level.get(operand, 0) for operand in operands), default=0)
            key = (depth, code, operands, found.first == NOBODY) if found else (depth, code)
            groups.setdefault(key, []).append(instruction)
        by_level: dict[int, list[list[Pending]]] = {}
        for group in groups.values():
            by_level.setdefault(level[group[0][1]], []).append(group)
        return [group for depth in sorted(by_level) for group in by_level[depth]]

    def _emit(self, group: list[Pending]) -> None:
        if group[0][0] == SUM:
            self._emit_sums(group)
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
        slot = self.slot[k]
        if slot not in self.spread:
            row = self.spread[slot] = self.rows
            self.rows += 1
            instruction = self._instruct(SPREAD, row)
            instruction[A] = slot
            instruction[TO_SLOTS] = ADD if k >= 0 and self.survey.wanted[k] else NONE
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
        members = sorted((self._rows_of(operands), k) for _, k, operands, _ in group)
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
    def _emit_sums(self, group: list[Pending]) -> None:
        """Sums over the same sources: one LAYER where sources and weights lie evenly, else each by itself."""
        sources = [self._row_of(source) for source in group[0][2]]
        sums = [found for _, _, _, found in group if found is not None]
        table = np.array([self._slots_of(found) for found in sums])
        apart = any(row != sources[0] + k for k, row in enumerate(sources))
        grid = None if apart else _evenly(table, len(sources))
        rows = [self._give_row(k) for _, k, _, _ in group]
        if grid is None:
            for row, slots, found in zip(rows, table, sums, strict=True):
                alone = None if apart else _evenly(slots[None, :], len(sources))
                if alone is None:
                    self._emit_sum(row, slots.tolist(), sources, found)
                else:
                    self._emit_layer([row], alone, sources, [found])
        else:
            self._emit_layer(rows, grid, sources, sums)

    def _slots_of(self, found: Sum) -> list[int]:
        """The slots of a sum's weights, and of its uniform term if there is one."""
        slots = [self.slot[weight] for weight, _ in found.terms]
        return slots if found.first == NOBODY else [*slots, self.slot[found.first]]

    def _emit_layer(self, rows: list[int], grid: tuple[int, ...], sources: list[int], sums: list[Sum]) -> None:
        layer = self._instruct(LAYER, rows[0])
        layer[COUNT], layer[SOURCE], layer[TERMS] = len(rows), sources[0], len(sources)
        layer[FIRST], layer[ACROSS], layer[ALONG], layer[BIAS], layer[BIAS_STEP] = grid
        layer[TO_SLOTS] = self._to_slots(sums)

    def _emit_sum(self, row: int, slots: list[int], sources: list[int], found: Sum) -> None:
        instruction = self._instruct(SUM, row)
        instruction[START], instruction[TERMS] = len(self.weights), len(sources)
        instruction[BIAS] = slots[-1] if len(slots) > len(sources) else -1
        instruction[TO_SLOTS] = ADD if self._any_wanted([found]) else NONE
        self.weights += slots[: len(sources)]
        self.sources += sources

    # ------------------------------------------------------------------ the way back
    def _hand_back(self) -> list[int]:
        """Settles for every gradient who is the first to write it; returns the modes of the terms of SUMs."""
        survey = self.survey
        wanted = {row for k, row in self.row.items() if survey.wanted[k]}
        wanted |= {instruction[OUT] for instruction in self.code if instruction[OP] == SPREAD and instruction[TO_SLOTS]}
        root = survey.of(survey.root)
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
        for row_at, step_at, mode_at in ((A, A_STEP, TO_A), (B, B_STEP, TO_B)):
            first, step = block[row_at], block[step_at]
            if first >= 0:
                rows = [first] if step == 0 else range(first, first + count)
                block[mode_at] = self._mode(rows, wanted, written, several=step == 0 and count > 1)

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

    def _to_slots(self, sums: Sequence[Sum]) -> int:
        """How gradients come to the weights and uniform terms of a layer: stored, if nobody else sends them one."""
        if not self._any_wanted(sums):
            return NONE
        uses = self.survey.uses
        mine = [k for found in sums for k in (found.first, *(weight for weight, _ in found.terms)) if k != NOBODY]
        if any(k == ONE or uses[k] != 1 for k in mine):
            return ADD
        self.stored.update(self.slot[k] for k in mine)
        return STORE

    def _cleared(self) -> np.ndarray:
        """Spans of the slots that no layer stores to."""
        rest = np.ones(self.slots + 2, dtype=np.int8)
        rest[[0, -1]] = 0
        rest[[slot + 1 for slot in self.stored]] = 0
        edges = np.flatnonzero(np.diff(rest))
        return edges.reshape(-1, 2).astype(np.int64)

    def _any_wanted(self, sums: Sequence[Sum]) -> bool:
        """Whether a weight or the uniform term of these sums learns."""
        wanted = self.survey.wanted
        return any(
            k >= 0 and wanted[k] for found in sums for k in (found.first, *(weight for weight, _ in found.terms))
        )


def _array(rows: Sequence[Sequence[int]], width: int) -> np.ndarray:
    return np.array(rows, dtype=np.int64).reshape(-1, width)


def _evenly(table: np.ndarray, terms: int) -> tuple[int, int, int, int, int] | None:
    """(first, across, along, bias, bias step) if the slots in a table (outputs, terms [+ 1]) lie on such a grid."""
    along, across = np.diff(table[:, :terms], axis=1), np.diff(table[:, :terms], axis=0)
    bias = table[:, terms:]
    bias_step = np.diff(bias, axis=0)
    steps = [int(differences.flat[0]) if differences.size else 0 for differences in (across, along, bias_step)]
    for differences, step in zip((across, along, bias_step), steps, strict=True):
        if (differences != step).any():
            return None
    return int(table[0, 0]), steps[0], steps[1], int(bias[0, 0]) if bias.size else -1, steps[2]
