"""The node panel: a card whose lines add up, the neuron in numbers, the values over the batch."""

import re
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from textual.content import Content

from mgrad.engine.outline import Outline
from mgrad.tui import formats, sums
from mgrad.tui.neuron_sum import neuron_sum
from mgrad.tui.sight import Look
from mgrad.tui.widgets.asks import Choose, EditNode, FreezeNodes
from mgrad.tui.widgets.batch_card import batch_lines
from mgrad.tui.widgets.card import LEAST_WIDTH, CardText
from mgrad.tui.widgets.neuron_card import neuron_lines
from mgrad.tui.widgets.node_card import NodeCard
from mgrad.tui.widgets.node_panel import NodePanel
from tests.tui.panel_app import PanelApp, lines_of, trained

RUN, MOMENTS = trained()
LOSS = RUN.trainer.template.loss
LABELS = [node.label for node in LOSS.nodes()]
OUTLINE = Outline(LOSS)
NUMBER = re.compile(r"[+−]\d[\d.]*(?:e−?\d+)?")


def app_of(label: str, sample: int = 31, size: tuple[int, int] = (46, 14)) -> PanelApp:
    app = PanelApp(NodePanel, RUN, MOMENTS, Look(label=label, sample=sample))
    app.test_size = size  # pyright: ignore[reportAttributeAccessIssue]
    return app


def lines_at(app: PanelApp, row: int) -> str:
    return "".join(segment.text for segment in app.screen._compositor.render_strips()[row])


def plain(lines: list[str]) -> list[str]:
    return [Content.from_markup(line).plain for line in lines]


# ---------------------------------------------------------------------- sums that add up
reasonable = st.floats(-1e9, 1e9) | st.floats(-1.0, 1.0) | st.floats(-1e-6, 1e-6)


@given(st.lists(reasonable, min_size=1, max_size=12))
@example([1e9, -1e9, 1e-7])
@example([999.99996, 1.0])
@example([0.0, -0.0])
def test_printed_parts_and_rounding_add_up_to_the_printed_total(parts: list[float]) -> None:
    written = sums.written(parts, sum(parts))

    rounding = sums.number(written.rounding) if written.rounding else Decimal(0)
    assert sum(map(sums.number, written.parts)) + rounding == sums.number(written.total)
    assert {len(part) for part in written.parts} == {sums.WIDTH}


@given(st.lists(st.floats(), min_size=1, max_size=5), st.floats())
def test_any_numbers_can_be_written(parts: list[float], total: float) -> None:
    assert len(sums.written(parts, total).parts) == len(parts)


@given(st.sampled_from(LABELS), st.integers(0, len(RUN.dataset.train) - 1), st.integers(LEAST_WIDTH, 80))
def test_the_lines_of_an_account_add_up_to_the_gradient_shown(label: str, sample: int, width: int) -> None:
    sight = PanelAppSight.of(label, sample)
    lines = plain(NodeCard(OUTLINE, OUTLINE.row(label), sight, False, width).lines)

    start = next(number for number, line in enumerate(lines) if line.startswith("comes from"))
    section = lines[start + 1 : lines.index("", start)]
    parts = [NUMBER.findall(line)[-1] for line in section if NUMBER.search(line)]
    shown = next(line for line in lines if "gradient" in line).split()[-1]

    if parts:
        assert sum(map(sums.number, parts)) == sums.number(shown)
    else:
        assert label == LOSS.label or shown == "·"
    assert all(len(line) <= width for line in lines)


@given(st.sampled_from(LABELS), st.integers(0, len(RUN.dataset.train) - 1), st.integers(LEAST_WIDTH, 60))
def test_the_lines_of_a_neuron_add_up_to_its_sum(label: str, sample: int, width: int) -> None:
    found = neuron_sum(RUN.trainer.net, PanelAppSight.of(label, sample).inspection, label)
    if found is None:
        assert not label.startswith("layer")
        return
    lines = plain(neuron_lines(found, label, width)[0])

    with_number = [line for line in lines if NUMBER.search(line) and not line.startswith("tanh(pre)")]
    *parts, total = [NUMBER.findall(line)[-1] for line in with_number]
    assert sum(map(sums.number, parts)) == sums.number(total)
    assert total == formats.value(found.pre).strip()
    assert all(len(line) <= width for line in lines)


@given(st.sampled_from(LABELS), st.integers(LEAST_WIDTH, 80))
def test_every_line_of_a_batch_has_room(label: str, width: int) -> None:
    lines = plain(batch_lines(label, "parameter", PanelAppSight.of(label, 3).batch, width))

    assert all(len(line) <= width for line in lines)


class PanelAppSight:
    """Sights without a screen."""

    @staticmethod
    def of(label: str, sample: int):
        from mgrad.tui.seeing import Question, Seer

        return Seer().see(Question(RUN, MOMENTS[-1], Look(label=label, sample=sample), (4, 4), MOMENTS[-1:]))


