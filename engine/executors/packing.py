"""How a tape is packed for compiled code: one array of whole numbers, one arena of floats.

The whole numbers begin with a header: how many instructions there are, where each part of the tape starts, and where
each part of the arena starts. The arena's first floats are the slots, so a slot's number is its offset.

The varying code is there twice: as it is, and *lean*, where a LAYER and the activation of its outputs are one
instruction. Lean code leaves the rows of sums empty, so it serves where nobody looks at them: in training. LONE are its
LAYERs that learn by themselves, see `lone_kernels`, and SPARED the spans of parameters that are none of theirs. One of
them may have its sums AHEAD of the next step, from a sample that is brought to LATER.

Lean code does without the first columns, up to LEAN_FROM, as rows of lanes: they are read from the samples as they are.
It does without more of them where samples are few: up to FEW_FROM, and for a single one up to ONE_FROM. Up to LAID_FROM
they may lie ready as rows elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain

import numpy as np

from mgrad.engine.executors.base import Floats, Ints
from mgrad.engine.executors.pages import zeros
from mgrad.engine.tape import (
    A_STEP,
    ACROSS,
    ALONG,
    B_STEP,
    BIAS,
    BIAS_STEP,
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
    ROOT, SLOTS, COLUMNS, SAMPLE_WIDTH, STRIDE, GRADIENTS, VALUES, SLOPES, SCRATCH, LEAN_FROM, FEW_FROM, ONE_FROM,
    LAID_FROM, AHEAD, LATER, LONE, LONE_COUNT, SPARED, SPARED_SPANS,
) = range(34)  # fmt: skip
OF_MANY = 4
"""LONE, SPARED and their counts stand once more so many places on, for batches of more than one sample."""
_HEADER = 40
_ALIGNMENT = 8  # floats: 64 bytes, a cache line
_WIDE = 128  # terms from which a layer is faster without gathering its samples, if they are not few
_FIRST_CACHE = 2048  # floats: half of a first-level cache, on most processors

# What a packed LAYER has more than the tape's: how its product ends (0 or a code + 1, see `switches.finish`), which
# operation follows in place, how the product for its sources ends (0 or -(code + 1): they are answers of a lean LAYER,
# whose gradients are handed on to the sums), and by which derivative it multiplies its own gradients first.
# SAMPLED layers read their sources from the samples as they are for the gradients of weights; in lean code, for at most
# so many terms as are UNGATHERED, forward too. If a layer has OWN_SOURCES, it is all that reads them. For a single
# sample, a lean LAYER has the place ASIDE (0: none) where its sources lie side by side, and the ROW_WIDTH of a row of
# its weights, with its bias if there is one. It may learn ALONE: 1 from a single sample, 2 from any batch of one tile.
(
    ENDING, ACTIVATION, SOURCE_ENDING, OWN_SLOPE, SAMPLED, OWN_SOURCES, UNGATHERED, ASIDE, ROW_WIDTH, ALONE,
) = range(WIDTH, WIDTH + 10)  # fmt: skip
PACKED = WIDTH + 10

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
    _for_one(tape, lean)
    known = (
        (UNIFORM_RUNS, tape.uniform_runs), (UNIFORM_CODE, _pairs(tape.uniform_code)), (CODE, code), (LEAN_CODE, lean),
        (WEIGHTS, tape.weights), (SOURCES, tape.sources), (MODES, tape.source_modes), (ZEROED, tape.zeroed),
        (CLEARED, tape.cleared),
    )  # fmt: skip
    for at, part in chain(known, _lone_parts(tape, lean, header)):
        header[at] = length
        parts.append(part.ravel())
        length += part.size
    for i in np.flatnonzero(lean[:, ALONE] == 2)[:1]:
        header[AHEAD] = header[LEAN_CODE] + i * PACKED
    header[LATER] = _places_aside(tape, lean)[0]
    header[RUNS] = len(tape.uniform_runs)
    header[FIRST_ANSWER] = tape.first_answer
    header[INSTRUCTIONS], header[LEAN_INSTRUCTIONS] = len(code), len(lean)
    header[ZEROED_ROWS], header[CLEARED_SPANS] = len(tape.zeroed), len(tape.cleared)
    header[FEW_FROM] = lean[:, UNGATHERED].max(initial=0)
    own = lean[lean[:, OWN_SOURCES] != 0, TERMS]
    header[LAID_FROM] = own.max(initial=0) // _ALIGNMENT * _ALIGNMENT
    header[LEAN_FROM] = lean[lean[:, TERMS] >= _WIDE, UNGATHERED].max(initial=0)
    unread = (lean[:, OWN_SOURCES] != 0) & (lean[:, ASIDE] != 0)
    header[ONE_FROM] = lean[unread, TERMS].max(initial=0) // _ALIGNMENT * _ALIGNMENT
    header[ROOT] = tape.root_place
    header[SLOTS], header[COLUMNS], header[SAMPLE_WIDTH] = tape.slots, len(tape.inputs), sample_width(tape)
    return np.concatenate(parts)


def lean_rows(tape: Tape, program: Ints) -> set[int]:
    """The rows that lean code fills."""
    filled = set(range(max(program[FEW_FROM], program[ONE_FROM]), len(tape.inputs)))
    for i in _lean_code(program).tolist():
        filled.update(range(i[OUT], i[OUT] + i[COUNT]))
    return filled


def reads_samples(program: Ints) -> bool:
    """Whether lean code reads samples as they are, beside their rows of lanes."""
    return bool(_lean_code(program)[:, SAMPLED].any())


def _lean_code(program: Ints) -> Ints:
    return program[program[LEAN_CODE] :][: program[LEAN_INSTRUCTIONS] * PACKED].reshape(-1, PACKED)


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
        first = layer[SAMPLED] and not layer[SOURCE] and layer[TO_SOURCE] == NONE
        if first and all(uses[row] == 1 for row in sources) and root not in sources:
            layer[OWN_SOURCES] = 1
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


# ---------------------------------------------------------------------- layers that learn by themselves
def _for_one(tape: Tape, lean: Ints) -> None:
    """Prepares LAYERs of lean code for single samples; and for learning by themselves, if nobody else hands gradients
    to their weights."""
    count, terms, first, bias = lean[:, COUNT], lean[:, TERMS], lean[:, FIRST], lean[:, BIAS]
    layers, biased, single = lean[:, OP] == LAYER, bias >= 0, count == 1
    width = np.where(layers, terms + biased, 0)
    in_line = ~biased | ((bias == first + terms) & (single | (lean[:, BIAS_STEP] == width)))
    suits = in_line & (lean[:, ALONG] == 1) & (single | (lean[:, ACROSS] == width)) & (width >= _ALIGNMENT)
    lean[suits, ROW_WIDTH] = width[suits]
    lean[suits, ASIDE] = _places_aside(tape, lean)[1:-1]
    end = first + count * width
    lone = suits & (lean[:, TO_SLOTS] == STORE) & (end <= len(tape.parameters))
    lean[lone, ALONE] = np.where(lean[lone, SAMPLED] != 0, 2, 1)


def _lone_parts(tape: Tape, lean: Ints, header: Ints) -> Iterator[tuple[int, Ints]]:
    """Where LAYERs are that learn by themselves, and the spans of parameters that are none of theirs.

    The header must know LEAN_CODE by now.
    """
    for samples, at in ((1, 0), (2, OF_MANY)):
        lone = np.flatnonzero(lean[:, ALONE] >= samples)
        lone = lone[np.argsort(lean[lone, FIRST])]
        first, end = lean[lone, FIRST], lean[lone, FIRST] + lean[lone, COUNT] * lean[lone, ROW_WIDTH]
        starts, ends = np.append(0, end), np.append(first, len(tape.parameters))
        spared = np.stack([starts, ends], axis=1)[starts < ends]
        header[LONE_COUNT + at], header[SPARED_SPANS + at] = len(lone), len(spared)
        yield LONE + at, header[LEAN_CODE] + lone * PACKED
        yield SPARED + at, spared


def _places_aside(tape: Tape, lean: Ints) -> Ints:
    """Where sources lie side by side, each time with a register before and one behind: LATER, ASIDE and the end."""
    widths = lean[lean[:, ROW_WIDTH] > 0, ROW_WIDTH]
    widths = np.append(widths.max(initial=0), widths)
    rooms = (widths + 3 * _ALIGNMENT - 1) // _ALIGNMENT * _ALIGNMENT
    return np.append(0, rooms.cumsum()) + 2 * padded(tape.slots) + _ALIGNMENT


# ---------------------------------------------------------------------- the arena
def make_arena(tape: Tape, program: Ints, stride: int) -> Floats:
    """An arena of zeros for rows of up to `stride` lanes; writes its offsets into the program's header."""
    widest = int(tape.code[tape.code[:, OP] == LAYER, TERMS].max(initial=0))
    # Gathering writes whole registers of columns, over the rows behind the inputs, which are computed afterwards.
    rows = max(tape.rows, sample_width(tape))
    aside = int(np.ptp(_places_aside(tape, _lean_code(program))))
    sizes = (tape.slots, tape.slots, aside, rows * stride, rows * stride, padded(widest) * stride)
    offset = 0
    for at, size in zip((None, GRADIENTS, None, VALUES, SLOPES, SCRATCH), sizes, strict=True):
        if at is not None:
            program[at] = offset
        offset += padded(size)
    return zeros(offset + _ALIGNMENT)


def row_stride(tape: Tape, lanes: int) -> int:
    """Floats from row to row: whole cache lines, and of these an odd number where there are many rows.

    Rows a power of two apart would compete for the same few places of a cache; not short ones, which are read whole.
    """
    stride = padded(lanes)
    many = tape.rows * stride > _FIRST_CACHE and stride > 4 * _ALIGNMENT
    return stride + _ALIGNMENT if many and stride % (2 * _ALIGNMENT) == 0 else stride


def padded(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
