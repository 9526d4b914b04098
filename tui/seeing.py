"""From a question to a sight: asks the engine for all that the panels show of one moment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from mgrad.datasets import Dataset
from mgrad.datasets.loading import FORMULAS
from mgrad.engine.features import FEATURES, grow_features
from mgrad.engine.graph import Value
from mgrad.engine.training import Snapshot, Trainer
from mgrad.tui.map_layout import centres
from mgrad.tui.sight import Answers, Flags, Floats, Look, OverBatch, Plane, Points, Sight
from mgrad.tui.work import Run

REACH = 6.0
"""Sets that are made by a formula lie on the plane from -6 to 6."""
SMALL = (14, 12)
"""Columns and rows of a neuron's small map."""
MOST_VALUES = 512
MOST_HISTORY = 60
SMALL_GRAPH = 5000
"""Nodes up to which past moments are looked into for numbers that are no parameters."""
MOST_INPUTS = 16
"""More are not drawn one by one."""
LEAST_PICTURE = 4
"""A sample whose inputs make a square of at least so many pixels a side is a picture."""


@dataclass(frozen=True, eq=False)
class Question:
    """What is to be seen: a run at a moment, a look, the pixels of the map, and the moments for the history."""

    run: Run
    snapshot: Snapshot
    look: Look
    pixels: tuple[int, int]
    moments: tuple[Snapshot, ...]

    @property
    def dataset(self) -> Dataset:
        """What was learned from at that moment: samples may have come and gone since."""
        return self.snapshot.resume.dataset


class Seer:
    """Answers questions, one at a time; remembers what past moments were asked for already."""

    def __init__(self) -> None:
        self._trainer: Trainer | None = None
        self._past: dict[tuple[int, str, bytes], float] = {}

    def see(self, question: Question) -> Sight:
        """The sight; takes a few milliseconds with a small network."""
        run, snapshot, look = question.run, question.snapshot, question.look
        trainer, dataset = run.trainer, question.dataset
        if trainer is not self._trainer:
            self._trainer, self._past = trainer, {}
        label = look.label or trainer.template.outputs[0].label
        inspection = trainer.inspect(snapshot, look.sample, look.part)
        answers = {part: trainer.answers(snapshot, part) for part in ("train", "test") if len(getattr(dataset, part))}
        part = look.part if look.part in answers else "train"
        over = trainer.inspect_batch(snapshot, label)
        epochs, history = self._history(question, label)
        inputs = len(dataset.features)
        held = getattr(dataset, look.part).inputs[look.sample]
        plane = points = None
        neurons: dict[str, Floats] = {}
        if inputs >= 2:
            frame = frame_of(dataset, look.axes)
            mapped = look.glance or label
            plane = self._plane(question, mapped, frame, held)
            points = self._points(question, mapped, {name: each.right for name, each in answers.items()})
            if look.network:
                neurons = self._neurons(trainer, snapshot, look, frame, held)
        return Sight(
            look=look,
            snapshot=snapshot,
            inspection=inspection,
            plane=plane,
            points=points,
            picture=picture_of(dataset, held),
            neurons=neurons,
            batch=OverBatch(over.gradient, _thinned(np.sort(over.values))),
            change=trainer.last_change(snapshot, label, look.sample, look.part),
            history_epochs=epochs,
            history=history,
            health=trainer.health(snapshot),
            answers=Answers(
                part, *(getattr(answers[part], name) for name in ("outputs", "wanted", "right", "confusion"))
            ),
        )

    def _plane(self, question: Question, label: str, frame: Frame, held: Floats) -> Plane:
        trainer, snapshot, look = question.run.trainer, question.snapshot, question.look
        columns, rows = question.pixels
        xs, ys = centres(*frame[0], columns), centres(frame[1][1], frame[1][0], rows)
        grid = _grid(xs, ys, look.axes, held)
        names = question.run.dataset.captions
        captions = (names[look.axes[0]], names[look.axes[1]])
        outputs = [node.label for node in trainer.template.outputs]
        if not look.mapped and len(outputs) > 1:
            shares = _shares(trainer.maps(snapshot, outputs, grid))
            ordered = np.sort(shares, axis=0)
            return Plane(label, xs, ys, captions, None, shares.argmax(axis=0), ordered[-1] - ordered[-2])
        if trainer.depends_on_target(label):
            return Plane(label, xs, ys, captions, None)
        return Plane(label, xs, ys, captions, trainer.map(snapshot, label, grid))

    def _points(self, question: Question, label: str, right: dict[str, Flags | None]) -> Points:
        dataset, look, trainer = question.dataset, question.look, question.run.trainer
        parts = [(name, getattr(dataset, name)) for name in ("train", "test") if len(getattr(dataset, name))]
        inputs = np.concatenate([part.inputs for _, part in parts])
        wanted = np.concatenate([part.targets for _, part in parts])
        classes = len(dataset.classes)
        known = [right[name] for name, _ in parts]
        flags = [each for each in known if each is not None]
        gradient = None
        if look.slope:
            each = [trainer.inspect_batch(question.snapshot, label, name).gradients for name, _ in parts]
            gradient = np.concatenate(each)
        return Points(
            x=inputs[:, look.axes[0]],
            y=inputs[:, look.axes[1]],
            wanted=(wanted + 1.0) / 2.0 if classes == 2 else wanted,
            classes=classes,
            right=None if len(flags) < len(known) else np.concatenate(flags),
            test=np.concatenate([np.full(len(part), name == "test") for name, part in parts]),
            index=np.concatenate([np.arange(len(part)) for _, part in parts]),
            gradient=gradient,
        )

    def _neurons(
        self, trainer: Trainer, snapshot: Snapshot, look: Look, frame: Frame, held: Floats
    ) -> dict[str, Floats]:
        """Small maps of the inputs, of features that could be fed, and of all neurons."""
        xs, ys = centres(*frame[0], SMALL[0]), centres(frame[1][1], frame[1][0], SMALL[1])
        grid = _grid(xs, ys, look.axes, held)
        fed = (*trainer.template.inputs, *trainer.template.features)
        nodes = [node.label for node in fed] if len(fed) <= MOST_INPUTS else []
        nodes = [label for label in dict.fromkeys(nodes) if trainer.template.loss.find(label) is not None]
        nodes += [neuron.label for layer in trainer.net.layers for neuron in layer.neurons]
        found = dict(zip(nodes, trainer.maps(snapshot, nodes, grid), strict=True))
        if len(trainer.template.inputs) == 2:
            for name in FEATURES:
                if name not in found:
                    found[name] = _feature_map(name, tuple(xs.tolist()), tuple(ys.tolist()))
        return found

    def _history(self, question: Question, label: str) -> tuple[Floats | None, Floats | None]:
        trainer = question.run.trainer
        moments = [moment for moment in question.moments if moment.step <= question.snapshot.step]
        if not moments or moments[-1].step != question.snapshot.step:
            moments.append(question.snapshot)
        place = trainer.place_of(label)
        if place is not None:
            values = [float(moment.parameters[place]) for moment in moments]
        elif trainer.node_count <= SMALL_GRAPH:
            every = math.ceil(len(moments) / MOST_HISTORY)
            moments = moments[(len(moments) - 1) % every :: every]
            values = [self._past_value(question, moment, label) for moment in moments]
        else:
            return None, None
        return np.array([moment.epoch for moment in moments], dtype=float), np.array(values)

    def _past_value(self, question: Question, moment: Snapshot, label: str) -> float:
        """The node's number then, for the sample that is looked at now, whatever was learned from then."""
        now, look = question.snapshot, question.look
        key = (moment.step, label, now.resume.samples.part(look.part)[:, look.sample].tobytes())
        if key not in self._past:
            if len(self._past) > 20 * MOST_HISTORY:
                self._past.clear()
            inspection = question.run.trainer.inspect(moment, look.sample, look.part, data_of=now)
            self._past[key] = inspection.value(label)
        return self._past[key]


