"""LAYER instructions for a batch of one sample, for which a layer is a matrix and its sources are a vector.

Rows of lanes would be empty but for one lane. So the sources are laid side by side, behind them a 1 for the bias where
there is one: with its bias, a row of weights lies side by side too. After that the sources begin anew: so the layer's
weights, one row after the other, can be gone through by whole registers in which one row ends and the next begins.
"""

from __future__ import annotations

from mgrad.engine.executors import calls
from mgrad.engine.executors.access import (
    ask_for,
    distance,
    floats_at,
    load,
    load_lanes,
    store,
    store_lanes,
)
from mgrad.engine.executors.compiling import compiled, inlined
from mgrad.engine.executors.lanes import LANES
from mgrad.engine.executors.one_sample_tiles import TRACK, row_tile, walking_tile
from mgrad.engine.executors.packing import (
    AHEAD,
    ASIDE,
    GRADIENTS,
    LATER,
    ROW_WIDTH,
    SAMPLE_WIDTH,
    SAMPLED,
    SCRATCH,
    SLOPES,
    SOURCE_ENDING,
    STRIDE,
    VALUES,
)  # fmt: skip
from mgrad.engine.executors.switches import by_optimizer, slope_back
from mgrad.engine.optimizers import Optimizer
from mgrad.engine.tape import ADD, COUNT, FIRST, OUT, SOURCE, TERMS, TO_SOURCE


@inlined
def _close(memory, aside, terms, width):
    """What stands behind sources that lie side by side."""
    if width > terms:
        store(memory, aside + terms, 1.0)
    store_lanes(memory, aside + width, load_lanes(memory, aside))


@compiled
def _bring(program, memory, at, sample, aside):
    """Lays the sources of the LAYER at `at` side by side, of which a sample holds the numbers."""
    terms, k = load(program, at + TERMS), 0
    while k + LANES <= terms:
        store_lanes(memory, aside + k, load_lanes(memory, sample + k))
        k += LANES
    while k < terms:
        store(memory, aside + k, load(memory, sample + k))
        k += 1
    _close(memory, aside, terms, load(program, at + ROW_WIDTH))


@compiled
def forward_of_one(program, memory, at, picked, known, shift, ready):
    """The sums of the LAYER at `at`, for the sample that is `picked`, `shift` after memory; the next one is asked for.

    Those of the LAYER AHEAD may be `ready`.
    """
    values, stride, aside = load(program, VALUES), load(program, STRIDE), load(program, at + ASIDE)
    count, terms, width = load(program, at + COUNT), load(program, at + TERMS), load(program, at + ROW_WIDTH)
    ahead = at == load(program, AHEAD)
    if load(program, at + SAMPLED) != 0:
        samples, size = shift + load(program, at + SOURCE), load(program, SAMPLE_WIDTH)
        next = samples + size * load(picked, 1 if known > 1 else 0)
        for k in range(0, terms, LANES):
            ask_for(memory, next + k)
        if not (ahead and ready):
            _bring(program, memory, at, samples + size * load(picked, 0), aside)
    else:
        source = values + load(program, at + SOURCE) * stride
        for k in range(terms):
            store(memory, aside + k, load(memory, source + k * stride))
        _close(memory, aside, terms, width)
    row = load(program, at + OUT) * stride
    if not ahead:
        for j in range(0, count, LANES):
            weight, out = load(program, at + FIRST) + j * width, values + row + j * stride
            row_tile(memory, weight, width, aside, out, stride, min(count - j, LANES))
    elif not ready:
        _sum(program, memory, at, aside, values, 0.0, 0, False)
    else:
        found = load(program, SLOPES) + row
        for j in range(count):
            store_lanes(memory, values + row + j * stride, load_lanes(memory, found + j * stride))


