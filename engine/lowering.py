"""Lowering: how a scalar graph becomes a tape.

Chains of products of a uniform and a varying node become sums; sums over the same sources, whose weights lie evenly in
the slots, become a LAYER; equal operations on neighbouring rows become a BLOCK. Nothing here knows what a network is: a
layer is found in the graph, whoever wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from mgrad.engine.errors import LabelError
from mgrad.engine.graph import Constant, Value
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
    return _Lowering(root, inputs, parameters, keep, fuse, every_gradient).tape()


# A sum: its uniform term, if any, its terms weight × row, and what lies between them. All nodes by their index.
Chain = tuple[int, list[tuple[int, int]], list[int]]
# One instruction before rows are given out: operation, the node, its operands; a chain for a SUM, else None.
Pending = tuple[int, int, tuple[int, ...], Chain | None]

_ONE = -1  # stands for a weight of 1
_NOBODY = -2  # no uniform term


class _Lowering:
    def __init__(
        self,
        root: Value,
        inputs: Sequence[Value],
        parameters: Sequence[Value] | None,
        keep: Sequence[Value],
        fuse: bool,
        every_gradient: bool,
    ) -> None:
        for node in inputs:
            if node.operands or isinstance(node, Constant):
                raise LabelError(f"Only a leaf can become a column, but {node.label!r} is computed.")
        self.root, self.inputs, self.fuse = root, tuple(inputs), fuse
        self.nodes = root.nodes()
        columns = {id(node) for node in self.inputs}
        if parameters is None:
            parameters = [node for node in self.nodes if node.learnable and id(node) not in columns]
        self.parameters = tuple(parameters)
        known = {id(node) for node in self.nodes}
        outside = [node for node in (*self.parameters, *self.inputs) if id(node) not in known]
        self.all = [*outside, *self.nodes]
        self.index = {id(node): k for k, node in enumerate(self.all)}
        self._survey(columns, keep, every_gradient)
        self.slot: dict[int, int] = {}
        self.row: dict[int, int] = {}
        self.spread: dict[int, int] = {}
        self.leaf_slots: list[tuple[int, Value]] = []
        self.slots = self.rows = 0
        self.uniform_code: list[tuple[int, int, int]] = []
        self.code: list[list[int]] = []
        self.zeroed: list[int] = []
        self.weights: list[int] = []
        self.sources: list[int] = []

    def _survey(self, columns: set[int], keep: Sequence[Value], every_gradient: bool) -> None:
        """For every node: its operands, whether it varies, whether its gradient is wanted, how often it is used."""
        index, count = self.index, len(self.all)
        self.varying = varying = [False] * count
        self.wanted = wanted = [False] * count
        self.uses = uses = [0] * count
        self.operands: list[tuple[int, ...]] = []
        add_operands = self.operands.append
        for node in self.inputs:
            varying[index[id(node)]] = True
        for node in self.parameters:
            wanted[index[id(node)]] = True
        for k, node in enumerate(self.all):
            operands = node.operands
            if not operands:
                add_operands(())
                continue
            a = index[id(operands[0])]
            uses[a] += 1
            if len(operands) == 1:
                add_operands((a,))
                varying[k], wanted[k] = varying[a], wanted[a]
            else:
                b = index[id(operands[1])]
                uses[b] += 1
                add_operands((a, b))
                varying[k], wanted[k] = varying[a] or varying[b], wanted[a] or wanted[b]
        if every_gradient:
            self.wanted = [not isinstance(node, Constant) for node in self.all]
        for node in (*keep, self.root):
            uses[index[id(node)]] = 2  # somebody outside looks at it: not to be swallowed by a chain

    def tape(self) -> Tape:
        for node in (*self.parameters, *(node for node in self.all if not node.operands)):
            k = self.index[id(node)]
            if not self.varying[k] and k not in self.slot:
                self.slot[k] = self.slots
                self.leaf_slots.append((self.slots, node))
                self.slots += 1
        one = self.slots
        self.leaf_slots.append((one, Constant(1.0)))
        self.slot[_ONE] = one
        self.slots += 1
        for node in self.inputs:
            k = self.index[id(node)]
            self._give_row(k)
            if self.wanted[k]:
                self._instruct(INPUT, self.row[k])
        for group in self._groups(self._uniform_then_pending()):
            self._emit(group)
        source_modes = self._hand_back()
        place = {id(self.all[k]): slot for k, slot in self.slot.items() if k >= 0}
        place |= {id(self.all[k]): -1 - row for k, row in self.row.items()}
        return Tape(
            root=self.root,
            nodes=self.nodes,
            inputs=self.inputs,
            parameters=self.parameters,
            place=place,
            slots=self.slots,
            rows=self.rows,
            uniform_code=_array(self.uniform_code, 3),
            code=_array(self.code, WIDTH),
            weights=np.array(self.weights, dtype=np.int64),
            sources=np.array(self.sources, dtype=np.int64),
            source_modes=np.array(source_modes, dtype=np.int64),
            zeroed=np.array(self.zeroed, dtype=np.int64),
            leaf_slots=self.leaf_slots,
        )

    # ------------------------------------------------------------------ what there is to compute
    def _operation(self, k: int) -> tuple[int, tuple[int, ...]]:
        """The node's code and operands; a square becomes a product, which is exact and costs less."""
        operation, operands = self.all[k].operation, self.operands[k]
        assert operation is not None
        if self.fuse and operation.name == "pow":
            exponent = self.all[operands[1]]
            if isinstance(exponent, Constant) and exponent.data == 2.0:
                return CODES["mul"], (operands[0], operands[0])
        return CODES[operation.name], operands

    def _uniform_then_pending(self) -> list[Pending]:
        """Writes the uniform code; returns the varying instructions in topological order."""
        chains, swallowed = self._chains() if self.fuse else ({}, set())
        pending: list[Pending] = []
        for k, operands in enumerate(self.operands):
            if not operands or k in swallowed:
                continue
            if k in chains:
                chain = chains[k]
                pending.append((SUM, k, tuple(source for _, source in chain[1]), chain))
                continue
            code, operands = self._operation(k)
            if self.varying[k]:
                pending.append((code, k, operands, None))
            else:
                slots = [self.slot[operand] for operand in operands]
                self.uniform_code.append((code, slots[0], slots[-1] if len(slots) == 2 else -1))
                self.slot[k] = self.slots
                self.slots += 1
        return pending

    def _chains(self) -> tuple[dict[int, Chain], set[int]]:
        """By its last node, every sum of products of a uniform and a varying node; and all nodes that lie inside."""
        chains: dict[int, Chain] = {}
        swallowed: set[int] = set()
        kinds = [CODES[node.operation.name] if node.operation else -1 for node in self.all]
        add, mul = CODES["add"], CODES["mul"]
        for k in range(len(self.all) - 1, -1, -1):
            if self.varying[k] and kinds[k] in (add, mul) and k not in swallowed:
                chain = self._chain(k, kinds, add, mul)
                if chain is not None:
                    chains[k] = chain
                    swallowed.update(chain[2])
        return chains, swallowed

    def _chain(self, top: int, kinds: list[int], add: int, mul: int) -> Chain | None:
        """The terms of a sum, as far as nobody else uses what lies between; a term that is no product counts once."""
        varying, uses, operands = self.varying, self.uses, self.operands
        first = _NOBODY
        terms: list[tuple[int, int]] = []
        inside: list[int] = []
        waiting = [top]
        while waiting:
            k = waiting.pop()
            if varying[k] and (uses[k] == 1 or k == top):
                if kinds[k] == add:
                    a, b = operands[k]
                    waiting += (b, a)
                    inside.append(k)
                    continue
                if kinds[k] == mul:
                    a, b = operands[k]
                    if varying[a] != varying[b]:
                        terms.append((b, a) if varying[a] else (a, b))
                        inside.append(k)
                        continue
            if k == top:
                return None
            if not varying[k] and first == _NOBODY:
                first = k
            else:
                terms.append((_ONE, k))
        inside.remove(top)
        # A lone product is left alone: a sum that starts from 0 would lose the sign of its -0.0.
        plain = (not inside and kinds[top] == add) or (first == _NOBODY and len(terms) == 1)
        return None if plain else (first, terms, inside)

    # ------------------------------------------------------------------ in which order, and in which rows
    def _groups(self, pending: list[Pending]) -> Iterable[list[Pending]]:
        """Instructions of one kind that do not need each other, level by level."""
        level: dict[int, int] = {}
        groups: dict[tuple[object, ...], list[Pending]] = {}
        for instruction in pending:
            code, k, operands, chain = instruction
            depth = level[k] = 1 + max((level.get(operand, 0) for operand in operands), default=0)
            key = (depth, code, operands, chain[0] == _NOBODY) if chain else (depth, code)
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
            instruction[TO_SLOTS] = ADD if k >= 0 and self.wanted[k] else NONE
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
        members = sorted(((*(self._row_of(operand) for operand in operands), -1)[:2], k) for _, k, operands, _ in group)
        run: list[tuple[tuple[int, int], int]] = []
        for member in members:
            if run and not self._continues(run, member):
                self._emit_block(group[0][0], run)
                run = []
            run.append(member)
        self._emit_block(group[0][0], run)

    def _continues(self, run: list[tuple[tuple[int, int], int]], member: tuple[tuple[int, int], int]) -> bool:
        (a, b), k = member
        (last_a, last_b), last = run[-1]
        steps = (a - last_a, b - last_b)
        if len(run) == 1:
            return steps[0] in (0, 1) and steps[1] in (0, 1) and self.wanted[k] == self.wanted[last]
        (before_a, before_b), _ = run[-2]
        return steps == (last_a - before_a, last_b - before_b) and self.wanted[k] == self.wanted[last]

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
        chains = [chain for _, _, _, chain in group if chain is not None]
        table = np.array(
            [
                [self.slot[weight] for weight, _ in terms] + ([] if first == _NOBODY else [self.slot[first]])
                for first, terms, _ in chains
            ]
        )
        apart = any(row != sources[0] + k for k, row in enumerate(sources))
        grid = None if apart else _evenly(table, len(sources))
        rows = [self._give_row(k) for _, k, _, _ in group]
        if grid is None:
            for row, slots, chain in zip(rows, table, chains, strict=True):
                alone = None if apart else _evenly(slots[None, :], len(sources))
                if alone is None:
                    self._emit_sum(row, slots.tolist(), sources, chain)
                else:
                    self._emit_layer([row], alone, sources, [chain])
        else:
            self._emit_layer(rows, grid, sources, chains)

    def _emit_layer(self, rows: list[int], grid: tuple[int, ...], sources: list[int], chains: list[Chain]) -> None:
        layer = self._instruct(LAYER, rows[0])
        layer[COUNT], layer[SOURCE], layer[TERMS] = len(rows), sources[0], len(sources)
        layer[FIRST], layer[ACROSS], layer[ALONG], layer[BIAS], layer[BIAS_STEP] = grid
        layer[TO_SLOTS] = ADD if self._any_wanted(chains) else NONE

    def _emit_sum(self, row: int, slots: list[int], sources: list[int], chain: Chain) -> None:
        instruction = self._instruct(SUM, row)
        instruction[START], instruction[TERMS] = len(self.weights), len(sources)
        instruction[BIAS] = slots[-1] if len(slots) > len(sources) else -1
        instruction[TO_SLOTS] = ADD if self._any_wanted([chain]) else NONE
        self.weights += slots[: len(sources)]
        self.sources += sources

    # ------------------------------------------------------------------ the way back
    def _hand_back(self) -> list[int]:
        """Settles for every gradient who is the first to write it; returns the modes of the terms of SUMs."""
        wanted = {self.row[k] for k in self.row if self.wanted[k]}
        wanted |= {instruction[OUT] for instruction in self.code if instruction[OP] == SPREAD and instruction[TO_SLOTS]}
        root = self.index[id(self.root)]
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

    def _any_wanted(self, chains: Sequence[Chain]) -> bool:
        """Whether a weight or the uniform term of these sums learns."""
        return any(
            k >= 0 and self.wanted[k] for first, terms, _ in chains for k in (first, *(weight for weight, _ in terms))
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
