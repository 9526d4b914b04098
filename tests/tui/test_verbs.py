"""Every verb by the keyboard alone and by the mouse alone: a row a verb, and what holds when it was done.

A key is a text. A click is `at(part of the screen, text that stands there)`, since that is how a person finds it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import pytest
from textual.events import MouseScrollDown
from textual.widgets import OptionList

from mgrad.engine.stops import Stop
from mgrad.tui.screens.actions import Palette
from mgrad.tui.screens.help import HelpScreen
from mgrad.tui.settings import Settings
from mgrad.tui.sight import Look
from mgrad.tui.view import State, View
from mgrad.tui.widgets.loss_panel import LossPanel
from mgrad.tui.widgets.map_canvas import MapCanvas
from mgrad.tui.widgets.map_panel import MapPanel
from mgrad.tui.widgets.network_panel import NetworkPanel
from mgrad.tui.widgets.node_panel import NodePanel
from mgrad.tui.widgets.setting_row import SettingRow
from mgrad.tui.widgets.setup_panel import SetupPanel
from mgrad.tui.widgets.watch_panel import WatchPanel
from tests.tui.driver import Driver, Open, WaitUntil, at_rest

Step = str | Callable[[Driver], Awaitable[None]]
TRAINED = 20
START = Settings(data="circle", size=2 * TRAINED, layers=(3,))
SPEED = 50.0
WEIGHT = "layer2.neuron1.w1"


# ---------------------------------------------------------------- what hands do
def at(part: str, text: str, button: int = 1) -> Step:
    """A click on a text in a part of the screen."""

    async def click(drive: Driver) -> None:
        await drive.wait_until(lambda: place_of(drive, part, text) is not None)
        x, y = place_of(drive, part, text) or (0, 0)
        widget, region = drive.app.screen.get_widget_at(x, y)
        await drive.pilot.click(widget, offset=(x - region.x, y - region.y), button=button)

    return click


def place_of(drive: Driver, part: str, text: str) -> tuple[int, int] | None:
    """Where a text stands on the screen, if it can be seen in this part."""
    found = drive.app.screen.query(part)
    if not found:
        return None
    region, rows = found.first().region, drive.app.screen._compositor.render_strips()
    for y in range(region.y, min(region.bottom, len(rows))):
        line = "".join(segment.text for segment in rows[y])[region.x : region.right]
        if text in line:
            return region.x + line.index(text), y
    return None


def row(key: str) -> tuple[Step, ...]:
    """A row of the set-up, by keys: down from the first."""

    async def down(drive: Driver) -> None:
        while drive.screen.query_one(SetupPanel)._cursor != key:
            await do(drive, "down")

    return "4", "home", down


def setting(key: str, text: str) -> Step:
    """A click on a text in a row of the set-up."""

    async def click(drive: Driver) -> None:
        row = next(row for row in drive.screen.query(SettingRow) if row.row.key == key)
        await drive.pilot.click(row, offset=(str(row.render()).index(text), 0))

    return click


def on_plane(column: int, row: int, button: int = 1) -> Step:
    """A click on a cell of the map's plane."""

    async def click(drive: Driver) -> None:
        canvas = drive.screen.query_one(MapCanvas)
        frame = canvas.frame
        await drive.pilot.click(canvas, offset=(frame.left + column, frame.top + row), button=button)

    return click


def on_picture(column: int) -> Step:
    """A click on one of the small pictures of data."""

    async def click(drive: Driver) -> None:
        await drive.pilot.click("Thumbnails", offset=(column, 1))

    return click


def on_neuron(label: str) -> Step:
    """A click on the picture of a neuron."""

    async def click(drive: Driver) -> None:
        panel = drive.screen.query_one(NetworkPanel)
        layout = panel.layout_now
        place = layout and layout.find(label)
        assert layout
        assert place
        cell = layout.cell(place)
        x, y = next((x, y) for x in range(panel.size.width) for y in range(panel.size.height)
                    if panel.label_at(x, y) == label and x >= cell.x)  # fmt: skip
        await drive.pilot.click(panel, offset=(x + 1, y + 1))

    return click


