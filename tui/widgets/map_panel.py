"""The map panel: what a node says over the input plane, and a cursor that reads, picks, adds and removes samples.

It draws sights and posts wishes; it changes nothing itself but its own cursor.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Click, Leave, MouseEvent, MouseMove
from textual.geometry import Region

from mgrad.datasets import Dataset
from mgrad.tui import map_layout, map_readout
from mgrad.tui.choices import Option
from mgrad.tui.map_axes import named, taken, turned
from mgrad.tui.map_layout import Frame, Window
from mgrad.tui.map_readout import map_title
from mgrad.tui.map_scales import Scales
from mgrad.tui.screens.pick import PickScreen
from mgrad.tui.sight import Look, Points, Sight
from mgrad.tui.view import View
from mgrad.tui.widgets.asks import AddPoint, LookAt, PickSample, RemovePoint
from mgrad.tui.widgets.framed import Framed
from mgrad.tui.widgets.map_canvas import MapCanvas
from mgrad.tui.widgets.map_drawing import Scene, Spot

FAST = 5
Cell = tuple[int, int]


class MapPanel(Vertical, Framed, can_focus=True):
    """Shows `view.sight.plane` with its points, or the picked sample itself where it is a picture."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(keys, f"move({across}, {down})", "Move the cursor", show=False, id=f"map-{name}")
            for name, keys, across, down in (
                ("left", "left", -1, 0),
                ("right", "right", 1, 0),
                ("up", "up", 0, -1),
                ("down", "down", 0, 1),
                ("far-left", "shift+left", -FAST, 0),
                ("far-right", "shift+right", FAST, 0),
                ("far-up", "shift+up", 0, -FAST),
                ("far-down", "shift+down", 0, FAST),
            )
        ),
        Binding("enter", "pick", "Pick", show=False, id="map-pick", tooltip="Look at the sample next to the cursor."),
        Binding("a", "add(True)", "Add", show=False, id="map-add", tooltip="Add a sample of class +1 at the cursor."),
        Binding(
            "A", "add(False)", "Add −1", show=False, id="map-add-other", tooltip="Of class −1, or of the next one."
        ),
        Binding("delete,backspace", "remove", "Remove", show=False, id="map-remove", tooltip="Remove the next sample."),
        Binding("x", "turn(0, 1)", "Other x", show=False, id="map-x", tooltip="Another input across."),
        Binding("y", "turn(1, 1)", "Other y", show=False, id="map-y", tooltip="Another input upwards."),
        Binding("X", "axis(0)", "List x", show=False, id="map-list-x", tooltip="An input across, out of a list."),
        Binding("Y", "axis(1)", "List y", show=False, id="map-list-y", tooltip="An input upwards, out of a list."),
        Binding("v", "picture", "Picture", show=False, id="map-picture", tooltip="The picture, or the plane."),
        Binding("escape", "leave", "Leave", show=False, id="map-leave", tooltip="Put the cursor or the brush away."),
    ]

    def __init__(self) -> None:
        super().__init__(id="map", classes="panel")
        self._view: View | None = None
        self._shown: tuple[object, ...] = ()
        self._scales = Scales()
        self._cursor: Cell | None = None
        self._hover: Cell | None = None
        self._frame: Frame | None = None
        self._brush: int | None = None
        self._hand = 0
        self._as_picture = True

    def compose(self) -> ComposeResult:
        yield MapCanvas()

    def on_mount(self) -> None:
        self._write_title(Look())

    # ------------------------------------------------------------------ what there is to see
    @property
    def pixels(self) -> tuple[int, int]:
        """The columns and rows of pixels that the plane shows now: the grid to ask the engine for."""
        return self.frame.pixels

    @property
    def frame(self) -> Frame:
        """Where the plane lies on the canvas."""
        return self._canvas.frame

    @property
    def sight(self) -> Sight | None:
        """What is shown."""
        return self._view.sight if self._view else None

    @property
    def cursor(self) -> Cell | None:
        """The cell (column, row) of the plane under the mouse, or under the cursor of the keys; None while the plane is
        too small to have it."""
        cell = self._hover or (self._cursor if self.has_focus else None)
        return cell if cell is not None and self.frame.holds(*cell) else None

    def show(self, view: View) -> None:
        """Shows what the sight tells; cheap where that is what it shows already."""
        self._view = view
        if (view.sight, view.dataset, None if view.sight else view.look) == self._shown:
            return
        self._shown = (view.sight, view.dataset, None if view.sight else view.look)
        self._draw()

    def _draw(self) -> None:
        """Scene, title and read-out, from the view and the panel's own cursor."""
        scene = self._scene()
        self._canvas.show(scene)
        self._write_title(scene.look)
        self.note(self._read_out())

    def _scene(self) -> Scene:
        view, sight = self._view, self.sight
        if view is None or sight is None:
            return Scene(look=view.look if view else Look())
        return Scene(
            sight=sight,
            look=sight.look,
            classes=self._class_names,
            captions=named(sight.plane.captions, self._inputs) if sight.plane and not self._is_picture else None,
            choosable=self._inputs > 2,
            scale=self._scales.of_values(view, sight),
            slope_scale=self._scales.of_slopes(sight),
            as_picture=self._is_picture,
            cursor=self._cursor if self.has_focus and self._hover is None else None,
            brush=self._brush,
        )

    @property
    def _canvas(self) -> MapCanvas:
        return self.query_one(MapCanvas)

    @property
    def _is_picture(self) -> bool:
        return self._as_picture and self.sight is not None and self.sight.picture is not None

    @property
    def _inputs(self) -> int:
        data = self._data
        return len(data.features) if data else 2

    @property
    def _data(self) -> Dataset | None:
        """What the sight is about: what is trained, which may not yet be what was asked for last."""
        return None if self._view is None else self._view.run.dataset if self._view.run else self._view.dataset

    @property
    def _class_names(self) -> tuple[str, ...]:
        points = self.sight.points if self.sight else None
        names = tuple(self._data.classes) if self._data else ()
        if points is None or points.classes == len(names):
            return names
        return ("-1", "+1") if points.classes == 2 else tuple(map(str, range(points.classes)))

    # ------------------------------------------------------------------ title and read-out
    def _write_title(self, look: Look) -> None:
        sight = self.sight
        is_picture = sight is not None and sight.picture is not None
        self.title_frame(map_title(look, self.size.width, is_picture, self._as_picture))

    def _read_out(self) -> str:
        """What is under the mouse, or the cursor, or else the picked sample, in one line."""
        sight = self.sight
        if sight is None:
            return ""
        if self._is_picture or sight.plane is None or not len(sight.plane.xs) or not len(sight.plane.ys):
            return f"sample {sight.look.sample}"
        frame, names = self.frame, self._class_names
        if self.cursor is not None:
            text = map_readout.at_cell(sight, sight.plane, frame, self.cursor, names)
        else:
            text = map_readout.at_sample(sight, sight.plane, frame, names)
        if self._brush is None:
            return text
        name = map_layout.class_name(names[self._brush]) if self._brush < len(names) else str(self._brush)
        return f"click adds {name}   {text}"

    # ------------------------------------------------------------------ the cursor
    @on(MapCanvas.Resized)
    def _fit(self, event: MapCanvas.Resized) -> None:
        event.stop()
        self._fit_cursor()
        self._draw()

    def watch_has_focus(self, has_focus: bool) -> None:
        """Without the keyboard there is no cursor. (The events of the focus come before it has changed.)"""
        super().watch_has_focus(has_focus)
        if self.is_mounted:
            self._draw()

    def on_leave(self, _: Leave) -> None:
        self._hover = None
        self._draw()

    def on_mouse_move(self, event: MouseMove) -> None:
        over = self._cell_of(event)
        if over != self._hover:
            self._hover = over
            if self._cursor is not None and self.has_focus:
                self._draw()
            self.note(self._read_out())

    def _cell_of(self, event: MouseEvent) -> Cell | None:
        """The cell of the plane under the mouse."""
        column, row = self._on_canvas(event)
        frame = self.frame
        cell = column - frame.left, row - frame.top
        return cell if self._has_plane and frame.holds(*cell) else None

    def _on_canvas(self, event: MouseEvent) -> Cell:
        corner = self._canvas.region
        return int(event.screen_x) - corner.x, int(event.screen_y) - corner.y

    @property
    def _has_plane(self) -> bool:
        plane = self.sight.plane if self.sight else None
        return plane is not None and bool(len(plane.xs)) and bool(len(plane.ys)) and not self._is_picture

    def _fit_cursor(self) -> None:
        """After another size the cursor is where it was on the plane."""
        frame, before = self.frame, self._frame
        self._frame = frame
        if before is None or before == frame:
            return
        self._hover = None
        if self._cursor is not None and before.rows and frame.rows:
            column, row = self._cursor
            self._cursor = column * frame.columns // before.columns, row * frame.rows // before.rows
        else:
            self._cursor = None

    def action_move(self, across: int, down: int) -> None:
        """Moves the cursor; where there was none, it comes up at the picked sample."""
        self._fit_cursor()
        frame = self.frame
        if not self._has_plane or not frame.rows:
            return
        column, row = self._cursor or self._start(frame)
        if self._cursor is not None:
            column, row = column + across, row + down
        self._cursor = min(max(column, 0), frame.columns - 1), min(max(row, 0), frame.rows - 1)
        self._hover = None
        self._draw()

    def _start(self, frame: Frame) -> Cell:
        sight = self.sight
        if sight is not None and sight.points is not None and sight.plane is not None:
            i = map_layout.picked(sight.points, sight.look)
            if i >= 0:
                columns, rows = Window.of(sight.plane).cells(sight.points.x[[i]], sight.points.y[[i]], frame)
                if rows[0] >= 0:
                    return int(columns[0]), int(rows[0])
        return frame.columns // 2, frame.rows // 2

    def action_leave(self) -> None:
        self._cursor = self._brush = None
        self._draw()

    # ------------------------------------------------------------------ wishes
    def on_click(self, event: Click) -> None:
        spot = self._canvas.spot_at(*self._on_canvas(event))
        cell = self._cell_of(event)
        if spot is not None:
            self._follow(spot)
        elif cell is not None and event.button == 3:
            self._remove(cell)
        elif cell is not None and self._brush is not None:
            self._add(cell, self._brush)
        elif cell is not None:
            self._pick(cell)

    def _follow(self, spot: Spot) -> None:
        if spot.action == "axis":
            self.action_turn(abs(spot.number) - 1, 1 if spot.number > 0 else -1)
            return
        if spot.action == "axes":
            self.action_axis(spot.number)
            return
        self._brush = None if self._brush == spot.number else spot.number
        self._draw()

    def action_pick(self) -> None:
        cell = self._here()
        if cell is not None and self._brush is not None:
            self._add(cell, self._brush)
        elif cell is not None:
            self._pick(cell)

    def action_add(self, plus: bool) -> None:
        """A sample of class +1, else -1. With several classes: of the one that is at hand, else of the next."""
        cell = self._here()
        if cell is None:
            return
        count = len(self._class_names)
        if count > 2:
            self._hand = (self._hand if plus else self._hand + 1) % count
            self._add(cell, self._hand)
        else:
            self._add(cell, int(plus) if count else (1 if plus else -1))

    def action_remove(self) -> None:
        cell = self._here()
        if cell is not None:
            self._remove(cell)

    def action_turn(self, axis: int, by: int) -> None:
        """Another input on an axis, but never the other axis' own."""
        if self._view is not None and self._inputs > 2:
            axes = turned(self._view.look.axes, axis, by, self._inputs)
            self._view = replace(self._view, look=replace(self._view.look, axes=axes))  # the next key may come soon
            self.post_message(LookAt({"axes": axes}))

    def action_axis(self, axis: int) -> None:
        """A list of the inputs for an axis: many are sooner found by their names."""
        view, data = self._view, self._data
        if view is None or data is None:
            return

        def chosen(name: str | None) -> None:
            if name is not None:
                self.post_message(LookAt({"axes": taken(view.look.axes, axis, data.captions.index(name))}))

        options = tuple(Option(name) for name in data.captions)
        beside = Region(*self._canvas.region.offset, self.frame.left, 1)
        self.app.push_screen(PickScreen("xy"[axis], options, data.captions[view.look.axes[axis]], beside), chosen)

    def action_picture(self) -> None:
        """The picture itself, or the plane of two of its pixels."""
        self._as_picture = not self._as_picture
        self._draw()

    def action_slope(self) -> None:
        """The node's gradient at the samples, or its value again."""
        if self._view is not None:
            self.post_message(LookAt({"slope": not self._view.look.slope}))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that mean nothing now are left to whoever else has a use for them."""
        if action in ("turn", "axis"):
            return self._inputs > 2
        if action == "picture":
            return self.sight is not None and self.sight.picture is not None
        if action == "leave":
            return self._cursor is not None or self._brush is not None
        return True

    def _here(self) -> Cell | None:
        """The cell that a key is about; the cursor comes up first where there is none."""
        if self.cursor is None:
            self.action_move(0, 0)
            return None
        return self.cursor if self._has_plane else None

    def _pick(self, cell: Cell) -> None:
        points, i = self._nearest(cell)
        if points is not None:
            self.post_message(PickSample(int(points.index[i]), "test" if points.test[i] else "train"))

    def _remove(self, cell: Cell) -> None:
        points, i = self._nearest(cell)
        if points is not None:
            self.post_message(RemovePoint(int(points.index[i]), "test" if points.test[i] else "train"))

    def _add(self, cell: Cell, klass: int) -> None:
        if self.sight is not None and self.sight.plane is not None:
            x, y = Window.of(self.sight.plane).place(*cell, self.frame)
            self.post_message(AddPoint(x, y, klass))

    def _nearest(self, cell: Cell) -> tuple[Points | None, int]:
        sight = self.sight
        if sight is None or sight.points is None or sight.plane is None:
            return None, -1
        found = map_layout.nearest(sight.points, sight.look, Window.of(sight.plane), self.frame, *cell)
        return (None, -1) if found is None else (sight.points, found)
