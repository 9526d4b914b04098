"""Looking into a trainer: any number of its template, for a sample, for all samples, or over the input plane.

Everything is computed for a snapshot, in arenas of its own: another thread may go on training meanwhile. One thread at
a time may look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from mgrad.engine.errors import OptionError, ShapeError
from mgrad.engine.executors import make_executor
from mgrad.engine.executors.base import Executor, Floats, Ints
from mgrad.engine.graph import Constant, Value
from mgrad.engine.health import LayerHealth, LayerSizes, layer_health
from mgrad.engine.inspection import Inspection, Inspector
from mgrad.engine.network import MLP
from mgrad.engine.numbers import Lanes
from mgrad.engine.samples import Samples
from mgrad.engine.snapshots import Snapshot
from mgrad.engine.template import Template

MOST_SAMPLES = 2000
"""So many training samples tell which neurons are dead."""


@dataclass(frozen=True, eq=False)
class Answers:
    """What the network answers to one part of the data: `outputs` and `wanted` are (outputs, samples).

    `right` is None where nothing can be right; `confusion` too, else (classes, classes): truth in rows, answer in
    columns.
    """

    outputs: Floats
    wanted: Floats
    right: np.ndarray | None
    confusion: Ints | None


@dataclass(frozen=True, eq=False)
class OverSamples:
    """One node over all samples of a part: its `values`, each sample's own derivative of its loss by the node
    (`gradients`), both (samples,), and the derivative of the mean loss (`gradient`)."""

    values: Floats
    gradients: Floats

    @property
    def gradient(self) -> float:
        with np.errstate(all="ignore"):
            return float(self.gradients.mean())


class Looking:
    """The part of a Trainer that looks; the fields are the trainer's own."""

    net: MLP
    template: Template
    samples: Samples
    _executor: Executor
    _executor_name: str | None
    _parameters: list[Value]
    _places: dict[str, int]

    def inspect(
        self, snapshot: Snapshot, sample: int = 0, part: str = "train", *, data_of: Snapshot | None = None
    ) -> Inspection:
        """Every value and gradient of the template for one sample of the "train" or "test" part.

        Where samples were exchanged since, `data_of` is the moment whose sample is meant: so one sample can be followed
        through all moments.
        """
        columns = (data_of or snapshot).resume.samples.part(part)
        if not 0 <= sample < columns.shape[1]:
            raise OptionError(f"sample is {sample}, but must be from 0 to {columns.shape[1] - 1}.")
        return self._inspector.inspect(snapshot.parameters, columns[:, sample : sample + 1])

    def inspect_batch(self, snapshot: Snapshot, label: str, part: str = "train") -> OverSamples:
        """One node for every sample of a part: values, and gradients of each sample's own loss."""
        node, columns = self.template.loss[label], snapshot.resume.samples.part(part)
        lanes = self._lanes(snapshot)
        values = lanes.values([node], columns)[0]
        if isinstance(node, Constant):
            return OverSamples(values, np.zeros(columns.shape[1]))
        return OverSamples(values, lanes.gradients(node, columns))

    def map(self, snapshot: Snapshot, label: str, grid: ArrayLike) -> Floats:
        """The value of a node at every point of a grid (..., inputs) of inputs; the shape is (...).

        Raises OptionError for a node that depends on a target, which a point of the plane has not.
        """
        return self.maps(snapshot, [label], grid)[0]

    def maps(self, snapshot: Snapshot, labels: Sequence[str], grid: ArrayLike) -> Floats:
        """Several nodes over one grid at once: (labels, ...)."""
        points = np.asarray(grid, dtype=float)
        inputs = len(self.template.inputs)
        if points.ndim < 1 or points.shape[-1] != inputs:
            raise ShapeError(f"A grid is (..., inputs) with {inputs} inputs, but {points.shape} was given.")
        nodes = [self.template.loss[label] for label in labels]
        lanes = self._lanes(snapshot)
        for node in nodes:
            if lanes.needs(node, self.template.targets):
                raise OptionError(f"{node.label} depends on the target, so it has no value over the plane of inputs.")
        columns = np.zeros((inputs + len(self.template.targets), points[..., 0].size))
        columns[:inputs] = points.reshape(-1, inputs).T
        return lanes.values(nodes, columns).reshape(len(nodes), *points.shape[:-1])

    def depends_on_target(self, label: str) -> bool:
        """Whether a node has no value without a target, as the loss and what leads to it."""
        return self._watcher.needs(self.template.loss[label], self.template.targets)

    def place_of(self, label: str) -> int | None:
        """Where a parameter stands in a snapshot's `parameters`; None for any other node."""
        return self._places.get(label)

    def last_change(
        self, snapshot: Snapshot, label: str, sample: int = 0, part: str = "train"
    ) -> tuple[float, float] | None:
        """A node's value for one sample with the parameters from before the last step, and with those of now.

        None where there was no step yet, and for an input, a target or a constant.
        """
        node, place = self.template.loss[label], self.place_of(label)
        if snapshot.before is snapshot.parameters or (place is None and not node.operands):
            return None
        if place is not None:
            return float(snapshot.before[place]), float(snapshot.parameters[place])
        column = snapshot.resume.samples.part(part)[:, sample : sample + 1]
        self._watcher.load(snapshot.before)
        before = self._watcher.values([node], column)[0, 0]
        return float(before), float(self._lanes(snapshot).values([node], column)[0, 0])

    @property
    def node_count(self) -> int:
        """How many nodes the template has."""
        return len(self._executor.tape.nodes)

    def answers(self, snapshot: Snapshot, part: str = "train") -> Answers:
        """What the network answers to a part of the data, with the confusion matrix where there are classes."""
        samples = snapshot.resume.samples
        columns = samples.part(part)
        outputs = self._lanes(snapshot).values(list(self.template.outputs), columns)
        wanted = columns[len(self.template.inputs) :]
        return Answers(outputs, wanted, samples.right(outputs, columns), samples.confusion(outputs, columns))

    def health(self, snapshot: Snapshot) -> tuple[LayerHealth, ...]:
        """How each layer does; over at most MOST_SAMPLES training samples."""
        columns = snapshot.resume.samples.train[:, :MOST_SAMPLES]
        outputs = self._lanes(snapshot).values([node for layer in self._neurons for node in layer], columns)
        updates, gradients = self._sizes.of(snapshot.after, snapshot.before, snapshot.gradients)
        if snapshot.before is snapshot.parameters:
            updates[:] = np.nan
        found, start = [], 0
        for i, layer in enumerate(self.net.layers):
            rows = outputs[start : start + len(layer.neurons)]
            found.append(layer_health(layer, updates[i], gradients[i], rows))
            start += len(layer.neurons)
        return tuple(found)

    # ------------------------------------------------------------------ arenas of its own
    def _lanes(self, snapshot: Snapshot) -> Lanes:
        self._watcher.load(snapshot.parameters)
        return self._watcher

    @cached_property
    def _watcher(self) -> Lanes:
        return Lanes(make_executor(self._executor.tape, self._executor_name))

    @cached_property
    def _inspector(self) -> Inspector:
        return Inspector(self.template, self._parameters, self._executor_name)

    @cached_property
    def _neurons(self) -> list[list[Value]]:
        return [[self.template.loss[neuron.label] for neuron in layer.neurons] for layer in self.net.layers]

    @cached_property
    def _sizes(self) -> LayerSizes:
        return LayerSizes(self.net)
