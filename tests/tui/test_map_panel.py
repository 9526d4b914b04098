"""The map panel by itself: sights of really trained networks go in, pictures and wishes come out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar

import numpy as np
import pytest
from rich.style import Style
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from mgrad.datasets import load
from mgrad.engine import MLP, Trainer
from mgrad.engine.training import Snapshot
from mgrad.tui import formats, map_layout
from mgrad.tui.map_layout import Window
from mgrad.tui.settings import Settings
from mgrad.tui.sight import Answers, Look, Plane, Points, Sight
from mgrad.tui.theme import MGRAD, tokens
from mgrad.tui.view import State, View
from mgrad.tui.widgets.asks import AddPoint, LookAt, PickSample, RemovePoint
from mgrad.tui.widgets.map_canvas import MapCanvas
from mgrad.tui.widgets.map_panel import MapPanel
from mgrad.tui.work import Run

WAYS = {"circle": ((4, 2), 30), "spiral": ((8, 8), 150), "plane": ((4,), 20), "iris": ((5,), 40), "digits": ((16,), 20)}


@cache
def trained(name: str, activation: str = "tanh") -> Run:
    """A network that has learned for a while; the same one for all tests that ask for it."""
    dataset = load(name)
    layers, epochs = WAYS[name]
    classes = len(dataset.classes)
    outputs = classes if classes > 2 else 1
    last = "tanh" if classes == 2 else "linear"
    net = MLP(len(dataset.features), [*layers, outputs], activation=activation, output=last, seed=4)
    loss = "softmax" if outputs > 1 else "mse"
    trainer = Trainer(net, dataset, loss=loss, optimizer="adam", learning_rate=0.01, executor="numpy")
    trainer.run(epochs=epochs)
    settings = Settings(data=name, layers=layers)
    return Run(settings, settings, dataset, trainer)


def grid_of(run: Run, look: Look, pixels: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Middles of pixels, and the inputs at each of them: all but two are held at the sample that is looked at."""
    inputs = run.dataset.train.inputs
    (left, right), (low, high) = (
        (-6.0, 6.0) if len(run.dataset.features) == 2 else (inputs[:, axis].min() - 0.2, inputs[:, axis].max() + 0.2)
        for axis in look.axes
    )
    xs, ys = map_layout.centres(left, right, pixels[0]), map_layout.centres(high, low, pixels[1])
    grid = np.tile(inputs[look.sample], (len(ys), len(xs), 1))
    grid[..., look.axes[0]], grid[..., look.axes[1]] = xs[None, :], ys[:, None]
    return xs, ys, grid


def values_of(run: Run, snapshot: Snapshot, labels: list[str], grid: np.ndarray) -> np.ndarray:
    """Nodes over raw inputs (..., inputs), evaluated by hand: one operation after another."""
    net, template = run.trainer.net, run.trainer.template
    numbers = zip(net.parameters(), snapshot.parameters, strict=True)
    known: dict[int, Any] = {id(node): number for node, number in numbers}
    known |= {id(node): grid[..., i] for i, node in enumerate(template.inputs)}
    for node in template.loss.nodes():
        if id(node) in known:
            continue
        operands = [known[id(operand)] for operand in node.operands]
        if node.operation is None:
            known[id(node)] = node.data
        elif node.operation.name in ("add", "sub", "mul"):  # these take arrays as they are
            known[id(node)] = node.operation.forward(*operands)
        else:
            known[id(node)] = np.vectorize(node.operation.forward, otypes=[float])(*operands)
    return np.array([np.broadcast_to(known[id(template.loss[label])], grid.shape[:-1]) for label in labels])


def output_labels(run: Run) -> list[str]:
    return [node.label for node in run.trainer.template.outputs]


