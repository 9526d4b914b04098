"""What a session shows: the moment, now or in the past, the look, and the sight that answers it."""

from collections.abc import Callable
from dataclasses import replace

from mgrad.engine.training import Snapshot
from mgrad.tui import messages
from mgrad.tui.looker import Looker
from mgrad.tui.messages import Message
from mgrad.tui.seeing import Question
from mgrad.tui.sight import Look, Sight
from mgrad.tui.timeline import Timeline
from mgrad.tui.work import Run


class Showing:
    """The part of a session that shows. `say` and `_changed` are the session's."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self.on_look: Callable[[], None] = lambda: None
        """Called when what somebody asked to look at can be seen: nobody should wait for the next pull."""
        self._pixels = (40, 40)
        self._run: Run | None = None
        self._snapshot: Snapshot | None = None
        self._unseen = False  # steps were done that no snapshot shows yet
        self._timeline = Timeline()
        self._past: int | None = None
        self._branching = False  # somebody wished to go on from the past, and it is not done yet
        self._sight: Sight | None = None
        self._sight_of: Run | None = None
        self._question: Question | None = None
        self._looker = Looker(self._on_sight)

    def say(self, message: Message | None) -> None:
        raise NotImplementedError

    def _changed(self) -> None:
        raise NotImplementedError

    # ------------------------------------------------------------------ looking
    def look(self, **changes: object) -> None:
        """Look at something else: fields of `Look`. What is not there is refused in a sentence.

        The map shows what was chosen last, also where the mouse still rests on something else.
        """
        if "label" in changes:
            changes = {"glance": "", **changes}
        wanted = replace(self._look, **changes)  # pyright: ignore[reportArgumentType]
        if self._run is not None and wanted != self._look:
            label = wanted.label
            if label and label != self._look.label and self._run.trainer.template.loss.find(label) is None:
                self.say(messages.said(f"There is no node {label}."))
                return
            wanted = _fitted(wanted, self._run, self._moment())
        if wanted != self._look:
            self._look = wanted
            self._see(now=False)

    def map_pixels(self, columns: int, rows: int) -> None:
        """How fine the map is to be."""
        if (columns, rows) != self._pixels and columns > 0 and rows > 0:
            self._pixels = (columns, rows)
            self._see()

    # ------------------------------------------------------------------ time
    def back(self) -> None:
        """To the moment before the one that is shown; a run that goes on is paused first."""
        self._show_moment((len(self._timeline) - 1 if self._past is None else self._past) - 1)

    def forward(self) -> None:
        if self._past is not None:
            self._show_moment(self._past + 1)

    def first(self) -> None:
        self._show_moment(0)

    def now(self) -> None:
        self._show_moment(len(self._timeline) - 1)

    def go_to_moment(self, share: float) -> None:
        """To the moment at a share of the run's steps so far, 0 to 1."""
        if len(self._timeline):
            self._show_moment(self._timeline.nearest(share * self._timeline[-1].step))

    def _show_moment(self, at: int) -> None:
        if self._branching:
            return
        self._running = False
        last = len(self._timeline) - 1
        self._past = max(0, at) if 0 <= max(0, at) < last else None
        if self._run is not None:
            self._look = _fitted(self._look, self._run, self._moment())
        self._see()
        self._changed()

    def _moment(self) -> Snapshot | None:
        """The one that is looked at: the newest, or one of the past."""
        return self._snapshot if self._past is None else self._timeline[self._past]

    def _past_share(self) -> float:
        """Where the shown moment is between the first step and now."""
        if self._past is None or not self._timeline[-1].step:
            return 1.0
        return self._timeline[self._past].step / self._timeline[-1].step

    # ------------------------------------------------------------------ what the loop tells
    def _began(self, run: Run, snapshot: Snapshot) -> None:
        """Another run, at its start."""
        self._run, self._past, self._branching = run, None, False
        self._timeline.clear()
        self._look = _fitted(self._look, run, snapshot)
        self._saw(snapshot)

    def _saw(self, snapshot: Snapshot) -> None:
        """The newest moment."""
        self._snapshot, self._unseen = snapshot, False
        shown = None if self._past is None else self._timeline[self._past].step
        self._timeline.add(snapshot)
        if shown is not None:  # there may be fewer moments now
            self._past = self._timeline.nearest(shown)
        if self._run is not None:
            self._look = _fitted(self._look, self._run, self._moment())
        self._see()

    def _went_back(self, snapshot: Snapshot) -> None:
        """The run goes on from a moment of the past; what came after it is forgotten."""
        steps = [moment.step for moment in self._timeline.moments]
        if snapshot.step in steps:
            self._timeline.cut(steps.index(snapshot.step))
        self._past, self._branching = None, False
        self._saw(snapshot)

    def _see(self, now: bool = True) -> None:
        """Asks the looker where what is to be seen is not what was asked last.

        With `now` false the moment that is shown will do, though a newer one be there: less has to be painted.
        """
        if self._run is None or self._snapshot is None:
            return
        snapshot, shown = self._moment() or self._snapshot, self._shown_sight()
        same_data = shown is not None and shown.snapshot.resume.dataset is snapshot.resume.dataset
        if not now and self._running and shown is not None and same_data:
            snapshot = shown.snapshot
        last = self._question
        same = last is not None and last.run is self._run and last.snapshot is snapshot
        if not (same and last is not None and (last.look, last.pixels) == (self._look, self._pixels)):
            self._question = Question(self._run, snapshot, self._look, self._pixels, self._timeline.moments)
            self._looker.ask(self._question)

    def _on_sight(self, question: Question, sight: Sight) -> None:
        if self._run is not None and question.run.trainer is self._run.trainer:
            asked_for = self._sight is None or self._sight.look != sight.look
            self._sight, self._sight_of = sight, question.run
            if asked_for:
                self.on_look()

    def _shown_sight(self) -> Sight | None:
        mine = self._sight_of is not None and self._run is not None and self._sight_of.trainer is self._run.trainer
        return self._sight if mine else None

    def _shown_snapshot(self) -> Snapshot | None:
        sight = self._shown_sight()
        return sight.snapshot if sight else self._snapshot

    def _all_seen(self) -> bool:
        sight = self._shown_sight()
        seen = sight is not None and sight.look == self._look and sight.snapshot is (self._moment() or self._snapshot)
        return seen and not self._looker.busy


def _fitted(look: Look, run: Run, moment: Snapshot | None) -> Look:
    """The look with what this run does not have, or did not have at a moment, taken back."""
    dataset = moment.resume.dataset if moment else run.dataset
    inputs = len(dataset.features)
    part = look.part if len(getattr(dataset, look.part, ())) else "train"
    samples = len(getattr(dataset, part))
    label, glance = (name if run.trainer.template.loss.find(name) else "" for name in (look.label, look.glance))
    axes = look.axes
    if inputs >= 2 and (max(axes) >= inputs or axes[0] == axes[1]):
        axes = (0, 1)
    sample = max(0, min(look.sample, samples - 1))
    return replace(look, label=label, glance=glance, sample=sample, part=part, axes=axes)
