"""Training anything at all: whatever the network, the batches and the optimizer, the executors reach the same numbers.

A few steps at small rates: every step multiplies what rounding left behind in the one before it.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from mgrad.engine import MLP, Trainer
from mgrad.engine.errors import NotFiniteError
from mgrad.engine.executors import available
from mgrad.engine.losses import LOSSES
from mgrad.engine.network import ACTIVATIONS, INITS
from mgrad.engine.optimizers import OPTIMIZERS
from mgrad.engine.schedules import SCHEDULES

TAME = 1e3
"""Parameters beyond that are on their way to infinity, and what rounding left behind goes with them."""

pytestmark = pytest.mark.skipif("native" not in available(), reason="no llvmlite")


@dataclass(frozen=True)
class Training:
    """All that settles a run."""

    inputs: int
    sizes: list[int]
    activations: list[str]
    output: str
    init: str
    loss: str
    regression: bool
    samples: int
    batch_size: int
    optimizer: str
    schedule: str
    rate: float
    l1: float
    l2: float
    seed: int
    steps: int

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        source = np.random.default_rng(self.seed)
        inputs, outputs = source.uniform(-2.0, 2.0, (self.samples, self.inputs)), self.sizes[-1]
        if self.regression:
            return inputs, source.uniform(-2.0, 2.0, (self.samples, outputs))
        if outputs > 1:
            return inputs, source.integers(0, outputs, self.samples).astype(float)
        return inputs, source.choice([-1.0, 1.0], self.samples)

    def run(self, executor: str) -> tuple[np.ndarray, float]:
        """The parameters after the steps, and the loss over all samples."""
        net = MLP(
            self.inputs, self.sizes, activation=self.activations, output=self.output, init=self.init, seed=self.seed
        )
        # From 0 a bias may go to where rounding alone puts it; where all its neuron's sources are dead, that decides on
        # which side of a kink the neuron is.
        source = np.random.default_rng(self.seed)
        for layer in net.layers:
            for neuron in layer.neurons:
                neuron.bias.data = source.uniform(-0.5, 0.5)
        trainer = Trainer(
            net, self.data(), self.loss, self.optimizer, self.rate, self.schedule, batch_size=self.batch_size,
            l1=self.l1, l2=self.l2, seed=self.seed, executor=executor,
        )  # fmt: skip
        assert trainer.run(steps=self.steps) == self.steps
        snapshot = trainer.snapshot()
        return snapshot.parameters, snapshot.train.loss


# Mostly few, and now and then so many that other ways are taken: more than a register, a tile, or what is gathered.
INPUTS = st.one_of(st.integers(1, 5), st.sampled_from([8, 19, 131]))
SIZES = st.one_of(st.integers(1, 9), st.sampled_from([17, 33]))
SAMPLES = st.one_of(st.integers(1, 40), st.sampled_from([128, 131, 270]))


@st.composite
def trainings(draw: st.DrawFn) -> Training:
    loss = draw(st.sampled_from(list(LOSSES)))
    hidden = draw(st.lists(SIZES, max_size=3))
    outputs = draw(st.integers(2 if loss == "softmax" else 1, 4))
    samples = draw(SAMPLES)
    penalties = st.sampled_from([0.0, 0.001, 0.05])
    return Training(
        inputs=draw(INPUTS),
        sizes=[*hidden, outputs],
        activations=[draw(st.sampled_from(list(ACTIVATIONS))) for _ in hidden],
        output=draw(st.sampled_from(["linear", "linear", *ACTIVATIONS])),
        init=draw(st.sampled_from(list(INITS))),
        loss=loss,
        regression=loss in ("mse", "half_mse") and draw(st.booleans()),
        samples=samples,
        batch_size=draw(st.integers(1, samples + 3)),  # ragged more often than not, and larger than the data
        optimizer=draw(st.sampled_from(list(OPTIMIZERS))),
        schedule=draw(st.sampled_from(list(SCHEDULES))),
        rate=draw(st.sampled_from([0.001, 0.005, 0.02])),
        l1=draw(penalties),
        l2=draw(penalties),
        seed=draw(st.integers(0, 2**32 - 1)),
        steps=draw(st.integers(1, 5)),
    )


@given(training=trainings())
@settings(suppress_health_check=[HealthCheck.too_slow])  # the first example loads the kernels
def test_executors_agree_on_any_training(training: Training) -> None:
    try:
        expected, expected_loss = training.run("numpy")
    except NotFiniteError:
        reject()  # see test_refusals
    assume(np.abs(expected).max() < TAME)

    found, loss = training.run("native")

    # Divided by its own size, a gradient that rounding alone has left is as good as any other, down to about 1e-8.
    tolerance = 1e-7 if "v" in OPTIMIZERS[training.optimizer].remembers else 1e-9
    assert np.abs(found - expected).max() <= tolerance * np.abs(expected).max()
    assert loss == pytest.approx(expected_loss, rel=tolerance, abs=1e-12)
