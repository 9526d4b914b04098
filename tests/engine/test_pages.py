"""Memory for compiled code."""

import mmap

import pytest

from mgrad.engine.executors.pages import zeros


@pytest.mark.parametrize("count", [0, 1, 1000, 100_000, 1_000_001])
def test_zeros_begin_at_a_cache_line(count: int) -> None:
    numbers = zeros(count)

    assert numbers.shape == (count,)
    assert numbers.ctypes.data % 64 == 0
    assert not numbers.any()


def test_zeros_can_be_written_to_the_last() -> None:
    numbers = zeros(300_000)

    numbers[:] = 1.0

    assert numbers.sum() == 300_000


def test_a_system_without_huge_pages_has_ordinary_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(mmap, "MADV_HUGEPAGE", raising=False)

    assert zeros(1_000_001).ctypes.data % 64 == 0
