"""The network panel: neurons with what they see, links between them; choosing one here chooses it everywhere."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from mgrad.tui.choices import Setup
from mgrad.tui.network_layout import MAP, Layout, lay_out
from mgrad.tui.screens.pick import PickScreen
from mgrad.tui.setup_table import ROWS, with_feature
from mgrad.tui.view import View
from mgrad.tui.widgets.asks import ChangeSetup, Choose
from mgrad.tui.widgets.network_drawing import Drawing, Tones


class NetworkPanel(ScrollView, can_focus=True):
    """Draws the window that is scrolled to, once for every sight."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(0, -1)", "Neuron above", show=False),
        Binding("down", "move(0, 1)", "Neuron below", show=False),
        Binding("left", "move(-1, 0)", "Layer before", show=False),
        Binding("right", "move(1, 0)", "Next layer", show=False),
        Binding("w", "weight", "Next weight", show=False),
        Binding("plus", "count(1)", "More", show=False),
        Binding("minus", "count(-1)", "Fewer", show=False),
        Binding("enter", "toggle", "Input on, off", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(id="network", classes="panel")
        self.border_title = "[b $ink]Network[/]"
        self.border_subtitle = "! dead or saturated   z frozen   weakest links hidden"
        self._view: View | None = None
        self._layout_now: Layout | None = None
        self._laid_out: tuple[object, ...] = ()
        self._drawing: Drawing | None = None
        self._strips: list[Strip] = []
        self._drawn: tuple[object, ...] = ()

    def show(self, view: View) -> None:
        """Draws what the view shows, where it is anything new."""
        before, self._view = self._view, view
        if view.run is None or view.snapshot is None:
            return
        self._lay_out()
        if before is None or (before.sight, before.look, before.wanted) != (view.sight, view.look, view.wanted):
            if before is None or before.look.label != view.look.label:
                self._scroll_to_chosen()
            self.refresh()

    # ------------------------------------------------------------------ drawing
    def _lay_out(self) -> None:
        view = self._view
        if view is None or view.run is None:
            return
        size = self.scrollable_content_region.size
        state = (view.run.trainer, view.setup.inputs, size)
        if state != self._laid_out and size.width > 0:
            self._laid_out = state
            self._layout_now = lay_out(view.run, view.setup, size.width, size.height)
            self.virtual_size = Size(self._layout_now.width, self._layout_now.height)

    def on_resize(self) -> None:
        self._lay_out()

    def render_line(self, y: int) -> Strip:
        view, layout = self._view, self._layout_now
        size = self.scrollable_content_region.size
        if view is None or view.run is None or view.snapshot is None or layout is None:
            return Strip.blank(size.width)
        window = Region(int(self.scroll_offset.x), int(self.scroll_offset.y), size.width, size.height)
        state = (view.sight, view.look, view.wanted, layout, window, self.app.theme, self.app.no_color)
        if state != self._drawn:
            self._drawn = state
            self._drawing = Drawing(view, layout, window, Tones(self.app.theme_variables, self.app.no_color))
            self._strips = self._drawing.strips()
        if y >= len(self._strips):
            return Strip.blank(size.width)
        return self._strips[y].apply_style(self.rich_style)

    def _scroll_to_chosen(self) -> None:
        found = self._layout_now.find(self._view.look.label) if self._layout_now and self._view else None
        if found is not None and self._layout_now is not None:
            cell = self._layout_now.columns[found[0]].cells[found[1]]
            self.scroll_to_region(Region(cell.x - 3, cell.y - 2, MAP[0] + 6, MAP[1] + 4), animate=False)

    # ------------------------------------------------------------------ keys
    def action_move(self, across: int, down: int) -> None:
        """To a neighbour: a neuron or an input that is on."""
        layout, view = self._layout_now, self._view
        if layout is None or view is None:
            return
        column, place = layout.find(view.look.label) or (len(layout.columns) - 1, 0)
        before = layout.columns[column].cells[place]
        column = min(max(0, column + across), len(layout.columns) - 1)
        cells = [cell for cell in layout.columns[column].cells if cell.on]
        if across:
            cell = min(cells, key=lambda cell: abs(cell.y - before.y))
        else:
            at = cells.index(before) if before in cells else 0
            cell = cells[min(max(0, at + down), len(cells) - 1)]
        if not layout.columns[column].folded:
            self.post_message(Choose(cell.label))

    def action_weight(self) -> None:
        """The next weight into the chosen neuron; after the last comes its bias, then the first again."""
        view, layout = self._view, self._layout_now
        found = layout.find(view.look.label) if view and layout else None
        if view is None or layout is None or found is None or found[0] == 0 or view.run is None:
            return
        neuron = layout.columns[found[0]].cells[found[1]].label
        own = [node.label for node in view.run.trainer.net.layers[found[0] - 1].neurons[found[1]].parameters()]
        at = own.index(view.look.label) + 1 if view.look.label in own else 0
        self.post_message(Choose(own[at % len(own)] if own else neuron))

    def action_count(self, by: int) -> None:
        """More or fewer neurons in the chosen hidden layer; else more or fewer layers."""
        view, layout = self._view, self._layout_now
        if view is None or layout is None:
            return
        found = layout.find(view.look.label)
        row = layout.columns[found[0]].row if found else ""
        self._step(row if row.startswith("layer") else "layers", by)

    def action_toggle(self) -> None:
        """Feeds the chosen input or feature, or feeds it no more."""
        view, layout = self._view, self._layout_now
        found = layout.find(view.look.label) if view and layout else None
        if layout is not None and found is not None and found[0] == 0:
            self._turn(layout.columns[0].cells[found[1]].label)

    # ------------------------------------------------------------------ the mouse
    def on_click(self, event: events.Click) -> None:
        layout, view = self._layout_now, self._view
        offset = event.get_content_offset(self)
        if layout is None or view is None or offset is None:
            return
        x, y = offset.x + int(self.scroll_offset.x), offset.y + int(self.scroll_offset.y)
        spot = layout.spot_at(x, y)
        if spot is None:
            label = self._drawing.owner(x, y) if self._drawing else None
            if label is not None:
                self.post_message(Choose(label))
        elif spot.kind == "choose" and spot.name != "inputs":
            self.post_message(Choose(spot.name))
        elif spot.kind == "feature":
            self._turn(spot.name)
        elif spot.kind in ("less", "more"):
            self._step(spot.name, 1 if spot.kind == "more" else -1)
        elif spot.kind == "list":
            self._open_list(spot.name)

    # ------------------------------------------------------------------ changes
    def _step(self, row: str, by: int) -> None:
        number = ROWS[row].number
        if number and self._view:
            self._change(number.moved(self._view.setup, by))

    def _turn(self, feature: str) -> None:
        if self._view and self._view.run:
            fed = [node.label for node in self._view.run.trainer.template.features]
            self._change(with_feature(self._view.setup, feature, feature not in fed))

    def _open_list(self, row: str) -> None:
        pick, view = ROWS[row].pick, self._view
        if pick is None or view is None:
            return

        def chosen(name: str | None) -> None:
            if name is not None and self._view is not None:
                self._change(pick.put(self._view.setup, name))

        options = pick.options(view.setup, view.dataset)
        self.app.push_screen(PickScreen(row, options, pick.get(view.setup), self.region), chosen)

    def _change(self, setup: Setup) -> None:
        self.post_message(ChangeSetup(setup))
