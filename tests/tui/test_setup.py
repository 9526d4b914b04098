"""The set-up as a person changes it: other data, batches, a table of one's own by the mouse alone."""

from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, OptionList, Static
from textual.widgets._footer import FooterKey
from textual_fspicker.parts import DirectoryNavigation

from mgrad.tui.app import PlaygroundApp
from mgrad.tui.choices import Setup
from mgrad.tui.screens.open_table import OpenTableScreen
from mgrad.tui.screens.own_data import LEFT_OUT, OwnDataScreen
from mgrad.tui.settings import Settings, complete
from mgrad.tui.setup_table import ROWS
from mgrad.tui.view import View
from mgrad.tui.widgets.setting_row import SettingRow
from mgrad.tui.widgets.setup_panel import COLUMNS, OPEN, SetupPanel
from tests.tui.driver import Driver, Open, WaitUntil

TABLE = "width,height,colour,kind\n" + "".join(f"{i % 7},{i * 3 % 11},{i % 5},{'ab'[i % 2]}\n" for i in range(40))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "own.csv"
    path.write_text(TABLE)
    return path


def view_of(pilot: Pilot[None]) -> View:
    assert isinstance(pilot.app, PlaygroundApp)
    return pilot.app.session.view()


def row_of(pilot: Pilot[None], key: str) -> SettingRow:
    return next(row for row in pilot.app.screen.query(SettingRow) if row.row.key == key)


def with_data(setup: Setup, name: str) -> Settings:
    pick = ROWS["data"].pick
    assert pick
    return pick.put(setup, name).settings


class TestOtherData:
    @pytest.mark.parametrize("name", ["iris", "digits", "and", "diabetes"])
    def test_noise_and_points_of_a_formula_are_not_asked_of_a_table(self, name: str) -> None:
        settings = with_data(Setup(Settings(noise=10, size=200), None), name)

        assert (settings.noise, settings.size) == (0.0, None)

    def test_noise_stays_from_formula_to_formula(self) -> None:
        assert with_data(Setup(Settings(noise=10, size=200), None), "spiral").noise == 10

    def test_columns_of_a_table_stay_with_it(self) -> None:
        own = Settings(data="own.csv", target="kind", columns=("width",), problem="classification")
        circle = with_data(Setup(own, None, own), "circle")

        assert (circle.target, circle.columns, circle.problem) == (None, None, None)
        assert with_data(Setup(circle, None, own), "own.csv") == own

    async def test_another_set_is_learned_after_noise_was_turned_up(
        self, open_playground: Open, wait_until: WaitUntil
    ) -> None:
        async with open_playground(Settings(noise=20)) as pilot:
            await pilot.click(row_of(pilot, "data"), offset=(20, 0))
            options = pilot.app.screen.query_one(OptionList)
            listed = [str(options.get_option_at_index(at).prompt).split()[0] for at in range(options.option_count)]
            options.highlighted = listed.index("iris")
            await pilot.press("enter")
            assert isinstance(pilot.app, PlaygroundApp)
            await wait_until(lambda: view_of(pilot).asked.data == "iris")
            await wait_until(lambda: view_of(pilot).run and view_of(pilot).run.dataset.name == "iris")  # pyright: ignore[reportOptionalMemberAccess]
            run = view_of(pilot).run
            assert run
            assert run.dataset.name == "iris"


class TestBatch:
    def number(self):
        number = ROWS["batch_size"].number
        assert number
        return number

    def test_goes_up_to_all_samples_and_says_so(self) -> None:
        setup = Setup(Settings(batch_size=200), None, samples=250)
        everything = self.number().moved(setup, 1)

        assert everything.settings.batch_size == 250
        assert self.number().text(everything) == "all"
        assert self.number().moved(everything, 1) == everything
        assert self.number().moved(everything, -1).settings.batch_size == 200

    def test_more_than_there_are_is_all_of_them(self) -> None:
        setup = Setup(Settings(batch_size=1000), None, samples=250)

        assert self.number().text(setup) == "all"
        assert self.number().moved(setup, -1).settings.batch_size == 200


@pytest.mark.parametrize(("size", "key"), [((120, 40), "1"), ((80, 24), "4"), ((100, 30), "4"), ((200, 60), "1")])
async def test_all_settings_are_on_the_screen_at_once(open_playground: Open, size: tuple[int, int], key: str) -> None:
    async with open_playground(size=size) as pilot:
        await pilot.press(key)
        await pilot.pause()
        panel = pilot.app.screen.query_one(SetupPanel)
        rows = [row for row in panel.rows if row.display]
        assert len(rows) > 20
        assert all(panel.content_region.contains_region(row.region) for row in rows)
        assert all(row.size.width >= 24 for row in rows)