def plane_of(run: Run, snapshot: Snapshot, look: Look, pixels: tuple[int, int]) -> Plane:
    xs, ys, grid = grid_of(run, look, pixels)
    captions = run.dataset.captions[look.axes[0]], run.dataset.captions[look.axes[1]]
    outputs = output_labels(run)
    if look.label or len(outputs) == 1:
        label = look.label or outputs[0]
        return Plane(label, xs, ys, captions, values_of(run, snapshot, [label], grid)[0])
    heights = values_of(run, snapshot, outputs, grid)
    first, second = np.sort(heights, axis=0)[[-1, -2]]
    return Plane("output", xs, ys, captions, None, heights.argmax(axis=0), np.tanh((first - second) / 2))


def answers_of(run: Run, snapshot: Snapshot, part: str) -> Answers:
    columns, inputs = getattr(run.trainer.samples, part), len(run.dataset.features)
    outputs, wanted = values_of(run, snapshot, output_labels(run), columns[:inputs].T), columns[inputs:]
    several = len(outputs) > 1
    right = outputs.argmax(axis=0) == wanted.argmax(axis=0) if several else outputs[0] * wanted[0] > 0
    return Answers(part, outputs, wanted, right if run.dataset.classes else None, None)


def points_of(run: Run, snapshot: Snapshot, look: Look) -> Points:
    parts = run.dataset.train, run.dataset.test
    inputs, targets = (np.concatenate([getattr(part, name) for part in parts]) for name in ("inputs", "targets"))
    classes = len(run.dataset.classes)
    answers = [answers_of(run, snapshot, part) for part in ("train", "test")]
    right = np.concatenate([each.right for each in answers if each.right is not None]) if classes else None
    index = np.concatenate([np.arange(len(part)) for part in parts])
    test = np.arange(len(index)) >= len(parts[0])
    gradient = None
    if look.slope:
        label = look.label or output_labels(run)[0]
        slopes = [run.trainer.inspect(snapshot, i).gradient(label) for i in range(len(parts[0]))]
        gradient = np.concatenate([slopes, np.zeros(len(parts[1]))])
    wanted = (targets > 0).astype(float) if classes == 2 else targets
    return Points(inputs[:, look.axes[0]], inputs[:, look.axes[1]], wanted, classes, right, test, index, gradient)


def view_of(run: Run | None, look: Look | None = None, pixels: tuple[int, int] = (40, 40)) -> View:
    """What the session would hand out; without a run, what there is before the first one."""
    look = look or Look()
    settings = run.settings if run else Settings()
    data = run.dataset if run else None
    view = View(State.PAUSED, False, settings, None, None, data, run, None, None, None, 0.0, settings, settings, look)
    if run is None:
        return view
    snapshot = run.trainer.snapshot()
    picture = None
    if run.dataset.name == "digits":
        picture = run.dataset.train.inputs[look.sample].reshape(8, 8)
    sight = Sight(
        look,
        snapshot,
        run.trainer.inspect(snapshot, look.sample),
        plane_of(run, snapshot, look, pixels),
        points_of(run, snapshot, look),
        picture,
        answers=answers_of(run, snapshot, look.part),
    )
    return replace(view, snapshot=snapshot, sight=sight)


class MapApp(App[None]):
    """One map on the whole screen; it keeps every wish."""

    CSS = """
    Screen { background: $background; color: $ink; }
    .panel { border: round $line; border-title-style: none; border-subtitle-color: $quiet; }
    .panel:focus { border: round $primary; }
    """
    CSS_PATH: ClassVar = [__import__("mgrad.tui.widgets.map_panel", fromlist=["_"]).__file__.replace(".py", ".tcss")]
    AUTO_FOCUS = "MapPanel"

    def __init__(self, view: View) -> None:
        super().__init__()
        self.register_theme(MGRAD)
        self.theme = MGRAD.name
        self.view = view
        self.wishes: list[Any] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return tokens(self.get_theme(self.theme) or MGRAD)

    def compose(self) -> ComposeResult:
        yield MapPanel()

    def on_mount(self) -> None:
        self.query_one(MapPanel).show(self.view)

    def on_pick_sample(self, wish: PickSample) -> None:
        self.wishes.append(wish)

    def on_add_point(self, wish: AddPoint) -> None:
        self.wishes.append(wish)

    def on_remove_point(self, wish: RemovePoint) -> None:
        self.wishes.append(wish)

    def on_look_at(self, wish: LookAt) -> None:
        self.wishes.append(wish)

    def show_values(self, values: np.ndarray) -> None:
        """The same moment with other values on the plane."""
        assert self.view.sight is not None
        assert self.view.sight.plane is not None
        plane = replace(self.view.sight.plane, values=values)
        self.view = replace(self.view, sight=replace(self.view.sight, plane=plane))
        self.query_one(MapPanel).show(self.view)


