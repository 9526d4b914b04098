"""Products that read samples where they lie, for LAYERs whose sources are columns of the data."""

from __future__ import annotations

from mgrad.engine.executors.access import after, chosen_lanes, first_lanes, load, load_lanes, store_lanes
from mgrad.engine.executors.compiling import compiled, inlined
from mgrad.engine.executors.lanes import LANES, NO_LANES, ONES
from mgrad.engine.executors.microkernels import HALF, HEIGHT, TALL, WIDEST, dot_tile, picking_tile
from mgrad.engine.executors.packing import FEW_FROM, LEAN_FROM, ONE_FROM, UNGATHERED
from mgrad.engine.executors.product_kernels import parts_of, strip, strip_width
from mgrad.engine.executors.transposing_tiles import gathering_tile
from mgrad.engine.optimizers import OPTIMIZERS

_dots, _few_dots, _gather_tile = dot_tile(6), dot_tile(2), gathering_tile(near=2, spread_out=True)
_MANY = 40  # outputs from which it pays to bring samples into rows first
_NEAR = 51200  # floats: weights that stay in a second-level cache while all samples pass by


@inlined
def first_gathered(program, lanes) -> int:
    """The first column that lean code has as a row of lanes, where there are so many."""
    return load(program, ONE_FROM if lanes == 1 else FEW_FROM if lanes <= HALF else LEAN_FROM)


@inlined
def ungathered(program, at, lanes) -> int:
    """Terms of the LAYER at `at` that are no rows of lanes."""
    return min(load(program, at + UNGATHERED), load(program, FEW_FROM if lanes <= HALF else LEAN_FROM))


@inlined
def product_of_samples(
    memory, picked, known, samples, width, terms, weight, across, out, out_step, outputs, lanes, used, scratch
):  # fmt: skip
    """out[j] = Σ weight[j, k] · sample[k] over so many terms, which are whole registers."""
    if lanes > HALF and outputs >= _MANY:
        _gathered(
            memory, picked, known, samples, width, terms, weight, across, out, out_step, outputs, lanes, used, scratch
        )  # fmt: skip
    else:
        _dotted(
            memory, picked, known, samples, width, terms, weight, across, out, out_step, outputs, lanes, used
        )  # fmt: skip


