"""Whether what stands on the playground's screen is true: every number, worked out again by a trainer of one's own.

The screen's trainer belongs to threads that may be at work. So another one is built from the same settings; given the
snapshot that is shown it must find the very same numbers, to the bit, and those must be what is written.
"""

import math
import re
from functools import lru_cache

import numpy as np
from textual.content import Content
from textual.widget import Widget

from mgrad.datasets import Dataset
from mgrad.engine import Trainer
from mgrad.engine.graph import Constant, Value
from mgrad.engine.looking import OverSamples
from mgrad.engine.training import Snapshot
from mgrad.tui import formats
from mgrad.tui.map_layout import centres
from mgrad.tui.neuron_sum import neuron_of
from mgrad.tui.screens.playground import LEAST, PlaygroundScreen
from mgrad.tui.seeing import SMALL, frame_of
from mgrad.tui.settings import Settings, build
from mgrad.tui.sight import Sight
from mgrad.tui.view import View
from mgrad.tui.widgets.card import CardText
from mgrad.tui.widgets.graph_tree import GraphTree
from mgrad.tui.widgets.loss_panel import LossPanel
from mgrad.tui.widgets.map_panel import MapPanel
from mgrad.tui.widgets.network_panel import NetworkPanel
from mgrad.tui.widgets.node_panel import NodePanel
from mgrad.tui.widgets.setting_row import SettingRow
from mgrad.tui.widgets.watch_panel import WatchPanel
from mgrad.tui.work import Run


@lru_cache(maxsize=2)
def _another_trainer(trainer: Trainer, settings: Settings, dataset: Dataset) -> tuple[Trainer, dict[str, Value]]:
    """A trainer of the same set-up, and its nodes by the labels that they have in the first one's graph: constants
    that were written in an expression are numbered on and on."""
    other = build(settings, dataset)
    nodes = zip(trainer.template.loss.nodes(), other.template.loss.nodes(), strict=True)
    return other, {first.label: second for first, second in nodes}


