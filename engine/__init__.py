"""mgrad.engine: a scalar autograd engine in which every number has a label and can be looked at.

Start with `Value` and `parse` (graphs of scalars), then `MLP` (networks of them) and `Trainer` (training at speed).
Importing it costs next to nothing: what needs numpy is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from mgrad.engine.errors import MgradError
from mgrad.engine.graph import Binary, Constant, Unary, Value

if TYPE_CHECKING:
    from mgrad.engine.checking import gradient_check
    from mgrad.engine.derivatives import hessian_vector_product, jacobian
    from mgrad.engine.network import MLP, Layer, Neuron
    from mgrad.engine.parsing import parse
    from mgrad.engine.training import Trainer

__all__ = [
    "MLP",
    "Binary",
    "Constant",
    "Layer",
    "MgradError",
    "Neuron",
    "Trainer",
    "Unary",
    "Value",
    "gradient_check",
    "hessian_vector_product",
    "jacobian",
    "parse",
]

_HOMES = {
    "gradient_check": "checking",
    "hessian_vector_product": "derivatives",
    "jacobian": "derivatives",
    "MLP": "network",
    "Layer": "network",
    "Neuron": "network",
    "parse": "parsing",
    "Trainer": "training",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
