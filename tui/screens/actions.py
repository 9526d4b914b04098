"""What keys, clicks and the command palette do on the playground: one action each, passed on to the session."""

from pathlib import Path
from typing import Any

from textual.command import CommandPalette
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from mgrad.engine.graph import Value
from mgrad.engine.inspection import Inspection
from mgrad.tui import wishes
from mgrad.tui.messages import said
from mgrad.tui.neuron_sum import parameters_at
from mgrad.tui.screens.answered_once import AnsweredOnce
from mgrad.tui.screens.edit import EditScreen
from mgrad.tui.screens.find import FindScreen
from mgrad.tui.screens.help import HelpScreen
from mgrad.tui.session import Session
from mgrad.tui.settings import Settings
from mgrad.tui.setup_table import ROWS
from mgrad.tui.sharing import command_line
from mgrad.tui.widgets.key_line import panel_in_focus
from mgrad.tui.widgets.loss_panel import LossPanel
from mgrad.tui.widgets.watch_panel import MOST_PINS, WatchPanel


class Palette(CommandPalette, AnsweredOnce):  # pyright: ignore[reportIncompatibleMethodOverride]
    """Textual's own, in which nothing blinks."""

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = False


class Actions(Screen[None]):
    """The actions; the screen that is made of them has the panels."""

    session: Session
    change: Any
    pull: Any
    look: Any

    # ------------------------------------------------------------------ running
    def action_run_or_pause(self) -> None:
        self.session.toggle()
        self.pull()

    def action_run(self) -> None:
        self.session.go()
        self.pull()

    action_branch = action_run

    def action_pause(self) -> None:
        self.session.pause()
        self.pull()

    def action_step(self) -> None:
        self.session.step()

    def action_epoch(self) -> None:
        self.session.epoch()

    def action_rewind(self) -> None:
        self.session.rewind()

    def action_reseed(self) -> None:
        self.session.reseed()

    def action_regenerate(self) -> None:
        self.session.regenerate()

    def action_rate(self, by: int) -> None:
        number = ROWS["learning_rate"].number
        if number:
            self.change(number.moved(self.session.view().setup, by))

    # ------------------------------------------------------------------ the past
    def action_back(self) -> None:
        self.session.back()
        self.pull()

    def action_forward(self) -> None:
        self.session.forward()
        self.pull()

    def action_first(self) -> None:
        self.session.first()
        self.pull()

    def action_now(self) -> None:
        self.session.now()
        self.pull()

    # ------------------------------------------------------------------ looking
    def action_sample_before(self) -> None:
        self._move_sample(-1)

    def action_sample_next(self) -> None:
        self._move_sample(1)

    def _move_sample(self, by: int) -> None:
        view = self.session.view()
        if view.run:
            part = getattr(view.run.dataset, view.look.part)
            self.look(sample=(view.look.sample + by) % max(1, len(part)))

    def action_slope(self) -> None:
        self._flip("slope")

    def action_discretise(self) -> None:
        self._flip("discretise")

    def action_test(self) -> None:
        self._flip("show_test")

    def _flip(self, flag: str) -> None:
        self.look(**{flag: not getattr(self.session.view().look, flag)})

    def action_scale(self) -> None:
        self.query_one(LossPanel).toggle_scale()

    def action_view(self) -> None:
        """The next view of the panel in focus, if it has several; else of the loss panel."""
        panel: Widget | None = self.focused
        while panel is not None and not hasattr(panel, "action_move_view"):
            panel = panel.parent if isinstance(panel.parent, Widget) else None
        (panel or self.query_one(LossPanel)).action_move_view(1)  # pyright: ignore[reportAttributeAccessIssue]

    def action_health(self) -> None:
        self.query_one(LossPanel).action_show_view("Health")

    def action_find(self) -> None:
        run = self.session.view().run
        if run:
            self.app.push_screen(FindScreen(run.trainer.template.loss, self._inspection), self._found)

    def _inspection(self) -> Inspection | None:
        sight = self.session.view().sight
        return sight.inspection if sight else None

    def _found(self, label: str | None) -> None:
        if label is not None:
            self.look(label=label)

    def _chosen(self) -> str:
        """The label of the chosen node: the first output, where nobody has chosen one; "" before there is a run."""
        view = self.session.view()
        return view.look.label or (view.run.trainer.template.outputs[0].label if view.run else "")

    def action_copy(self) -> None:
        """Label and value of the chosen node, to the clipboard of whoever sits at the terminal."""
        view, label = self.session.view(), self._chosen()
        if view.sight and label:
            text = f"{label} = {view.sight.inspection.value(label)!r}"
            self.app.copy_to_clipboard(text)
            self.app.notify(f"Copied {text}", timeout=4, markup=False)

    def action_share(self) -> None:
        """The whole set-up as a command line, for the clipboard."""
        line = command_line(self.session.view().asked)
        self.app.copy_to_clipboard(line)
        self.session.say(said(f"Copied: {line}"))

    # ------------------------------------------------------------------ touching
    def action_edit(self) -> None:
        self.edit(self._chosen())

    def edit(self, label: str) -> None:
        """Asks for another number for a parameter."""
        view = self.session.view()
        if view.run is None or view.sight is None:
            return
        node: Value | None = view.run.trainer.template.loss.find(label)
        if node is None or not node.learnable:
            self.session.say(said(f"{label or 'This'} is no parameter.", "Only weights w and biases b can be edited."))
            return
        self.app.push_screen(
            EditScreen(label, view.sight.inspection.value(label)),
            lambda number: None if number is None else self.session.touch(wishes.edit(label, number)),
        )

    def action_freeze(self) -> None:
        """The chosen parameter, or all parameters of the chosen neuron or layer."""
        view = self.session.view()
        if view.run is None:
            return
        labels = parameters_at(view.run.trainer.net, self._chosen())
        if labels:
            self.session.touch(wishes.freeze(labels))
        else:
            self.session.say(said("Only parameters can be frozen.", "Choose a weight, bias, neuron or layer."))

    def action_undo(self) -> None:
        self.session.touch(wishes.undo())

    action_undo_nothing = action_undo  # which says so

    def action_pin(self) -> None:
        label = self._chosen()
        if label:
            if not self.query_one(WatchPanel).toggle(label):
                self.session.say(said(f"{MOST_PINS} nodes are watched already.", "Unpin one first: choose it, then p."))
            self.pull()

    # ------------------------------------------------------------------ other screens
    def action_open(self, path: str = "") -> None:
        """A table of one's own: picked, then looked at before it is learned from."""
        if path:
            self._preview(Path(path))
        else:
            from mgrad.tui.screens.open_table import OpenTableScreen  # not before: its picker costs the start

            self.app.push_screen(OpenTableScreen(), self._preview)

    def _preview(self, path: Path | None) -> None:
        if path is not None:
            from mgrad.tui.screens.own_data import OwnDataScreen

            self.app.push_screen(OwnDataScreen(path, self.session.view().wanted), self._learn_from)

    def _learn_from(self, settings: Settings | None) -> None:
        if settings is not None:
            self.session.change(settings)
            self.pull()

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(panel_in_focus(self)))

    def action_reset(self) -> None:
        self.app.reset()  # pyright: ignore[reportAttributeAccessIssue]

    def action_commands(self) -> None:
        self.app.push_screen(Palette())
