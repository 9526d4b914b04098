"""The playground as a person uses it: keys and clicks, and what is then on the screen."""

from dataclasses import replace

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from mgrad.tui import formats
from mgrad.tui.app import PlaygroundApp
from mgrad.tui.messages import said
from mgrad.tui.screens.find import FindScreen
from mgrad.tui.screens.help import HelpScreen
from mgrad.tui.screens.pick import PickScreen
from mgrad.tui.screens.playground import PlaygroundScreen
from mgrad.tui.session import Session
from mgrad.tui.settings import Settings
from mgrad.tui.view import State
from mgrad.tui.widgets.accuracy_view import Residuals
from mgrad.tui.widgets.card import CardText
from mgrad.tui.widgets.curve_plot import Ends
from mgrad.tui.widgets.graph_panel import GraphPanel
from mgrad.tui.widgets.graph_tree import GraphTree
from mgrad.tui.widgets.header import numbers
from mgrad.tui.widgets.key_line import KeyLine
from mgrad.tui.widgets.map_panel import MapPanel
from mgrad.tui.widgets.setup_panel import SetupPanel
from tests.tui.driver import Driver, Open, WaitUntil
from tests.tui.numbers_on_screen import Reader


def session_of(pilot: Pilot[None]) -> Session:
    assert isinstance(pilot.app, PlaygroundApp)
    return pilot.app.session


def playground(pilot: Pilot[None]) -> PlaygroundScreen:
    screen = next(screen for screen in pilot.app.screen_stack if isinstance(screen, PlaygroundScreen))
    screen.pull()
    return screen


def steps(pilot: Pilot[None]) -> int:
    snapshot = session_of(pilot).view().snapshot
    return snapshot.step if snapshot else -1


def shown(pilot: Pilot[None], selector: str) -> str:
    """The plain text of a panel."""
    return str(playground(pilot).query_one(selector, Static).content)


def card(pilot: Pilot[None]) -> str:
    """The plain text of the node's card."""
    return str(playground(pilot).query_one(CardText).content)


def here(pilot: Pilot[None]) -> str:
    row = playground(pilot).query_one(GraphTree).here
    return row.label if row else ""


def type_at_once(pilot: Pilot[None], *keys: str) -> None:
    """As `pilot.press`, which waits for the program to be idle: one that trains never is."""
    for key in keys:
        pilot.app.simulate_key(key)


