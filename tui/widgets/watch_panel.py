"""Pinned nodes: their value and gradient, and how the value went while it was watched."""

from dataclasses import dataclass, field
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from mgrad.engine.graph import Value
from mgrad.tui import formats
from mgrad.tui.sight import Sight
from mgrad.tui.sparks import spark
from mgrad.tui.view import View
from mgrad.tui.widgets.asks import Choose
from mgrad.tui.widgets.card import fitted, safe, signed
from mgrad.tui.widgets.still import Still

MOST_PINS = 8
HEADS = 3
"""Rows that are no pins: the border, and the names of the columns."""
MOST_POINTS = 256
LEAST_LABEL = 12
LEAST_LINE = 8
"""Cells of the history, where a label could use them."""


@dataclass
class Trace:
    """A number at growing steps: where there are too many, every other one goes, and only every other one comes."""

    steps: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    every: int = 1
    seen: int = 0

    def add(self, step: int, value: float) -> None:
        """A step that was there before takes back all that came after it."""
        while self.steps and self.steps[-1] >= step:
            self.steps.pop()
            self.values.pop()
        self.seen += 1
        if self.seen % self.every:
            return
        self.steps.append(step)
        self.values.append(value)
        if len(self.steps) >= MOST_POINTS:
            self.steps, self.values, self.every = self.steps[1::2], self.values[1::2], self.every * 2

    def clear(self) -> None:
        self.steps, self.values, self.every, self.seen = [], [], 1, 0


class WatchPanel(Still, can_focus=True):
    """There only while something is pinned; pins stay when a network is built anew."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("enter", "choose_here", "Choose", show=False),
        Binding("p", "unpin", "Unpin", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(id="watch", classes="panel")
        self.border_title = "[b $ink]Watch[/]"
        self.display = False
        self.pins: dict[str, Trace] = {}
        self._at = 0
        self._sight: Sight | None = None
        self._root: Value | None = None
        self._sample: bytes | None = None

    def toggle(self, label: str) -> bool:
        """Pins a label, or unpins it where it is pinned; False where eight are pinned already."""
        if self.pins.pop(label, None) is None:
            if len(self.pins) >= MOST_PINS:
                return False
            self.pins[label] = Trace()
            self._gather([label])
        self._at = max(0, min(self._at, len(self.pins) - 1))
        self.display = bool(self.pins)
        self.styles.height = len(self.pins) + HEADS  # said, not measured: lines of another width would be wrapped
        self._draw()
        self.call_after_refresh(self._draw)
        return True

    def show(self, view: View) -> None:
        """Notes the numbers of a sight that is new, and draws them."""
        if view.sight is self._sight or view.sight is None:
            return
        self._sight = sight = view.sight
        samples = sight.snapshot.resume.samples.part(sight.look.part)
        root, sample = sight.inspection.root, samples[:, sight.look.sample].tobytes()
        for label, trace in self.pins.items():
            node = root.find(label)
            if root is not self._root or (sample != self._sample and not (node and node.learnable)):
                trace.clear()  # the numbers of another network, or of another sample
        self._root, self._sample = root, sample
        self._gather(self.pins)
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def watch_has_focus(self, has_focus: bool) -> None:
        """The row under the cursor is marked while the panel has the keyboard."""
        super().watch_has_focus(has_focus)
        self._draw()

    # ------------------------------------------------------------------ what a person does
    def action_move(self, by: int) -> None:
        self._at = max(0, min(self._at + by, len(self.pins) - 1))
        self._draw()

    def action_choose_here(self) -> None:
        self.action_choose(self._at)

    def action_choose(self, number: int) -> None:
        """A row that is gone is nothing to look at."""
        if number < len(self.pins):
            self._at = number
            self._draw()
            label = list(self.pins)[number]
            if self._root is not None and self._root.find(label) is not None:
                self.post_message(Choose(label))

    def action_unpin(self) -> None:
        if self.pins:
            self.toggle(list(self.pins)[self._at])

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is not None and 0 < offset.y <= len(self.pins):
            self.action_choose(offset.y - 1)

    # ------------------------------------------------------------------ numbers and rows
    def _gather(self, labels: list[str] | dict[str, Trace]) -> None:
        if self._sight is None:
            return
        inspection, step = self._sight.inspection, self._sight.snapshot.step
        for label in labels:
            if inspection.root.find(label) is not None:
                self.pins[label].add(step, inspection.value(label))

    def _draw(self) -> None:
        if not self.pins or not self.is_mounted:
            return
        width = max(2 * formats.VALUE + 2 + LEAST_LABEL, self.content_size.width)
        numbers = 2 * formats.VALUE + 2
        longest = max(map(len, self.pins))
        room = max(LEAST_LABEL, min(longest, width - numbers - 1 - LEAST_LINE))
        wide = width - numbers - room - 1
        lines = [f"{' ' * room}[$faint] {'value':>{formats.VALUE}} {'grad':>{formats.VALUE}}[/]"]
        for number, (label, trace) in enumerate(self.pins.items()):
            lines.append(self._row(label, trace, room, wide, self.has_focus and number == self._at))
        self.tell("\n".join(lines))

    def _row(self, label: str, trace: Trace, room: int, wide: int, here: bool) -> str:
        node = self._root.find(label) if self._root is not None else None
        name = safe(fitted((label,), room))
        if node is None or self._sight is None:
            return f"[$faint]{name} gone[/]"
        inspection = self._sight.inspection
        gradient = None if node.constant else inspection.gradient(node)
        line = f" [$quiet]{spark(trace.values, wide):<{wide}}[/]" if wide > 2 else ""
        tone = "b $ink on $cursor" if here else "$quiet"
        return f"[{tone}]{name}[/] {signed(inspection.value(node))} {signed(gradient)}{line}"
