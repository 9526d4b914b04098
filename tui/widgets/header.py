"""The line at the top: tabs, what runs, and how it does. Every number has its place, so nothing moves."""

from textual.app import ComposeResult
from textual.containers import Horizontal

from mgrad.tui import formats
from mgrad.tui.view import State, View
from mgrad.tui.widgets.still import Still

WIDE_TABS = (("train", "1 Train"), ("network", "2 Network"))
TABS = (("train", "1 Map"), ("network", "2 Network"), ("graph", "3 Graph"), ("setup", "4 Setup"))
"""What is shown one at a time: by 1, 2, 3, 4."""
STATE = 11
KEEPS_UP = 0.9
"""A run that does less of the speed asked for says what it does."""
COLOURS = {
    State.RUNNING: "b $success",
    State.PAUSED: "b $warning",
    State.STOPPED: "b $warning",
    State.PAST: "b $primary",
    State.COMPILING: "$quiet",
    State.BUILDING: "$quiet",
    State.NOT_FINITE: "b $error",
}


class Header(Horizontal):
    """One row when wide, two when narrow (numbers above, tabs below)."""

    def compose(self) -> ComposeResult:
        yield Still(id="tabs")
        yield Still(id="numbers")

    def show(self, view: View) -> None:
        narrow, tab = self.screen.has_class("-narrow"), getattr(self.screen, "tab", "train")
        tabs = TABS if narrow else WIDE_TABS
        shown = tab if tab in dict(tabs) else "train"
        listed = " ".join(_tab(key, name, shown) for key, name in tabs)
        self.query_one("#tabs", Still).tell(listed if narrow else f" [b $ink]mgrad[/]  {listed}")
        self.query_one("#numbers", Still).tell(f" {numbers(view)} [b $ink]mgrad[/]" if narrow else numbers(view))


def numbers(view: View) -> str:
    """State, speed, epoch, losses and how well it does (train, then test), as markup 72 cells wide."""
    snapshot = view.snapshot
    train, test = (snapshot.train, snapshot.test) if snapshot else (None, None)
    measured, asked = view.measured, view.speed
    speed = measured if measured and (asked is None or measured < KEEPS_UP * asked) else asked
    losses = f"{formats.loss(train.loss if train else None)} [$primary]{formats.loss(test.loss if test else None)}[/]"
    epoch = snapshot.epoch if snapshot else 0
    past = f"◂ epoch {epoch:>3}"
    state = past if view.state is State.PAST and len(past) <= STATE else view.state.value
    return "   ".join(
        [
            f"[{COLOURS[view.state]}]{state:<{STATE}}[/] [$quiet]{formats.speed(speed)}[/]",
            f"[$faint]epoch[/]{formats.count(epoch, formats.EPOCH)}",
            f"[$faint]loss[/] {losses}",
            _success(view),
        ]
    )


def _success(view: View) -> str:
    """Accuracies, or R² where numbers are predicted; 14 cells."""
    parts = (view.snapshot.train, view.snapshot.test) if view.snapshot else (None, None)
    if view.dataset is not None and view.dataset.problem == "regression":
        train, test = (formats.r2(part.r2 if part else None) for part in parts)
        return f"[$faint]R²[/] {train} [$primary]{test}[/]  "
    train, test = (formats.accuracy(part.accuracy if part else None) for part in parts)
    return f"[$faint]acc[/] {train} [$primary]{test}[/] % "


def _tab(key: str, name: str, chosen: str) -> str:
    style = "b $ink on $panel" if key == chosen else "$quiet"
    return f"[@click=screen.go_to('{key}')][{style}] {name} [/][/]"
