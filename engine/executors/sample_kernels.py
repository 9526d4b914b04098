"""Products that read samples where they lie, for LAYERs whose sources are columns of the data."""

from __future__ import annotations

from mgrad.engine.executors.access import after, load
from mgrad.engine.executors.compiling import compiled
from mgrad.engine.executors.lanes import LANES
from mgrad.engine.executors.microkernels import HALF, HEIGHT, TALL, WIDEST, dot_tile, picking_tile
from mgrad.engine.optimizers import OPTIMIZERS

_dots, _few_dots = dot_tile(6), dot_tile(2)
_NEAR = 51200  # floats: weights that stay in a second-level cache while all samples pass by


@compiled
def product_of_samples(
    memory, picked, known, samples, width, terms, weight, across, out, out_step, outputs, lanes, used
):  # fmt: skip
    """out[j] = Σ weight[j, k] · sample[k] over so many terms, which are whole registers."""
    registers, start = terms // LANES, 0
    parts = outputs * terms // _NEAR + 1
    block = (outputs + 6 * parts - 1) // (6 * parts) * 6
    while start < outputs:
        end = min(start + block, outputs)
        for lane in range(0, used, HALF):
            first = lane if lane < lanes else 0
            rows, left, j = after(picked, first), lanes - first, start
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
