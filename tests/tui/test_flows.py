"""What a person does with a network, from key to number: choose, edit, freeze, undo, copy, go back, bring own data."""

from pathlib import Path

import numpy as np
import pytest
from textual.widgets import DataTable, Input, Static

from mgrad.tui import wishes
from mgrad.tui.app import PlaygroundApp
from mgrad.tui.screens.edit import EditScreen
from mgrad.tui.screens.own_data import OwnDataScreen
from mgrad.tui.settings import Settings
from mgrad.tui.view import State
from mgrad.tui.widgets.graph_tree import FROZEN, GraphTree
from mgrad.tui.widgets.loss_panel import LossPanel
from mgrad.tui.widgets.map_panel import MapPanel
from mgrad.tui.widgets.watch_panel import MOST_PINS, WatchPanel
from tests.tui.driver import Driver, Open, WaitUntil

WEIGHT = "layer1.neuron2.w1"


async def test_a_node_that_is_chosen_anywhere_is_chosen_everywhere(
    open_playground: Open, wait_until: WaitUntil
) -> None:
    async with open_playground() as pilot:
        drive = Driver(pilot, wait_until)
        await drive.press("n", "2", "left")
        label = drive.session.view().look.label

        assert label == "layer2.neuron1" or label == "layer2.neuron2"
        assert drive.sight.plane
        assert drive.sight.plane.label == label
        assert label in drive.card()
        await drive.press("1")
        here = drive.screen.query_one(GraphTree).here
        assert here
        assert here.label == label


