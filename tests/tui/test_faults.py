"""A fault of our own is told at once, in a few lines, with a sentence what to do."""

import pytest

from mgrad.tui.app import FRAMES_TOLD, PlaygroundApp, told_fault
from mgrad.tui.view import View
from mgrad.tui.widgets.map_panel import MapPanel
from tests.tui.driver import WaitUntil


def sink(depth: int) -> None:
    sink(depth + 1)


def test_of_a_deep_fault_the_innermost_calls_are_told() -> None:
    with pytest.raises(RecursionError) as found:
        sink(0)

    lines = told_fault(ExceptionGroup("two tasks", [found.value])).plain.splitlines()

    assert len(lines) < 5 * FRAMES_TOLD
    assert lines[0].startswith("Traceback")
    assert any(line.startswith("RecursionError: ") for line in lines)
    assert lines[-1].startswith("Start it again")


async def test_a_fault_in_a_widget_ends_the_program_and_is_told(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], wait_until: WaitUntil
) -> None:
    def show(panel: MapPanel, view: View) -> None:
        raise ValueError("no such picture")

    monkeypatch.setattr(MapPanel, "show", show)
    app = PlaygroundApp()

    with pytest.raises(ValueError, match="no such picture"):
        async with app.run_test():
            await wait_until(lambda: app.return_code)

    told = capfd.readouterr().err
    assert "ValueError: no such picture" in told
    assert "Start it again" in told
    assert "locals" not in told
    assert app.return_code == 1
