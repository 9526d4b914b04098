"""What a person may choose, as a table: the rows of the setup panel from top to bottom.

Names that can be chosen come from the tables of the engine and the catalogue of the datasets.
"""

from collections.abc import Callable
from dataclasses import replace

from mgrad.datasets import Dataset, catalogue, names
from mgrad.datasets.catalogue import Entry
from mgrad.engine.features import FEATURES
from mgrad.engine.losses import LOSSES
from mgrad.engine.network import ACTIVATIONS, INITS
from mgrad.engine.optimizers import OPTIMIZERS
from mgrad.engine.schedules import SCHEDULES
from mgrad.engine.stops import Stop
from mgrad.tui import formats
from mgrad.tui.choices import Number, Option, Pick, Row, Setup, Toggle, set_field
from mgrad.tui.pace import SPEEDS
from mgrad.tui.settings import Settings

RATES = (0.00001, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
PENALTIES = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
BATCHES = (1.0, 2.0, 3.0, 5.0, 10.0, 15.0, 20.0, 30.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
MOST_LAYERS, MOST_NEURONS = 8, 64
FULL = float("inf")
"""How the speed `full` stands among numbers."""


def lower(rate: float) -> float | None:
    """The next lower learning rate, None if there is none.

    >>> lower(0.03), lower(0.00001)
    (0.01, None)
    """
    return max((rung for rung in RATES if rung < rate), default=None)


def _number(
    field: str,
    ladder: tuple[float, ...],
    low: float,
    high: float,
    whole: bool = False,
    write: Callable[[float], str] = formats.setting,
    kind: type[Number] = Number,
) -> Number:
    return kind(
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
        lambda setup: getattr(setup.settings, field) or "·",  # what the data decide is known when they are there
        lambda setup, name: set_field(setup, **{field: name}, **also),
        options,
    )


def _datasets(setup: Setup, dataset: Dataset | None) -> tuple[Option, ...]:
    listed = tuple(Option(entry.name, entry.caption) for entry in catalogue())
    names = [option.name for option in listed]
    own = [setup.opened.data] if setup.opened else []
    own += [setup.settings.data] if setup.settings.data not in own else []
    return (*(Option(path, "your own table") for path in own if path not in names), *listed)


def _with_data(setup: Setup, name: str) -> Setup:
    """Other data: noise and a number of points only where a formula makes it, columns as they were chosen for it."""
    if name == setup.settings.data:
        return setup
    same = setup.opened if setup.opened and setup.opened.data == name else Settings()
    made = _takes_noise(setup) and _is_made(name)
    return set_field(
        setup,
        data=name,
        target=same.target,
        columns=same.columns,
        problem=same.problem,
        noise=setup.settings.noise if made else same.noise,
        size=setup.settings.size if made else same.size,
    )


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


PROBLEMS = {"classify": ("classification", "circle"), "predict": ("regression", "plane")}
"""What is to be done, the kind of problem that it is, and the data that it begins with."""


def _problems(setup: Setup, dataset: Dataset | None) -> tuple[Option, ...]:
    return (Option("classify", "which class is it"), Option("predict", "what number is it"))


def _problem(setup: Setup) -> str:
    return next(name for name, (kind, _) in PROBLEMS.items() if kind == setup.problem)


def _with_problem(setup: Setup, name: str) -> Setup:
    """A table of one's own is read another way; else it is other data."""
    kind, data = PROBLEMS[name]
    if kind == setup.problem:
        return setup
    if setup.settings.data in names():
        return replace(_with_data(setup, data), problem=kind)
    return replace(set_field(setup, problem=kind), problem=kind)


STOPS: dict[str, Stop | None] = {
    "never": None,
    **{f"epoch {formats.setting(n)}": Stop(epochs=n) for n in (10, 100, 300, 1000, 3000, 10_000)},
    **{f"accuracy {n} %": Stop(accuracy=n / 100) for n in (90, 95, 99, 100)},
    **{f"loss {formats.setting(x)}": Stop(loss=x) for x in (0.1, 0.03, 0.01, 0.001)},
}
"""Where a run may end by itself."""


def _stops(setup: Setup, dataset: Dataset | None) -> tuple[Option, ...]:
    classes = setup.problem == "classification"
    return tuple(Option(name) for name, stop in STOPS.items() if classes or stop is None or stop.accuracy is None)


def _stop(setup: Setup) -> str:
    return next((name for name, stop in STOPS.items() if stop == setup.stop), "own")


def fed(setup: Setup) -> tuple[str, ...]:
    """What the network is fed now."""
    return setup.settings.features or tuple(f"x{i + 1}" for i in range(setup.inputs))


def with_feature(setup: Setup, name: str, on: bool) -> Setup:
    """Fed with a feature, or not; a network keeps one at least."""
    wanted = {*fed(setup), name} if on else {*fed(setup)} - {name}
    chosen = tuple(feature for feature in FEATURES if feature in wanted)
    if not chosen:
        return setup
    return set_field(setup, features=None if chosen == ("x1", "x2") else chosen)


def _feature(name: str) -> Toggle:
    return Toggle(name, lambda setup: name in fed(setup), lambda setup, on: with_feature(setup, name, on))


def _flag(field: str, name: str) -> Toggle:
    return Toggle(name, lambda setup: getattr(setup, field), lambda setup, on: replace(setup, **{field: on}))


def _on_a_plane(setup: Setup) -> bool:
    return setup.inputs == 2


def _entry(name: str) -> Entry | None:
    return next((entry for entry in catalogue() if entry.name == name), None)


def _is_made(name: str) -> bool:
    """Whether a formula makes this data, with noise if wanted and as many points as wanted."""
    entry = _entry(name)
    return entry is not None and entry.takes_noise


def _takes_noise(setup: Setup) -> bool:
    return _is_made(setup.settings.data)


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


class Batch(Number):
    """The number of samples in a step: up to all of them, which is written so."""

    def text(self, setup: Setup) -> str:
        return "all" if 0 < setup.samples <= self.get(setup) else super().text(setup)

    def moved(self, setup: Setup, by: int) -> Setup:
        if not setup.samples:
            return super().moved(setup, by)
        top = float(setup.samples)
        rungs = (*(rung for rung in self.ladder if rung < top), top)
        return Number.moved(replace(self, ladder=rungs), self.put(setup, min(self.get(setup), top)), by)


def _sizes() -> Number:
    """How many samples a formula makes: its own default until another number is chosen."""
    return Number(
        lambda setup: float(setup.settings.size or (entry.size if (entry := _entry(setup.settings.data)) else 0) or 0),
        lambda setup, number: set_field(setup, size=int(number)),
        (50.0, 100.0, 200.0, 300.0, 500.0, 800.0, 1200.0, 2000.0, 5000.0),
        2,
        100_000,
        whole=True,
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
            Row("problem", "problem", pick=Pick(_problem, _with_problem, _problems)),
            Row("data", "dataset", pick=Pick(lambda setup: setup.settings.data, _with_data, _datasets)),
            Row("size", "points", _sizes(), shown=_takes_noise),
            Row("noise", "noise", _number("noise", _FIVES, 0, 50, write=_percent), shown=_takes_noise),
            Row("train_share", "train share", _number("train_share", _TENS, 1, 99, whole=True, write=_percent)),
            Row("batch_size", "batch", _number("batch_size", BATCHES, 1, 100_000, whole=True, kind=Batch), live=True),
        ),
    ),
    (
        "Features",
        (
            Row("features1", "", toggles=tuple(map(_feature, ("x1", "x2", "x1²", "x2²"))), shown=_on_a_plane),
            Row("features2", "", toggles=tuple(map(_feature, ("x1x2", "sin x1", "sin x2"))), shown=_on_a_plane),
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
            Row(
                "stop",
                "stop at",
                pick=Pick(_stop, lambda setup, name: replace(setup, stop=STOPS[name]), _stops),
                live=True,
            ),
            Row("seed", "seed", _number("seed", _SEEDS, 0, 2**31 - 1, whole=True)),
            Row(
                "pictures",
                "",
                toggles=(_flag("show_test", "test"), _flag("discretise", "discretise")),
                live=True,
            ),
        ),
    ),
)
"""The panel from top to bottom."""

ROWS: dict[str, Row] = {row.key: row for _, rows in GROUPS for row in rows}
