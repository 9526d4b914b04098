"""Kernels for every width of registers, with and without fused multiply-add, also those that this machine would not
choose for itself.

Both are settled once in a process, when the kernels are compiled; so they are forced in a process of its own, which
runs this file as a program and prints what is wrong. Any processor can run any width: a wide register that it lacks is
cut in two. Compiling takes its time, so these run with MGRAD_TEST_PROFILE=long.
"""

import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mgrad.engine import MLP, Binary, Trainer, Unary, Value
from mgrad.engine.executors import available
from mgrad.engine.operations import OPERATIONS
from mgrad.engine.optimizers import OPTIMIZERS

pytestmark = [
    pytest.mark.skipif("native" not in available(), reason="no llvmlite"),
    pytest.mark.skipif(os.environ.get("MGRAD_TEST_PROFILE") != "long", reason="compiles five times"),
]


@pytest.mark.parametrize(("bits", "fused"), [(128, 1), (128, 0), (256, 1), (256, 0), (512, 1)])
def test_a_width_gives_the_numbers_of_the_numpy_executor(bits: int, fused: int, tmp_path: Path) -> None:
    places = dict.fromkeys(("XDG_CACHE_HOME", "LOCALAPPDATA"), str(tmp_path))  # kernels compiled from nothing
    environment = os.environ | places | {"MGRAD_VECTOR_BITS": str(bits), "MGRAD_FMA": str(fused)}

    done = subprocess.run([sys.executable, __file__], env=environment, capture_output=True, text=True, timeout=600)

    assert (done.returncode, done.stderr) == (0, "")
    (settled,) = done.stdout.splitlines()  # and not a word about what is wrong
    assert settled in ([f"{bits} bits", f"{bits} bits, fused"] if fused else [f"{bits} bits"])


# ---------------------------------------------------------------- what runs at each width

# Both sides of a register, of the lanes of several, and of a tile.
LANES = (1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33, 127, 128, 129, 300)


def wrong_operations() -> Iterator[str]:
    for name, row in OPERATIONS.items():
        leaves = [Value(1.0, label) for label in ("x1", "x2")[: row.arity]]
        root = Unary(row, leaves[0], "y") if row.arity == 1 else Binary(row, leaves[0], leaves[1], "y")
        program = root.compile(["x1", "x2"][: row.arity], executor="native")
        for lanes in LANES:
            columns = np.random.default_rng(lanes).normal(0.0, 3.0, (row.arity, lanes))
            program.recalculate(dict(zip(("x1", "x2"), columns, strict=False)))
            found = program.values("y").tolist()
            expected = [row.forward(*point) for point in zip(*columns.tolist(), strict=True)]
            for point, one, other in zip(columns.T.tolist(), found, expected, strict=True):
                same = math.isnan(one) if math.isnan(other) else abs(one - other) <= 4 * math.ulp(other)
                if not same:
                    yield f"{name} at {point} in {lanes} lanes is {one}, not {other}"


def wrong_trainings() -> Iterator[str]:
    source = np.random.default_rng(5)
    inputs = source.uniform(-1.0, 1.0, (150, 3))
    targets = np.where(inputs[:, 1] > np.sin(3.0 * inputs[:, 0]), 1.0, -1.0)
    wide = source.uniform(-1.0, 1.0, (150, 293))  # so many inputs are read without being gathered
    for optimizer, data, sizes, l2 in [(each, inputs, [9, 5, 1], 0.01) for each in OPTIMIZERS] + [
        # Without a penalty these may move weights where their gradients are made.
        (optimizer, columns, sizes, l2)
        for optimizer in ("sgd", "momentum")
        for columns, sizes in (
            (wide, [7, 12, 1]), (wide, [41, 4, 1]), (wide[:, :19], [37, 10, 1]), (wide[:, :67], [33, 9, 1]),
        )
        for l2 in (0.01, 0.0)
    ]:  # fmt: skip
        for batch_size in (1, 2, 7, 12, 50, 140):
            reached = []
            for executor in ("native", "numpy"):
                net = MLP(data.shape[1], sizes, activation=["tanh", "relu"], seed=3)
                trainer = Trainer(
                    net, (data, targets), "half_mse", optimizer, 0.01, batch_size=batch_size, l1=l2 / 10, l2=l2,
                    executor=executor,
                )  # fmt: skip
                trainer.run(steps=20)
                reached.append(trainer.snapshot().parameters)
            difference = np.abs(reached[0] - reached[1]).max() / np.abs(reached[1]).max()
            if not difference <= 1e-9:
                yield f"{optimizer} on {data.shape[1]} inputs in batches of {batch_size} is off by {difference}"


if __name__ == "__main__":
    from mgrad.engine.executors.lanes import BITS, FUSED

    print(f"{BITS} bits{', fused' if FUSED else ''}")
    for sentence in (*wrong_operations(), *wrong_trainings()):
        print(sentence)
