"""Typing a part of a label finds it: how labels are ranked, and the box that lists them."""

import re
from fnmatch import fnmatchcase

from hypothesis import given
from hypothesis import strategies as st
from textual.app import App
from textual.widgets import Input, OptionList, Static

from mgrad.engine.graph import Value
from mgrad.engine.network import MLP
from mgrad.tui.finding import Finder
from mgrad.tui.screens.find import FindScreen
from mgrad.tui.settings import Settings, build
from mgrad.tui.theme import MGRAD, tokens

LOSS = build(Settings(), executor="numpy").template.loss
LABELS = [node.label for node in LOSS.nodes()]
FINDER = Finder(LABELS)


@given(st.sampled_from(LABELS))
def test_a_whole_label_is_found_first(label: str) -> None:
    assert FINDER.find(label).labels[0] == label


@given(st.sampled_from(LABELS), st.data())
def test_any_part_of_a_label_finds_it(label: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(label) - 1))
    end = data.draw(st.integers(start + 1, len(label)))

    found = FINDER.find(label[start:end], most=len(LABELS))

    assert label in found.labels
    assert found.count == len(found.labels) == sum(label[start:end] in each for each in LABELS)


@given(st.sampled_from(LABELS), st.data())
def test_letters_in_their_order_find_it_too(label: str, data: st.DataObject) -> None:
    kept = data.draw(st.lists(st.booleans(), min_size=len(label), max_size=len(label)))
    text = "".join(letter for letter, keep in zip(label, kept, strict=True) if keep)
    in_order = re.compile(".*".join(map(re.escape, text)))

    found = FINDER.find(text, most=len(LABELS))

    assert all(in_order.search(each) for each in found.labels)
    assert label in found.labels or any(text in each for each in LABELS)


@given(st.text("ln123.w*?", min_size=1).filter(lambda text: "*" in text or "?" in text))
def test_a_pattern_finds_whole_labels(pattern: str) -> None:
    expected = [label for label in LABELS if fnmatchcase(label, pattern)]

    assert list(FINDER.find(pattern, most=len(LABELS)).labels) == expected


def test_few_letters_are_enough() -> None:
    assert FINDER.find("l2n1w3").labels[0] == "layer2.neuron1.w3"


def test_a_weight_of_every_neuron_by_a_pattern() -> None:
    assert FINDER.find("layer2.*.w3").labels == ("layer2.neuron1.w3", "layer2.neuron2.w3")


def test_whole_parts_come_before_pieces() -> None:
    assert Finder(["x.w12", "x.w1"]).find("w1").labels == ("x.w1", "x.w12")


def test_labels_that_differ_in_capitals_are_all_there() -> None:
    assert sorted(Finder(["W", "w", "b"]).find("w").labels) == ["W", "w"]


def test_nothing_is_found_where_nothing_matches() -> None:
    assert FINDER.find("zzz").count == 0


def test_an_empty_text_lists_labels_in_their_order() -> None:
    assert FINDER.find("", most=3).labels == tuple(LABELS[:3])
    assert FINDER.find("").count == len(LABELS)


# ---------------------------------------------------------------------- the box
class Found(App[None]):
    CSS_PATH = "../../tui/screens/find.tcss"

    def __init__(self, loss: Value) -> None:
        super().__init__()
        self.register_theme(MGRAD)
        self.theme = MGRAD.name
        self.loss = loss
        self.answers: list[str | None] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return tokens(MGRAD)

    def on_mount(self) -> None:
        self.push_screen(FindScreen(self.loss), self.answers.append)


async def test_typing_and_enter_return_a_label() -> None:
    app = Found(LOSS)
    async with app.run_test() as pilot:
        await app.workers.wait_for_complete()
        await pilot.press(*"l2n1w")
        listed = app.screen.query_one(OptionList)
        assert listed.option_count == 4
        assert str(app.screen.query_one("#find").border_subtitle) == "4 labels"
        await pilot.press("down", "enter")

        assert app.answers == ["layer2.neuron1.w2"]


async def test_what_matches_nothing_is_said_and_cannot_be_chosen() -> None:
    app = Found(LOSS)
    async with app.run_test() as pilot:
        await app.workers.wait_for_complete()
        await pilot.press(*"zzz", "enter")

        assert str(app.screen.query_one("#none", Static).render()) == 'No node has a label like "zzz".'
        await pilot.press("escape")
        assert app.answers == [None]


async def test_a_click_chooses() -> None:
    app = Found(LOSS)
    async with app.run_test() as pilot:
        await app.workers.wait_for_complete()
        await pilot.press(*"loss")
        await pilot.click(OptionList, offset=(3, 0))

        assert app.answers == ["loss"]


async def test_a_large_graph_is_collected_while_keys_go_on() -> None:
    net = MLP(200, [20, 10], seed=1)
    loss = Value(0.0)
    for node in net.layers[0].grow([Value(0.0, f"x{i}") for i in range(200)]):
        loss = loss + node
    app = Found(loss)
    async with app.run_test() as pilot:
        await pilot.press(*"w19")
        await app.workers.wait_for_complete()
        await pilot.pause()

        assert app.screen.query_one(Input).value == "w19"
        assert "labels" in str(app.screen.query_one("#find").border_subtitle)
        await pilot.press("enter")
        assert str(app.answers[0]).endswith(".w19")
