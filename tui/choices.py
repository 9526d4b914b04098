"""What a person may choose, as a table: one row a setting, with how it is read, changed and written.

The panel draws these rows and the command palette lists them; neither knows what a setting means. Names that can be
chosen come from the tables of the engine and the catalogue of the datasets.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from mgrad.datasets import Dataset, catalogue
from mgrad.engine.losses import LOSSES
from mgrad.engine.network import ACTIVATIONS, INITS
from mgrad.engine.optimizers import OPTIMIZERS
from mgrad.engine.schedules import SCHEDULES
from mgrad.tui import formats
from mgrad.tui.pace import SPEEDS
from mgrad.tui.settings import Settings

RATES = (0.00001, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
PENALTIES = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
BATCHES = (1.0, 2.0, 3.0, 5.0, 10.0, 15.0, 20.0, 30.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
MOST_LAYERS, MOST_NEURONS = 8, 64
FULL = float("inf")
"""How the speed `full` stands among numbers."""


@dataclass(frozen=True)
class Setup:
    """All that the panel sets: what makes the run, and how fast it is shown."""

    settings: Settings
    speed: float | None


@dataclass(frozen=True)
class Option:
    """One entry of a list."""

    name: str
    caption: str = ""


@dataclass(frozen=True)
class Number:
    """A number that moves along a ladder, or is typed, from `low` to `high`."""

    get: Callable[[Setup], float]
    put: Callable[[Setup, float], Setup]
    ladder: tuple[float, ...]
    low: float = 0.0
    high: float = 1e6
    whole: bool = False
    write: Callable[[float], str] = formats.setting

    def text(self, setup: Setup) -> str:
        return self.write(self.get(setup))

    def moved(self, setup: Setup, by: int) -> Setup:
        """One rung up or down; a number between two rungs goes to the nearer one on that side."""
        now = self.get(setup)
        rungs = [rung for rung in self.ladder if (rung > now if by > 0 else rung < now)]
        return self.put(setup, min(rungs) if by > 0 else max(rungs)) if rungs else setup

    def problem(self, number: float | None) -> str | None:
        """Why a typed number cannot be taken, or None if it can."""
        kind = "a whole number" if self.whole else "a number"
        if number is None or (self.whole and number != int(number)) or not self.low <= number <= self.high:
            return f"must be {kind} from {formats.setting(self.low)} to {formats.setting(self.high)}."
        return None


@dataclass(frozen=True)
class Pick:
    """A name out of a list; the list may depend on the data."""

    get: Callable[[Setup], str]
    put: Callable[[Setup, str], Setup]
    options: Callable[[Setup, Dataset | None], tuple[Option, ...]]

    def moved(self, setup: Setup, by: int, dataset: Dataset | None) -> Setup:
        """The next name of the list, or the one before; the ends meet."""
        names = [option.name for option in self.options(setup, dataset)]
        now = self.get(setup)
        at = (names.index(now) + by) % len(names) if now in names else 0
        return self.put(setup, names[at])


@dataclass(frozen=True)
class Row:
    """One line of the panel. A layer's has both: its number of neurons and its activation."""

    key: str
    name: str
    number: Number | None = None
    pick: Pick | None = None
    live: bool = False
    """True where a change does not begin another run."""
    shown: Callable[[Setup], bool] = lambda setup: True


def lower(rate: float) -> float | None:
    """The next lower learning rate, None if there is none.

    >>> lower(0.03), lower(0.00001)
    (0.01, None)
    """
    return max((rung for rung in RATES if rung < rate), default=None)


def set_field(setup: Setup, **fields: object) -> Setup:
    return replace(setup, settings=replace(setup.settings, **fields))  # pyright: ignore[reportArgumentType]


def _number(
    field: str,
    ladder: tuple[float, ...],
    low: float,
    high: float,
    whole: bool = False,
    write: Callable[[float], str] = formats.setting,
) -> Number:
    return Number(
        lambda setup: float(getattr(setup.settings, field)),
        lambda setup, number: set_field(setup, **{field: int(number) if whole else number}),
        ladder,
        low,
        high,
        whole,
        write,
    )


def _pick(field: str, options: Callable[[Setup, Dataset | None], tuple[Option, ...]], **also: object) -> Pick:
    return Pick(
        lambda setup: str(getattr(setup.settings, field)),
        lambda setup, name: set_field(setup, **{field: name}, **also),
        options,
    )


def _datasets(setup: Setup, dataset: Dataset | None) -> tuple[Option, ...]:
    listed = tuple(Option(entry.name, entry.caption) for entry in catalogue())
    own = setup.settings.data
    return listed if any(option.name == own for option in listed) else (Option(own, "your own table"), *listed)


def _losses(setup: Setup, dataset: Dataset | None) -> tuple[Option, ...]:
    """Those that suit the data."""
    return tuple(
        Option(loss.name, loss.caption)
        for loss in LOSSES.values()
        if dataset is None or dataset.problem in loss.problems
    )


