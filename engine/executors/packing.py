"""How a tape is packed for compiled code: one array of whole numbers, one arena of floats.

The whole numbers begin with a header: how many instructions there are, where each part of the tape starts, and where
each part of the arena starts. The arena's first floats are the slots, so a slot's number is its offset.

The varying code is there twice: as it is, and *lean*, where a LAYER and the activation of its outputs are one
instruction. Lean code leaves the rows of sums empty, so it serves where nobody looks at them: in training. FROM_ONE is
where it has a wide layer that learns by itself from a single sample, see `learning_kernels` (0: nowhere).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from mgrad.engine.executors.base import Floats, Ints
from mgrad.engine.executors.pages import zeros
from mgrad.engine.tape import (
    A_STEP,
    ACROSS,
    ALONG,
    B_STEP,
    CODES,
    COUNT,
    FIRST,
    LAYER,
    NONE,
    OP,
    OUT,
    SOURCE,
    START,
    STORE,
    SUM,
    TERMS,
    TO_A,
    TO_SLOTS,
    TO_SOURCE,
    WIDTH,
    A,
    B,
    Tape,
)  # fmt: skip

(
    UNIFORM_CODE, UNIFORM_RUNS, RUNS, FIRST_ANSWER, CODE, INSTRUCTIONS, LEAN_CODE, LEAN_INSTRUCTIONS, WEIGHTS, SOURCES,
    MODES, ZEROED, ZEROED_ROWS, CLEARED, CLEARED_SPANS,
    ROOT, SLOTS, COLUMNS, SAMPLE_WIDTH, STRIDE, GRADIENTS, VALUES, SLOPES, SCRATCH, LEAN_FROM, FROM_ONE,
) = range(26)  # fmt: skip
_HEADER = 32
_ALIGNMENT = 8  # floats: 64 bytes, a cache line
_WIDE = 128  # terms from which a layer is faster without gathering its samples
_LONG = 64  # terms from which a layer learns faster by itself where there is a single sample
_FIRST_CACHE = 2048  # floats: half of a first-level cache, on most processors

# What a packed LAYER has more than the tape's: how its product ends (0 or a code + 1, see `switches.finish`), which
# operation follows in place, how the product for its sources ends (0 or -(code + 1): they are answers of a lean LAYER,
# whose gradients are handed on to the sums), and by which derivative it multiplies its own gradients first.
# SAMPLED layers read their sources from the samples as they are for the gradients of weights; in lean code, for so many
# terms as are UNGATHERED, forward too.
ENDING, ACTIVATION, SOURCE_ENDING, OWN_SLOPE, SAMPLED, UNGATHERED = range(WIDTH, WIDTH + 6)
PACKED = WIDTH + 6

ACTIVATIONS = ("relu", "tanh", "sigmoid")
"""Activations whose derivative is the same number if it is given the answer in place of the operand."""
_IN_REGISTERS = ("relu",)
_BY_CODE = {CODES[name]: name for name in ACTIVATIONS}


def sample_width(tape: Tape) -> int:
    """Floats a sample takes: its columns, and room to a whole number of registers."""
    return padded(len(tape.inputs))


def pack_program(tape: Tape) -> Ints:
    """The header, with everything but the arena's offsets, and the tape's parts."""
    header = np.zeros(_HEADER, dtype=np.int64)
    parts = [header]
    length = _HEADER
    code = _widened(tape)
    lean = _lean(tape, code)
    for at, part in (
        (UNIFORM_RUNS, tape.uniform_runs), (UNIFORM_CODE, _pairs(tape.uniform_code)), (CODE, code), (LEAN_CODE, lean),
        (WEIGHTS, tape.weights), (SOURCES, tape.sources), (MODES, tape.source_modes), (ZEROED, tape.zeroed),
        (CLEARED, tape.cleared),
    ):  # fmt: skip
        header[at] = length
        parts.append(part.ravel())
        length += part.size
    header[RUNS] = len(tape.uniform_runs)
    header[FIRST_ANSWER] = tape.first_answer
    header[INSTRUCTIONS], header[LEAN_INSTRUCTIONS] = len(code), len(lean)
    header[ZEROED_ROWS], header[CLEARED_SPANS] = len(tape.zeroed), len(tape.cleared)
    header[LEAN_FROM] = lean[:, UNGATHERED].max(initial=0)
    alone = (lean[:, SAMPLED] != 0) & (lean[:, TO_SLOTS] == STORE) & (lean[:, TERMS] >= _LONG)
    alone &= lean[:, FIRST] + (lean[:, COUNT] - 1) * lean[:, ACROSS] + lean[:, TERMS] <= len(tape.parameters)
    for i in np.flatnonzero(alone)[:1]:
        header[FROM_ONE] = header[LEAN_CODE] + i * PACKED
    header[ROOT] = tape.root_place
    header[SLOTS], header[COLUMNS], header[SAMPLE_WIDTH] = tape.slots, len(tape.inputs), sample_width(tape)
    return np.concatenate(parts)


def lean_rows(tape: Tape, program: Ints) -> set[int]:
    """The rows that lean code fills."""
    code = program[program[LEAN_CODE] :][: program[LEAN_INSTRUCTIONS] * PACKED].reshape(-1, PACKED)
    filled = set(range(program[LEAN_FROM], len(tape.inputs)))
    for i in code.tolist():
        filled.update(range(i[OUT], i[OUT] + i[COUNT]))
    return filled


def _pairs(code: Ints) -> Ints:
    """Two slots in one number, half the way for the processor: a in the lower 32 bits, b in the upper."""
    return code[:, 0] | (code[:, 1] << 32)


# ---------------------------------------------------------------------- lean code
def _widened(tape: Tape) -> Ints:
    """The tape's instructions with the columns of packed ones, in which nothing is asked for yet."""
    code = tape.code
    wide = np.zeros((len(code), PACKED), dtype=np.int64)
    wide[:, :WIDTH] = code
    wide[:, ACTIVATION] = wide[:, OWN_SLOPE] = -1
    # A product reads all its rows before it writes one: where outputs share weights, gradients would get lost.
    apart = (code[:, ACROSS] >= code[:, TERMS]) | (code[:, COUNT] == 1)
    wide[:, SAMPLED] = (
        (code[:, OP] == LAYER)
        & (code[:, SOURCE] + code[:, TERMS] <= len(tape.inputs))
        & (code[:, TERMS] >= _ALIGNMENT)
        & (code[:, ALONG] == 1)
        & apart
    )
    return wide