@compiled
def hand_to_sources(program, memory, at):
    """Brings the gradients of the sources of a LAYER, which lie side by side in the scratch room, into their rows."""
    slopes, stride, scratch = load(program, SLOPES), load(program, STRIDE), load(program, SCRATCH)
    terms, ending = load(program, at + TERMS), load(program, at + SOURCE_ENDING)
    row, adds = slopes + load(program, at + SOURCE) * stride, load(program, at + TO_SOURCE) == ADD
    for k in range(terms):
        number = load(memory, scratch + k)
        if adds:
            store_lanes(memory, row + k * stride, load_lanes(memory, row + k * stride) + number)
        else:
            store_lanes(memory, row + k * stride, number)
    if ending != 0:
        answers = load(program, VALUES) - slopes
        if stride - LANES <= 8:
            slope_back(-1 - ending, memory, row, answers, terms * stride)
        else:
            for k in range(terms):
                slope_back(-1 - ending, memory, row + k * stride, answers, LANES)


# ---------------------------------------------------------------------- gradients of weights


def _walk(optimizer: Optimizer | None, keeps: bool, sums: bool):
    """A walk through the weights and biases of a LAYER, see `walking_tile`; on several tracks while there are rows."""
    one, two, four = (walking_tile(tracks, optimizer, keeps, sums) for tracks in (1, 2, 4))

    @compiled
    def walk(program, memory, at, later, rows, rate, m, adds):
        gradients, stride, width = load(program, GRADIENTS), load(program, STRIDE), load(program, at + ROW_WIDTH)
        row, left, aside = load(program, at + FIRST), load(program, at + COUNT), load(program, at + ASIDE)
        slope = load(program, SLOPES) + load(program, at + OUT) * stride
        out = rows + load(program, at + OUT) * stride
        while left > 0:
            done = left
            if left >= 4 * TRACK:
                done = 4 * TRACK
                four(memory, row, TRACK, width, aside, later, slope, out, stride, gradients, rate, m, adds)
            elif left >= 2 * TRACK:
                done = 2 * TRACK
                two(memory, row, TRACK, width, aside, later, slope, out, stride, gradients, rate, m, adds)
            else:
                one(memory, row, left, width, aside, later, slope, out, stride, gradients, rate, m, adds)
            row, left, slope, out = row + done * width, left - done, slope + done * stride, out + done * stride

    return walk


_keep, _sum = _walk(None, keeps=True, sums=False), _walk(None, keeps=False, sums=True)


@inlined
def weights_of_one(program, memory, at, adds):
    """Hands the gradients of a LAYER's outputs to its weights and biases."""
    _keep(program, memory, at, 0, 0, 0.0, 0, adds)


def _moving(optimizer: Optimizer):
    move, move_and_keep, move_and_sum = (
        _walk(optimizer, keeps, sums) for keeps, sums in ((False, False), (True, False), (False, True))
    )

    @compiled
    def move_weights(program, memory, call, at, rate, keeps, next):
        """Moves the weights and biases of a LAYER that learns by itself, and may keep their gradients.

        Where the `next` sample is known (else it is below 0), the LAYER AHEAD makes its sums at once, while its weights
        are at hand. They stand in the rows of its gradients until those of its values are free: gathering writes beyond
        the inputs.
        """
        aside, later, m = load(program, at + ASIDE), load(program, LATER), distance(memory, floats_at(call, calls.M))
        if keeps:
            move_and_keep(program, memory, at, 0, 0, rate, m, False)
        elif next >= 0 and at == load(program, AHEAD):
            samples = distance(memory, floats_at(call, calls.SAMPLES)) + load(program, at + SOURCE)
            _bring(program, memory, at, samples + load(program, SAMPLE_WIDTH) * next, later)
            move_and_sum(program, memory, at, later, load(program, SLOPES), rate, m, False)
            for k in range(0, load(program, at + ROW_WIDTH) + LANES, LANES):
                store_lanes(memory, aside + k, load_lanes(memory, later + k))
        else:
            move(program, memory, at, 0, 0, rate, m, False)

    return move_weights


move_by_one = by_optimizer(_moving, "program", "memory", "call", "at", "rate", "keeps", "next")
