"""Sums in a graph: chains of additions and of products of a uniform and a varying node, each taken as one.

They are what networks are made of, whoever wrote them: a neuron's `b + w1·x1 + w2·x2 + ...` is found here, and so is
the sum of a loss over several outputs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mgrad.engine.survey import Flags, Survey
from mgrad.engine.tape import CODES, Ints

ONE = -1  # stands for a weight of 1
NOBODY = -2  # no uniform term
_ADD, _MUL = CODES["add"], CODES["mul"]


@dataclass(frozen=True, eq=False)
class Sums:
    """first + Σ weight × source, all as numbers of nodes.

    Sum j is computed at node `tops[j]`, begins with `first[j]`, and has its terms at bounds[j] .. bounds[j + 1].
    `inside` says of every node whether it is swallowed: part of a sum, and nobody else looks at it.
    """

    tops: Ints
    first: Ints
    bounds: Ints
    weights: Ints
    sources: Ints
    inside: Flags


def no_sums(survey: Survey) -> Sums:
    """Where nothing is to be fused."""
    nothing = np.zeros(0, dtype=np.int64)
    bounds = np.zeros(1, dtype=np.int64)
    return Sums(nothing, nothing, bounds, nothing, nothing, np.zeros(len(survey.nodes), dtype=bool))


def find_sums(survey: Survey) -> Sums:
    """Every sum that is worth an instruction of its own.

    A sum reaches as far as nobody else uses what lies between; a term that is no product counts once. A lone product is
    left alone: a sum that starts from 0 would lose the sign of its -0.0.
    """
    kinds, varying, a, b = survey.kinds, survey.varying, survey.a, survey.b
    adds = varying & (kinds == _ADD)
    if not adds.any():
        return no_sums(survey)
    products = varying & (kinds == _MUL)
    products[products] = varying[a[products]] != varying[b[products]]
    once = survey.uses == 1
    inside = np.zeros(len(kinds), dtype=bool)
    for operands in (a[adds], b[adds]):
        inside[operands] |= once[operands] & (adds | products)[operands]
    numbers = np.flatnonzero(adds & (inside | inside[a] | inside[b]))  # an addition of two other things is no sum
    if not numbers.size:
        return no_sums(survey)
    chained = adds & inside
    tops = numbers[~inside[numbers]]
    places, sizes = _places(numbers, chained, survey)
    terms = np.empty(int(sizes.sum()), dtype=np.int64)
    for operands, at in zip((a[numbers], b[numbers]), places, strict=True):
        ends = ~chained[operands]
        terms[at[ends]] = operands[ends]
    swallowed = inside[terms]
    weights, sources = np.full(len(terms), ONE), terms.copy()
    for weight, source in ((a, b), (b, a)):
        chosen = swallowed.copy()
        chosen[swallowed] = ~varying[weight[terms[swallowed]]]
        weights[chosen], sources[chosen] = weight[terms[chosen]], source[terms[chosen]]
    return _begin(tops, sizes, weights, sources, inside, varying)


def _places(numbers: Ints, chained: Flags, survey: Survey) -> tuple[tuple[Ints, Ints], Ints]:
    """Where the terms under the left and the right operand of each addition begin, read from left to right.

    With it the number of terms of each sum; those of one sum stand together, sums in the order of their tops. Sums are
    mostly written from left to right: additions that go on in each other's left operand, up to a head, are placed
    together, and only one that is a right operand is looked at by itself.
    """
    count = len(numbers)
    own = np.full(len(chained), -1)
    own[numbers] = np.arange(count)
    a, b = survey.a[numbers], survey.b[numbers]
    head, left = np.arange(count), np.flatnonzero(chained[a])
    head[own[a[left]]] = left
    while ((above := head[head]) != head).any():
        head = above
    terms, total = np.ones(count, dtype=np.int64), np.bincount(head, minlength=count) + 1
    nested = np.flatnonzero(chained[b])
    pairs = list(zip(nested.tolist(), own[b[nested]].tolist(), strict=True))
    for k, inner in pairs:
        terms[k] = total[inner]
        total[head[k]] += total[inner] - 1
    order = np.argsort(head, kind="stable")
    before = np.cumsum(terms[order]) - terms[order]
    begins = np.diff(head[order], prepend=-1) != 0
    first = np.maximum.accumulate(np.where(begins, np.arange(count), 0))
    within = np.empty(count, dtype=np.int64)
    within[order] = before - before[first] + 1
    tops = np.flatnonzero(~chained[numbers])
    begin = np.zeros(count, dtype=np.int64)
    begin[tops] = np.cumsum(total[tops]) - total[tops]
    for k, inner in reversed(pairs):
        begin[inner] = begin[head[k]] + within[k]
    return (begin[head], begin[head] + within), total[tops]


def _begin(tops: Ints, sizes: Ints, weights: Ints, sources: Ints, inside: Flags, varying: Flags) -> Sums:
    """Takes the first uniform term out of each sum, to begin with."""
    owner = np.repeat(np.arange(len(tops)), sizes)
    uniform = np.flatnonzero((weights == ONE) & ~varying[sources])
    owners, at = np.unique(owner[uniform], return_index=True)
    taken = uniform[at]
    first = np.full(len(tops), NOBODY)
    first[owners] = sources[taken]
    sizes = sizes - np.bincount(owners, minlength=len(tops))
    bounds = np.concatenate(([0], np.cumsum(sizes)))
    return Sums(tops, first, bounds, np.delete(weights, taken), np.delete(sources, taken), inside)