@asynccontextmanager
async def opened(view: View, size: tuple[int, int] = (46, 24)) -> AsyncIterator[tuple[MapApp, MapPanel, Pilot[None]]]:
    app = MapApp(view)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, app.query_one(MapPanel), pilot


def values_in(view: View) -> np.ndarray:
    """The values on the plane of a view."""
    assert view.sight is not None
    assert view.sight.plane is not None
    assert view.sight.plane.values is not None
    return view.sight.plane.values


def points_in(view: View) -> Points:
    assert view.sight is not None
    assert view.sight.points is not None
    return view.sight.points


def picture(panel: MapPanel) -> list[str]:
    """What is on the canvas, line by line."""
    canvas = panel.query_one(MapCanvas)
    return [canvas.render_line(y).text for y in range(canvas.size.height)]


def cell_of(panel: MapPanel, x: float, y: float) -> tuple[int, int]:
    """The cell (column, row) of the plane that holds a point."""
    assert panel.sight is not None
    assert panel.sight.plane is not None
    columns, rows = Window.of(panel.sight.plane).cells(np.array([x]), np.array([y]), panel.frame)
    return int(columns[0]), int(rows[0])


def offset_of(panel: MapPanel, cell: tuple[int, int]) -> tuple[int, int]:
    """Where a cell of the plane is on the panel, for a click."""
    return panel.frame.left + cell[0] + 1, panel.frame.top + cell[1] + 1


def letter_at(panel: MapPanel, x: float, y: float) -> str:
    column, row = cell_of(panel, x, y)
    return picture(panel)[panel.frame.top + row][panel.frame.left + column]


# ---------------------------------------------------------------- sizes
@pytest.mark.parametrize("size", [(10, 5), (3, 3), (2, 2), (17, 9), (24, 40), (46, 24), (120, 12), (200, 60)])
@pytest.mark.parametrize("name", [None, "spiral", "iris", "plane", "digits"])
async def test_it_is_whole_at_any_size(size: tuple[int, int], name: str | None) -> None:
    view = view_of(trained(name) if name else None, Look(show_test=True), pixels=(8, 8))

    async with opened(view, size) as (_, panel, pilot):
        await pilot.press("right", "shift+up", "enter", "v", "a")
        canvas = panel.query_one(MapCanvas)

        assert all(canvas.render_line(y).cell_length == canvas.size.width for y in range(canvas.size.height))


@pytest.mark.parametrize(("size", "pixels"), [((46, 24), (40, 40)), ((42, 20), (32, 32)), ((200, 60), (112, 112))])
async def test_the_plane_is_square_and_grows(size: tuple[int, int], pixels: tuple[int, int]) -> None:
    async with opened(view_of(trained("circle")), size) as (_, panel, _):
        assert panel.pixels == pixels


async def test_a_resize_shows_the_old_plane_in_the_new_size() -> None:
    async with opened(view_of(trained("circle"))) as (_, panel, pilot):
        await pilot.resize_terminal(70, 40)

        assert panel.pixels == (64, 64)
        assert letter_at(panel, -6, -6) in " ▀"


# ---------------------------------------------------------------- what is drawn
async def test_wrong_points_are_capitals() -> None:
    view = view_of(trained("spiral"))
    points = points_in(view)
    assert points.right is not None
    wrong = np.flatnonzero(~points.right & ~points.test)
    assert len(wrong)

    async with opened(view) as (_, panel, _):
        letters = {letter_at(panel, points.x[i], points.y[i]) for i in wrong}

    assert letters <= {"O", "X"}