# ---------------------------------------------------------------------- on screen
async def test_a_weight_says_all_about_itself() -> None:
    app = app_of("layer2.neuron3.w5")
    async with app.run_test(size=(46, 14)):
        lines = lines_of(app, "#node")
        inspection = app.pull().sight.inspection  # pyright: ignore[reportOptionalMemberAccess]

        assert lines[0].split() == ["layer2.neuron3.w5", "parameter"]
        assert formats.value(inspection.value("layer2.neuron3.w5")) in lines[2]
        assert formats.value(inspection.gradient("layer2.neuron3.w5")) in lines[2]
        assert "over batch" in lines[3]
        assert lines[5].split() == ["comes", "from", "dL/dc", "dc/dw5", "part"]
        assert lines[6].startswith("w5 × neuron5")
        assert "→" in lines[8]
        assert "Δ" in lines[8]
        assert lines[10].split() == ["epoch", "0", "to", "20"]


@pytest.mark.parametrize("label", ["layer2.neuron3.w5", "layer1.neuron1", "loss", "x1", "layer2.neuron3.pre"])
@pytest.mark.parametrize("view", ["Node", "Forward", "Batch"])
async def test_no_line_is_broken_in_a_narrow_panel(label: str, view: str) -> None:
    app = app_of(label)
    async with app.run_test(size=(34, 60)) as pilot:
        panel = app.screen.query_one(NodePanel)
        panel.action_show_view(view)
        await pilot.pause()

        text = app.screen.query_one(CardText)
        assert text.size.height == str(text.content).count("\n") + 1
        subtitle = Content.from_markup(str(panel.border_subtitle)).plain
        assert subtitle in lines_at(app, 59)


async def test_blank_lines_go_where_the_account_had_no_room() -> None:
    app = app_of("layer1.neuron1")
    async with app.run_test(size=(46, 14)):
        lines = lines_of(app, "#node")

        assert lines[7].startswith("comes from")
        assert all("×" in line for line in lines[8:12])


async def test_a_node_shows_how_it_is_made() -> None:
    app = app_of("layer1.neuron1")
    async with app.run_test(size=(60, 30)):
        lines = lines_of(app, "#node")
        inspection = app.pull().sight.inspection  # pyright: ignore[reportOptionalMemberAccess]
        pre, answer = (formats.value(inspection.value(f"layer1.neuron1{end}")).strip() for end in (".pre", ""))

        assert lines[5].split(maxsplit=1) == ["formula", "tanh(layer1.neuron1.pre)".ljust(len(lines[5]) - 12)]
        assert f"tanh({pre}) = {answer}" in lines[6]


@pytest.mark.parametrize(
    "label", ["loss", "", "x1", "target", "layer1.neuron2.sum1", "layer2.neuron1.product3", "nowhere"]
)
@pytest.mark.parametrize("view", ["Node", "Forward", "Batch"])
async def test_every_view_can_show_every_kind_of_node(label: str, view: str) -> None:
    app = app_of("")
    async with app.run_test(size=(46, 14)) as pilot:
        panel = app.screen.query_one(NodePanel)
        panel.action_show_view(view)
        if label != "nowhere":
            app.pull(label=label)
        await pilot.pause()

        assert panel.label == (label if label not in ("", "nowhere") else RUN.trainer.template.outputs[0].label)
        assert all(len(line) == 42 for line in lines_of(app, "#node"))


async def test_arrows_and_clicks_go_through_the_views() -> None:
    app = app_of("layer2.neuron3")
    async with app.run_test(size=(46, 14)) as pilot:
        panel = app.screen.query_one(NodePanel)
        panel.focus()
        await pilot.press("right")
        assert panel.shown == "Forward"
        assert any(line.startswith("w8 × neuron8") for line in lines_of(app, "#node"))
        await pilot.press("left", "left")
        assert panel.shown == "Batch"
        assert any("median" in line for line in lines_of(app, "#node"))
        await pilot.click(NodePanel, offset=(4, 0))
        assert panel.shown == "Node"


async def test_a_click_on_a_consumer_asks_for_it() -> None:
    app = app_of("layer2.neuron3.w5")
    async with app.run_test(size=(46, 14)) as pilot:
        await pilot.click(NodePanel, offset=(4, 7))

        assert app.asked == [Choose("layer2.neuron3.product5")]


async def test_words_ask_to_edit_and_to_freeze() -> None:
    app = app_of("layer2.neuron3.w5")
    async with app.run_test(size=(46, 14)) as pilot:
        subtitle = str(app.screen.query_one(NodePanel).border_subtitle)
        plain_text = Content.from_markup(subtitle).plain
        left = 46 - 3 - len(plain_text)
        await pilot.click(NodePanel, offset=(left + plain_text.index("edit"), 13))
        await pilot.click(NodePanel, offset=(left + plain_text.index("freeze"), 13))
        app.pull(label="layer2.neuron3")
        await pilot.pause()
        app.screen.query_one(NodePanel).action_freeze()
        await pilot.pause()

        assert app.asked[:2] == [EditNode("layer2.neuron3.w5"), FreezeNodes(("layer2.neuron3.w5",))]
        assert app.asked[2].labels[-1] == "layer2.neuron3.b"  # pyright: ignore[reportAttributeAccessIssue]
        assert len(app.asked[2].labels) == 9  # pyright: ignore[reportAttributeAccessIssue]