async def test_what_if_this_weight_were_0(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        drive = Driver(pilot, wait_until)
        await drive.press("n")
        await drive.choose(WEIGHT)
        before = drive.sight.inspection.value("loss")
        await pilot.press("e")
        assert isinstance(pilot.app.screen, EditScreen)
        await pilot.press("0", "enter")
        await drive.settle()

        assert drive.sight.inspection.value(WEIGHT) == 0.0
        assert drive.sight.inspection.value("loss") != before
        assert f"{WEIGHT}: " in drive.strip()

        await drive.press("u")
        assert drive.sight.inspection.value("loss") == before


async def test_a_text_that_is_no_number_is_said_where_it_was_typed(
    open_playground: Open, wait_until: WaitUntil
) -> None:
    async with open_playground() as pilot:
        drive = Driver(pilot, wait_until)
        await drive.choose(WEIGHT)
        await pilot.press("e", *"zero", "enter")
        screen = pilot.app.screen
        assert isinstance(screen, EditScreen)
        assert "'zero' is not a finite number" in str(screen.query_one("#fault", Static).content)

        screen.query_one(Input).value = "−0.5"
        await pilot.press("enter")
        await drive.settle()
        assert drive.sight.inspection.value(WEIGHT) == -0.5


@pytest.mark.parametrize("label", ["layer1.neuron2", "x1"])
async def test_what_is_no_parameter_cannot_be_edited(open_playground: Open, wait_until: WaitUntil, label: str) -> None:
    async with open_playground(size=(80, 24)) as pilot:
        drive = Driver(pilot, wait_until)
        await drive.choose(label)
        await drive.press("e")

        assert drive.strip() == f"{label} is no parameter.  Only weights w and biases b can be edited."
        assert not isinstance(pilot.app.screen, EditScreen)


@pytest.mark.parametrize(("label", "count"), [(WEIGHT, 1), ("layer1.neuron2", 3), ("layer1.neuron2.pre", 3)])
async def test_freezing_a_weight_or_a_neuron(
    open_playground: Open, wait_until: WaitUntil, label: str, count: int
) -> None:
    async with open_playground() as pilot:
        drive = Driver(pilot, wait_until)
        await drive.choose(label)
        before = drive.sight.snapshot.parameters
        await drive.press("z", "n")

        snapshot = drive.sight.snapshot
        assert len(snapshot.frozen) == count
        assert (snapshot.parameters == before).sum() == count
        await drive.press("u")
        assert drive.sight.snapshot.frozen == frozenset()


async def test_copying_takes_label_and_value(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        drive = Driver(pilot, wait_until)
        await drive.choose(WEIGHT)
        await drive.press("y")

        assert pilot.app.clipboard == f"{WEIGHT} = {drive.sight.inspection.value(WEIGHT)!r}"


async def test_watching_a_node(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        drive = Driver(pilot, wait_until)
        watch = drive.screen.query_one(WatchPanel)
        assert not watch.display
        await drive.choose(WEIGHT)
        await drive.press("p", "n")
        assert watch.display

        await drive.press("p")
        assert not watch.display


async def test_keys_of_the_map(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        drive = Driver(pilot, wait_until)
        await drive.press("g", "d", "t")
        look = drive.session.view().look
        assert (look.slope, look.discretise, look.show_test) == (True, True, True)
        assert drive.sight.points
        assert drive.sight.points.gradient is not None

        drive.screen.query_one(MapPanel).focus()
        await drive.press("right", "right", "up", "a")
        view = drive.session.view()
        assert view.dataset
        assert len(view.dataset.train) == 251
        await drive.press("enter")
        picked, made = drive.session.view().look.sample, view.dataset.train.inputs
        assert np.abs(made[picked] - made[250]).max() < 0.5
        await drive.press("delete", "u")
        assert drive.session.view().dataset is not None
        assert len(drive.session.view().dataset.train) == 251  # pyright: ignore[reportOptionalMemberAccess]


async def test_views_of_the_loss_panel(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        drive = Driver(pilot, wait_until)
        loss = drive.screen.query_one(LossPanel)
        shown = [loss.shown]
        for key in ("v", "v", "v", "h"):
            await drive.press(key)
            shown.append(loss.shown)

        assert shown == ["Loss", "Accuracy", "Health", "Loss", "Health"]
        await drive.press("l")
        assert (loss.shown, loss.logarithmic) == ("Loss", False)


async def test_the_past_by_keys(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        drive = Driver(pilot, wait_until)
        await drive.press("n", "n", "n", "comma", "comma")
        assert drive.session.view().state is State.PAST
        assert drive.sight.snapshot.epoch == 1
        await drive.press("home")
        assert drive.sight.snapshot.epoch == 0
        await drive.press("full_stop", "end")
        assert (drive.session.view().state, drive.sight.snapshot.epoch) == (State.PAUSED, 3)
        await drive.press("home", "n")
        assert (drive.session.view().moments, drive.sight.snapshot.epoch) == (2, 1)


async def test_other_samples_and_another_start(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        drive = Driver(pilot, wait_until)
        await drive.press("n")
        before = drive.sight.snapshot
        await drive.press("G")
        assert drive.sight.snapshot.epoch == 1
        assert np.array_equal(drive.sight.snapshot.parameters, before.parameters)
        await drive.press("R")
        assert drive.sight.snapshot.epoch == 0
        assert drive.session.view().wanted.seed == 8


class TestOwnData:
    @pytest.fixture
    def table(self, tmp_path: Path) -> Path:
        random = np.random.default_rng(1)
        columns = random.normal(size=(60, 39))
        price = 2 * columns[:, 3] - columns[:, 7]
        rows = [",".join(f"{number:.3f}" for number in (*row, p)) for row, p in zip(columns, price, strict=True)]
        path = tmp_path / "wide.csv"
        path.write_text(",".join([*(f"col{i}" for i in range(39)), "price"]) + "\n" + "\n".join(rows) + "\n")
        return path

    async def test_forty_columns_are_looked_at_chosen_and_learned(
        self, open_playground: Open, wait_until: WaitUntil, table: Path
    ) -> None:
        async with open_playground() as pilot:
            drive = Driver(pilot, wait_until)
            drive.screen.action_open(str(table))
            await pilot.pause()
            screen = pilot.app.screen
            assert isinstance(screen, OwnDataScreen)
            assert screen.query_one(DataTable).row_count == 40
            await pilot.press("space", "down", "space", "l")  # without the first two
            await drive.settle()

            view = drive.session.view()
            assert view.dataset
            assert view.dataset.problem == "regression"
            assert view.dataset.captions[:2] == ("col2", "col3")
            assert len(view.dataset.features) == 37
            assert view.run
            assert view.run.trainer.net.inputs == 37
            await drive.press("n")
            assert drive.sight.snapshot.train.r2 is not None

    async def test_what_is_wrong_with_a_table_is_said_in_its_place(
        self, open_playground: Open, wait_until: WaitUntil, tmp_path: Path
    ) -> None:
        path = tmp_path / "bad.csv"
        path.write_text("a,b,kind\n1,2,x\n3,n/a,y\n5,6,x\n7,8,y\n")
        async with open_playground() as pilot:
            drive = Driver(pilot, wait_until)
            drive.screen.action_open(str(path))
            await pilot.pause()
            screen = pilot.app.screen
            assert isinstance(screen, OwnDataScreen)
            fault = screen.query_one("#fault", Static)
            assert str(fault.content) == 'bad.csv, line 3, column b: "n/a" is not a number. It is left out.'
            await pilot.press("down")
            assert str(fault.content) == 'bad.csv, line 3, column b: "n/a" is not a number.'
            await pilot.press("space", "up", "space")
            assert str(fault.content).startswith("No feature is chosen")
            await pilot.press("space")

            await pilot.press("l")  # without that column it can be learned from
            await drive.settle()
            view = drive.session.view()
            assert view.dataset
            assert (view.dataset.captions, view.dataset.classes) == (("a",), ("x", "y"))

    async def test_where_the_target_is_bad_another_is_to_be_chosen(self, open_playground: Open, tmp_path: Path) -> None:
        path = tmp_path / "bad.csv"
        path.write_text("a,b\n1,2\n3,n/a\n5,6\n")
        async with open_playground() as pilot:
            pilot.app.screen.action_open(str(path))  # pyright: ignore[reportAttributeAccessIssue]
            await pilot.pause()
            fault = pilot.app.screen.query_one("#fault", Static)
            assert "Choose another target: t on a column makes it one." in str(fault.content)
            await pilot.press("t")
            assert str(fault.content).startswith("No feature is chosen")

    async def test_a_file_that_is_no_table_leaves_everything_as_it_was(
        self, open_playground: Open, wait_until: WaitUntil, tmp_path: Path
    ) -> None:
        path = tmp_path / "picture.csv"
        path.write_bytes(bytes(range(256)))
        async with open_playground() as pilot:
            drive = Driver(pilot, wait_until)
            drive.screen.action_open(str(path))
            await pilot.pause()
            assert str(pilot.app.screen.query_one("#fault", Static).content)
            await pilot.press("l", "escape")
            await drive.settle()
            assert drive.session.view().wanted.data == "circle"


async def test_settings_are_there_again_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wait_until: WaitUntil
) -> None:
    from mgrad.tui.preferences import load_preferences

    monkeypatch.setenv("MGRAD_CONFIG_DIR", str(tmp_path))
    app = PlaygroundApp(Settings(), remember=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait_until(lambda: app.session.idle)
        app.session.change(Settings(data="moons", layers=(3,)))
        app.session.look(show_test=True)
        app.theme = "nord"
        await wait_until(lambda: app.session.idle)
        await pilot.press("ctrl+q")

    found, sentence = load_preferences()
    assert sentence == ""
    assert (found.settings.data, found.settings.layers, found.theme) == ("moons", (3,), "nord")
    assert found.show_test


async def test_reset_brings_the_defaults_back(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground(Settings(data="xor", layers=(3, 3))) as pilot:
        drive = Driver(pilot, wait_until)
        pilot.app.theme = "nord"
        drive.screen.action_reset()
        await drive.settle()

        assert drive.session.view().asked == Settings()
        assert pilot.app.theme == "mgrad"


@pytest.mark.parametrize("size", [(200, 60), (120, 40), (100, 30), (80, 24)])
async def test_a_resize_in_mid_run_changes_nothing_but_the_picture(
    open_playground: Open, wait_until: WaitUntil, size: tuple[int, int]
) -> None:
    async with open_playground(speed=None) as pilot:
        drive = Driver(pilot, wait_until)
        drive.session.go()
        await pilot.resize_terminal(*size)
        await wait_until(lambda: (drive.session.view().snapshot or drive.sight.snapshot).step > 50)
        assert drive.session.view().state is State.RUNNING
        drive.session.pause()
        await drive.settle()
        plane = drive.sight.plane
        assert plane
        assert plane.values is not None
        assert plane.values.shape[::-1] == drive.screen.query_one(MapPanel).pixels


async def test_copying_takes_the_output_where_nobody_chose_a_node(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        drive = Driver(pilot, wait_until)
        await drive.press("y")

        run = drive.session.view().run
        assert run
        output = run.trainer.template.outputs[0].label
        assert pilot.app.clipboard == f"{output} = {drive.sight.inspection.value(output)!r}"


async def test_a_frozen_parameter_is_marked_in_the_graph(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        drive = Driver(pilot, wait_until)
        await drive.choose(WEIGHT)
        await drive.press("z")

        tree = drive.screen.query_one(GraphTree)
        assert tree.cursor_node
        assert f"w1 {FROZEN} " in tree.render_line(tree.cursor_line - round(tree.scroll_offset.y)).text


async def test_a_ninth_pin_is_refused_in_a_sentence(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        drive = Driver(pilot, wait_until)
        for neuron in range(1, 5):
            for weight in ("w1", "w2", "b"):
                await drive.choose(f"layer1.neuron{neuron}.{weight}")
                await drive.press("p")

        assert len(drive.screen.query_one(WatchPanel).pins) == MOST_PINS
        assert drive.strip().startswith(f"{MOST_PINS} nodes are watched already.")


async def test_what_is_said_before_there_is_a_run_can_be_read(wait_until: WaitUntil) -> None:
    app = PlaygroundApp(sentence="The settings were damaged.")
    async with app.run_test(size=(120, 40)) as pilot:
        drive = Driver(pilot, wait_until)
        await drive.settle()

        assert drive.strip() == "The settings were damaged."


async def test_the_map_tells_of_its_cursor_while_it_has_the_keyboard(
    open_playground: Open, wait_until: WaitUntil
) -> None:
    async with open_playground(size=(80, 24)) as pilot:
        drive = Driver(pilot, wait_until)
        await drive.press("tab")
        panel = drive.screen.query_one(MapPanel)
        assert panel.has_focus
        of_the_sample = panel.border_subtitle
        await drive.press("right", "shift+right")
        of_the_cursor = panel.border_subtitle

        assert of_the_cursor != of_the_sample
        await drive.press("tab")
        assert panel.border_subtitle == of_the_sample
        await drive.press("shift+tab")
        assert panel.border_subtitle == of_the_cursor


async def test_the_past_is_shown_with_the_samples_that_it_had(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground(Settings(data="circle", size=40)) as pilot:
        drive = Driver(pilot, wait_until)
        await drive.press("n")
        drive.session.touch(wishes.add_point(1.0, 1.0, 1))
        await drive.settle()
        await drive.press("n")
        drive.session.look(sample=20)
        await drive.settle()
        assert drive.sight.points
        assert drive.sight.look.sample == 20
        assert len(drive.sight.points.x) == 41

        await drive.press("home")
        assert drive.sight.points
        assert drive.sight.look.sample == 19
        assert len(drive.sight.points.x) == 40
