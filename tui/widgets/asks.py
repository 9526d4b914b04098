"""What panels ask of the screen: messages that name a wish and carry nothing but plain data."""

from dataclasses import dataclass

from textual.message import Message

from mgrad.tui.choices import Setup


@dataclass
class Choose(Message):
    """Look at this node, everywhere."""

    label: str


@dataclass
class PickSample(Message):
    """Look at this sample of a part of the data (train or test), everywhere."""

    index: int
    part: str = "train"


@dataclass
class LookAt(Message):
    """Change fields of the look: `LookAt({"slope": True})`."""

    changes: dict[str, object]


@dataclass
class AddPoint(Message):
    """A sample made by hand, at (x, y) of the plane; `klass` as in `Points.wanted`."""

    x: float
    y: float
    klass: int


@dataclass
class RemovePoint(Message):
    """Take a sample out of its part."""

    index: int
    part: str


@dataclass
class EditNode(Message):
    """Ask for a new number for this parameter."""

    label: str


@dataclass
class FreezeNodes(Message):
    """Freeze these parameters, or free them where all are frozen already."""

    labels: tuple[str, ...]


@dataclass
class ChangeSetup(Message):
    """Another set-up."""

    setup: Setup


@dataclass
class Glance(Message):
    """Let the map show this node for as long as the mouse is over it; "" when it is over nothing."""

    label: str


@dataclass
class OpenTable(Message):
    """Learn from a table of one's own: this one, with columns to be chosen, or one to be picked where `path` is ""."""

    path: str = ""
