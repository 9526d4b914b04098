"""Looking inside: every number of a template for one sample, with a snapshot's parameters.

An inspector has an arena of its own, so that somebody may look while a run goes on elsewhere. Its tape is not fused:
every node has its value and its gradient.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mgrad.engine.errors import NotFiniteError, UnknownLabel, first_not_finite
from mgrad.engine.executors import make_executor
from mgrad.engine.executors.base import Executor, Floats, any_not_finite
from mgrad.engine.graph import Constant, Value
from mgrad.engine.lowering import lower
from mgrad.engine.template import Template


@dataclass(frozen=True, eq=False)
class Inspection:
    """Values and gradients of all nodes of a template, frozen. A node is asked for by itself or by its label."""

    root: Value
    place: dict[int, int]
    slots: tuple[Floats, Floats]  # values and gradients
    rows: tuple[Floats, Floats]

    def value(self, node: Value | str) -> float:
        """The number of a node."""
        return self._number(node, 0)

    def gradient(self, node: Value | str) -> float:
        """The derivative of this sample's loss by the node; 0 for a constant."""
        found = self._node(node)
        return 0.0 if isinstance(found, Constant) else self._number(found, 1)

    def _node(self, node: Value | str) -> Value:
        return self.root[node] if isinstance(node, str) else node

    def _number(self, node: Value | str, which: int) -> float:
        found = self._node(node)
        place = self.place.get(id(found))
        if place is None:
            raise UnknownLabel(found.label, (each.label for each in self.root.nodes()))
        return float(self.slots[which][place] if place >= 0 else self.rows[which][-1 - place])


class Inspector:
    """Makes inspections of one template."""

    def __init__(self, template: Template, parameters: list[Value], executor: str | None) -> None:
        self.template = template
        columns = (*template.inputs, *template.targets)
        self._tape = lower(template.loss, columns, parameters=parameters, fuse=False, every_gradient=True)
        self._executor = make_executor(self._tape, executor)

    def inspect(self, parameters: Floats, column: Floats) -> Inspection:
        """All numbers for one sample; `column` is (inputs + targets, 1)."""
        executor, tape = self._run(parameters, column), self._tape
        values, slopes = executor.rows()
        return Inspection(
            tape.root,
            tape.place,
            (executor.uniforms.copy(), executor.gradients.copy()),
            (values[:, 0].copy(), slopes[:, 0].copy()),
        )

    def first_not_finite(self, parameters: Floats, columns: Floats, step: int) -> NotFiniteError | None:
        """Names the number that made a step on this batch impossible; None where all are finite."""
        executor, tape = self._run(parameters, columns), self._tape

        places = ((node, tape.place[id(node)]) for node in tape.nodes)
        numbers = (
            (
                node.label,
                any_not_finite(executor.values(place)),
                0.0 if isinstance(node, Constant) else any_not_finite(executor.slopes(place)),
            )
            for node, place in places
        )
        return first_not_finite(numbers, step)

    def _run(self, parameters: Floats, columns: Floats) -> Executor:
        self._executor.uniforms[: len(parameters)] = parameters
        self._executor.run(np.ascontiguousarray(columns))
        return self._executor