async def test_test_points_are_shown_when_asked_for() -> None:
    async with opened(view_of(trained("spiral"))) as (_, panel, _):
        assert not any(mark in line for line in picture(panel) for mark in "◦×○╳")

    async with opened(view_of(trained("spiral"), Look(show_test=True))) as (_, panel, _):
        assert any("◦" in line for line in picture(panel)[:-1])
        assert "◦× test" in picture(panel)[-1]


async def test_the_picked_sample_is_white_on_black() -> None:
    view = view_of(trained("circle"), Look(sample=7))
    x, y = trained("circle").dataset.train.inputs[7]

    async with opened(view) as (_, panel, _):
        column, row = cell_of(panel, x, y)
        line = panel.query_one(MapCanvas).render_line(panel.frame.top + row)
        left = panel.frame.left + column
        (segment,) = line.crop(left, left + 1)

        assert line.text[left - 1 : left + 2] in ("▐o▌", "▐x▌")
        assert segment.style is not None
        assert segment.style == Style(color="#ffffff", bgcolor="#000000", bold=True)


async def test_discretise_leaves_two_colours() -> None:
    run = trained("circle")
    async with opened(view_of(run, Look(discretise=True))) as (_, panel, _):
        line = panel.query_one(MapCanvas).render_line(0)
        styles = [segment.style for segment in line.crop(4, 43)]
        grounds = {style.bgcolor.name for style in styles if style and style.bgcolor}

    assert grounds <= {"#f59322", "#0877bd"}


async def test_numbers_that_are_not_finite_are_hatched() -> None:
    async with opened(view_of(trained("circle"))) as (app, panel, pilot):
        values = values_in(app.view).copy()
        values[:4] = np.nan
        app.show_values(values)
        await pilot.pause()

        assert picture(panel)[0].count("╱") == 40


@pytest.mark.parametrize("activation", ["relu", "linear"])
async def test_a_node_without_bounds_gets_a_scale_of_its_own(activation: str) -> None:
    view = view_of(trained("circle", activation), Look(label="layer1.neuron1"))

    async with opened(view) as (_, panel, _):
        number = picture(panel)[-1].split()[0].removeprefix("−")

    assert 0.4 < np.abs(values_in(view)).max() / float(number) < 2.5


async def test_gradients_lie_on_a_dimmed_plane() -> None:
    view = view_of(trained("circle"), Look(slope=True, sample=3))
    gradient = points_in(view).gradient
    assert gradient is not None

    async with opened(view) as (_, panel, _):
        assert any("●" in line for line in picture(panel)[:-1])
        assert panel.border_subtitle == f"sample 3 → {formats.value(gradient[3]).strip()}"
        assert "[b $ink]gradient" in panel.border_title


async def test_several_classes_have_letters_and_names() -> None:
    view = view_of(trained("iris"), Look(axes=(2, 3), sample=5))

    async with opened(view, (60, 26)) as (_, panel, _):
        lines = picture(panel)

        assert "s setosa  v versicolor  i virginica" in lines[-3]
        assert "petal length (cm)" in lines[-2]
        assert "others as in sample 5" in lines[-1]
        assert letter_at(panel, *trained("iris").dataset.train.inputs[0, 2:]) in "sviSVI"


async def test_numbers_to_predict_are_dots() -> None:
    async with opened(view_of(trained("plane"))) as (_, panel, _):
        assert sum(line.count("•") for line in picture(panel)) > 100


async def test_a_digit_is_shown_as_its_picture() -> None:
    async with opened(view_of(trained("digits"), Look(sample=12), pixels=(8, 8))) as (_, panel, pilot):
        assert "truth" in picture(panel)[-2]
        assert panel.border_subtitle == "sample 12"

        await pilot.press("v")

        assert "rest: sample 12" in picture(panel)[-1]


