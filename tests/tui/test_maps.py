"""Shades, scales, cells and places of maps: laws that hold for any numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mgrad.tui import map_layout, maps
from mgrad.tui.map_layout import Frame, Window
from mgrad.tui.sight import Look, Plane, Points

numbers = st.floats(allow_nan=True, allow_infinity=True)
tables = arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=numbers)
sizes = st.tuples(st.integers(0, 260), st.integers(0, 90))


# ---------------------------------------------------------------- shades
@given(tables, st.floats(1e-6, 1e6))
def test_opposite_values_have_opposite_shades(values: np.ndarray, scale: float) -> None:
    plus, minus = maps.shades(values, scale), maps.shades(-values, scale)
    good = np.isfinite(values)

    assert (plus[~good] == maps.NOT_FINITE).all()
    assert (abs(plus[good] + minus[good] - 30) <= 1).all()  # a half rounds up, for either sign


@given(arrays(np.float64, 20, elements=st.floats(-10, 10)))
def test_a_larger_value_never_has_a_lower_shade(values: np.ndarray) -> None:
    assert (np.diff(maps.shades(np.sort(values))) >= 0).all()


@given(arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e12, 1e12)), st.floats(1e-6, 1e6))
def test_a_scale_stays_when_it_is_asked_again(values: np.ndarray, before: float) -> None:
    scale = maps.steady_scale(values, before)

    assert scale > 0
    assert maps.steady_scale(values, scale) == scale


def test_a_growing_value_changes_the_scale_seldom() -> None:
    scale, scales = None, []
    for size in np.linspace(1.0, 8.0, 200):
        scale = maps.steady_scale(np.array([size]), scale)
        scales.append(scale)

    assert len(set(scales)) <= 7
    assert scales == sorted(scales)


# ---------------------------------------------------------------- cells
@given(tables)
def test_a_picture_is_as_wide_as_its_pixels_and_half_as_high(values: np.ndarray) -> None:
    lines = maps.half_blocks(maps.shades(values), maps.paint())

    assert len(lines) == (values.shape[0] + 1) // 2
    assert all(sum(len(segment.text) for segment in line) == values.shape[1] for line in lines)


def test_marks_stand_in_their_own_columns() -> None:
    paint = maps.paint()
    row = np.full(6, 15)
    letter = maps.Segment("o")

    line = paint.line(row, row, {1: letter, 5: letter})

    assert "".join(segment.text for segment in line) == " o   o"


def test_without_colour_the_ramp_goes_from_dark_to_light() -> None:
    lights = [maps.luminance(colour) for colour in maps.ramp(plain=True)]

    assert lights == sorted(lights)


@given(tables, st.integers(1, 30), st.integers(1, 30))
def test_another_size_shows_no_shade_that_was_not_there(values: np.ndarray, rows: int, columns: int) -> None:
    pixels = maps.shades(values)
    other = maps.resized(pixels, rows, columns)

    assert other.shape == (rows, columns)
    assert set(np.unique(other)) <= set(np.unique(pixels))


# ---------------------------------------------------------------- places
@given(sizes, st.integers(3, 8), st.integers(0, 2))
def test_a_frame_is_square_and_fits(size: tuple[int, int], margin: int, captions: int) -> None:
    frame = map_layout.frame(*size, margin, captions)

    assert frame.columns == 2 * frame.rows
    assert frame.rows == 0 or (frame.left >= 0 and frame.left + frame.columns <= size[0])
    assert frame.rows == 0 or (frame.top >= 0 and frame.top + frame.rows <= size[1])


@given(st.integers(1, 60), st.data())
def test_the_place_of_a_cell_is_in_that_cell(rows: int, data: st.DataObject) -> None:
    frame = Frame(0, 0, 2 * rows, rows, None)
    window = Window(-3.0, 5.0, -1.0, 1.0)
    column, row = data.draw(st.integers(0, 2 * rows - 1)), data.draw(st.integers(0, rows - 1))

    x, y = window.place(column, row, frame)
    columns, rows_ = window.cells(np.array([x]), np.array([y]), frame)

    assert (columns[0], rows_[0]) == (column, row)


@pytest.mark.parametrize(("low", "high"), [(-6, 6), (0, 1), (-1.5, 1.5), (4.3, 7.9), (-1e6, 1e6), (0, 1e-4)])
def test_ticks_are_round_and_inside(low: float, high: float) -> None:
    marks = map_layout.ticks(low, high)
    slack = 1e-6 * (high - low)

    assert 2 <= len(marks) <= 5
    assert all(low - slack <= mark <= high + slack for mark, _ in marks)
    assert len({text for _, text in marks}) == len(marks)


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9))
def test_there_are_never_too_many_ticks(low: float, span: float) -> None:
    assert len(map_layout.ticks(low, low + span)) <= 5


def test_a_window_reaches_to_the_edges_of_its_pixels() -> None:
    plane = Plane("output", map_layout.centres(-2, 2, 7), map_layout.centres(1, 0, 5), ("x1", "x2"), None)

    assert Window.of(plane) == Window(-2.0, 2.0, 0.0, 1.0)


# ---------------------------------------------------------------- points
def three_points(right: list[bool]) -> Points:
    """Three samples in one place."""
    middle = np.zeros(3)
    return Points(middle, middle, np.array([0.0, 1.0, 1.0]), 2, np.array(right), np.zeros(3, bool), np.arange(3))


def test_of_several_points_in_a_cell_a_wrong_one_is_seen() -> None:
    frame, window = Frame(0, 0, 4, 2, None), Window(-1, 1, -1, 1)

    assert list(map_layout.topmost(three_points([True, False, True]), Look(), window, frame).values()) == [1]


def test_points_outside_are_left_out() -> None:
    frame, window = Frame(0, 0, 4, 2, None), Window(1, 2, 1, 2)
    points = three_points([True, True, True])

    assert not map_layout.topmost(points, Look(), window, frame)
    assert map_layout.nearest(points, Look(), window, frame, 0, 0) is None


def test_every_class_has_a_mark_of_its_own() -> None:
    names = tuple(f"class {i}" for i in range(20))

    assert len(set(map_layout.class_marks(names))) == 20