def command(name: str) -> tuple[Step, ...]:
    """A command of the palette, by the mouse: its list is opened, scrolled and clicked."""

    async def scroll(drive: Driver) -> None:
        await drive.wait_until(lambda: place_of(drive, "CommandList", "run: or pause") is not None)
        listed = drive.app.screen.query_one("CommandList", OptionList)
        while place_of(drive, "CommandList", name) is None:
            before = listed.scroll_offset.y
            await drive.pilot._post_mouse_events([MouseScrollDown] * 5, listed, (4, 4))
            await drive.wait_until(lambda before=before: listed.scroll_offset.y > before)
            await drive.wait_until(lambda: at_rest(drive.app))

    return at("#keys", "Commands"), scroll, at("CommandList", name)


def typed(name: str) -> tuple[Step, ...]:
    """A command of the palette, by keys: its list is opened, and the name typed."""

    async def write(drive: Driver) -> None:
        for key in name:
            drive.app.simulate_key(key)
        await drive.wait_until(lambda: place_of(drive, "CommandList", name) is not None)

    return "ctrl+p", write, "down", "enter"


async def do(drive: Driver, step: Step) -> None:
    """One key or click, and all that it asks for is done and shown; what runs goes on running."""
    if isinstance(step, str):
        drive.app.simulate_key(step)
    else:
        await step(drive)
    if drive.app.is_running:
        await drive.wait_until(lambda: at_rest(drive.app) and (drive.session.idle or view(drive).running))
        drive.screen.pull()
        await drive.wait_until(lambda: at_rest(drive.app) and (drive.screen.settled or view(drive).running))


async def afresh(drive: Driver) -> None:
    """All as it was when it was opened, but for what never changes by itself."""
    session = drive.session
    session.pause()
    session.set_speed(SPEED)
    session.set_stop(None)
    if train(drive) != TRAINED:  # points by hand go with the data that they are in
        session.change(replace(START, size=4 * TRAINED))
        await drive.settle()
    session.change(START)
    session.rewind()
    session.look(**vars(Look()))
    session.say(None)
    watch, loss = drive.screen.query_one(WatchPanel), drive.screen.query_one(LossPanel)
    for label in list(watch.pins):
        watch.toggle(label)
    if not loss.logarithmic:
        loss.toggle_scale()
    loss.action_show_view("Loss")
    drive.screen.query_one(NodePanel).action_show_view("Node")
    drive.screen.query_one(MapPanel).action_leave()
    drive.app.theme = "mgrad"
    drive.app.copy_to_clipboard("")
    drive.screen.action_go_to("train")
    while drive.app.screen is not drive.screen:
        drive.app.pop_screen()
        await drive.pilot.pause()
    await drive.settle()


# ---------------------------------------------------------------- what holds
def view(drive: Driver) -> View:
    return drive.session.view()


def step(drive: Driver) -> int:
    snapshot = view(drive).snapshot
    return snapshot.step if snapshot else -1


def train(drive: Driver) -> int:
    dataset = view(drive).dataset
    return len(dataset.train) if dataset else 0


def built(drive: Driver) -> Settings:
    """What the run that is there was made of."""
    run = view(drive).run
    assert run
    return run.settings


def rests_at(count: int) -> Callable[[Driver], bool]:
    return lambda drive: (step(drive), view(drive).state) == (count, State.PAUSED)


def loss(drive: Driver) -> LossPanel:
    return drive.screen.query_one(LossPanel)


def chosen(label: str) -> Callable[[Driver], bool]:
    return lambda drive: view(drive).look.label == label and label in drive.card()


@dataclass(frozen=True)
class Verb:
    """What a person wants, how by keys, how by the mouse, and what holds then; `first` is what is to be done before."""

    name: str
    keys: tuple[Step, ...]
    mouse: tuple[Step, ...]
    then: Callable[[Driver], object]
    first: tuple[Step, ...] = ()


LEARNED = ("n", "n")
TO_MAP = ("tab", "tab")
A_WEIGHT = (at("GraphTree", "neuron1.w1"),)

