"""Batches: which samples each step learns from.

Every epoch goes once through all samples, in a fresh order from the seed; the last short batch is used. The orders come
from the seed alone, one after the other, so it does not matter how many steps are planned at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mgrad.engine.executors.base import Floats, Ints, Steps
from mgrad.engine.executors.orders import Draw, draw_orders


@dataclass(frozen=True, eq=False)
class BatchesState:
    """Where the batches stand, frozen."""

    wanted: int
    epoch: int
    position: int
    random: Mapping[str, Any]
    orders: tuple[Ints, ...]


class Batches:
    """The order of samples through a run; `size` may change between steps."""

    def __init__(self, samples: int, size: int, seed: int, draw: Draw = draw_orders) -> None:
        self.samples, self._wanted, self._draw_orders = samples, size, draw
        self.epoch = 0  # whole epochs done
        self.position = 0  # samples of the present epoch that have been learned from
        self._random = np.random.default_rng(seed)
        self._orders: list[Ints] = []  # of the present epoch and of later ones that are planned
        self._drawn: tuple[int, Mapping[str, Any]] = 0, {}  # before the last plan drew: orders there, the seed

    @property
    def wanted(self) -> int:
        """The size that was asked for."""
        return self._wanted

    @property
    def size(self) -> int:
        """Samples a step: what was asked for, or all where there are fewer."""
        return min(self._wanted, self.samples)

    @size.setter
    def size(self, size: int) -> None:
        self._wanted = size

    def steps_to(self, epoch: int) -> int:
        """Steps until so many epochs are done."""
        if epoch <= self.epoch:
            return 0
        rest = -(-(self.samples - self.position) // self.size)
        return rest + (epoch - self.epoch - 1) * -(-self.samples // self.size)

    def last_steps(self, epochs: Ints) -> Ints:
        """The last step of each of these later epochs, counted from the next step, which is 0."""
        return self.steps_to(self.epoch + 1) - 1 + (epochs - self.epoch - 1) * -(-self.samples // self.size)

    def epoch_after(self, steps: int) -> int:
        """Whole epochs done when so many more steps are."""
        return self.epoch + (self.position + self._used_by(steps)) // self.samples

    def progress(self, steps: int) -> Floats:
        """The epoch, with its fraction, at the start of each of the next steps."""
        starts = self._bounds(steps)[:-1] + self.position
        return self.epoch + starts / self.samples

    def plan(self, steps: int, rates: Floats) -> Steps:
        """The next steps; nothing is used up before `done`."""
        bounds = self._bounds(steps)
        if self.size >= self.samples:
            rest = self._orders[0][self.position :] if self.position else np.zeros(0, dtype=np.int64)
            starts = np.full(steps, len(rest))
            starts[: min(len(rest), 1)] = 0  # first the rest of a begun epoch, then all samples, in their own order
            order = np.concatenate([rest, np.arange(self.samples)])
            return Steps(order, starts, bounds[1:] - bounds[:-1], rates, fixed=not self.position)
        epochs = -(-(self.position + int(bounds[-1])) // self.samples)
        orders = self._orders[:epochs]
        if len(orders) < epochs:
            self._drawn = len(orders), self._random.bit_generator.state
            drawn = self._draw(epochs - len(orders))
            self._orders.extend(drawn)
            orders.append(drawn.ravel())
        order = orders[0] if len(orders) == 1 else np.concatenate(orders)
        return Steps(order, self.position + bounds[:-1], bounds[1:] - bounds[:-1], rates)

    def done(self, steps: int) -> None:
        """Uses up the steps that were run."""
        begun = self.position > 0
        epochs, self.position = divmod(self.position + self._used_by(steps), self.samples)
        self.epoch += epochs
        # Epochs of a single batch take no order from the seed, so none is used up.
        used = min(epochs, begun) if self.size >= self.samples else epochs
        del self._orders[:used]
        if len(self._orders) > (self.position > 0):
            self._take_back(used)
        # The order that was begun is kept by every snapshot, but not all those that were drawn with it.
        self._orders = [order if order.base is None else order.copy() for order in self._orders]

    def _take_back(self, used: int) -> None:
        """Orders that were planned but not begun go back to the seed, so that no plan leaves a trace."""
        kept = int(self.position > 0)
        before, state = self._drawn
        self._random.bit_generator.state = state
        self._draw(used + kept - before)
        del self._orders[kept:]

    def _draw(self, epochs: int) -> Ints:
        """The orders of so many epochs, one after the other, (epochs, samples): the same as one by one."""
        return self._draw_orders(self._random, epochs, self.samples)

    def state(self) -> BatchesState:
        """Where they stand, for `restore`."""
        seed = self._random.bit_generator.state
        return BatchesState(self._wanted, self.epoch, self.position, seed, tuple(self._orders))

    def restore(self, state: BatchesState) -> None:
        """Goes on from where they stood."""
        self._wanted, self.epoch, self.position = state.wanted, state.epoch, state.position
        self._random.bit_generator.state = state.random
        self._orders = list(state.orders)

    def renew(self, samples: int) -> None:
        """Goes on over so many other samples: the present epoch begins again with a fresh order."""
        self.samples, self.position = samples, 0
        self._orders = []

    def _used_by(self, steps: int) -> int:
        """How many samples the next steps use."""
        rest = self.samples - self.position
        later = steps - -(-rest // self.size)
        if later < 0:
            return steps * self.size
        epochs, begun = divmod(later, -(-self.samples // self.size))
        return rest + epochs * self.samples + begun * self.size

    def _bounds(self, steps: int) -> Ints:
        """Where each of the next steps begins and ends, counted in samples from here."""
        rest = self.samples - self.position
        if (steps - 1) * self.size < rest:
            return np.minimum(np.arange(0, steps * self.size + 1, self.size), rest)
        first = np.append(np.arange(self.position, self.samples, self.size), self.samples) - self.position
        whole = np.append(np.arange(self.size, self.samples, self.size), self.samples)
        epochs = -(-(steps + 1 - len(first)) // len(whole))
        later = (np.arange(epochs)[:, None] * self.samples + whole).ravel() + first[-1]
        return np.concatenate([first, later])[: steps + 1].astype(np.int64)