class TestOwnTable:
    async def test_by_the_mouse_alone(
        self, open_playground: Open, wait_until: WaitUntil, table: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(table.parent)
        async with open_playground() as pilot:
            await pilot.click(row_of(pilot, "data"), offset=(20, 0))
            options = pilot.app.screen.query_one(OptionList)
            assert str(options.get_option_at_index(options.option_count - 1).prompt).startswith(OPEN.name)
            await pilot.click(options, offset=(4, options.option_count))
            await wait_until(lambda: isinstance(pilot.app.screen, OpenTableScreen))
            files = pilot.app.screen.query_one(DirectoryNavigation)
            await wait_until(lambda: files.option_count == 2)
            await pilot.click(files, offset=(6, 1))
            await wait_until(lambda: isinstance(pilot.app.screen, OwnDataScreen))
            await wait_until(lambda: pilot.app.screen.query(FooterKey))
            await pilot.click(next(key for key in pilot.app.screen.query(FooterKey) if key.description == "Load"))
            await wait_until(lambda: view_of(pilot).dataset and view_of(pilot).dataset.name == "own.csv")  # pyright: ignore[reportOptionalMemberAccess]

    async def test_columns_can_be_chosen_again(self, open_playground: Open, wait_until: WaitUntil, table: Path) -> None:
        asked = Settings(data=str(table), target="kind", columns=("width", "height"))
        async with open_playground(asked) as pilot:
            await pilot.click(row_of(pilot, "data"), offset=(20, 0))
            options = pilot.app.screen.query_one(OptionList)
            assert str(options.get_option_at_index(options.option_count - 2).prompt).startswith(COLUMNS.name)
            await pilot.click(options, offset=(4, options.option_count - 1))
            await wait_until(lambda: isinstance(pilot.app.screen, OwnDataScreen))
            await wait_until(lambda: pilot.app.screen.query_one(DataTable).row_count == 4)
            marks = [str(pilot.app.screen.query_one(DataTable).get_cell(str(at), "use")) for at in range(4)]
            assert marks[2] == LEFT_OUT
            await pilot.press("down", "down", "space", "l")
            await wait_until(lambda: len(view_of(pilot).dataset.features) == 3)  # pyright: ignore[reportOptionalMemberAccess]

    async def test_it_stays_in_the_list_of_data(
        self, open_playground: Open, wait_until: WaitUntil, table: Path
    ) -> None:
        async with open_playground() as pilot:
            assert isinstance(pilot.app, PlaygroundApp)
            session = pilot.app.session
            session.change(replace(Settings(), data=str(table)))
            await wait_until(lambda: session.idle)
            session.change(Settings(data="xor"))
            await wait_until(lambda: session.idle)
            pick = ROWS["data"].pick
            assert pick
            assert str(table) in [option.name for option in pick.options(session.view().setup, None)]

    async def test_what_its_target_is_taken_for_is_said(
        self, open_playground: Open, wait_until: WaitUntil, table: Path
    ) -> None:
        async with open_playground(Settings(data=str(table))) as pilot:
            message = view_of(pilot).message
            assert message
            assert message.sentences == (
                "The target kind has 2 classes (a is -1, b is +1): classification.",
                "Features are standardised.",
            )

    async def test_what_cannot_be_done_with_its_target_is_said_as_the_screen_calls_it(
        self, open_playground: Open, wait_until: WaitUntil, table: Path
    ) -> None:
        asked = Settings(data=str(table))
        sentence = 'problem is predict, but the target kind holds texts ("a"). Choose classify, or a target of numbers.'
        async with open_playground(asked) as pilot:
            drive, problem = Driver(pilot, wait_until), ROWS["problem"].pick
            assert problem
            drive.screen.change(problem.put(view_of(pilot).setup, "predict"))
            await drive.settle()
            assert drive.strip() == sentence
            dataset = view_of(pilot).dataset
            assert dataset
            assert view_of(pilot).wanted == complete(asked, dataset)

            drive.screen.action_open(str(table))
            await pilot.pause()
            await pilot.press("p", "p")
            assert "(predict)" in str(pilot.app.screen.query_one("#about", Static).content)
            await pilot.press("l")
            assert str(pilot.app.screen.query_one("#fault", Static).content) == sentence

    @pytest.mark.parametrize(
        ("target", "advice", "other"),
        [
            ("colour", "Under problem, predict learns its values as numbers.", "predict"),
            ("row", "Under problem, classify learns its values as classes.", "classify"),
        ],
    )
    async def test_how_to_take_its_target_otherwise_is_said_as_the_screen_calls_it(
        self, open_playground: Open, wait_until: WaitUntil, tmp_path: Path, target: str, advice: str, other: str
    ) -> None:
        path = tmp_path / "own.csv"
        path.write_text("width,colour,row\n" + "".join(f"{i % 7},{i % 5},{i % 14}\n" for i in range(40)))
        async with open_playground(Settings(data=str(path), target=target)) as pilot:
            drive, problem = Driver(pilot, wait_until), ROWS["problem"].pick
            assert advice in drive.strip()

            assert problem
            drive.screen.change(problem.put(view_of(pilot).setup, other))
            await drive.settle()

            assert advice not in drive.strip()
            assert problem.get(view_of(pilot).setup) == other


@pytest.mark.parametrize(
    ("data", "sentences"),
    [
        ("iris", ("The target species has 3 classes (setosa, versicolor, virginica): classification.",
                  "Features are standardised.")),
        ("digits", ("The target digit has 10 classes (0, 1, 2, 3, 4, 5, 6, 7, 8, 9): classification.",
                    "All features are divided by 16.")),
        ("diabetes", ("The target progression is a number: regression.", "Features and target are standardised.")),
    ],
)  # fmt: skip
async def test_how_the_numbers_of_a_table_were_changed_is_said(
    open_playground: Open, data: str, sentences: tuple[str, ...]
) -> None:
    """Nothing is advised about a target that is given."""
    async with open_playground(Settings(data=data)) as pilot:
        message = view_of(pilot).message
        assert message
        assert message.sentences == sentences


async def test_it_scrolls_only_where_its_rows_have_no_room(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground(size=(120, 40)) as pilot:
        drive = Driver(pilot, wait_until)
        await drive.press("4")
        await pilot.resize_terminal(82, 24)
        await drive.settle()
        await pilot.resize_terminal(80, 24)
        await drive.settle()

        panel = pilot.app.screen.query_one(SetupPanel)
        assert [row.size.height for row in panel.rows if row.display] == [1] * sum(row.display for row in panel.rows)
        assert panel.max_scroll_y == 0