VERBS: dict[str, tuple[Verb, ...]] = {
    "running": (
        Verb("run", (), (at("#keys", "Run"),), lambda d: view(d).state is State.RUNNING and step(d) > 0),
        Verb("pause", (), (at("#keys", "Pause"),), lambda d: view(d).state is State.PAUSED, ("space",)),
        Verb("step", (), (at("#keys", "Step"),), rests_at(1)),
        Verb("rewind", (), (at("#keys", "Rewind"),), rests_at(0), LEARNED),
        Verb("regenerate", (), (at("#setup", "↻"),), lambda d: built(d).data_seed == 8 and step(d) == 4, LEARNED),
        Verb("speed", (*row("speed"), "right"), (setting("speed", "›"),), lambda d: view(d).speed == 100.0),
        Verb(
            "stop",
            (*row("stop"), "enter", "down", "down", "enter"),
            (setting("stop", "▾"), at("OptionList", "epoch 100")),
            lambda d: view(d).run.trainer.stop == Stop(epochs=100),  # pyright: ignore[reportOptionalMemberAccess]
        ),
    ),
    "the set-up": (
        Verb("data", (), (on_picture(8),), lambda d: built(d).data == "xor"),
        Verb("more layers", ("2", "plus"), (at("#tabs", "Network"), at("#network", "› layers")),
             lambda d: built(d).layers == (3, 3)),
        Verb("fewer layers", ("2", "minus"), (at("#tabs", "Network"), at("#network", "‹ 1 ")),
             lambda d: built(d).layers == ()),
        Verb("more neurons", ("2", "left", "plus"), (setting("layer1", "›"),), lambda d: built(d).layers == (4,)),
        Verb("fewer neurons", ("2", "left", "minus"), (setting("layer1", "‹"),), lambda d: built(d).layers == (2,)),
        Verb("activation", ("2", "left", "a", "up", "enter"), (setting("layer1", "▾"), at("OptionList", "relu")),
             lambda d: built(d).activations == ("relu",)),
        Verb("feature", (*row("features1"), "right", "right", "enter"), (setting("features1", "x1²"),),
             lambda d: built(d).features == ("x1", "x2", "x1²")),
        Verb("rate", (), (setting("learning_rate", "›"),), lambda d: built(d).learning_rate == 0.1 and step(d) == 4,
             LEARNED),
        Verb("optimizer", (*row("optimizer"), "enter", "down", "enter"),
             (setting("optimizer", "▾"), at("OptionList", "momentum")), lambda d: built(d).optimizer == "momentum"),
        Verb("penalty", (*row("l2"), "right"), (setting("l2", "›"),),
             lambda d: built(d).l2 == 0.001 and step(d) == 4, LEARNED),
    ),
    "the map": (
        Verb("test points", (), (setting("pictures", "test"),), lambda d: view(d).look.show_test),
        Verb("two colours", (), (setting("pictures", "discretise"),), lambda d: view(d).look.discretise),
        Verb("gradient on the map", (), (at("#map", "gradient"),), lambda d: view(d).look.slope),
        Verb("pick a sample", (*TO_MAP, "up", *["shift+right"] * 3, *["shift+down"] * 2, "enter"), (on_plane(30, 17),),
             lambda d: view(d).look.sample > 0),
        Verb("next sample", (), (at("#graph", "›"),), lambda d: view(d).look.sample == 1),
        Verb("sample before", (), (at("#graph", "‹ sample"),), lambda d: view(d).look.sample == 19),
        Verb("add a point", (), (at("#map", "x +1"), on_plane(6, 4)), lambda d: train(d) == TRAINED + 1),
        Verb("remove a point", (), (on_plane(12, 4, 3),), lambda d: train(d) == TRAINED - 1),
    ),
    "nodes": (
        Verb("pin", (), (at("#node", "pin"),), lambda d: WEIGHT in d.screen.query_one(WatchPanel).pins, A_WEIGHT),
        Verb("unpin", (), (at("#node", "pin"),), lambda d: not d.screen.query_one(WatchPanel).pins, (*A_WEIGHT, "p")),
        Verb("edit", (), (at("#node", "edit"), at("#now", "0  ±"), at("#now", "+.1"), at("#now", "×2"), at("#now", "±"),
                          at("#box", "sets")), lambda d: d.sight.inspection.value(WEIGHT) == -0.2, A_WEIGHT),
        Verb("freeze", (), (at("#node", "freeze"),), lambda d: d.sight.snapshot.frozen == {WEIGHT}, A_WEIGHT),
        Verb("undo", (), command("undo: the last touch"), lambda d: not d.sight.snapshot.frozen, (*A_WEIGHT, "z")),
        Verb("copy", (), (at("#node", "copy"),), lambda d: d.app.clipboard.startswith(f"{WEIGHT} = "), A_WEIGHT),
        Verb("choose in the tree", ("3", "home", "down", "down"), (at("GraphTree", "square"),), chosen("square")),
        Verb("choose in the network", (), (at("#tabs", "Network"), on_neuron("layer1.neuron2")),
             chosen("layer1.neuron2")),
        Verb("find", (), (at("#keys", "Find"), at("OptionList", "loss")), chosen("loss")),
    ),
    "views": (
        Verb("accuracy", (), (at("#loss", "Accuracy"),), lambda d: loss(d).shown == "Accuracy"),
        Verb("health", (), (at("#loss", "Health"),), lambda d: loss(d).shown == "Health"),
        Verb("linear", (), (at("#loss", "log "),), lambda d: not loss(d).logarithmic),
        Verb("views of the node", ("shift+tab", "shift+tab", "right"), (at("#node", "Forward"),),
             lambda d: d.screen.query_one(NodePanel).shown == "Forward"),
        Verb("tabs", (), (at("#tabs", "Network"),), lambda d: d.screen.query_one(NetworkPanel).region.area),
    ),
    "time": (
        Verb("back", (), (at("#strip", "‹"),), lambda d: d.sight.snapshot.step == 2, LEARNED),
        Verb("forward", (), (at("#strip", "›"),), lambda d: d.sight.snapshot.step == 2, (*LEARNED, "home")),
        Verb("first moment", (), (at("#strip", "━"),), lambda d: d.sight.snapshot.step == 0, LEARNED),
        Verb("now", (), (at("#strip", "━ now"),), rests_at(4), (*LEARNED, "home")),
        Verb("branch", ("space",), (at("#keys", "Branch"),),
             lambda d: view(d).state is State.RUNNING and step(d) > 0, (*LEARNED, "home")),
    ),
    "the program": (
        Verb("theme", typed("theme: nord"), command("theme: nord"), lambda d: d.app.theme == "nord"),
        Verb("help", (), (at("#keys", "Keys"),), lambda d: isinstance(d.app.screen, HelpScreen)),
        Verb("close help", (), (at("#page", "Keys"),), lambda d: d.app.screen is d.screen, ("question_mark",)),
        Verb("palette", ("ctrl+p",), (at("#keys", "Commands"),), lambda d: isinstance(d.app.screen, Palette)),
        Verb("defaults", typed("reset: defaults"), command("reset: defaults"), lambda d: view(d).asked == Settings()),
        Verb("quit", (), command("quit: mgrad"), lambda d: not d.app.is_running),
    ),
}  # fmt: skip


@pytest.mark.parametrize("part", VERBS)
async def test_every_verb_by_keys_and_by_the_mouse(open_playground: Open, wait_until: WaitUntil, part: str) -> None:
    ways = [(verb, way) for verb in VERBS[part] for way in (verb.keys, verb.mouse) if way]
    async with open_playground(START, speed=SPEED) as pilot:
        drive = Driver(pilot, wait_until)
        for number, (verb, way) in enumerate(ways):
            try:
                if number:
                    await afresh(drive)
                for each in verb.first:
                    await do(drive, each)
                assert not verb.then(drive)
                for each in way:
                    await do(drive, each)
                await wait_until(lambda verb=verb: verb.then(drive))
            except BaseException as fault:
                fault.add_note(f"The verb: {verb.name}, by {'keys' if way is verb.keys else 'the mouse'}")
                raise
