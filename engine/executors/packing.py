"""How a tape is packed for compiled code: one array of whole numbers, one arena of floats.

The whole numbers begin with a header: how many instructions there are, where each part of the tape starts, and where
each part of the arena starts. The arena's first floats are the slots, so a slot's number is its offset.
"""

from __future__ import annotations

import numpy as np

from mgrad.engine.executors.base import Floats, Ints
from mgrad.engine.tape import LAYER, OP, TERMS, Tape

(
    UNIFORM_CODE, UNIFORM_RUNS, RUNS, FIRST_ANSWER, CODE, INSTRUCTIONS, WEIGHTS, SOURCES, MODES, ZEROED, ZEROED_ROWS,
    CLEARED, CLEARED_SPANS,
    ROOT, SLOTS, SAMPLE_WIDTH, STRIDE, GRADIENTS, VALUES, SLOPES, SCRATCH,
) = range(21)  # fmt: skip
_HEADER = 24
_ALIGNMENT = 8  # floats: 64 bytes, a cache line


def sample_width(tape: Tape) -> int:
    """Floats a sample takes: its columns, and room to a whole number of registers."""
    return padded(len(tape.inputs))


def pack_program(tape: Tape) -> Ints:
    """The header, with everything but the arena's offsets, and the tape's parts."""
    header = np.zeros(_HEADER, dtype=np.int64)
    parts = [header]
    length = _HEADER
    for at, part in (
        (UNIFORM_RUNS, tape.uniform_runs), (UNIFORM_CODE, _pairs(tape.uniform_code)), (CODE, tape.code),
        (WEIGHTS, tape.weights), (SOURCES, tape.sources), (MODES, tape.source_modes), (ZEROED, tape.zeroed),
        (CLEARED, tape.cleared),
    ):  # fmt: skip
        header[at] = length
        parts.append(part.ravel())
        length += part.size
    header[RUNS] = len(tape.uniform_runs)
    header[FIRST_ANSWER] = tape.first_answer
    header[INSTRUCTIONS] = len(tape.code)
    header[ZEROED_ROWS], header[CLEARED_SPANS] = len(tape.zeroed), len(tape.cleared)
    header[ROOT] = tape.root_place
    header[SLOTS], header[SAMPLE_WIDTH] = tape.slots, sample_width(tape)
    return np.concatenate(parts)


def _pairs(code: Ints) -> Ints:
    """Two slots in one number, half the way for the processor: a in the lower 32 bits, b in the upper."""
    return code[:, 0] | (code[:, 1] << 32)


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
    whole = np.zeros(offset + 2 * _ALIGNMENT)
    skip = -(whole.ctypes.data // 8) % _ALIGNMENT
    return whole[skip : skip + offset + _ALIGNMENT]


def padded(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
