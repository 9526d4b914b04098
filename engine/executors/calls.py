"""Calls into the kernels: one array of whole numbers says what to run, over which arrays.

A field holds a number, the bits of a float, or the address of an array. So a call from Python passes one address,
whatever it is about, and what stays the same from call to call is written once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ctypes import addressof, c_char, c_int64
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

(
    MODE, PROGRAM, MEMORY, SAMPLES, MOST, ORDER, STARTS, COUNTS, RATES, STEPS, WHICH, M, V, POWERS, PARAMETERS, L1, L2,
    PENALISED, FROZEN, ICE, HELD, FIXED, PLACES, PLACES_COUNT, FOUND, SAMPLES_COUNT, KNOWN,
    IN_ORDER, FEATURES, SIZES, LOOKS, LOOKS_COUNT, LOOKED, BEFORE, SQUARES, PARTS, PARTS_COUNT, COUNTED,
    ROWS,
) = range(39)  # fmt: skip
_FIELDS = 40
_FLOAT, _WHOLE = Struct("=d"), Struct("=q")

TRAIN, RUN, FORWARD, EVALUATE, EVALUATE_LEAN, SHUFFLE = range(6)
"""What MODE can be.

Batch k runs over the samples order[starts[k] : starts[k] + counts[k]], in tiles of at most MOST lanes; the order has
KNOWN places. TRAIN updates after each batch. RUN and FORWARD only fill the memory. EVALUATE copies the numbers of
PLACES into FOUND, (places, samples), for batches of one tile; EVALUATE_LEAN does so by lean code. FIXED: all batches
are the same and fit into one tile, so they are gathered once. IN_ORDER: the order is 0, 1, 2, ..., so batches may be
read from FEATURES, (columns, samples), while SAMPLES is (samples, columns). SIZES is the sum of the sizes of each
sample's columns. LOOKS lists the steps of which LOOKED, BEFORE and SQUARES tell, for PARTS of the parameters of which
some are COUNTED, see `base.Looks`. ROWS holds, tile after tile, the columns of batches that are all samples as they
would be gathered; 0: it does not. SHUFFLE is about something else: it fills ORDER with STEPS orders of
SAMPLES_COUNT samples, drawn from the state in STARTS, see `shuffle_kernel`.
"""


class Call:
    """What a kernel is told, and the arrays that this is about: they live as long as their addresses are known."""

    def __init__(self, execute: Callable[[int], int]) -> None:
        self._execute = execute
        self._fields = (c_int64 * _FIELDS)()
        self._address = addressof(self._fields)
        self._arrays: list[NDArray[np.generic] | None] = [None] * _FIELDS

    def tell(self, numbers: Mapping[int, int], arrays: Mapping[int, NDArray[np.generic]]) -> None:
        """Writes these fields; the others keep what they hold."""
        fields, known = self._fields, self._arrays
        for field, number in numbers.items():
            fields[field] = number
        for field, array in arrays.items():
            if known[field] is not array:
                known[field] = array
                fields[field] = _address_of(array)

    def forget(self, field: int) -> None:
        """The field of an array holds 0 again."""
        self._arrays[field], self._fields[field] = None, 0

    def run(self) -> int:
        return self._execute(self._address)


def bits(number: float) -> int:
    """A float as the whole number that stands for it in a field."""
    return _WHOLE.unpack(_FLOAT.pack(number))[0]


def _address_of(array: Any) -> int:
    try:
        return addressof(c_char.from_buffer(array))
    except (TypeError, ValueError):  # read-only, or empty: a slower way leads there too
        return array.ctypes.data