@compiled
def _gathered(
    memory, picked, known, samples, width, terms, weight, across, out, out_step, outputs, lanes, used, scratch
):  # fmt: skip
    """Samples are brought into rows, as many numbers at a time as stay near until all outputs have used them."""
    parts, first = parts_of(terms, strip_width(used // LANES)), 0
    size = ((terms + parts - 1) // parts + LANES - 1) // LANES * LANES
    while first < terms:
        count, lane = min(size, terms - first), 0
        last = first + count >= terms
        while lane < used:
            registers = strip_width((used - lane) // LANES)
            step = registers * LANES
            for k in range(lane, lane + step, LANES):
                _gather_tile(
                    after(memory, samples), picked, k, lanes - k, known - k, lanes if last else 0, width, first, count,
                    0 if last else first + count, memory, scratch + k - lane, step,
                )  # fmt: skip
            strip(
                registers, memory, scratch, step, count, weight + first, across, 1, -1, 0, out + lane, out_step,
                outputs, first > 0, 0, 0,
            )  # fmt: skip
            lane += step
        first += count


@compiled
def _dotted(
    memory, picked, known, samples, width, terms, weight, across, out, out_step, outputs, lanes, used
):  # fmt: skip
    """Samples are read where they lie."""
    registers, start = terms // LANES, 0
    parts = outputs * terms // _NEAR + 1
    block = (outputs + 6 * parts - 1) // (6 * parts) * 6
    while start < outputs:
        end = min(start + block, outputs)
        for lane in range(0, lanes, HALF):
            rows, left, j = after(picked, lane), lanes - lane, start
            while j < end:
                w, to = weight + j * across, out + j * out_step + lane
                next = lane + HALF + (j // 2 & HALF - 1)  # of the samples that come next, another one for each tile
                later = samples + width * load(picked, next if next < known else 0)
                if end - j > 4:
                    _dots(memory, rows, left, samples, width, registers, w, across, to, out_step, end - j, later)
                    j += 6
                else:
                    _few_dots(memory, rows, left, samples, width, registers, w, across, to, out_step, end - j, later)
                    j += 2
        start += block
    if used - lanes >= HALF:  # nobody wrote to half of the last register
        for j in range(outputs):
            row = out + j * out_step + used - LANES
            store_lanes(memory, row, first_lanes(load_lanes(memory, row), HALF))


def _picking(rule):
    """A product over the samples that are picked; see `picking_tile`."""
    tall, high, low = (picking_tile(height, WIDEST, rule) for height in (TALL, HEIGHT, 1))
    two, one = picking_tile(HEIGHT, 2, rule), picking_tile(HEIGHT, 1, rule)  # as `fills` in `layer_kernels`

    @compiled
    def picked_product(
        memory, picked, source, source_step, terms, weight, across, out, out_step, outputs, registers, adds, rate,
        gradients, keeps,
    ):  # fmt: skip
        """out[j] = Σ weight[j, k] · source[picked[k]] over rows of so many registers."""
        while registers > 0:
            width = WIDEST if registers >= WIDEST else min(registers, 2)
            j = 0
            while j < outputs:
                w, to, left = weight + j * across, out + j * out_step, outputs - j
                ahead = (width + (j // 2 & WIDEST - 1)) * LANES  # of the numbers that come next, others for each tile
                if width == 1:
                    one(
                        memory, picked, source, source_step, terms, w, across, 1, to, out_step, left, adds, ahead, rate,
                        gradients, keeps,
                    )  # fmt: skip
                    j += HEIGHT
                elif width == 2:
                    two(
                        memory, picked, source, source_step, terms, w, across, 1, to, out_step, left, adds, ahead, rate,
                        gradients, keeps,
                    )  # fmt: skip
                    j += HEIGHT
                elif left == TALL or left > 2 * HEIGHT:
                    tall(
                        memory, picked, source, source_step, terms, w, across, 1, to, out_step, left, adds, ahead, rate,
                        gradients, keeps,
                    )  # fmt: skip
                    j += TALL
                elif left >= 3:
                    high(
                        memory, picked, source, source_step, terms, w, across, 1, to, out_step, left, adds, ahead, rate,
                        gradients, keeps,
                    )  # fmt: skip
                    j += HEIGHT
                else:
                    low(
                        memory, picked, source, source_step, terms, w, across, 1, to, out_step, left, adds, ahead, rate,
                        gradients, keeps,
                    )  # fmt: skip
                    j += 1
            source, out, registers = source + width * LANES, out + width * LANES, registers - width

    return picked_product


pick = _picking(None)
pick_and_move = _picking(OPTIMIZERS["sgd"].update)


@compiled
def pick_rest(
    memory, picked, source, source_step, lanes, slope, slope_step, out, across, outputs, terms, width, adds, scratch
):  # fmt: skip
    """The same for terms that fill no register, of which there are `width` with a bias, from at most a register of
    lanes."""
    ones = first_lanes(ONES, width) - first_lanes(ONES, terms)
    for n in range(lanes):
        sample = source + source_step * load(picked, n)
        store_lanes(memory, scratch + n * LANES, first_lanes(load_lanes(memory, sample), terms) + ones)
    for j in range(outputs):
        there, total = load_lanes(memory, out + j * across), NO_LANES
        for n in range(lanes):
            total = total + load_lanes(memory, scratch + n * LANES) * load(memory, slope + j * slope_step + n)
        if adds:
            total = total + there
        store_lanes(memory, out + j * across, chosen_lanes(total, there, 0, width))