async def test_without_colour_a_sign_is_a_glyph(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async with opened(view_of(trained("circle"))) as (_, panel, _):
        plane = "".join(picture(panel)[:-2])

    assert {"+", "−", "o", "x"} <= set(plane)


# ---------------------------------------------------------------- drawing only what is new
async def test_the_same_sight_is_drawn_once() -> None:
    async with opened(view_of(trained("circle"))) as (app, panel, pilot):
        drawn = panel.query_one(MapCanvas).drawn
        for _ in range(5):
            panel.show(app.view)
            await pilot.pause()

        assert panel.query_one(MapCanvas).drawn == drawn


# ---------------------------------------------------------------- cursor
async def test_the_cursor_reads_the_plane() -> None:
    view = view_of(trained("circle"), pixels=(40, 40))

    async with opened(view) as (_, panel, pilot):
        await pilot.press("right", "right", "shift+up", "left")
        assert panel.cursor is not None
        column, row = panel.cursor

        assert str(panel.border_subtitle).endswith(formats.value(values_in(view)[2 * row, column]).strip())
        assert "│" in "".join(picture(panel))

        await pilot.press("escape")

        assert panel.cursor is None


async def test_the_mouse_reads_and_picks() -> None:
    view = view_of(trained("circle"), pixels=(40, 40))

    async with opened(view) as (app, panel, pilot):
        await pilot.hover(MapPanel, offset=offset_of(panel, (10, 4)))
        assert panel.cursor == (10, 4)
        assert str(panel.border_subtitle).endswith(formats.value(values_in(view)[8, 10]).strip())

        x, y = trained("circle").dataset.train.inputs[20]
        await pilot.click(MapPanel, offset=offset_of(panel, cell_of(panel, x, y)))
        (wish,) = app.wishes

        assert cell_of(panel, *trained("circle").dataset.train.inputs[wish.index]) == cell_of(panel, x, y)


async def test_enter_picks_the_sample_beside_the_cursor() -> None:
    async with opened(view_of(trained("circle"), Look(sample=7))) as (app, _, pilot):
        await pilot.press("enter", "enter")  # the first one brings the cursor up, at the picked sample

        assert app.wishes
        assert isinstance(app.wishes[0], PickSample)


async def test_keys_add_and_remove_points() -> None:
    async with opened(view_of(trained("circle"), Look(sample=7))) as (app, panel, pilot):
        await pilot.press("right", "shift+right", "a", "A", "delete")
        plus, minus, removed = app.wishes

        assert (plus.klass, minus.klass) == (1, 0)
        assert cell_of(panel, plus.x, plus.y) == panel.cursor
        assert isinstance(removed, RemovePoint)


async def test_a_class_in_the_key_is_a_brush() -> None:
    async with opened(view_of(trained("circle"))) as (app, panel, pilot):
        row = panel.frame.top + panel.frame.rows + 1
        await pilot.click(MapPanel, offset=(picture(panel)[row].index("x +1") + 1, row + 1))
        assert panel.border_subtitle.startswith("click adds +1")

        await pilot.click(MapPanel, offset=offset_of(panel, (3, 2)))
        await pilot.click(MapPanel, offset=offset_of(panel, (3, 2)), button=3)

    added, removed = app.wishes
    assert isinstance(added, AddPoint)
    assert added.klass == 1
    assert isinstance(removed, RemovePoint)


async def test_axes_are_chosen_by_keys_and_clicks() -> None:
    async with opened(view_of(trained("iris")), (60, 26)) as (app, panel, pilot):
        await pilot.press("x", "y")
        row = panel.frame.top + panel.frame.rows + 2
        await pilot.click(MapPanel, offset=(picture(panel)[row].index("›") + 1, row + 1))

        assert [wish.changes for wish in app.wishes] == [{"axes": (2, 1)}, {"axes": (2, 3)}, {"axes": (0, 3)}]


async def test_with_two_inputs_y_is_left_to_others() -> None:
    async with opened(view_of(trained("circle"))) as (app, _, pilot):
        await pilot.press("x", "y", "v")

        assert not app.wishes


async def test_the_word_gradient_is_a_switch() -> None:
    async with opened(view_of(trained("circle"))) as (app, panel, pilot):
        await pilot.click(MapPanel, offset=(18, 0))
        panel.action_slope()
        await pilot.pause()

        assert app.wishes[0].changes == {"slope": True}
        assert len(app.wishes) == 2
