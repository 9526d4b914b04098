"""The view Accuracy in every width: the whole confusion matrix, the curve where it has room, R² always."""

import pytest
from textual.pilot import Pilot

from mgrad.tui import formats
from mgrad.tui.app import PlaygroundApp
from mgrad.tui.screens.playground import PlaygroundScreen
from mgrad.tui.settings import Settings
from mgrad.tui.view import View
from mgrad.tui.widgets.accuracy_view import AccuracyView
from mgrad.tui.widgets.curve_plot import CurvePlot
from mgrad.tui.widgets.loss_panel import LossPanel
from mgrad.tui.widgets.still import Still
from tests.tui.driver import Open, WaitUntil


async def shown(pilot: Pilot[None], wait_until: WaitUntil) -> View:
    """The view Accuracy after an epoch, and what it shows."""
    assert isinstance(pilot.app, PlaygroundApp)
    assert isinstance(pilot.app.screen, PlaygroundScreen)
    session = pilot.app.session
    session.epoch()
    pilot.app.screen.query_one(LossPanel).action_show_view("Accuracy")
    await wait_until(lambda: session.idle)
    pilot.app.screen.pull()
    await pilot.pause()
    return session.view()


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 40), (200, 60)])
@pytest.mark.parametrize("data", ["spiral", "iris", "digits"])
async def test_the_whole_matrix_is_seen(
    open_playground: Open, wait_until: WaitUntil, data: str, size: tuple[int, int]
) -> None:
    async with open_playground(Settings(data=data), size=size) as pilot:
        view = await shown(pilot, wait_until)
        assert view.sight
        assert view.sight.answers
        assert view.sight.answers.confusion is not None
        matrix = pilot.app.screen.query_one("#matrix", Still)
        lines = str(matrix.content).rstrip("\n").split("\n")
        assert len(lines) <= matrix.size.height
        assert max(map(len, lines)) <= matrix.size.width
        counts = [
            [int(word.replace("·", "0")) for word in line.split()[1:]]
            for line in lines[-len(view.sight.answers.confusion) :]
        ]
        assert counts == view.sight.answers.confusion.tolist()
        curve = pilot.app.screen.query_one(AccuracyView).query_one(CurvePlot)
        assert not curve.display or (curve.size.width >= 26 and curve.size.height >= 5)


@pytest.mark.parametrize("data", ["spiral", "iris"])
async def test_few_classes_leave_room_for_the_curve_at_80_columns(
    open_playground: Open, wait_until: WaitUntil, data: str
) -> None:
    async with open_playground(Settings(data=data), size=(80, 24)) as pilot:
        await shown(pilot, wait_until)
        assert pilot.app.screen.query_one(AccuracyView).query_one(CurvePlot).display


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_r2_is_numbered_where_its_curve_has_no_room(
    open_playground: Open, wait_until: WaitUntil, size: tuple[int, int]
) -> None:
    async with open_playground(Settings(data="diabetes"), size=size) as pilot:
        view = await shown(pilot, wait_until)
        assert view.snapshot
        text = str(pilot.app.screen.query_one("#matrix", Still).content)
        assert "R²" in text
        assert formats.value(view.snapshot.train.r2).strip() in text
