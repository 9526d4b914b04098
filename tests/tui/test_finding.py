"""Typing a part of a label finds it."""

from hypothesis import given
from hypothesis import strategies as st

from mgrad.tui.finding import matches
from mgrad.tui.settings import Settings, build

LABELS = [node.label for node in build(Settings()).template.loss.nodes()]


@given(st.sampled_from(LABELS))
def test_a_whole_label_is_found_first(label: str) -> None:
    assert matches(label, LABELS)[0] == label


@given(st.sampled_from(LABELS), st.data())
def test_any_part_of_a_label_finds_it(label: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(label) - 1))
    end = data.draw(st.integers(start + 1, len(label)))

    assert label in matches(label[start:end], LABELS, most=len(LABELS))


def test_letters_in_their_order_find_it_too() -> None:
    assert matches("l2n1w3", LABELS)[0] == "layer2.neuron1.w3"


def test_whole_parts_come_before_pieces() -> None:
    assert matches("w1", ["x.w12", "x.w1"]) == ["x.w1", "x.w12"]


def test_nothing_is_found_where_nothing_matches() -> None:
    assert matches("zzz", LABELS) == []


def test_an_empty_text_lists_labels_in_their_order() -> None:
    assert sorted(matches("", LABELS, most=len(LABELS))) == sorted(LABELS)
