"""torch as its tutorials write a training: `nn.Sequential`, a loss, `torch.optim.SGD`."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn.utils import parametrize

from benchmarks.workloads import LEARNING_RATE, Batches, Floats, Workload


def _hinge(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return torch.relu(1.0 - targets * outputs).mean()


class _Masked(nn.Module):
    """Weights of which some are not there."""

    def __init__(self, mask: torch.Tensor) -> None:
        super().__init__()
        self.mask = mask

    def forward(self, weights: torch.Tensor) -> torch.Tensor:
        return weights * self.mask


_ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}
_LOSSES = {"hinge": _hinge, "mse": nn.functional.mse_loss, "softmax": nn.functional.cross_entropy}


class TorchPeer:
    """Trains on `batches`, over and over; see `benchmarks.peers.Peer`."""

    def __init__(self, workload: Workload, start: Sequence[Floats], batches: Batches) -> None:
        torch.set_num_threads(1)
        self._layers = [nn.Linear(*array.shape, dtype=torch.float64) for array in start[::2]]
        with torch.no_grad():
            for layer, weights, biases in zip(self._layers, start[::2], start[1::2], strict=True):
                layer.weight.copy_(torch.from_numpy(weights.T.copy()))
                layer.bias.copy_(torch.from_numpy(biases))
        for layer, mask in zip(self._layers, workload.masks, strict=True):
            if mask is not None:
                parametrize.register_parametrization(layer, "weight", _Masked(torch.from_numpy(mask.T.copy())))
        modules: list[nn.Module] = [self._layers[0]]
        for layer, name in zip(self._layers[1:], workload.activations, strict=True):
            modules += [_ACTIVATIONS[name](), layer]
        self._model = nn.Sequential(*modules)
        self._optimizer = torch.optim.SGD(self._model.parameters(), lr=LEARNING_RATE)
        self._loss = _LOSSES[workload.loss]
        self._batches = [(torch.tensor(inputs), torch.tensor(targets)) for inputs, targets in batches]
        if workload.loss == "softmax":  # cross_entropy is faster on classes than on their one-hot rows
            self._batches = [(inputs, targets.argmax(dim=1)) for inputs, targets in self._batches]

    def run(self, passes: int) -> None:
        for _ in range(passes):
            for inputs, targets in self._batches:
                self._optimizer.zero_grad()
                self._loss(self._model(inputs), targets).backward()
                self._optimizer.step()

    def parameters(self) -> list[Floats]:
        arrays: list[Floats] = []
        for layer in self._layers:
            arrays += [layer.weight.detach().numpy().T, layer.bias.detach().numpy()]
        return arrays
