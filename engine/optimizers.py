"""Optimizers: how a gradient becomes a step, over flat arrays of parameters.

An optimizer is one rule, `update(w, g, m, v, rate, p, q) -> (w, m, v)`: the parameter, its gradient, two numbers that
the rule remembers for each parameter (both 0 at first), the learning rate, and the powers BETA1**t and BETA2**t of
the step t = 1, 2, ... The rules are plain arithmetic, so that one text runs on arrays and inside compiled loops alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpy import absolute, maximum, minimum, sqrt, where

MOMENTUM = 0.9
SMOOTHING = 0.99  # of RMSprop's mean square
BETA1, BETA2 = 0.9, 0.999
EPSILON = 1e-8
WEIGHT_DECAY = 0.01
TINY, TINY_ROOT = 1e-300, 1e-150

# Works on floats, on arrays and on compiled lanes alike.
Rule = Callable[..., Any]


@dataclass(frozen=True)
class Optimizer:
    """A rule, how it is called on screen, and which of its two memories (m, v) it uses."""

    name: str
    caption: str
    update: Rule
    remembers: str


def settled(number: Any) -> Any:
    """0 in place of a number that has all but faded away.

    A part of itself at each step, it would come down to the smallest numbers there are, on which processors are slow,
    and by rounding stay there for ever.

    >>> float(settled(-1e-299)), float(settled(1e-301)), float(settled(float("nan")))
    (-1e-299, 0.0, nan)
    """
    return where(absolute(number) < TINY, 0.0, number)


def squared(g: Any) -> Any:
    """g · g, and 0 where that would be as small."""
    return where(absolute(g) < TINY_ROOT, 0.0, g) * g


def sgd(w: Any, g: Any, m: Any, v: Any, rate: float, p: float, q: float) -> Any:
    """Against the gradient."""
    return w - rate * g, m, v


def momentum(w: Any, g: Any, m: Any, v: Any, rate: float, p: float, q: float) -> Any:
    """Heavy ball: the step remembers its direction (Polyak 1964)."""
    m = settled(MOMENTUM * m + g)
    return w - rate * m, m, v


def nesterov(w: Any, g: Any, m: Any, v: Any, rate: float, p: float, q: float) -> Any:
    """Heavy ball that looks one step ahead (Nesterov 1983, in the form of Sutskever et al. 2013)."""
    m = settled(MOMENTUM * m + g)
    return w - rate * (g + MOMENTUM * m), m, v


def rmsprop(w: Any, g: Any, m: Any, v: Any, rate: float, p: float, q: float) -> Any:
    """Each parameter's step divided by the size of its recent gradients (Hinton 2012)."""
    v = settled(SMOOTHING * v + (1.0 - SMOOTHING) * squared(g))
    return w - rate * g / (sqrt(v) + EPSILON), m, v


def adam(w: Any, g: Any, m: Any, v: Any, rate: float, p: float, q: float) -> Any:
    """Momentum and RMSprop, both corrected for their start at 0 (Kingma and Ba 2015, algorithm 1)."""
    m = settled(BETA1 * m + (1.0 - BETA1) * g)
    v = settled(BETA2 * v + (1.0 - BETA2) * squared(g))
    m_share, v_share = 1.0 / (1.0 - p), 1.0 / (1.0 - q)  # a product takes a tenth of the time of a division
    return w - rate * (m * m_share) / (sqrt(v * v_share) + EPSILON), m, v


def adamw(w: Any, g: Any, m: Any, v: Any, rate: float, p: float, q: float) -> Any:
    """Adam with weight decay outside of the gradient (Loshchilov and Hutter 2019)."""
    m = settled(BETA1 * m + (1.0 - BETA1) * g)
    v = settled(BETA2 * v + (1.0 - BETA2) * squared(g))
    m_share, v_share = 1.0 / (1.0 - p), 1.0 / (1.0 - q)
    step = (m * m_share) / (sqrt(v * v_share) + EPSILON)
    return settled(w - rate * (step + WEIGHT_DECAY * w)), m, v


def shrink(w: Any, amount: float) -> Any:
    """A weight after the step of an L1 penalty: nearer to 0 by `amount`, and exactly 0 rather than across it.

    >>> float(shrink(0.5, 0.1)), float(shrink(-0.05, 0.1))
    (0.4, 0.0)
    """
    return w - minimum(maximum(w, -amount), amount)


OPTIMIZERS = {
    optimizer.name: optimizer
    for optimizer in (
        Optimizer("sgd", "SGD", sgd, ""),
        Optimizer("momentum", "momentum", momentum, "m"),
        Optimizer("nesterov", "Nesterov", nesterov, "m"),
        Optimizer("rmsprop", "RMSprop", rmsprop, "v"),
        Optimizer("adam", "Adam", adam, "mv"),
        Optimizer("adamw", "AdamW", adamw, "mv"),
    )
}
