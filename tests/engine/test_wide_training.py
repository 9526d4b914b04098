"""Wide networks: inputs that are read in blocks, layers of more rows than a cache holds, batches with a ragged end."""

from contextlib import suppress

import numpy as np
import pytest

from mgrad.engine import MLP, Trainer
from mgrad.engine.errors import NotFiniteError
from mgrad.engine.executors import available

pytestmark = pytest.mark.skipif("native" not in available(), reason="no llvmlite")


def trained(executor: str, inputs: int, sizes: list[int], batch_size: int, samples: int) -> np.ndarray:
    source = np.random.default_rng(inputs)
    columns = source.uniform(-1.0, 1.0, (samples, inputs))
    net = MLP(inputs, sizes, activation=["tanh", *["relu"] * (len(sizes) - 2)], init="xavier", seed=3)
    targets = source.integers(0, sizes[-1], samples)
    trainer = Trainer(net, (columns, targets), "softmax", learning_rate=0.1, batch_size=batch_size, executor=executor)
    trainer.run(steps=5)
    return trainer.snapshot().parameters


@pytest.mark.parametrize("inputs", [127, 128, 129, 136, 260, 300])
@pytest.mark.parametrize("outputs", [11, 41])
@pytest.mark.parametrize("batch_size", [1, 2, 4, 5, 9, 64])
def test_inputs_in_blocks_give_what_the_numpy_executor_gives(inputs: int, outputs: int, batch_size: int) -> None:
    ours, expected = (trained(each, inputs, [outputs, 3], batch_size, samples=70) for each in ("native", "numpy"))

    assert ours == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("inputs", "sizes"), [(3, [170, 131, 2]), (141, [66, 130, 3])], ids=str)
@pytest.mark.parametrize("batch_size", [10, 130])
def test_wide_layers_give_what_the_numpy_executor_gives(inputs: int, sizes: list[int], batch_size: int) -> None:
    ours, expected = (trained(each, inputs, sizes, batch_size, samples=135) for each in ("native", "numpy"))

    assert ours == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("executor", available())
@pytest.mark.parametrize("batch_size", [130, 200, 300])
def test_batches_of_several_tiles_give_the_same_bits_in_whatever_chunks(executor: str, batch_size: int) -> None:
    source = np.random.default_rng(batch_size)
    columns, targets = source.uniform(-1.0, 1.0, (300, 9)), source.uniform(-1.0, 1.0, 300)
    reached = []
    for chunks in ([12], [1, 2, 5, 1, 3], [1] * 12):
        net = MLP(9, [17, 3, 1], activation="tanh", seed=3)
        trainer = Trainer(net, (columns, targets), optimizer="adam", batch_size=batch_size, executor=executor)
        for steps in chunks:
            trainer.run(steps=steps)
        snapshot = trainer.snapshot()
        reached.append((snapshot.parameters.tobytes(), snapshot.gradients.tobytes(), snapshot.train))

    assert reached[0] == reached[1] == reached[2]


@pytest.mark.parametrize("samples", [129, 132, 257, 261, 300])
@pytest.mark.parametrize("inputs", [2, 8, 13, 64, 131])
def test_full_batches_of_several_tiles_learn_as_numpy_does_also_after_an_epoch_that_was_begun(
    samples: int, inputs: int
) -> None:
    """Their columns lie ready at every step, but not where an epoch that smaller batches began is ended first."""
    source = np.random.default_rng(samples)
    columns, targets = source.uniform(-1.0, 1.0, (samples, inputs)), source.uniform(-1.0, 1.0, samples)

    def learned(executor: str, chunks: list[int]) -> list[float]:
        net = MLP(inputs, [9, 1], activation="tanh", init="xavier", seed=3)
        trainer = Trainer(net, (columns, targets), batch_size=50, learning_rate=0.1, executor=executor)
        trainer.run(steps=1)
        trainer.batch_size = samples
        for steps in chunks:
            trainer.run(steps=steps)
        return [parameter.data for parameter in net.parameters()]

    at_once, in_chunks = learned("native", [7]), learned("native", [1, 2, 4])

    assert at_once == in_chunks
    assert at_once == pytest.approx(learned("numpy", [7]), rel=1e-9, abs=1e-12)