async def test_it_opens_on_something_that_learns(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        first = session_of(pilot).view().snapshot
        await pilot.press(*"n" * 40)
        await wait_until(lambda: steps(pilot) == 1000)
        last = session_of(pilot).view().snapshot

    assert first
    assert last
    assert last.train.loss < first.train.loss / 3


async def test_space_runs_and_pauses_and_the_footer_says_which(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:

        def word() -> str:
            playground(pilot)
            return pilot.app.screen.query_one(KeyLine).words[0].word

        await wait_until(lambda: word() == "Run")
        type_at_once(pilot, "space")
        await wait_until(lambda: word() == "Pause")
        await wait_until(lambda: steps(pilot) > 0)
        assert session_of(pilot).view().state is State.RUNNING

        type_at_once(pilot, "space")
        await wait_until(lambda: word() == "Run")
        assert session_of(pilot).view().state is State.PAUSED


async def test_step_epoch_and_rewind(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        await pilot.press("s")
        await wait_until(lambda: steps(pilot) == 1)
        await pilot.press("n")
        await wait_until(lambda: steps(pilot) == 25)
        assert "epoch[/]     1" in shown(pilot, "#numbers")

        await pilot.press("r")
        await wait_until(lambda: steps(pilot) == 0)


async def test_brackets_change_the_rate_without_a_new_start(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        await pilot.press("n", "right_square_bracket")
        await wait_until(lambda: session_of(pilot).idle)
        run = session_of(pilot).view().run
        assert run
        assert run.trainer.learning_rate == 0.1

        await pilot.press("left_square_bracket", "left_square_bracket")
        await wait_until(lambda: session_of(pilot).idle)
        assert run.trainer.learning_rate == 0.01
        assert steps(pilot) == 25


async def test_picking_data_from_the_list(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        await pilot.press("4", "home", "down", "enter")
        assert isinstance(pilot.app.screen, PickScreen)
        listed = pilot.app.screen.query_one(OptionList)
        assert listed.highlighted == 0

        await pilot.press("down", "enter")
        await wait_until(lambda: (run := session_of(pilot).view().run) and run.dataset.name == "xor")


async def test_building_a_network_in_the_setup_panel(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        playground(pilot).query_one(SetupPanel).focus()
        await pilot.press("home", *["down"] * 8)  # layers
        await pilot.press("right")
        await pilot.press("down", "right", "right")  # layer1 gets two neurons more
        await wait_until(lambda: session_of(pilot).idle)

        run = session_of(pilot).view().run
        assert run
        assert run.trainer.net.sizes == [6, 2, 2, 1]
        assert "2-6-2-2-1" in shown(pilot, "#strip")


async def test_a_number_can_be_typed(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        await pilot.press("4", "enter", *"0.25", "enter")
        await wait_until(lambda: session_of(pilot).idle)

        assert session_of(pilot).view().wanted.learning_rate == 0.25


async def test_a_number_that_does_not_fit_is_said_where_it_was_typed(open_playground: Open) -> None:
    async with open_playground() as pilot:
        await pilot.press("4", "home", *["down"] * 3, "enter", *"77", "enter")
        panel = playground(pilot).query_one(SetupPanel)
        assert panel.problem == "Noise must be a number from 0 to 50."

        await pilot.press("escape")
        assert panel.problem is None
        assert session_of(pilot).view().wanted.noise == 0


async def test_letters_and_space_work_while_the_setup_has_the_keyboard(
    open_playground: Open, wait_until: WaitUntil
) -> None:
    async with open_playground() as pilot:
        await pilot.press("4", "s")
        await wait_until(lambda: steps(pilot) == 1)
        type_at_once(pilot, "space")
        await wait_until(lambda: steps(pilot) > 1)


async def test_the_mouse_steps_a_setting(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        rows = {row.row.key: row for row in playground(pilot).query_one(SetupPanel).rows}
        seed = rows["seed"]
        await pilot.click(seed, offset=(seed.size.width - 1, 0))
        await wait_until(lambda: session_of(pilot).view().wanted.seed == 8)
        await pilot.click(seed, offset=(seed.size.width - 12, 0))
        await wait_until(lambda: session_of(pilot).view().wanted.seed == 7)


async def test_changing_the_setup_while_it_runs_goes_on_running(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground(speed=None) as pilot:
        type_at_once(pilot, "space", "4", "home", "down", "right", "end", "up", "right")
        await wait_until(lambda: (run := session_of(pilot).view().run) and run.settings.seed == 8 and steps(pilot) > 0)

        view = session_of(pilot).view()
        assert view.state is State.RUNNING
        assert view.run
        assert view.run.dataset.name == "xor"


async def test_finding_a_label_and_reading_its_gradient(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        await pilot.press("n")
        await wait_until(lambda: steps(pilot) == 25)
        await pilot.press("slash")
        assert isinstance(pilot.app.screen, FindScreen)
        await pilot.press(*"layer1.neuron2.w1", "enter")
        await wait_until(lambda: here(pilot) == "layer1.neuron2.w1")

        view = session_of(pilot).view()
        assert view.run
        assert view.snapshot
        gradient = view.run.trainer.inspect(view.snapshot, 0).gradient("layer1.neuron2.w1")
        assert gradient != 0
        assert f"{gradient:+.4f}".replace("-", "−") in card(pilot)


async def test_finding_a_partial_sum_goes_to_the_sum_that_holds_it(
    open_playground: Open, wait_until: WaitUntil
) -> None:
    async with open_playground() as pilot:
        await pilot.press("slash", *"layer2.neuron1.sum2", "enter")
        await wait_until(lambda: here(pilot) == "layer2.neuron1.pre")

        assert session_of(pilot).view().look.label == "layer2.neuron1.sum2"


async def test_leaving_the_search_changes_nothing(open_playground: Open) -> None:
    async with open_playground() as pilot:
        await pilot.press("slash", *"zzz", "enter", "escape")

        assert isinstance(pilot.app.screen, PlaygroundScreen)
        assert session_of(pilot).view().look.label == ""


async def test_opening_and_closing_rows_by_keys(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        await pilot.press("3", "home", "left")
        tree = playground(pilot).query_one(GraphTree)
        await wait_until(lambda: not tree.root.is_expanded)

        await pilot.press("enter", "right", "down")
        await wait_until(lambda: here(pilot) == "square")
        await wait_until(lambda: session_of(pilot).view().look.label == "square")


async def test_another_sample_has_other_numbers(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        before = card(pilot)
        await pilot.press("greater_than_sign")
        await wait_until(lambda: session_of(pilot).idle)
        after = card(pilot)
        assert session_of(pilot).view().look.sample == 1
        assert after != before

        await pilot.press("less_than_sign")
        await wait_until(lambda: session_of(pilot).idle)
        assert card(pilot) == before


async def test_a_number_that_is_not_finite_is_shown_where_it_arose(
    open_playground: Open, wait_until: WaitUntil
) -> None:
    diverging = Settings(data="plane", activation="linear", output="linear", learning_rate=10.0)
    async with open_playground(diverging, speed=None) as pilot:
        type_at_once(pilot, "space")
        await wait_until(lambda: session_of(pilot).view().failure)
        failure = session_of(pilot).view().failure
        assert failure
        await wait_until(lambda: here(pilot) == failure.label)

        assert "▲ nan" in shown(pilot, "#numbers")
        assert f"Step {failure.step}: {failure.label} is +inf." in shown(pilot, "#strip")
        assert playground(pilot).query_one(GraphPanel).has_class("bad")

        await pilot.press("left_square_bracket", "r")
        await wait_until(lambda: session_of(pilot).view().state is not State.NOT_FINITE)
        assert not playground(pilot).query_one(GraphPanel).has_class("bad")


@pytest.mark.parametrize("keys", [["space", "ctrl+q"], ["ctrl+q"], ["question_mark", "ctrl+q"]])
async def test_quitting_while_training_is_immediate_and_clean(
    open_playground: Open, wait_until: WaitUntil, keys: list[str]
) -> None:
    async with open_playground(speed=None) as pilot:
        type_at_once(pilot, *keys)
        await wait_until(lambda: not pilot.app.is_running)
        assert pilot.app.return_code == 0


PANELS = ("#map", "#loss", "#graph", "#setup", "#network", "#node")


async def test_narrow_screens_have_a_tab_at_a_time(open_playground: Open) -> None:
    async with open_playground(size=(80, 24)) as pilot:
        for key, panels in (
            ("1", ["#map", "#loss", "#node"]), ("2", ["#network"]), ("3", ["#graph", "#node"]), ("4", ["#setup"]),
        ):  # fmt: skip
            await pilot.press(key)
            await pilot.pause()
            assert [name for name in PANELS if pilot.app.screen.query_one(name).region.area] == panels


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_what_the_program_says_can_be_read_in_every_width(
    open_playground: Open, wait_until: WaitUntil, size: tuple[int, int]
) -> None:
    async with open_playground(Settings(data="plane"), size=size) as pilot:
        drive = Driver(pilot, wait_until)
        drive.session.say(said("It broke.", "Try again."))
        await drive.settle()
        assert Reader(drive.screen).text("#strip").strip() == "It broke.  Try again."

        drive.session.say(said("word " * 40))
        await drive.settle()
        (line,) = Reader(drive.screen).lines(drive.screen.query_one("#strip"))
        assert line.endswith("…")

        drive.session.say(None)
        await drive.settle()
        assert "word" not in Reader(drive.screen).text("#strip")
        assert drive.screen.query_one("#strip").display == (size == (120, 40))


async def test_wide_screens_have_all_but_the_network_at_once(open_playground: Open) -> None:
    async with open_playground() as pilot:
        for key in ("1", "3", "4"):
            await pilot.press(key)
            await pilot.pause()
            shown_panels = [name for name in PANELS if pilot.app.screen.query_one(name).region.area]
            assert shown_panels == ["#map", "#loss", "#graph", "#setup", "#node"]

        await pilot.press("2")
        await pilot.pause()
        shown_panels = [name for name in PANELS if pilot.app.screen.query_one(name).region.area]
        assert shown_panels == ["#map", "#network", "#node"]


async def test_a_click_on_a_tab_opens_it(open_playground: Open) -> None:
    async with open_playground(size=(80, 24)) as pilot:
        await pilot.click("#tabs", offset=(24, 0))
        await pilot.pause()

        assert pilot.app.screen.query_one("#graph").region.area


async def test_a_terminal_that_is_too_small_is_told_so(open_playground: Open) -> None:
    async with open_playground(size=(72, 20)) as pilot:
        assert shown(pilot, "#too-small") == "mgrad needs 80 × 24. This is 72 × 20."
        assert pilot.app.screen.query_one("#too-small").region.area == 72 * 20
        session_of(pilot).say(said("Nobody can read this."))
        await pilot.pause()
        assert not pilot.app.screen.query_one("#strip").display

        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert not pilot.app.screen.query_one("#too-small").region.area


async def test_a_terminal_becomes_too_small_while_the_map_has_a_cursor(open_playground: Open) -> None:
    async with open_playground() as pilot:
        pilot.app.screen.query_one(MapPanel).focus()
        await pilot.press("right", "up")
        await pilot.resize_terminal(60, 20)
        assert pilot.app.screen.query_one(MapPanel).cursor is None

        await pilot.resize_terminal(120, 40)
        assert "→" in str(pilot.app.screen.query_one(MapPanel).border_subtitle)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_numbers_at_the_top_have_their_places(open_playground: Open, size: tuple[int, int]) -> None:
    async with open_playground(size=size) as pilot:
        playground(pilot)
        widths = set()
        for key in ("n", "s", "r"):
            await pilot.press(key)
            numbers = playground(pilot).query_one("#numbers", Static)
            widths.add(numbers.visual.get_optimal_width(numbers.styles, numbers.region.size.width))  # pyright: ignore[reportArgumentType]
            assert max(widths) <= numbers.region.width

        assert len(widths) == 1


async def test_the_state_never_shows_a_part_of_an_epoch_s_number(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        drive = Driver(pilot, wait_until)
        await drive.press("n", "n", "comma")
        view = drive.session.view()
        assert view.state is State.PAST
        assert view.snapshot
        assert numbers(view).startswith("[b $primary]◂ epoch   1[/]")

        later = replace(view, snapshot=replace(view.snapshot, epoch=74853))
        assert numbers(later).startswith("[b $primary]◂ past     [/]")


@pytest.mark.parametrize(
    "keys",
    [
        ("slash", *"loss", "enter", "enter", "escape", "escape"),
        ("slash", "escape", "escape", "escape"),
        ("4", "home", "enter", "enter", "enter", "escape", "escape"),
        ("question_mark", "escape", "escape", "x"),
        ("ctrl+p", "escape", "escape", "escape"),
        ("ctrl+o", "escape", "escape", "escape"),
        ("slash", *"w1", "enter", "e", "1", "enter", "enter", "enter", "escape"),
    ],
    ids=lambda keys: keys[0],
)
async def test_keys_that_come_faster_than_screens_go_end_nothing(open_playground: Open, keys: tuple[str, ...]) -> None:
    async with open_playground() as pilot:
        for _ in range(3):
            type_at_once(pilot, *keys)
            await pilot.press("escape", "escape")
        assert isinstance(pilot.app.screen, PlaygroundScreen)


async def test_any_key_closes_the_page_of_keys(open_playground: Open) -> None:
    async with open_playground() as pilot:
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        await pilot.press("x")
        assert isinstance(pilot.app.screen, PlaygroundScreen)


async def test_commands_load_data(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        await pilot.press("ctrl+p")
        await pilot.press(*"load: spiral")
        await wait_until(lambda: (found := pilot.app.screen.query(OptionList)) and found.first().option_count)
        await pilot.press("down", "enter")
        await wait_until(lambda: (run := session_of(pilot).view().run) and run.dataset.name == "spiral")


async def test_regression_has_r2_and_residuals_in_place_of_accuracy(
    open_playground: Open, wait_until: WaitUntil
) -> None:
    async with open_playground(Settings(data="plane"), size=(200, 60)) as pilot:
        await pilot.press("n", "v")
        await wait_until(lambda: session_of(pilot).idle)
        playground(pilot)
        await pilot.pause()

        assert pilot.app.screen.query_one(Residuals).display
        assert not pilot.app.screen.query_one("#matrix").display
        snapshot = session_of(pilot).view().snapshot
        assert snapshot
        assert snapshot.train.r2 is not None
        ends = pilot.app.screen.query_one("AccuracyView Ends", Ends)
        written = f"train {formats.loss(snapshot.train.r2)}"
        assert written in str(ends.render())
        assert len(written) <= ends.content_size.width


async def test_every_theme_can_be_put_on_while_it_runs(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        type_at_once(pilot, "space")
        for theme in pilot.app.available_themes:
            before = steps(pilot)
            pilot.app.theme = theme
            await wait_until(lambda before=before: steps(pilot) > before)
            tones = pilot.app.theme_variables
            assert len({tones[name] for name in ("background", "ink", "plus", "minus", "cursor")}) == 5, theme

        assert session_of(pilot).view().state is State.RUNNING


async def test_without_colour_everything_is_still_drawn(open_playground: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_playground(Settings(data="digits")) as pilot:
        await pilot.press("2", "n", "1")
        await pilot.pause()

        assert pilot.app.no_color
        assert "train" in playground(pilot).query_one("LossView Ends", Ends).render()