class Truth:
    """What is true of a moment of a run, for what is looked at."""

    def __init__(self, run: Run, sight: Sight) -> None:
        self.sight, self.look, self.snapshot = sight, sight.look, sight.snapshot
        self.dataset = sight.snapshot.resume.dataset
        self.trainer, self.nodes = _another_trainer(run.trainer, run.settings, run.dataset)
        self.trainer.restore(self.snapshot)
        self.metrics = self.trainer.snapshot()
        self.inspection = self.trainer.inspect(self.snapshot, self.look.sample, self.look.part)
        self.label = self.look.label or self.trainer.template.outputs[0].label
        self.mapped = self.look.mapped or self.trainer.template.outputs[0].label

    def value(self, label: str) -> float:
        return self.inspection.value(self.nodes[label])

    def gradient(self, label: str) -> float | None:
        """None for a constant, which has none."""
        node = self.nodes[label]
        return None if isinstance(node, Constant) else self.inspection.gradient(node)

    def over_batch(self, label: str, part: str = "train") -> OverSamples:
        return self.trainer.inspect_batch(self.snapshot, self.nodes[label].label, part)

    def over(self, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
        """A grid over the plane that is looked at; the other inputs are held at the picked sample."""
        inputs = len(self.trainer.template.inputs)
        held = self.snapshot.resume.samples.part(self.look.part)[:inputs, self.look.sample]
        grid = np.tile(held, (len(ys), len(xs), 1))
        across, up = self.look.axes
        grid[..., across], grid[..., up] = np.meshgrid(xs, ys)
        return grid

    def plane(self, label: str) -> np.ndarray:
        """The label's values where the shown map has its pixels."""
        plane = self.sight.plane
        assert plane
        return self.trainer.map(self.snapshot, self.nodes[label].label, self.over(plane.xs, plane.ys))


def plain(markup: object) -> str:
    """The text of some markup."""
    return Content.from_markup(str(markup)).plain


class Reader:
    """Reads what the screen has painted."""

    def __init__(self, screen: PlaygroundScreen) -> None:
        self.screen = screen
        self._rows = ["".join(part.text for part in row) for row in screen._compositor.render_strips()]

    def lines(self, widget: Widget) -> list[str]:
        """The lines of a widget's content that are to be seen, scroll bars apart; none where its top is not."""
        if not widget.is_on_screen or not widget.region.area:
            return []
        region, size = widget.content_region, widget.size
        seen = region.intersection(self.screen.find_widget(widget).visible_region)
        if seen.offset != region.offset:
            return []
        return [
            row[seen.x : seen.x + size.width] for row in self._rows[seen.y : seen.y + min(seen.height, size.height)]
        ]

    def text(self, selector: str) -> str:
        return "\n".join(self.lines(self.screen.query_one(selector)))


def check(screen: PlaygroundScreen, idle: bool) -> None:
    """Raises AssertionError where a number on the screen is not the trainer's. `idle` says that nothing is going on."""
    view = screen._seen
    assert view
    truth = None
    if view.run is not None and view.snapshot is not None:
        if idle:
            _check_session(screen, view)
        if view.sight is not None:
            assert view.sight.snapshot is view.snapshot
            truth = Truth(view.run, view.sight)
            _check_sight(view.sight, truth)
            _check_planes(truth)
    if screen.app.screen is screen:  # what is covered is painted when it comes up again
        _check_painted(Reader(screen), view, truth, idle)


def _check_painted(reader: Reader, view: View, truth: Truth | None, idle: bool) -> None:
    screen = reader.screen
    width, height = screen.size
    if width < LEAST[0] or height < LEAST[1]:
        said = " ".join(reader.text("#too-small").split())
        assert said == f"mgrad needs {LEAST[0]} × {LEAST[1]}. This is {width} × {height}.", said
        return
    if view.run is None or view.snapshot is None:
        assert "·" in reader.text("#numbers")
        return
    _check_header(reader, view)
    if idle:
        _check_setup(reader, view)
    if truth is not None:
        _check_tree(reader, view, truth)
        _check_card(screen, view, truth)
        _check_map(screen, truth)
        _check_network(screen, truth)
        _check_watch(reader, truth)
        _check_loss(reader, view, truth)


# ---------------------------------------------------------------- what the session says
def _check_session(screen: PlaygroundScreen, view: View) -> None:
    """Nothing is going on: the trainer stands where the newest moment does, and is what was asked for."""
    session, run = screen.session, view.run
    assert run
    assert session.view() == view, "The screen shows an older moment than there is."
    newest, now = session._timeline[-1], run.trainer.snapshot()
    assert newest.step == now.step == run.trainer.step_count
    assert _same(newest.parameters, now.parameters)
    assert newest.frozen == now.frozen
    assert newest.train == now.train or math.isnan(now.train.loss)
    if view.past_at == 1.0 and "past" not in view.state.value:
        assert view.snapshot is newest
    settings = view.wanted
    assert view.asked == run.asked
    trained = run.trainer
    assert (trained.learning_rate, trained.l1, trained.l2) == (settings.learning_rate, settings.l1, settings.l2)
    assert trained.batch_size == min(settings.batch_size, len(run.dataset.train))
    assert [layer.activation for layer in trained.net.layers[:-1]] == list(settings.activations)
    assert trained.net.sizes[:-1] == list(settings.layers)
    assert trained.dataset is run.dataset
    assert view.dataset is run.dataset


def _check_header(reader: Reader, view: View) -> None:
    snapshot, text = view.snapshot, reader.text("#numbers")
    assert snapshot
    train, test = snapshot.train, snapshot.test
    losses = f"{formats.loss(train.loss)} {formats.loss(test.loss if test else None)}"
    assert f"epoch{formats.count(snapshot.epoch, formats.EPOCH)}   loss {losses}" in text, text
    if view.dataset is not None and view.dataset.problem == "regression":
        success = f"R² {formats.r2(train.r2)} {formats.r2(test.r2 if test else None)}"
    else:
        success = f"acc {formats.accuracy(train.accuracy)} {formats.accuracy(test.accuracy if test else None)} %"
    assert success in text, text
    strip, text = reader.screen.query_one("#strip"), reader.text("#strip")
    if text and not strip.has_class("speaks"):  # a narrow screen has no room for more than what it says
        assert f"step{formats.count(_step(view))} " in text, text


def _step(view: View) -> int:
    assert view.snapshot
    return view.snapshot.step


def _check_setup(reader: Reader, view: View) -> None:
    for row in reader.screen.query(SettingRow):
        lines = reader.lines(row)
        if lines and row.row.number and row.typed is None:
            assert row.row.number.text(view.setup)[:4] in lines[0], lines


def _check_sight(sight: Sight, truth: Truth) -> None:
    """What the looker found, all of one moment."""
    snapshot, found = sight.snapshot, truth.metrics
    assert (snapshot.step, snapshot.epoch, snapshot.frozen) == (found.step, found.epoch, found.frozen)
    assert _equal(_numbers(snapshot), _numbers(found))
    trainer, label = truth.trainer, truth.label
    assert sight.batch
    assert _equal([sight.batch.gradient or 0.0], [truth.over_batch(label).gradient])
    assert repr(sight.health) == repr(trainer.health(snapshot))
    part = sight.answers.part if sight.answers else "train"
    answers = trainer.answers(snapshot, part)
    assert sight.answers
    assert _same(sight.answers.outputs, answers.outputs)
    if answers.confusion is not None:
        assert _same(sight.answers.confusion, answers.confusion)
    place = trainer.place_of(label)
    if place is not None and sight.change is not None:
        assert sight.change == (snapshot.before[place], snapshot.parameters[place])
    elif sight.change is not None:
        # Worked out with all samples at once, in another order than for one: the last bits may differ.
        assert np.isclose(sight.change[1], truth.value(label), rtol=1e-9, atol=1e-12, equal_nan=True)
    if sight.history is not None and place is not None:
        assert sight.history[-1] == snapshot.parameters[place]


def _numbers(snapshot: Snapshot) -> list[float]:
    found = [snapshot.learning_rate]
    for metrics in (snapshot.train, snapshot.test):
        if metrics:
            found += [metrics.loss, math.nan if metrics.accuracy is None else metrics.accuracy]
    return found


# ---------------------------------------------------------------- what the panels say
def _check_tree(reader: Reader, view: View, truth: Truth) -> None:
    tree = reader.screen.query_one(GraphTree)
    first = round(tree.scroll_offset.y)
    for y, line in enumerate(reader.lines(tree)):
        node = tree.get_node_at_line(first + y)
        if node is None or node.data is None or (view.failure and node.data.label == view.failure.label):
            continue
        label = node.data.label
        numbers = f" {formats.value(truth.value(label))} {formats.value(truth.gradient(label))}"
        assert line.endswith(numbers), f"{label}: {line!r} does not end with {numbers!r}"


def _check_card(screen: PlaygroundScreen, view: View, truth: Truth) -> None:
    panel, card = screen.query_one(NodePanel), screen.query_one(CardText)
    if not panel.region.area:
        return
    label, text = truth.label, plain(card.content)
    assert panel.label == label
    if panel.shown == "Node":
        batch = truth.over_batch(label).gradient
        named = {"value": truth.value(label), "gradient": truth.gradient(label), "over batch": batch}
        for name, number in named.items():
            found = re.search(rf"\b{name} +(\S+)", text)
            assert found, (name, text)
            assert found[1] == formats.value(number).strip(), (label, name, text)
    elif panel.shown == "Forward":
        neuron = neuron_of(truth.trainer.net, label)
        if neuron is not None:
            assert text.rstrip().endswith(formats.value(truth.value(neuron.label)).strip()), text
    else:
        gradient = formats.value(truth.over_batch(label).gradient).strip()
        found = re.search(r"gradient +(\S+)", text)
        assert found, text
        assert found[1] == gradient, text


def _check_planes(truth: Truth) -> None:
    """The large map, and the small ones of the neurons."""
    plane, shown, trainer = truth.sight.plane, truth.sight.neurons, truth.trainer
    if plane is None:
        return
    outputs = [node.label for node in trainer.template.outputs]
    if plane.values is not None:
        assert plane.label == truth.mapped
        assert _same(plane.values, truth.plane(truth.mapped))
    elif plane.winners is not None:
        assert plane.margins is not None
        clear = np.nan_to_num(plane.margins) > 1e-6
        winners = np.stack([trainer.map(truth.snapshot, label, truth.over(plane.xs, plane.ys)) for label in outputs])
        assert (winners.argmax(axis=0) == plane.winners)[clear].all()
    labels = [label for label in shown if label in truth.nodes]
    if labels:
        (low, high), (bottom, top) = frame_of(truth.dataset, truth.look.axes)
        small = truth.over(centres(low, high, SMALL[0]), centres(top, bottom, SMALL[1]))
        assert _same(np.stack([shown[label] for label in labels]), trainer.maps(truth.snapshot, labels, small))


def _check_map(screen: PlaygroundScreen, truth: Truth) -> None:
    """What is said of the place under the cursor, or of the picked sample."""
    plane, panel = truth.sight.plane, screen.query_one(MapPanel)
    if plane is None or not panel.region.area or panel.sight is not truth.sight:
        return
    text = plain(panel.border_subtitle)
    said = re.search(r"→ (\S+)$", text)
    frame, points = panel.frame, truth.sight.points
    if truth.look.slope and points is not None:
        which = re.match(r"(test )?sample (\d+) →", text)
        if which and said:
            over = truth.over_batch(truth.mapped, "test" if which[1] else "train")
            assert said[1] == formats.value(over.gradients[int(which[2])]).strip(), text
    elif said and panel.cursor is None:
        assert said[1] == formats.value(truth.value(truth.mapped)).strip(), text
    elif said and panel.cursor is not None and plane.values is not None and plane.values.shape[::-1] == frame.pixels:
        column, row = panel.cursor
        assert said[1] == formats.value(plane.values[2 * row, column]).strip(), text


def _check_network(screen: PlaygroundScreen, truth: Truth) -> None:
    said = re.match(r"(\S+) +(\S+)$", plain(screen.query_one(NetworkPanel).border_subtitle))
    if said and said[1] in truth.nodes and screen.query_one(NetworkPanel).region.area:
        assert said[2] == formats.value(truth.value(said[1])).strip()


def _check_watch(reader: Reader, truth: Truth) -> None:
    watch = reader.screen.query_one(WatchPanel)
    lines = reader.lines(watch)
    for label, line in zip(watch.pins, lines[1:], strict=False):
        if label not in truth.nodes:
            assert line.rstrip().endswith("gone")
        else:
            numbers = f"{formats.value(truth.value(label))} {formats.value(truth.gradient(label))}"
            assert numbers in line, f"{label}: {line!r} does not hold {numbers!r}"


def _check_loss(reader: Reader, view: View, truth: Truth) -> None:
    panel = reader.screen.query_one(LossPanel)
    if not panel.region.area:
        return
    snapshot, text = truth.snapshot, reader.text("#loss")
    if panel.shown == "Loss":
        for name, metrics in (("train", snapshot.train), ("test", snapshot.test)):
            if metrics is not None:
                assert f"{name:<6}{formats.loss(metrics.loss)}" in text, text
    elif panel.shown == "Health":
        for layer in truth.trainer.health(snapshot):
            row = re.search(rf"{layer.name} +(\S+) +(\S+)", text)
            if row:  # there may be no room for all of them
                assert row.groups() == (formats.loss(layer.gradient).strip(), formats.exponent(layer.update).strip())
    elif view.dataset is not None and view.dataset.problem == "classification":
        accuracy = snapshot.train.accuracy
        assert (
            accuracy is None
            or f"{formats.accuracy(accuracy)} %" in text
            or not reader.screen.query_one("AccuracyView CurvePlot").display
        )


def _same(first: np.ndarray | None, second: np.ndarray | None) -> bool:
    return first is not None and second is not None and np.array_equal(first, second, equal_nan=True)


def _equal(first: list[float], second: list[float]) -> bool:
    return _same(np.array(first), np.array(second))