def _lean(tape: Tape, code: Ints) -> Ints:
    """The code with each LAYER and the activation of its outputs in one, where nobody else uses the sums."""
    instructions = code.tolist()
    uses = Counter(row for i in instructions for first, count in _reads(i, tape) for row in range(first, first + count))
    root = -1 - tape.root_place
    for layer in instructions:
        sources = range(layer[SOURCE], layer[SOURCE] + layer[TERMS])
        wide = layer[SAMPLED] and not layer[SOURCE] and layer[TERMS] >= _WIDE and layer[TO_SOURCE] == NONE
        if wide and all(uses[row] == 1 for row in sources) and root not in sources:
            layer[UNGATHERED] = layer[TERMS] // _ALIGNMENT * _ALIGNMENT
    layers = {i[OUT]: i for i in instructions if i[OP] == LAYER}
    sources = {i[SOURCE]: i for i in instructions if i[OP] == LAYER and i[TO_SOURCE] == STORE}
    done: list[list[int]] = []
    for block in instructions:
        layer = layers.get(block[A])
        rows = range(block[A], block[A] + block[COUNT])
        if (
            block[OP] not in _BY_CODE
            or layer is None
            or layer[COUNT] != block[COUNT]
            or (block[A_STEP] != 1 and block[COUNT] > 1)
            or root in rows
            or any(uses[row] != 1 for row in rows)
        ):
            continue
        layer[OUT] = block[OUT]
        in_registers = _BY_CODE[block[OP]] in _IN_REGISTERS
        layer[ENDING if in_registers else ACTIVATION] = block[OP] + 1 if in_registers else block[OP]
        if block[TO_A] != NONE:
            answers = range(block[OUT], block[OUT] + block[COUNT])
            user = sources.get(block[OUT])
            if user and user[TERMS] == block[COUNT] and root not in answers and all(uses[row] == 1 for row in answers):
                user[SOURCE_ENDING] = -1 - block[OP]
            else:
                layer[OWN_SLOPE] = block[OP]
        done.append(block)
    left = [i for i in instructions if not any(i is block for block in done)]
    return np.array(left, dtype=np.int64).reshape(-1, PACKED)


def _reads(i: list[int], tape: Tape) -> Iterator[tuple[int, int]]:
    """Spans of rows that an instruction reads, each (first, count)."""
    if i[OP] == LAYER:
        yield i[SOURCE], i[TERMS]
    elif i[OP] == SUM:
        for row in tape.sources[i[START] : i[START] + i[TERMS]].tolist():
            yield row, 1
    elif i[OP] < LAYER:
        for first, step in ((i[A], i[A_STEP]), (i[B], i[B_STEP])):
            if first >= 0:
                yield from ((first + step * k, 1) for k in range(i[COUNT]))


# ---------------------------------------------------------------------- the arena
def make_arena(tape: Tape, program: Ints, stride: int) -> Floats:
    """An arena of zeros for rows of `stride` lanes; writes its offsets into the program's header."""
    widest = int(tape.code[tape.code[:, OP] == LAYER, TERMS].max(initial=0))
    # Gathering writes whole registers of columns, over the rows behind the inputs, which are computed afterwards.
    rows = max(tape.rows, sample_width(tape))
    sizes = (tape.slots, tape.slots, rows * stride, rows * stride, padded(widest) * stride)
    offset = 0
    for at, size in zip((None, GRADIENTS, VALUES, SLOPES, SCRATCH), sizes, strict=True):
        if at is not None:
            program[at] = offset
        offset += padded(size)
    program[STRIDE] = stride
    return zeros(offset + _ALIGNMENT)


def row_stride(tape: Tape, lanes: int) -> int:
    """Floats from row to row: whole cache lines, and of these an odd number where there are many rows.

    Rows a power of two apart would compete for the same few places of a cache.
    """
    stride = padded(lanes)
    many = tape.rows * stride > _FIRST_CACHE
    return stride + _ALIGNMENT if many and stride % (2 * _ALIGNMENT) == 0 else stride


def padded(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
