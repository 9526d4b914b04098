"""The network panel: neurons with what they see, links between them; choosing one here chooses it everywhere."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from mgrad.tui import formats
from mgrad.tui.choices import Setup
from mgrad.tui.network_layout import HEAD, Cell, Layout, Spot, lay_out
from mgrad.tui.screens.pick import PickScreen
from mgrad.tui.setup_table import ROWS, fed, with_feature
from mgrad.tui.view import View
from mgrad.tui.widgets.asks import ChangeSetup, Choose, Glance
from mgrad.tui.widgets.framed import Framed
from mgrad.tui.widgets.map_marks import Tones
from mgrad.tui.widgets.network_drawing import Drawing, Scene


class NetworkPanel(ScrollView, Framed, can_focus=True):  # pyright: ignore[reportIncompatibleMethodOverride]
    """Draws the window that is scrolled to, once for every sight.

    Arrows choose: left and right go from layer to layer, up and down along one; `w` walks over the weights of the
    chosen neuron and its bias. Plus and minus change the number of neurons in the chosen hidden layer, and where an
    input, the output or nothing here is chosen the number of layers. `a` lists the activations of the chosen layer.
    On an input enter feeds it or feeds it no more.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(0, -1)", "Neuron above", show=False, id="network-up"),
        Binding("down", "move(0, 1)", "Neuron below", show=False, id="network-down"),
        Binding("left", "move(-1, 0)", "Layer before", show=False, id="network-left"),
        Binding("right", "move(1, 0)", "Next layer", show=False, id="network-right"),
        Binding("w", "weight", "Next weight", show=False, id="network-weight"),
        Binding("plus,equals_sign", "count(1)", "More", show=False, id="network-more"),
        Binding("minus", "count(-1)", "Fewer", show=False, id="network-fewer"),
        Binding("a", "activation", "Activation", show=False, id="network-activation"),
        Binding("enter", "feed", "Input on, off", show=False, id="network-feed"),
    ]

    def __init__(self) -> None:
        super().__init__(id="network", classes="panel")
        self.border_title = "[b $ink]Network[/]"
        self._view: View | None = None
        self._shown: View | None = None
        """The last view with something to see in it: while a network is built anew the one before stays."""
        self._layout_now: Layout | None = None
        self._laid_out: tuple[object, ...] = ()
        self._scales: dict[str, float] = {}
        self._cursor = ""
        self._hover: Offset | None = None
        self._glanced = ""
        self._drawing: Drawing | None = None
        self._strips: list[Strip] = []
        self._drawn: tuple[object, ...] = ()
        self.drawn = 0
        """How often it was drawn: less often than it is painted."""

    def show(self, view: View) -> None:
        """Draws what the view shows, where it is anything new."""
        before, self._view = self._view, view
        if view.run is None or view.snapshot is None:
            return
        if view.sight is None and self._shown is not None and self._shown.run is not view.run:
            self._shown = replace(self._shown, wanted=view.wanted)
        else:
            self._shown = view
        moved = before is None or before.look.label != view.look.label
        self._cursor = "" if moved else self._cursor
        if self._lay_out() or moved:
            self._scroll_to_chosen()
        self._take_cursor()
        if self._state() != self._drawn:
            self.refresh()
        self._note()

    # ------------------------------------------------------------------ what is shown
    @property
    def layout_now(self) -> Layout | None:
        """Where everything lies."""
        return self._layout_now

    @property
    def label(self) -> str:
        """What is chosen: an only output where nothing else is."""
        view = self._shown
        if view is None or view.run is None or view.look.label:
            return view.look.label if view else ""
        outputs = view.run.trainer.template.outputs
        return outputs[0].label if len(outputs) == 1 else ""

    def label_at(self, x: int, y: int) -> str:
        """The label of what is in a cell of the panel's content: a neuron, an input, a weight's link, a bias; or ""."""
        spot, place = self._spot_at(x, y), self._place_of(x, y)
        if spot is not None and spot.kind in ("choose", "feature"):
            return spot.name
        return self._drawing.weight_at(place.x, place.y) if self._drawing and spot is None and y >= HEAD else ""

    def _place_of(self, x: int, y: int) -> Offset:
        """A cell of the content as a place of the layout."""
        return Offset(x + int(self.scroll_offset.x), y + int(self.scroll_offset.y) - HEAD)

    def _spot_at(self, x: int, y: int) -> Spot | None:
        layout, place = self._layout_now, self._place_of(x, y)
        if layout is None:
            return None
        return layout.head_at(place.x, y) if y < HEAD else layout.spot_at(place.x, place.y)

    # ------------------------------------------------------------------ drawing
    def _lay_out(self) -> bool:
        """Lays the network out where it, or the room for it, is another one; True if that was so."""
        view, size = self._shown, self.size
        if view is None or view.run is None or not size.area:
            return False
        state = (view.run.trainer, size)
        if state == self._laid_out:
            return False
        if self._laid_out[:1] != state[:1]:
            self._scales = {}
        self._laid_out = state
        self._layout_now = layout = lay_out(view.run, *size)
        self.virtual_size = Size(layout.width, layout.height)
        return True

    def on_resize(self) -> None:
        if self._lay_out():
            self._scroll_to_chosen()
        self._note()

    def _window(self) -> Region:
        return Region.from_offset(
            (int(self.scroll_offset.x), int(self.scroll_offset.y)), self.scrollable_content_region.size
        )

    def _state(self) -> tuple[object, ...]:
        """All that the picture depends on."""
        view = self._shown
        if view is None:
            return ()
        seen = (view.sight, view.snapshot, self.label, self._cursor, view.wanted)
        return (*seen, self._layout_now, self._window(), self.app.theme, self.app.no_color)

    def render_line(self, y: int) -> Strip:
        view, layout, window = self._shown, self._layout_now, self._window()
        if view is None or view.run is None or layout is None or self._laid_out[0] is not view.run.trainer:
            return Strip.blank(window.width, self.rich_style)  # shown again, and not laid out for this network yet
        state = self._state()
        if state != self._drawn:
            scene = Scene(view, layout, self.label, self._cursor, self._scales, self.app.no_color)
            self._drawing = Drawing(scene, window, Tones(self.app.theme_variables))
            self._strips, self._drawn = self._drawing.strips, state
            self.drawn += 1
        return self._strips[y] if y < len(self._strips) else Strip.blank(window.width, self.rich_style)

    def _scroll_to_chosen(self) -> None:
        cell = self._cell()
        if cell is not None:
            area = Region(cell.x - 3, cell.y - 1, cell.size[0] + 6, cell.size[1] + 3 + HEAD)
            self.scroll_to_region(area, animate=False, force=True)

    def _cell(self) -> Cell | None:
        """The neuron or input that is chosen, or where the cursor is."""
        layout = self._layout_now
        place = layout.find(self._cursor or self.label) if layout else None
        return layout.cell(place) if layout and place else None

    def _note(self) -> None:
        """In the border below: what is under the mouse, else what signs mean, and how many layers there are."""
        view = self._shown
        if view is None or view.snapshot is None:
            return
        text = self._under_mouse()
        if not text:
            health = view.sight.health[:-1] if view.sight else ()  # an output that is sure of itself is no fault
            dead = sum(len(each.dead_neurons) for each in health)
            full = sum(len(each.saturated_neurons) for each in health)
            notes = [f"! {dead} dead"] * bool(dead) + [f"! {full} saturated"] * bool(full)
            notes += ["z frozen"] * bool(view.snapshot.frozen)
            count = len(view.wanted.layers)
            stepper = f"[@click=layers('fewer')] ‹ [/]{count}[@click=layers('more')] › [/]layers"
            text = "   ".join([*notes, *(["weakest links hidden"] if not notes else []), stepper])
        self.note(text)

    def _under_mouse(self) -> str:
        view = self._shown
        label = self.label_at(*self._hover) if self._hover else ""
        if not label or view is None or view.run is None or view.snapshot is None:
            return ""
        place = view.run.trainer.place_of(label)
        if place is not None:
            number = float(view.snapshot.parameters[place])
        elif view.sight is None or view.sight.inspection.root.find(label) is None:
            return f"[$quiet]{label}[/]"
        else:
            number = view.sight.inspection.value(label)
        return f"[$ink]{label}[/] [{'$plus' if number >= 0 else '$minus'}]{formats.value(number)}[/]"

    # ------------------------------------------------------------------ keys
    def action_move(self, across: int, down: int) -> None:
        """To a neighbour. An input that is not fed is no node: there only the cursor goes."""
        layout = self._layout_now
        if layout is None:
            return
        column, at = layout.find(self._cursor or self.label) or (len(layout.columns) - 1, 0)
        here = layout.cell((column, at))
        target = layout.columns[min(max(0, column + across), len(layout.columns) - 1)]
        if target.folded:
            step = target.folded.index(self.label) + down if self.label in target.folded else 0
            self._go(target.folded[min(max(0, step), len(target.folded) - 1)], True)
            return
        if across:
            cell = min((cell for cell in target.cells if cell.on), key=lambda cell: abs(cell.middle - here.middle))
        else:
            cell = target.cells[min(max(0, at + down), len(target.cells) - 1)]
        self._go(cell.label, cell.on)

    def _go(self, label: str, is_node: bool) -> None:
        self._cursor = "" if is_node else label
        if is_node:
            if self._shown is not None:  # at once: the next key may come before the answer
                self._shown = replace(self._shown, look=replace(self._shown.look, label=label))
            self.post_message(Choose(label))
        self._scroll_to_chosen()
        self.refresh()

    def action_weight(self) -> None:
        """The next weight into the chosen neuron; after the last comes its bias, then the first again."""
        view, layout, label = self._shown, self._layout_now, self.label
        place = layout.find(label) if layout else None
        if view is None or view.run is None or place is None or place[0] == 0:
            return
        own = [node.label for node in view.run.trainer.net.layers[place[0] - 1].neurons[place[1]].parameters()]
        self._go(own[(own.index(label) + 1) % len(own) if label in own else 0], True)

    def action_count(self, by: int) -> None:
        """More or fewer neurons in the chosen hidden layer; else more or fewer layers."""
        row = self._row()
        self._step(row if row.startswith("layer") else "layers", by)

    def action_activation(self) -> None:
        """The activations of the chosen layer."""
        row = self._row()
        spot = next((spot for spot in self._heads() if spot.kind == "list" and spot.name == row), None)
        if spot is not None:
            self._open_list(spot)

    def action_feed(self) -> None:
        """Feeds the chosen input or feature, or feeds it no more."""
        layout = self._layout_now
        place = layout.find(self._cursor or self.label) if layout else None
        if layout is not None and place is not None and place[0] == 0 and not layout.columns[0].folded:
            self._turn(layout.cell(place).label)

    def _row(self) -> str:
        """The key of the chosen layer's row in the set-up, "" for none."""
        layout = self._layout_now
        place = layout.find(self._cursor or self.label) if layout else None
        return layout.columns[place[0]].row if layout and place else ""

    def _heads(self) -> tuple[Spot, ...]:
        return self._layout_now.heads if self._layout_now else ()

    # ------------------------------------------------------------------ the mouse
    def on_click(self, event: events.Click) -> None:
        at = event.get_content_offset(self)
        spot = self._spot_at(*at) if at else None
        if at is None:
            return
        if spot is None or spot.kind == "choose":
            label = self.label_at(*at)
            if label and label != "inputs":
                self.post_message(Choose(label))
        elif spot.kind == "feature":
            self._turn(spot.name)
        elif spot.kind == "list":
            self._open_list(spot)
        else:
            self._step(spot.name, 1 if spot.kind == "more" else -1)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        self._hover_over(event.get_content_offset(self))

    def on_leave(self) -> None:
        self._hover_over(None)

    def _hover_over(self, place: Offset | None) -> None:
        """Says what is there; a neuron or an input is shown large on the map."""
        self._hover = place
        self._note()
        label, layout = self.label_at(*place) if place else "", self._layout_now
        seen = layout.find(label) if layout and label else None
        cell = layout.cell(seen) if layout and seen else None
        glance = label if cell is not None and cell.label == label and cell.on else ""
        if glance != self._glanced:
            self._glanced = glance
            self.post_message(Glance(glance))

    # ------------------------------------------------------------------ changes
    def action_layers(self, how: str) -> None:
        """One hidden layer `more`, or `fewer`: what is clicked in the border."""
        self._step("layers", 1 if how == "more" else -1)

    def _step(self, row: str, by: int) -> None:
        """One more, or one less: neurons of a layer, or layers."""
        number, view = ROWS[row].number, self._view
        if number and view and ROWS[row].shown(view.setup):
            self._change(number.moved(view.setup, by))

    def _turn(self, feature: str) -> None:
        view = self._view
        if view is None or view.run is None or view.setup.inputs != 2:
            return
        on = feature in fed(view.setup)
        if on and feature == self.label:
            self._cursor = feature  # it will be no node any more, but the keys stay there
        self._change(with_feature(view.setup, feature, not on))

    def _take_cursor(self) -> None:
        """An input that is fed by now is a node, and can be chosen."""
        cell = self._cell() if self._cursor else None
        if cell is not None and cell.on and self.label != self._cursor:
            self.post_message(Choose(self._cursor))

    def _open_list(self, spot: Spot) -> None:
        pick, view = ROWS[spot.name].pick, self._view
        if pick is None or view is None or not ROWS[spot.name].shown(view.setup):
            return

        def chosen(name: str | None) -> None:
            if name is not None and self._view is not None and ROWS[spot.name].shown(self._view.setup):
                self._change(pick.put(self._view.setup, name))

        options = pick.options(view.setup, view.dataset)
        corner = self.content_region.offset - (int(self.scroll_offset.x) + 8, 0)
        beside = spot.region.translate(corner)
        self.app.push_screen(PickScreen(spot.name, options, pick.get(view.setup), beside), chosen)

    def _change(self, setup: Setup) -> None:
        if self._view is not None:  # at once, as in `_go`
            self._view = replace(self._view, wanted=setup.settings)
        self.post_message(ChangeSetup(setup))
