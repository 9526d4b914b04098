"""What a network is trained to make small, as scalar graphs.

The one idea: a loss is an ordinary function on Values for one sample. It adds a few readable nodes (``error``,
``margin``, ``softmax.exp3``) above the outputs and returns the last one, ``loss``; the engine differentiates it like
anything else. To write a loss of your own, write such a function.

With one output the nodes are named plainly (``error``); with several they are numbered (``error1``, ``error2``), and
the loss is the mean over the outputs.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from mgrad.engine.errors import ShapeError
from mgrad.engine.graph import Value

Outputs = Value | Iterable[Value]
Targets = Value | float | Iterable[Value | float]


def mse(outputs: Outputs, targets: Targets) -> Value:
    """Mean squared error: the mean of (output - target)² over the outputs.

    As in Bishop 2006, "Pattern Recognition and Machine Learning", section 1.1, with a mean for the sum.

    >>> loss = mse(Value(0.5, "output"), Value(0.2, "target", learnable=False))
    >>> [node.label for node in loss.operands[0].operands]
    ['output', 'target']
    >>> round(loss.data, 12)
    0.09
    """
    return _mean(_squares(outputs, targets)).named("loss")


def half_mse(outputs: Outputs, targets: Targets) -> Value:
    """Half of the mean squared error, ½ (output - target)², whose slope by an output is the plain error.

    The loss of TensorFlow Playground (Smilkov et al. 2017) and of Rumelhart, Hinton and Williams 1986, "Learning
    representations by back-propagating errors", eq. 3.

    >>> round(half_mse(Value(0.5), 0.2).data, 12)
    0.045
    """
    return (0.5 * _mean(_squares(outputs, targets))).named("loss")


def hinge(outputs: Outputs, targets: Targets) -> Value:
    """Hinge loss: the mean of max(0, 1 - target · output), with targets -1 or +1.

    Zero once an output is on the right side by a margin of 1. From Cortes and Vapnik 1995, "Support-vector networks".

    >>> hinge(Value(0.25), -1.0).data
    1.25
    """
    terms = []
    for suffix, output, target in _pairs(outputs, targets):
        margin = (target * output).named(f"margin{suffix}")
        terms.append((1.0 - margin).named(f"slack{suffix}").relu().named(f"hinge{suffix}"))
    return _mean(terms).named("loss")


def bce(outputs: Outputs, targets: Targets) -> Value:
    """Binary cross-entropy on logits, with targets 0 or 1: the mean of -log of the probability of the target.

    The probability of a 1 is sigmoid(output). Written as softplus(output) - target · output, which is the same number
    but never takes the logarithm of 0. Bishop 2006, "Pattern Recognition and Machine Learning", eq. 4.90.

    >>> round(bce(Value(0.0), 1.0).data, 6)   # undecided: log 2
    0.693147
    """
    terms = []
    for suffix, output, target in _pairs(outputs, targets):
        softplus = output.softplus().named(f"softplus{suffix}")
        terms.append((softplus - (target * output).named(f"product{suffix}")).named(f"entropy{suffix}"))
    return _mean(terms).named("loss")


def softmax(outputs: Outputs, targets: Targets) -> Value:
    """Cross-entropy of the softmax of the outputs (logits), with one-hot targets: a 1 for the class, 0 for the others.

    log Σ exp(output) - Σ target · output, where the largest output is first subtracted from all, which changes nothing
    but keeps exp from overflowing. Any targets that add up to 1 will do.
    Goodfellow, Bengio and Courville 2016, "Deep Learning", section 6.2.2.3.

    Raises `ShapeError` for a single output.

    >>> round(softmax([Value(1000.0), Value(1000.0)], [1.0, 0.0]).data, 6)
    0.693147
    """
    pairs = _pairs(outputs, targets)
    if len(pairs) == 1:
        raise ShapeError("softmax is given 1 output, but needs one a class, 2 or more; bce suits a single output.")
    largest = pairs[0][1]
    for suffix, output, _ in pairs[1:]:
        largest = largest.maximum(output).named(f"softmax.largest{suffix}")
    exps, products = [], []
    for suffix, output, target in pairs:
        shifted = (output - largest).named(f"softmax.shifted{suffix}")
        exps.append(shifted.exp().named(f"softmax.exp{suffix}"))
        products.append((target * shifted).named(f"softmax.product{suffix}"))
    log = _total(exps, "softmax.total").log().named("softmax.log")
    return (log - _total(products, "softmax.picked")).named("loss")


def penalty(weight: Value, l1: Value | float, l2: Value | float) -> Value:
    """What one weight costs for being large: l1 · |w| + l2 · ½w².

    Lasso (Tibshirani 1996) and weight decay (Krogh and Hertz 1992). The rates are nodes or numbers; the objective of a
    training adds up the penalties of all weights.

    >>> penalty(Value(-2.0), 0.5, 0.1).data
    1.2
    """
    lasso = (l1 * abs(weight).named("penalty.abs")).named("penalty.l1")
    square = (weight**2).named("penalty.square")
    decay = (l2 * (0.5 * square).named("penalty.half")).named("penalty.l2")
    return (lasso + decay).named("penalty")


@dataclass(frozen=True)
class Loss:
    """A loss that can be chosen by name.

    `function(outputs, targets)` grows it; `targets` says how two classes are told to it: "signs" are -1 and +1, "bits"
    0 and 1 (for softmax: one-hot). `problems` are the kinds of data that it suits.
    """

    name: str
    caption: str
    function: Callable[[Outputs, Targets], Value]
    targets: Literal["signs", "bits"]
    problems: tuple[str, ...]


LOSSES: dict[str, Loss] = {
    loss.name: loss
    for loss in (
        Loss("mse", "mean squared error", mse, "signs", ("classification", "regression")),
        Loss("half_mse", "half the mean squared error", half_mse, "signs", ("classification", "regression")),
        Loss("hinge", "hinge, a margin of 1", hinge, "signs", ("classification",)),
        Loss("bce", "binary cross-entropy on logits", bce, "bits", ("classification",)),
        Loss("softmax", "softmax cross-entropy on logits", softmax, "bits", ("classification",)),
    )
}


def _pairs(outputs: Outputs, targets: Targets) -> list[tuple[str, Value, Value | float]]:
    given = list(outputs) if isinstance(outputs, Iterable) else [outputs]
    wanted = list(targets) if isinstance(targets, Iterable) else [targets]
    if not given or len(given) != len(wanted):
        raise ShapeError(f"{len(given)} outputs and {len(wanted)} targets are given; a loss needs a target an output.")
    suffixes = [""] if len(given) == 1 else [str(i) for i in range(1, len(given) + 1)]
    return list(zip(suffixes, given, wanted, strict=True))


def _squares(outputs: Outputs, targets: Targets) -> list[Value]:
    return [
        ((output - target).named(f"error{suffix}") ** 2).named(f"square{suffix}")
        for suffix, output, target in _pairs(outputs, targets)
    ]


def _mean(terms: list[Value]) -> Value:
    return terms[0] if len(terms) == 1 else (_total(terms, "total") / len(terms)).named("mean")


def _total(terms: list[Value], label: str) -> Value:
    total = terms[0]
    for i, term in enumerate(terms[1:], start=2):
        total = (total + term).named(label if i == len(terms) else f"{label}{i}")
    return total