Frame = tuple[tuple[float, float], tuple[float, float]]


def frame_of(dataset: Dataset, axes: tuple[int, int]) -> Frame:
    """From where to where the plane goes, along both axes: -6 to 6, or a little more than the data needs."""
    if dataset.name in FORMULAS:
        return (-REACH, REACH), (-REACH, REACH)
    ends = []
    for axis in axes:
        numbers = np.concatenate([dataset.train.inputs[:, axis], dataset.test.inputs[:, axis]])
        low, high = float(numbers.min()), float(numbers.max())
        margin = 0.08 * ((high - low) or 1.0)
        ends.append((low - margin, high + margin))
    return ends[0], ends[1]


def picture_of(dataset: Dataset, inputs: Floats) -> Floats | None:
    """The sample as a picture of 0 to 1, where its inputs are a square of grey pixels."""
    side = math.isqrt(len(inputs))
    if side < LEAST_PICTURE or side * side != len(inputs) or dataset.scaling is None:
        return None
    scaling = dataset.scaling
    grey = not scaling.mean.any() and len(set(scaling.deviation.tolist())) == 1  # one divisor for all: pixels
    return np.clip(inputs, 0.0, 1.0).reshape(side, side) if grey else None


def _grid(xs: Floats, ys: Floats, axes: tuple[int, int], held: Floats) -> Floats:
    """(rows, columns, inputs): two inputs over the plane, the others held."""
    grid = np.broadcast_to(held, (len(ys), len(xs), len(held))).copy()
    grid[..., axes[0]] = xs[None, :]
    grid[..., axes[1]] = ys[:, None]
    return grid


def _shares(outputs: Floats) -> Floats:
    """Softmax over the first axis."""
    with np.errstate(all="ignore"):
        raised = np.exp(outputs - outputs.max(axis=0))
        return raised / raised.sum(axis=0)


def _thinned(values: Floats) -> Floats:
    every = -(-len(values) // MOST_VALUES)
    return values if every == 1 else np.append(values[:-1:every], values[-1])


@cache
def _feature_map(name: str, xs: Sequence[float], ys: Sequence[float]) -> Floats:
    """A feature that the network is not fed, over the plane; by its own nodes."""
    leaves = Value(0.0, "x1", learnable=False), Value(0.0, "x2", learnable=False)
    (node,) = grow_features([name], leaves)
    found = np.empty((len(ys), len(xs)))
    for row, leaves[1].data in enumerate(ys):
        for column, leaves[0].data in enumerate(xs):
            node.recalculate()
            found[row, column] = node.data
    return found