def test_a_batch_within_a_tile_has_the_same_bits_whatever_the_tile_and_a_larger_one_the_same_to_rounding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    within, beyond = [], []
    for tile in (128, 104, 256, 512):
        monkeypatch.setattr("mgrad.engine.executors.native_executor.TILE", tile)
        within.append(trained("native", 9, [17, 3], 100, samples=300))
        beyond.append(trained("native", 9, [17, 3], 300, samples=300))

    assert len({numbers.tobytes() for numbers in within}) == 1
    for numbers in beyond[1:]:
        assert numbers == pytest.approx(beyond[0], rel=1e-12, abs=1e-15)


def test_weights_that_fill_a_cache_give_what_the_numpy_executor_gives() -> None:
    ours, expected = (trained(each, 600, [91, 3], 13, samples=40) for each in ("native", "numpy"))

    assert ours == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("sizes", [[1], [7, 3], [33, 9, 3], [66, 5, 3]], ids=str)
@pytest.mark.parametrize("inputs", [3, 9, 64, 67, 131])
@pytest.mark.parametrize("batch_size", [1, 4, 11])  # the last of 11 leaves a batch of one sample
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov"])
def test_steps_give_the_same_bits_in_whatever_chunks(
    optimizer: str, inputs: int, sizes: list[int], batch_size: int
) -> None:
    source = np.random.default_rng(inputs)
    columns, targets = source.uniform(-1.0, 1.0, (12, inputs)), source.uniform(-1.0, 1.0, (12, sizes[-1]))
    reached = []
    for executor, chunks in (("native", [30]), ("native", [1, 2, 11, 16]), ("numpy", [30])):
        net = MLP(inputs, sizes, activation="tanh", init="xavier", seed=3)
        trainer = Trainer(
            net, (columns, targets), "mse", optimizer, learning_rate=0.02, batch_size=batch_size, executor=executor
        )
        for steps in chunks:
            trainer.run(steps=steps)
        snapshot = trainer.snapshot()
        reached.append((snapshot.parameters, snapshot.gradients))

    together, apart, expected = reached
    for ours, others, wanted in zip(together, apart, expected, strict=True):
        assert ours.tobytes() == others.tobytes()
        assert ours == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("batch_size", [1, 2, 3])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
def test_a_sample_too_large_to_learn_from_changes_nothing(optimizer: str, batch_size: int) -> None:
    columns = np.ones((4, 80))
    columns[1] = 1e200
    reached = []
    for executor in ("native", "numpy"):
        net = MLP(80, [3, 1], activation="relu", init="xavier", seed=3)
        trainer = Trainer(
            net, (columns, np.arange(4.0)), "mse", optimizer, batch_size=batch_size, seed=1, executor=executor
        )
        with pytest.raises(NotFiniteError):
            trainer.run(steps=4)
        reached.append((trainer.step_count, trainer.snapshot().parameters))

    (steps, ours), (expected_steps, expected) = reached
    assert steps == expected_steps
    assert ours == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("optimizer", ["momentum", "nesterov", "rmsprop", "adam", "adamw"])
@pytest.mark.parametrize("rate", [0.05, 1e40, 1e99, 1e138])
@pytest.mark.parametrize("batch_size", [1, 4])
def test_a_rate_that_leads_nowhere_is_refused_at_the_step_at_which_numpy_refuses(
    batch_size: int, rate: float, optimizer: str
) -> None:
    source = np.random.default_rng(4)
    data = source.uniform(-1.0, 1.0, (12, 9)), source.uniform(-1.0, 1.0, 12)
    reached = []
    for executor in ("native", "numpy"):
        net = MLP(9, [4, 1], activation="relu", init="xavier", seed=3)
        trainer = Trainer(net, data, "mse", optimizer, rate, batch_size=batch_size, executor=executor)
        with suppress(NotFiniteError):
            trainer.run(steps=40)
        reached.append((trainer.step_count, trainer.snapshot().parameters))

    (steps, ours), (expected_steps, expected) = reached
    assert steps == expected_steps
    assert np.isfinite(ours).all()
    assert ours == pytest.approx(expected, rel=1e-7)
