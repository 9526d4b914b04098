"""The tape: a scalar graph as a flat list of instructions over lanes.

What depends on an input column is *varying* and gets a row of lanes, one lane a sample; everything else is *uniform*
and gets one slot. Slots and rows are numbered: parameters are the first slots, input columns the first rows.
Instructions are whole numbers, so that an executor needs no Python object.

Uniform instructions fill the last slots one after the other, in runs of one operation; varying instructions fill rows,
often several at once:

    BLOCK    a table operation on `count` rows: out + k from a + k * a_step and b + k * b_step (b is -1 for one operand)
    LAYER    out + j = slot[bias + j * bias_step] + Σ slot[first + j * across + k * along] * row[source + k]
    SUM      out = slot[bias] + Σ slot[weights[k]] * row[sources[k]]: a chain of products that fits no layer
    SPREAD   out = slot[a] in every lane
    INPUT    computes nothing: marks a column whose gradient is wanted

On the way back an instruction hands gradients to its operands: NONE, STORE (the first to write there) or ADD.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from mgrad.engine.graph import Value
from mgrad.engine.operations import OPERATIONS

NAMES = tuple(OPERATIONS)
CODES = {name: code for code, name in enumerate(NAMES)}
LAYER, SUM, SPREAD, INPUT = range(len(NAMES), len(NAMES) + 4)
NONE, STORE, ADD = 0, 1, 2
NOWHERE = np.iinfo(np.int64).min

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Columns of the varying code. A BLOCK's operation stands in OP itself, as a code below LAYER.
OP, OUT, COUNT = 0, 1, 2
A, B, A_STEP, B_STEP, TO_A, TO_B = 3, 4, 5, 6, 7, 8  # BLOCK; SPREAD has its slot in A
SOURCE, TERMS, FIRST, ACROSS, ALONG, BIAS, BIAS_STEP, TO_SOURCE, TO_SLOTS = 3, 4, 5, 6, 7, 8, 9, 10, 11  # LAYER
START = 3  # SUM has its terms at START .. START + TERMS, and BIAS
WIDTH = 12

_data_of, _serial_of = attrgetter("data"), attrgetter("_serial")


@dataclass(frozen=True, eq=False)
class Tape:
    """A lowered graph.

    A place tells where a node is: slot s as s, row r as -1 - r; a node inside a fused chain is NOWHERE.
    """

    root: Value
    nodes: list[Value]
    places: Ints = field(repr=False)  # of the nodes
    root_place: int
    inputs: tuple[Value, ...]
    parameters: tuple[Value, ...]
    leaves: list[Value] = field(repr=False)  # the uniform ones, parameters first: leaf s is in slot s
    slots: int
    rows: int
    uniform_runs: Ints  # (runs, 2): an operation, and for how many numbers; they do not need each other
    uniform_code: Ints  # (instructions, 2): slots of a and b (-1 for one operand); the answers are the last slots
    code: Ints  # (instructions, WIDTH)
    weights: Ints  # of SUMs
    sources: Ints
    source_modes: Ints
    cleared: Ints  # (spans, 2): slots whose gradient is added to; those of the rest are stored by a LAYER
    zeroed: Ints  # rows whose gradient is added to before anything is stored there
    one_slot: int  # holds 1, the weight of a term that is no product

    @cached_property
    def place(self) -> dict[int, int]:
        """Where a node is, by its id; without those that are nowhere."""
        somewhere = self.places != NOWHERE
        nodes = compress(self.nodes, somewhere.tolist())
        return dict(zip(map(id, nodes), self.places[somewhere].tolist(), strict=True))

    def place_of(self, node: Value) -> int:
        """Where one node is, for few nodes of a large tape; NOWHERE inside a fused chain."""
        return int(self.places[bisect_left(self.nodes, node._serial, key=_serial_of)])

    @property
    def first_answer(self) -> int:
        """The slot of the first uniform instruction's answer."""
        return self.slots - len(self.uniform_code)

    def read_leaves(self, uniforms: Floats) -> None:
        """Copies today's numbers of all uniform leaves into their slots."""
        uniforms[self.one_slot] = 1.0
        uniforms[: len(self.leaves)] = np.fromiter(map(_data_of, self.leaves), dtype=float, count=len(self.leaves))
