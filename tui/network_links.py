"""Which links of a network are drawn in a window, from where to where, and what each one stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from textual.geometry import Region

from mgrad.engine.network import MLP
from mgrad.tui.links import HIDDEN, Link
from mgrad.tui.network_layout import NEURON, Column, Layout
from mgrad.tui.sight import Flags, Floats

MOST_LINKS, MOST_BETWEEN = 400, 250
"""The strongest of a window, and of those between two columns; more could not be told apart."""
FAR = 0.5
"""From this share of the strongest on a link is drawn that leaves the window."""
WEIGHT = re.compile(r"\.(?:w|product)(\d+)(?:~|$)")


@dataclass(frozen=True)
class Tie:
    """A link, and the label of its weight; "" for one that stands for the weights of many inputs."""

    link: Link
    label: str


def split_parameters(net: MLP, parameters: Floats) -> list[tuple[Floats, Floats]]:
    """For each layer its weights (neurons, inputs) and its biases (neurons,).

    >>> [(weights.shape, biases.tolist()) for weights, biases in split_parameters(MLP(2, [3, 1]), np.arange(13.0))]
    [((3, 2), [2.0, 5.0, 8.0]), ((1, 3), [12.0])]
    """
    found, start = [], 0
    for layer in net.layers:
        block = parameters[start : start + len(layer.neurons) * (layer.inputs + 1)].reshape(-1, layer.inputs + 1)
        found.append((block[:, :-1], block[:, -1]))
        start += block.size
    return found


def choose_links(
    layout: Layout, fed: list[str], weights: list[Floats], label: str, window: Region, plain: bool = False
) -> list[Tie]:
    """The links of a window of the layout (rows counted from below the heads), the strongest of them if there are many.

    `fed` are the labels of what goes into the first layer, `weights` those of each layer, `label` what is looked at:
    its links are chosen. Links begin and end in cells of the window. With `plain` negative ones are dashed.
    """
    found: list[tuple[float, Tie]] = []
    for i, table in enumerate(weights):
        left, right = layout.columns[i], layout.columns[i + 1]
        if left.x > window.right or right.x < window.x:
            continue
        found += _between(left, right, fed if i == 0 else [], table, label, window, plain)
    found.sort(key=lambda each: -each[0])
    return [tie for _, tie in found[:MOST_LINKS]]


def _between(
    left: Column, right: Column, fed: list[str], table: Floats, label: str, window: Region, plain: bool
) -> list[tuple[float, Tie]]:
    """The links between two columns, each with how much it matters."""
    sources = list(left.cells)
    if left.folded:
        table, chosen_input = _folded(table, left.folded, label)
    else:
        chosen_input = False
        if fed:
            cells = {cell.label: cell for cell in left.cells}
            sources = [cells[name] for name in fed]
    sizes = np.abs(table)
    largest = float(sizes[np.isfinite(sizes)].max(initial=0.0)) or 1.0
    strengths = np.clip(np.nan_to_num(table / largest), -1.0, 1.0)
    chosen = chosen_links(label, [cell.label for cell in sources], [cell.label for cell in right.cells])
    chosen |= chosen_input
    rows = range(window.y, window.bottom)
    from_here = np.array([cell.middle in rows for cell in sources])
    to_here = np.array([cell.middle in rows for cell in right.cells])
    whole = from_here[None, :] & to_here[:, None]
    partly = from_here[None, :] | to_here[:, None]
    sizes = np.abs(strengths)
    wanted = (whole & (sizes >= HIDDEN)) | (partly & ((sizes >= FAR) | chosen))
    matters = sizes + 2.0 * chosen
    targets, origins = wanted.nonzero()
    strongest = np.argsort(-matters[targets, origins], kind="stable")[:MOST_BETWEEN]
    found = []
    for k, j in zip(targets[strongest].tolist(), origins[strongest].tolist(), strict=True):
        source, target, strength = sources[j], right.cells[k], float(strengths[k, j])
        link = Link(
            (source.x + source.size[0] - window.x, source.middle - window.y),
            (target.x - 1 - window.x, target.middle - window.y),
            strength, bool(chosen[k, j]), plain and strength < 0,
        )  # fmt: skip
        if not left.folded:
            name = f"{target.label}.w{j + 1}"
        else:
            name = f"{target.label}.w{left.folded.index(label) + 1}" if chosen_input else ""
        found.append((float(matters[k, j]), Tie(link, name)))
    return found


def _folded(table: Floats, names: tuple[str, ...], label: str) -> tuple[Floats, bool]:
    """Of many inputs: the weights of the chosen one, or how large all of them are together."""
    if label in names:
        at = names.index(label)
        return table[:, at : at + 1], True
    with np.errstate(all="ignore"):
        return np.sqrt(np.mean(table * table, axis=1, keepdims=True)), False


def chosen_links(label: str, sources: list[str], targets: list[str]) -> Flags:
    """Which links belong to a label, (targets, sources): those of a neuron or an input, or the one of a weight.

    >>> chosen_links("layer1.neuron2.w1", ["x1", "x2"], ["layer1.neuron1", "layer1.neuron2"]).tolist()
    [[False, False], [True, False]]
    >>> chosen_links("x2", ["x1", "x2"], ["layer1.neuron1", "layer1.neuron2"]).tolist()
    [[False, True], [False, True]]
    """
    found = np.zeros((len(targets), len(sources)), dtype=bool)
    match = NEURON.match(label)
    owner = match[1] if match else label
    weight = WEIGHT.search(label)
    if owner in targets:
        at = int(weight[1]) - 1 if weight else None
        if at is None:
            found[targets.index(owner)] = True
        elif at < len(sources):
            found[targets.index(owner), at] = True
    if owner in sources and weight is None:
        found[:, sources.index(owner)] = True
    return found
