"""The line at the top: what runs, and how it does. Every number has its place, so nothing moves."""

from textual.app import ComposeResult
from textual.containers import Horizontal

from mgrad.tui import formats
from mgrad.tui.view import State, View
from mgrad.tui.widgets.still import Still
from mgrad.tui.widgets.strip_line import shape

TABS = (("train", "Train"), ("graph", "Graph"), ("setup", "Setup"))
"""What the narrow screen shows one at a time: by 1, 2, 3."""
STATE = 11
COLOURS = {
    State.RUNNING: "b $success",
    State.PAUSED: "b $warning",
    State.COMPILING: "$quiet",
    State.BUILDING: "$quiet",
    State.NOT_FINITE: "b $error",
}


class Header(Horizontal):
    """One row when wide, two when narrow (numbers above, tabs below)."""

    def compose(self) -> ComposeResult:
        yield Still(id="brand")
        yield Still(id="tabs")
        yield Still(id="numbers")

    def show(self, view: View, tab: str, narrow: bool) -> None:
        name = "" if view.dataset is None else view.dataset.name
        net = "" if view.dataset is None else shape(view)
        about = f"  [$quiet]{_cut(name, 16)}[/]  [$faint]{_cut(net, 22)}[/]"
        self.query_one("#brand", Still).tell(f" [b $ink]mgrad[/]{'' if narrow else about}")
        self.query_one("#tabs", Still).tell(" ".join(_tab(i, *each, tab) for i, each in enumerate(TABS, start=1)))
        self.query_one("#numbers", Still).tell(f" {numbers(view)} [b $ink]mgrad[/]" if narrow else numbers(view))


def numbers(view: View) -> str:
    """State, speed, epoch, losses and accuracies (train, then test), as markup 72 cells wide."""
    snapshot = view.snapshot
    train, test = (snapshot.train, snapshot.test) if snapshot else (None, None)
    speed = view.measured if view.speed is None and view.measured else view.speed
    losses = f"{formats.loss(train.loss if train else None)} [$primary]{formats.loss(test.loss if test else None)}[/]"
    right = formats.accuracy(train.accuracy if train else None)
    right += f" [$primary]{formats.accuracy(test.accuracy if test else None)}[/]"
    return "   ".join(
        [
            f"[{COLOURS[view.state]}]{view.state.value:<{STATE}}[/] [$quiet]{formats.speed(speed)}[/]",
            f"[$faint]epoch[/]{formats.count(snapshot.epoch if snapshot else 0, formats.EPOCH)}",
            f"[$faint]loss[/] {losses}",
            f"[$faint]acc[/] {right} % ",
        ]
    )


def _tab(number: int, key: str, name: str, chosen: str) -> str:
    style = "b $ink on $panel" if key == chosen else "$quiet"
    return f"[@click=screen.go_to('{key}')][{style}] {number} {name} [/][/]"


def _cut(text: str, width: int) -> str:
    return (text if len(text) <= width else text[: width - 1] + "…").replace("[", r"\[")
