"""The network panel by itself: what it draws, and what it asks for when it is used by keys and by mouse."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from textual.pilot import Pilot

from mgrad.engine.commands import Edit, Freeze
from mgrad.tui.network_layout import HEAD
from mgrad.tui.screens.playground import PlaygroundScreen
from mgrad.tui.settings import Settings, build, complete, load_data
from mgrad.tui.sight import Look
from mgrad.tui.widgets.asks import ChangeSetup
from mgrad.tui.widgets.network_panel import NetworkPanel
from mgrad.tui.work import Run
from tests.tui.panel_app import PanelApp, lines_of

SPIRAL = Settings(data="spiral", layers=(8, 8), output="tanh", optimizer="adam", learning_rate=0.01)


@cache
def trained(settings: Settings = SPIRAL, epochs: int = 10) -> Run:
    """A network that has learned for a while; the same one for all tests that ask for it."""
    dataset = load_data(settings)
    trainer = build(settings, dataset, executor="numpy")
    trainer.run(epochs=epochs)
    return Run(settings, complete(settings, dataset), dataset, trainer)


class NetworkApp(PanelApp):
    """The panel alone, over the whole screen."""

    CSS = "#network { display: block; }"

    def on_change_setup(self, event: ChangeSetup) -> None:
        self.asked.append(event)

    @property
    def panel(self) -> NetworkPanel:
        return self.query_one(NetworkPanel)

    @property
    def wanted(self) -> Settings:
        """The settings that were asked for last."""
        return [event.setup.settings for event in self.asked if isinstance(event, ChangeSetup)][-1]

    @property
    def picture(self) -> list[str]:
        return lines_of(self, "#network")


@asynccontextmanager
async def opened(
    run: Run | None = None, label: str = "", size: tuple[int, int] = (80, 37)
) -> AsyncIterator[tuple[NetworkApp, NetworkPanel, Pilot[None]]]:
    run = run or trained()
    app = NetworkApp(NetworkPanel, run, [run.trainer.snapshot()], Look(label=label, network=True))
    async with app.run_test(size=size) as pilot:
        app.panel.focus()
        app.pull()
        await pilot.pause()
        yield app, app.panel, pilot


def screen_place(panel: NetworkPanel, label: str) -> tuple[int, int]:
    """Where on the panel, with its border, the middle of a neuron or an input is."""
    layout = panel.layout_now
    assert layout
    place = layout.find(label)
    assert place
    cell = layout.cell(place)
    return 1 + cell.x + 3 - int(panel.scroll_x), 1 + HEAD + cell.middle - int(panel.scroll_y)


def head_place(panel: NetworkPanel, name: str, kind: str) -> tuple[int, int]:
    assert panel.layout_now
    spot = next(spot for spot in panel.layout_now.heads if (spot.name, spot.kind) == (name, kind))
    return 1 + spot.region.x + 1, 1 + spot.region.y


# ---------------------------------------------------------------- what is drawn
async def test_columns_have_heads_and_neurons_have_numbers() -> None:
    async with opened() as (app, _, _):
        lines = app.picture

    assert " ".join(lines[0].split()) == "inputs layer1 layer2 output"
    assert " ".join(lines[1].split()) == "2 of 7 ‹ 8 › tanh ▾ ‹ 8 › tanh ▾ 1 tanh ▾"
    assert "■ x1" in "\n".join(lines)
    assert "□ sin x2" in "\n".join(lines)
    assert sum(line.count("▪") for line in lines) == 17
    assert f"loss 0.{int(trained().trainer.snapshot().train.loss * 1e4 + 0.5):04d}" in "\n".join(lines)


async def test_the_chosen_neuron_is_framed_with_its_number() -> None:
    async with opened(label="layer2.neuron3.w5") as (app, _, _):
        assert sum(line.count("╭3──────╮") for line in app.picture) == 1


async def test_an_only_output_is_chosen_where_nothing_else_is() -> None:
    async with opened() as (app, panel, _):
        assert panel.label == "layer3.neuron1"
        assert any("╭──────────────╮" in line for line in app.picture)


async def test_every_link_on_screen_is_that_of_a_weight() -> None:
    async with opened() as (_, panel, _):
        known = {node.label for node in trained().trainer.net.parameters()}
        found = {panel.label_at(x, y) for x in range(78) for y in range(HEAD, 35)}

    weights = {label for label in found if ".w" in label}
    assert len(weights) > 40
    assert weights <= known


async def test_frozen_neurons_have_a_sign() -> None:
    run = trained()
    trainer = build(run.asked, run.dataset, executor="numpy")
    trainer.ask(Freeze(("layer1.neuron4.w1",)))
    trainer.apply()

    async with opened(replace(run, trainer=trainer)) as (app, panel, _):
        x, y = screen_place(panel, "layer1.neuron4")
        assert app.picture[y][x + 3] == "z"  # the picture has no border, the place has
        assert "z frozen" in str(panel.border_subtitle)


async def test_neurons_that_do_nothing_have_a_sign() -> None:
    run = trained(replace(SPIRAL, activation="relu"))
    trainer = build(run.asked, run.dataset, executor="numpy")
    for name in ("w1", "w2", "b"):
        trainer.ask(Edit(f"layer1.neuron4.{name}", -5.0 if name == "b" else 0.0))
    trainer.apply()

    async with opened(replace(run, trainer=trainer)) as (app, panel, _):
        x, y = screen_place(panel, "layer1.neuron4")
        assert app.picture[y - 2][x + 3] == "!"
        assert "dead" in str(panel.border_subtitle)


async def test_the_same_sight_is_drawn_once_and_a_new_choice_at_once() -> None:
    async with opened() as (app, panel, pilot):
        view = app.pull()
        await pilot.pause()
        drawn = panel.drawn
        for _ in range(5):
            panel.show(view)
            await pilot.pause()
        assert panel.drawn == drawn

        panel.show(replace(view, look=replace(view.look, label="layer1.neuron2")))  # its sight comes later
        await pilot.pause()
        assert panel.drawn == drawn + 1
        assert any("╭2──────╮" in line for line in app.picture)


async def test_what_was_on_screen_stays_until_there_is_something_else_to_see() -> None:
    async with opened() as (app, panel, pilot):
        before = app.picture
        other = trained(replace(SPIRAL, layers=(3,)), 1)
        wanted = replace(app.pull(), run=other, snapshot=other.trainer.snapshot(), sight=None, wanted=other.settings)
        panel.show(wanted)
        await pilot.pause()

        assert app.picture[2:] == before[2:]
        assert "‹ 3 ›" in app.picture[1]


async def test_a_redraw_of_two_layers_of_eight_is_quick() -> None:
    async with opened() as (app, panel, pilot):
        seconds = []
        for i in range(12):
            app.pull(label=f"layer1.neuron{i % 8 + 1}")
            start = time.perf_counter()
            panel.render_line(0)
            seconds.append(time.perf_counter() - start)
            await pilot.pause()

    assert min(seconds) < 0.05  # a few milliseconds on a machine that does nothing else


NETWORKS = {
    "no layer": Settings(layers=()),
    "wide": Settings(layers=(64,)),
    "digits": Settings(data="digits", layers=(6,)),
    "three classes": Settings(data="iris", layers=(5,)),
    "deep": Settings(data="plane", layers=(8,) * 8, activation="relu"),
    "one each": Settings(layers=(1, 1), features=("sin x1",)),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("size", [(80, 37), (80, 21), (130, 57), (30, 8)])
async def test_any_network_is_drawn_and_walked(name: str, size: tuple[int, int]) -> None:
    async with opened(trained(NETWORKS[name], 1), size=size) as (app, panel, pilot):
        for key in ("left", "down", "down", "right", "right", "up", "w", "left", "left", "left"):
            await pilot.press(key)
            await pilot.pause()

        assert app.chosen()
        assert panel.drawn
        assert len(app.picture[0]) == size[0] - 2


async def test_the_chosen_neuron_is_scrolled_to() -> None:
    async with opened(trained(NETWORKS["wide"], 1), size=(80, 21)) as (app, panel, pilot):
        app.pull(label="layer1.neuron60")
        await pilot.pause()

        assert any("╭60─────╮" in line for line in app.picture)
        assert "layer1" in app.picture[0]
        assert panel.scroll_y > 200


async def test_without_colour_signs_are_glyphs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async with opened() as (app, _, _):
        text = "".join(app.picture)

    assert {"+", "−", "▪", "▫"} <= set(text)


async def test_numbers_that_are_not_finite_are_hatched() -> None:
    async with opened(label="layer1.neuron1") as (app, panel, pilot):
        view = app.pull()
        assert view.sight
        assert view.snapshot
        bad = {label: np.full_like(values, np.nan) for label, values in view.sight.neurons.items()}
        snapshot = replace(view.snapshot, parameters=np.full_like(view.snapshot.parameters, np.inf))
        panel.show(replace(view, snapshot=snapshot, sight=replace(view.sight, snapshot=snapshot, neurons=bad)))
        await pilot.pause()

        assert any("╱" * 7 in line for line in app.picture)


@pytest.mark.parametrize("theme", ["textual-light", "nord", "ansi-dark"])
async def test_every_theme_will_do(theme: str) -> None:
    async with opened() as (app, panel, pilot):
        drawn = panel.drawn
        app.theme = theme
        await pilot.pause()
        app.pull()
        await pilot.pause()

        assert panel.drawn > drawn


async def test_a_digit_is_seen_and_first_neurons_show_their_weights() -> None:
    async with opened(trained(NETWORKS["digits"], 1)) as (app, panel, pilot):
        assert any("64 inputs" in line for line in app.picture)
        await pilot.press("left", "left")
        await pilot.pause()
        await pilot.press("down")
        await pilot.pause()

        assert app.chosen()[-1] == "x2"
        assert panel.label == "x2"


# ---------------------------------------------------------------- keys
async def test_arrows_walk_over_neurons_and_inputs() -> None:
    async with opened() as (app, _, pilot):
        for key in ("left", "down", "up", "up", "left", "left", "left", "right"):
            await pilot.press(key)
            await pilot.pause()

    assert app.chosen() == [
        "layer2.neuron4", "layer2.neuron5", "layer2.neuron4", "layer2.neuron3", "layer1.neuron3", "x2", "x2",
        "layer1.neuron2",
    ]  # fmt: skip


async def test_w_walks_over_the_weights_and_the_bias_of_a_neuron() -> None:
    async with opened(label="layer1.neuron2") as (app, _, pilot):
        for _ in range(4):
            await pilot.press("w")
            await pilot.pause()

    assert app.chosen() == [f"layer1.neuron2.{name}" for name in ("w1", "w2", "b", "w1")]


@pytest.mark.parametrize(
    ("label", "key", "layers"),
    [
        ("layer1.neuron2", "plus", (9, 8)),
        ("layer2.neuron2.w3", "minus", (8, 7)),
        ("", "plus", (8, 8, 8)),
        ("x1", "minus", (8,)),
        ("loss", "minus", (8,)),
    ],
)
async def test_plus_and_minus_change_the_chosen_layer_or_else_the_layers(
    label: str, key: str, layers: tuple[int, ...]
) -> None:
    async with opened(label=label) as (app, _, pilot):
        await pilot.press(key)

        assert app.wanted.layers == layers


async def test_an_input_that_is_off_can_be_reached_and_fed() -> None:
    async with opened(label="x2") as (app, panel, pilot):
        await pilot.press("down", "down")
        assert app.chosen() == []  # it is no node as long as it is not fed
        assert any("╰□ x2²" in line for line in app.picture)

        await pilot.press("enter")
        assert app.wanted.features == ("x1", "x2", "x2²")

        app.run_shown = trained(app.wanted, 1)
        app.moments = (app.run_shown.trainer.snapshot(),)
        app.pull()
        await pilot.pause()
        assert app.chosen() == ["x2²"]
        assert panel.label == "x2²"


async def test_enter_takes_the_chosen_input_away_and_the_keys_stay_there() -> None:
    async with opened(label="x1") as (app, _, pilot):
        await pilot.press("enter")
        assert app.wanted.features == ("x2",)

        app.run_shown = trained(app.wanted, 1)
        app.moments = (app.run_shown.trainer.snapshot(),)
        app.pull(label="")
        await pilot.pause()
        assert any("□ x1" in line for line in app.picture)


async def test_a_lists_the_activations_of_the_chosen_layer() -> None:
    async with opened(label="layer2.neuron1") as (app, _, pilot):
        await pilot.press("a", "up", "enter")
        await pilot.pause()

        assert app.wanted.activations[0] == "tanh"
        assert app.wanted.activations[1] != "tanh"


# ---------------------------------------------------------------- the mouse
@pytest.mark.parametrize("label", ["layer1.neuron5", "layer3.neuron1", "x2"])
async def test_a_click_chooses_a_neuron_or_an_input(label: str) -> None:
    async with opened(label="layer1.neuron1") as (app, panel, pilot):
        await pilot.click(NetworkPanel, offset=screen_place(panel, label))

        assert app.chosen() == [label]


async def test_a_click_on_the_little_square_chooses_the_bias() -> None:
    async with opened() as (app, panel, pilot):
        x, y = screen_place(panel, "layer1.neuron5")
        await pilot.click(NetworkPanel, offset=(x - 4, y + 1))

        assert app.chosen() == ["layer1.neuron5.b"]


async def test_a_click_on_a_link_chooses_its_weight_and_the_mouse_over_it_reads_it() -> None:
    async with opened() as (app, panel, pilot):
        x, y = next((x, y) for y in range(5, 30) for x in range(78) if panel.label_at(x, y) == "layer2.neuron3.w3")
        await pilot.hover(NetworkPanel, offset=(x + 1, y + 1))
        assert "layer2.neuron3.w3" in str(panel.border_subtitle)

        await pilot.click(NetworkPanel, offset=(x + 1, y + 1))
        assert app.chosen() == ["layer2.neuron3.w3"]


async def test_a_click_on_an_input_turns_it_on_or_off() -> None:
    async with opened() as (app, panel, pilot):
        x, y = screen_place(panel, "x1x2")
        await pilot.click(NetworkPanel, offset=(x, y + 2))
        assert app.wanted.features == ("x1", "x2", "x1x2")

        x, y = screen_place(panel, "x1")
        await pilot.click(NetworkPanel, offset=(x - 3, y + 2))
        assert app.wanted.features == ("x2", "x1x2")


async def test_heads_are_steppers_and_lists() -> None:
    async with opened() as (app, panel, pilot):
        await pilot.click(NetworkPanel, offset=head_place(panel, "layer1", "more"))
        assert app.wanted.layers == (9, 8)

        await pilot.click(NetworkPanel, offset=head_place(panel, "layer2", "less"))
        assert app.wanted.layers == (9, 7)

        await pilot.click(NetworkPanel, offset=head_place(panel, "output", "list"))
        await pilot.press("down", "enter")
        await pilot.pause()
        assert app.wanted.output != "tanh"


async def test_the_border_has_a_stepper_for_layers() -> None:
    async with opened() as (app, panel, pilot):
        width, height = panel.outer_size
        await pilot.click(NetworkPanel, offset=(width - 10, height - 1))
        assert app.wanted.layers == (8, 8, 8)

        await pilot.click(NetworkPanel, offset=(width - 14, height - 1))
        assert app.wanted.layers == (8, 8)


# ---------------------------------------------------------------- in the playground
async def test_choosing_here_chooses_everywhere(open_playground, wait_until) -> None:
    async with open_playground() as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, PlaygroundScreen)
        await pilot.press("2", "left", "w")
        await wait_until(lambda: screen.session.idle)

        view = screen.session.view()
        assert view.look.label.startswith("layer2.neuron")
        assert view.look.label.endswith(".w1")
        assert view.sight
        assert view.sight.plane
        assert view.sight.plane.label == view.look.label


async def test_a_network_is_grown_here(open_playground, wait_until) -> None:
    async with open_playground() as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, PlaygroundScreen)
        await pilot.press("2", "left", "plus", "plus")
        await wait_until(lambda: screen.session.idle)
        screen.pull()
        await pilot.pause()

        layout = screen.query_one(NetworkPanel).layout_now
        assert layout
        assert [len(column.cells) for column in layout.columns] == [7, 4, 4, 1]


async def test_moves_count_though_the_answer_to_the_one_before_is_not_there_yet() -> None:
    async with opened(label="layer2.neuron3") as (app, panel, pilot):
        app.follows = False
        panel.action_move(-1, 0)
        panel.action_move(0, 1)
        await pilot.pause()

        assert app.chosen() == ["layer1.neuron3", "layer1.neuron4"]


async def test_plus_counts_as_often_as_it_is_pressed() -> None:
    async with opened(label="layer1.neuron3") as (app, panel, pilot):
        panel.action_count(1)
        panel.action_count(1)
        await pilot.pause()

        assert app.wanted.layers == (10, 8)
