"""Everything that makes a run, in one frozen object, and the one way to make a Trainer from it.

The playground and `mgrad-tui train` both go through `build`: equal settings give equal bits. What is left open (`None`)
is chosen from the data: `complete` says what it became. Nothing here knows the screen.
"""

from dataclasses import dataclass, fields, replace

from mgrad.datasets import Dataset, load
from mgrad.engine import MLP, Trainer
from mgrad.engine.errors import OptionError

LIVE = ("learning_rate", "batch_size", "l1", "l2")
"""Fields that change in a Trainer while it runs; any other makes another run."""


@dataclass(frozen=True)
class Settings:
    """What a person chooses. `data` is a name of the catalogue or a path of a CSV file; noise and share are percent.

    >>> Settings().data, Settings().layers
    ('circle', (4, 2))
    >>> Settings(learning_rate=0.1).differs_live_only(Settings())
    True
    """

    data: str = "circle"
    noise: float = 0.0
    train_share: int = 50
    target: str | None = None
    """Column to predict of a CSV file: its heading, or its position from 1. None: the last."""
    columns: tuple[str, ...] | None = None
    """Columns of a CSV file to learn from: headings, or positions from 1. None: all but the target."""
    problem: str | None = None
    """Of a CSV file: classification or regression. None: found out."""
    size: int | None = None
    """How many samples a generator makes. None: its own default."""
    features: tuple[str, ...] | None = None
    """What the network is fed: inputs and features over them (`mgrad.engine.features`). None: the inputs alone."""
    layers: tuple[int, ...] = (4, 2)
    activation: str | tuple[str, ...] = "tanh"
    """Of the hidden layers: one for all, or one each."""
    output: str | None = None
    """Activation of the output. None: tanh where two classes are learned with squared differences, else linear."""
    init: str = "playground"
    loss: str | None = None
    """None: softmax for three classes or more, else half_mse."""
    optimizer: str = "sgd"
    schedule: str = "constant"
    learning_rate: float = 0.03
    batch_size: int = 10
    l1: float = 0.0
    l2: float = 0.0
    seed: int = 7
    data_seed: int | None = None
    """Of the samples alone. None: the seed of all."""

    @property
    def activations(self) -> tuple[str, ...]:
        """One activation a hidden layer.

        >>> Settings(layers=(4, 2), activation="relu").activations
        ('relu', 'relu')
        """
        return (self.activation,) * len(self.layers) if isinstance(self.activation, str) else self.activation

    def differs_live_only(self, other: "Settings") -> bool:
        """True when a Trainer of `other` can become one of these settings without a rebuild."""
        return self == replace(other, **{name: getattr(self, name) for name in LIVE})

    def differs_samples_only(self, other: "Settings") -> bool:
        """True when nothing differs but which samples were drawn: a Trainer of `other` can go on with these."""
        return self == replace(other, data_seed=self.data_seed)

    def same_data(self, other: "Settings") -> bool:
        """True when both learn from the very same samples."""
        names = ("data", "noise", "train_share", "target", "columns", "problem", "size", "seed", "data_seed")
        return all(getattr(self, name) == getattr(other, name) for name in names)


FIELDS = tuple(field.name for field in fields(Settings))


def load_data(settings: Settings) -> Dataset:
    """The samples that these settings learn from. Raises OptionError or DataError, in one sentence."""
    return load(
        settings.data,
        noise=settings.noise,
        size=settings.size,
        seed=settings.seed if settings.data_seed is None else settings.data_seed,
        train_share=settings.train_share,
        target=settings.target,
        problem=settings.problem,
        columns=settings.columns,
    )


def complete(settings: Settings, dataset: Dataset) -> Settings:
    """The same settings with what was left open chosen for this data."""
    many = len(dataset.classes) > 2
    loss = settings.loss or ("softmax" if many else "half_mse")
    squared = loss in ("mse", "half_mse")
    output = settings.output or ("tanh" if squared and dataset.problem == "classification" and not many else "linear")
    return replace(settings, loss=loss, output=output)


def adapt(asked: Settings, before: Dataset | None, after: Dataset) -> tuple[Settings, str]:
    """Settings for other data, and the sentence that says what followed from it ("" if nothing did).

    A loss and an output chosen for two classes mean nothing for five, or for numbers: where the kind of the problem
    changes they are left open again, so that the data chooses them.
    """
    if before is not None and asked.features and len(before.features) != len(after.features):
        asked = replace(asked, features=None)  # formulas over other inputs
    if before is None or _kind(before) == _kind(after):
        return asked, ""
    asked = replace(asked, loss=None, output=None)
    full = complete(asked, after)
    outputs = count_outputs(full, after)
    kind = f"{len(after.classes)} classes" if after.classes else "numbers to predict"
    plural = "" if outputs == 1 else "s"
    return asked, f"{after.name} has {kind}: {outputs} {full.output} output{plural}, loss {full.loss}."


def _kind(dataset: Dataset) -> str:
    return dataset.problem if len(dataset.classes) < 3 else "many classes"


def count_outputs(settings: Settings, dataset: Dataset) -> int:
    """How many neurons the last layer has: one a class for softmax and for three classes or more, else one."""
    return len(dataset.classes) if len(dataset.classes) > 2 or settings.loss == "softmax" else 1


def build(settings: Settings, dataset: Dataset | None = None, *, executor: str | None = None) -> Trainer:
    """A Trainer at step 0 for these settings; `dataset` spares loading when it is at hand.

    `executor` names who does the arithmetic; None is the fastest that can run here.

    Raises OptionError (a choice that does not exist or does not fit) or DataError (a file that cannot be read), each
    with one sentence that says what to do.
    """
    dataset = load_data(settings) if dataset is None else dataset
    settings = complete(settings, dataset)
    if len(settings.activations) != len(settings.layers):
        raise OptionError(
            f"{len(settings.activations)} activations are given for {len(settings.layers)} hidden layers. "
            "Give one for all of them, or one for each."
        )
    assert settings.output is not None
    assert settings.loss is not None
    net = MLP(
        len(settings.features or dataset.features),
        [*settings.layers, count_outputs(settings, dataset)],
        activation=list(settings.activations),
        output=settings.output,
        init=settings.init,
        seed=settings.seed,
    )
    return Trainer(
        net,
        dataset,
        loss=settings.loss,
        optimizer=settings.optimizer,
        learning_rate=settings.learning_rate,
        schedule=settings.schedule,
        batch_size=settings.batch_size,
        l1=settings.l1,
        l2=settings.l2,
        seed=settings.seed,
        features=settings.features,
        executor=executor,
    )
