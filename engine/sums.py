"""Sums in a graph: chains of additions and of products of a uniform and a varying node, each taken as one.

They are what networks are made of, whoever wrote them: a neuron's `b + w1·x1 + w2·x2 + ...` is found here, and so is
the sum of a loss over several outputs.
"""

from __future__ import annotations

from dataclasses import dataclass

from mgrad.engine.survey import Survey
from mgrad.engine.tape import CODES

ONE = -1  # stands for a weight of 1
NOBODY = -2  # no uniform term
_ADD, _MUL = CODES["add"], CODES["mul"]


@dataclass(frozen=True)
class Sum:
    """first + Σ weight × source, all as numbers of nodes; `inside` are the nodes that nobody else looks at."""

    first: int
    terms: list[tuple[int, int]]
    inside: list[int]


def find_sums(survey: Survey) -> tuple[dict[int, Sum], set[int]]:
    """By its last node, every sum that is worth an instruction of its own; and all nodes inside one."""
    sums: dict[int, Sum] = {}
    swallowed: set[int] = set()
    varying, kinds = survey.varying, survey.kinds
    for k in range(len(kinds) - 1, -1, -1):
        if varying[k] and (kinds[k] == _ADD or kinds[k] == _MUL) and k not in swallowed:
            found = _sum_at(k, survey)
            if found is not None:
                sums[k] = found
                swallowed.update(found.inside)
    return sums, swallowed


def _sum_at(top: int, survey: Survey) -> Sum | None:
    """The terms of a sum, as far as nobody else uses what lies between; a term that is no product counts once."""
    varying, uses, operands, kinds = survey.varying, survey.uses, survey.operands, survey.kinds
    first = NOBODY
    terms: list[tuple[int, int]] = []
    inside: list[int] = []
    waiting = [top]
    while waiting:
        k = waiting.pop()
        if varying[k] and (uses[k] == 1 or k == top):
            if kinds[k] == _ADD:
                a, b = operands[k]
                waiting += (b, a)
                inside.append(k)
                continue
            if kinds[k] == _MUL:
                a, b = operands[k]
                if varying[a] != varying[b]:
                    terms.append((b, a) if varying[a] else (a, b))
                    inside.append(k)
                    continue
        if k == top:
            return None
        if first == NOBODY and not varying[k]:
            first = k
        else:
            terms.append((ONE, k))
    inside.remove(top)
    # A lone product is left alone: a sum that starts from 0 would lose the sign of its -0.0.
    plain = (not inside and kinds[top] == _ADD) or (first == NOBODY and len(terms) == 1)
    return None if plain else Sum(first, terms, inside)