def _activations(setup: Setup, dataset: Dataset | None) -> tuple[Option, ...]:
    return tuple(Option(name) for name in ACTIVATIONS)


def _inits(setup: Setup, dataset: Dataset | None) -> tuple[Option, ...]:
    return tuple(Option(init.name, init.caption) for init in INITS.values())


def _optimizers(setup: Setup, dataset: Dataset | None) -> tuple[Option, ...]:
    return tuple(Option(optimizer.name, optimizer.caption) for optimizer in OPTIMIZERS.values())


def _schedules(setup: Setup, dataset: Dataset | None) -> tuple[Option, ...]:
    return tuple(Option(schedule.name, schedule.caption) for schedule in SCHEDULES.values())


def _takes_noise(setup: Setup) -> bool:
    return any(entry.takes_noise for entry in catalogue() if entry.name == setup.settings.data)


def _with_layers(setup: Setup, number: float) -> Setup:
    settings, count = setup.settings, int(number)
    more = count - len(settings.layers)
    layers = settings.layers[:count] + (settings.layers[-1:] or (4,)) * max(0, more)
    activation = settings.activation
    if not isinstance(activation, str):
        activation = activation[:count] + (activation[-1:] or ("tanh",)) * max(0, more)
    return set_field(setup, layers=layers, activation=activation)


def _with_size(setup: Setup, index: int, number: float) -> Setup:
    layers = setup.settings.layers
    return set_field(setup, layers=(*layers[:index], int(number), *layers[index + 1 :]))


def _with_activation(setup: Setup, index: int, name: str) -> Setup:
    names = setup.settings.activations
    names = (*names[:index], name, *names[index + 1 :])
    return set_field(setup, activation=names[0] if len(set(names)) == 1 else names)


def _layer(index: int) -> Row:
    return Row(
        f"layer{index + 1}",
        f"layer{index + 1}",
        Number(
            lambda setup: setup.settings.layers[index],
            lambda setup, number: _with_size(setup, index, number),
            tuple(float(n) for n in range(1, MOST_NEURONS + 1)),
            1,
            MOST_NEURONS,
            whole=True,
        ),
        Pick(
            lambda setup: setup.settings.activations[index],
            lambda setup, name: _with_activation(setup, index, name),
            _activations,
        ),
        shown=lambda setup: index < len(setup.settings.layers),
    )


def _speed() -> Number:
    return Number(
        lambda setup: FULL if setup.speed is None else setup.speed,
        lambda setup, number: replace(setup, speed=None if number == FULL else number),
        tuple(FULL if speed is None else speed for speed in SPEEDS),
        1,
        1e6,
        write=lambda number: formats.speed(None if number == FULL else number).strip(),
    )


def _percent(number: float) -> str:
    return f"{formats.setting(number)} %"


_TENS = tuple(float(n) for n in range(10, 100, 10))
_FIVES = tuple(float(n) for n in range(0, 55, 5))
_SEEDS = tuple(float(n) for n in range(1000))

GROUPS: tuple[tuple[str, tuple[Row, ...]], ...] = (
    (
        "Data",
        (
            Row("data", "dataset", pick=_pick("data", _datasets, target=None)),
            Row("noise", "noise", _number("noise", _FIVES, 0, 50, write=_percent), shown=_takes_noise),
            Row("train_share", "train share", _number("train_share", _TENS, 1, 99, whole=True, write=_percent)),
            Row("batch_size", "batch", _number("batch_size", BATCHES, 1, 100_000, whole=True), live=True),
        ),
    ),
    (
        "Network",
        (
            Row(
                "layers",
                "layers",
                Number(
                    lambda setup: len(setup.settings.layers),
                    _with_layers,
                    tuple(float(n) for n in range(MOST_LAYERS + 1)),
                    0,
                    MOST_LAYERS,
                    whole=True,
                ),
            ),
            *(_layer(index) for index in range(MOST_LAYERS)),
            Row("output", "output", pick=_pick("output", _activations)),
            Row("init", "start", pick=_pick("init", _inits)),
        ),
    ),
    (
        "Learning",
        (
            Row("learning_rate", "rate", _number("learning_rate", RATES, 0, 1e6), live=True),
            Row("optimizer", "optimizer", pick=_pick("optimizer", _optimizers)),
            Row("schedule", "schedule", pick=_pick("schedule", _schedules)),
            # another loss wants another output: it is left open again, so that the loss chooses it
            Row("loss", "loss", pick=_pick("loss", _losses, output=None)),
            Row("l1", "penalty l1", _number("l1", PENALTIES, 0, 1e6), live=True),
            Row("l2", "penalty l2", _number("l2", PENALTIES, 0, 1e6), live=True),
        ),
    ),
    (
        "Run",
        (
            Row("speed", "speed", _speed(), live=True),
            Row("seed", "seed", _number("seed", _SEEDS, 0, 2**31 - 1, whole=True)),
        ),
    ),
)
"""The panel from top to bottom."""

ROWS: dict[str, Row] = {row.key: row for _, rows in GROUPS for row in rows}
