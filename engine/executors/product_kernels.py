"""Products of weights and rows of lanes, cut into the tiles of `microkernels`."""

from __future__ import annotations

from mgrad.engine.executors.compiling import compiled, inlined
from mgrad.engine.executors.lanes import LANES
from mgrad.engine.executors.microkernels import HEIGHT, TALL, WIDEST, product_tile
from mgrad.engine.executors.switches import finish, finish_back

_STRIP = 640  # registers of sources that stay in a first-level cache, on most processors, while all weights pass by


def _strip_of(registers: int):
    """A product over a strip of so many registers, in tiles of several outputs, and of one for the rest."""
    # A sum waits for its last addition: a tile has at least so many sums that a core need not.
    most, beyond = (2 * HEIGHT, HEIGHT) if registers == 1 else (TALL, 2 * HEIGHT)
    tall, high, low = (product_tile(height, registers, finish, finish_back) for height in (most, HEIGHT, 1))
    fills = registers <= HEIGHT // 2  # few registers leave a core idle, so that rows computed twice cost nothing

    @compiled
    def strip_of(
        memory, source, source_step, terms, weight, across, along, bias, bias_step, out, out_step, outputs, adds,
        ending, answers,
    ):  # fmt: skip
        left = outputs
        while left == most or left > beyond:
            tall(
                memory, source, source_step, terms, weight, across, along, bias, bias_step, out, out_step, left, adds,
                ending, answers,
            )  # fmt: skip
            weight, out, left = weight + most * across, out + most * out_step, left - most
            bias += most * bias_step
        while left >= HEIGHT or (fills and left > 1):
            high(
                memory, source, source_step, terms, weight, across, along, bias, bias_step, out, out_step, left, adds,
                ending, answers,
            )  # fmt: skip
            weight, out, left = weight + HEIGHT * across, out + HEIGHT * out_step, left - HEIGHT
            bias += HEIGHT * bias_step
        while left > 0:
            low(
                memory, source, source_step, terms, weight, across, along, bias, bias_step, out, out_step, left, adds,
                ending, answers,
            )  # fmt: skip
            weight, out, left = weight + across, out + out_step, left - 1
            bias += bias_step

    return strip_of


_one, _two, _three, _widest = (_strip_of(registers) for registers in (1, 2, 3, WIDEST))


@inlined
def parts_of(terms, width) -> int:
    """Parts into which so many terms are cut, for strips of so many registers."""
    return terms * width // _STRIP + 1


@inlined
def strip_width(registers) -> int:
    """Registers of the next strip, where so many are left."""
    width = min(registers, WIDEST)
    if registers == width + 1 and width > 2:
        width -= 1  # two strips of nearly the same width are faster than a wide one and a single register
    return width


@inlined
def strip(
    width, memory, source, source_step, terms, weight, across, along, bias, bias_step, out, out_step, outputs, adds,
    ending, answers,
):  # fmt: skip
    """The same for a strip of as many registers as a tile may have."""
    if width == 1:
        _one(
            memory, source, source_step, terms, weight, across, along, bias, bias_step, out, out_step, outputs, adds,
            ending, answers,
        )  # fmt: skip
    elif width == 2:
        _two(
            memory, source, source_step, terms, weight, across, along, bias, bias_step, out, out_step, outputs, adds,
            ending, answers,
        )  # fmt: skip
    elif width == 3:
        _three(
            memory, source, source_step, terms, weight, across, along, bias, bias_step, out, out_step, outputs, adds,
            ending, answers,
        )  # fmt: skip
    else:
        _widest(
            memory, source, source_step, terms, weight, across, along, bias, bias_step, out, out_step, outputs, adds,
            ending, answers,
        )  # fmt: skip


@compiled
def product(
    memory, source, source_step, terms, weight, across, along, bias, bias_step, out, out_step, outputs, registers,
    adds, ending, answers,
):  # fmt: skip
    """out[j] = bias[j] + Σ weight[j, k] · source[k] over rows of so many registers; see `product_tile`."""
    while registers > 0:
        width, first = strip_width(registers), 0
        parts = parts_of(terms, width) if outputs > TALL else 1
        size = (terms + parts - 1) // parts
        for part in range(parts):
            count = min(size, terms - first)
            strip(
                width, memory, source + first * source_step, source_step, count, weight + first * along, across, along,
                bias if part == 0 else -1, bias_step if part == 0 else 0, out, out_step, outputs, adds or part > 0,
                ending if part == parts - 1 else 0, answers,
            )  # fmt: skip
            first += count
        source, out, registers = source + width * LANES, out + width * LANES, registers - width
