"""The benchmarks compare like with like: everybody does the same training, and nothing is counted that is not done."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.documentation import headline, page
from benchmarks.peers import PEERS
from benchmarks.race import TOLERANCE, difference_after, timed
from benchmarks.results import Machine, Measure, RaceResult, Report
from benchmarks.shapes import SHAPES
from benchmarks.timing import Contender, interleave
from benchmarks.workloads import WORKLOADS, Workload, parameters_of

ALL = WORKLOADS | SHAPES


@pytest.mark.parametrize("workload", ALL.values(), ids=ALL)
def test_a_hundred_steps_end_where_numpy_by_hand_does(workload: Workload) -> None:
    assert difference_after(workload, "numpy") <= TOLERANCE


@pytest.mark.parametrize("peer", [peer for peer in PEERS if peer != "numpy"])
@pytest.mark.parametrize("name", ["W1", "W2", "W3", "mixed", "apart"])  # each loss, with one batch and with many
def test_a_hundred_steps_end_where_the_other_peers_do(peer: str, name: str) -> None:
    pytest.importorskip(peer.split(",")[0].split(".")[0], reason="it is in the extra bench")

    assert difference_after(ALL[name], peer) <= TOLERANCE


def test_another_number_of_steps_ends_elsewhere() -> None:
    """Else the comparison would compare networks that stand still."""
    net = WORKLOADS["W3"].network()
    start = parameters_of(net)

    WORKLOADS["W3"].trainer(net).run(steps=100)

    assert all((before != after).any() for before, after in zip(start, parameters_of(net), strict=True))


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS)
def test_no_workload_has_a_short_last_batch(workload: Workload) -> None:
    assert len(workload.data[0]) == workload.steps_an_epoch * workload.batch


def test_batches_of_one_size_lie_in_one_piece_and_every_epoch_takes_all_samples() -> None:
    odd = SHAPES["odd"]

    batches = odd.batches(18)

    assert [inputs.shape for inputs, _ in batches.pieces] == [
        (7, 13, 2),
        (1, 10, 2),
        (7, 13, 2),
        (1, 10, 2),
        (2, 13, 2),
    ]
    assert len(batches) == 18
    epoch = np.concatenate([inputs for inputs, _ in list(batches)[:8]])
    assert sorted(epoch.tolist()) == sorted(odd.data[0].tolist())


def test_a_neuron_that_sees_some_inputs_begins_as_the_one_that_sees_all() -> None:
    apart = SHAPES["apart"]
    mask = apart.masks[0]
    assert mask is not None
    assert mask.sum() == 32 * 20
    whole = parameters_of(replace(apart, seen=None).network())

    some = parameters_of(apart.network())

    assert np.array_equal(some[0], whole[0] * mask)
    assert all(np.array_equal(a, b) for a, b in zip(some[1:], whole[1:], strict=True))


def test_the_work_of_a_step_is_counted_as_on_paper() -> None:
    """3 inputs, 2 hidden neurons, 1 output; 10 samples a step."""
    workload = Workload("paper", "", (3, 2, 1), "relu", "mse", 10, WORKLOADS["W1"].samples)

    forward = 2 * (3 * 2 + 2 * 1)
    to_weights = forward
    to_hidden = 2 * (2 * 1)  # and none to the inputs
    biases = 2 * 3
    assert replace(workload, seen=((0,), (1, 2))).flops == workload.flops - 3 * (10 * 4 + 2)
    assert workload.flops == 10 * (forward + to_weights + to_hidden + biases) + 2 * (3 * 2 + 2 * 1 + 3)


def test_everybody_takes_turns_and_the_order_turns_too() -> None:
    turns: list[str] = []

    def contender(name: str) -> Contender:
        return Contender(lambda passes: (turns.append(name), sum(range(passes))))

    timings = interleave({name: contender(name) for name in "ab"}, 0.0, round_seconds=1e-5, least_rounds=4)

    assert timings.rounds == 4
    assert timings.microseconds.keys() == {"a", "b"}
    assert turns[-8:] == list("abbaabba")


def test_mgrad_and_a_peer_are_timed_over_whole_epochs() -> None:
    timings = timed(WORKLOADS["W3"], 0.0, peers=["numpy"], round_seconds=1e-4)

    assert timings.microseconds.keys() == {"mgrad", "numpy"}
    assert min(timings.microseconds.values()) > 0.0


def result_of(ours: float, target: float) -> RaceResult:
    times = {"mgrad": ours} | dict.fromkeys(PEERS, 50.0) | {"numpy": 5.0}
    return RaceResult("W9", "a caption", (2, 1), times, {"numpy": 2e-16}, 9, 0.4, target, None)


@pytest.mark.parametrize(("target", "is_met"), [(2.5, True), (2.6, False)])
def test_the_ratio_is_to_the_fastest_peer(target: float, is_met: bool) -> None:
    result = result_of(2.0, target)

    assert result.best_peer == "numpy"
    assert result.ratio == 2.5
    assert result.is_met is is_met


def test_the_documentation_shows_what_was_found() -> None:
    machine = Machine("a processor", 4, "a system", {"Python": "3.11"}, 59.0)
    measures = [Measure("crate", "a step", 0.5, "µs", 1.0)]
    report = Report(machine, 240.0, [result_of(2.0, 2.6)], [result_of(4.0, 1.0)], measures, [])

    text = page(report)

    assert "a processor, 4 cores" in text
    assert "| W9 | 2.00 | 5.00 | 50.0 | 50.0 | 50.0 | 2.50 (wanted 2.6, missed) | 40% |" in text
    assert "| W9 | 4.00 | 5.00 | 50.0 | 50.0 | 50.0 | 1.25 (wanted 1) | 40% |" in text
    assert "| crate | a step | 0.500 µs | at most 1 µs |" in text
    assert headline(report.races).splitlines()[-1] == "| a caption | 2-1 | 2.50 × | numpy |"


def test_the_machine_has_a_peak() -> None:
    pytest.importorskip("llvmlite", reason="the peak is measured by compiled code")
    from benchmarks.peak import peak_gflops

    assert 0.1 < peak_gflops(repetitions=3) < 1000.0


@pytest.mark.parametrize(
    ("number", "limit", "at_least", "is_met"),
    [(1.0, None, False, True), (1.0, 2.0, False, True), (3.0, 2.0, False, False), (3.0, 2.0, True, True)],
)
def test_a_measure_keeps_to_its_limit(number: float, limit: float | None, at_least: bool, is_met: bool) -> None:
    assert Measure("part", "caption", number, "s", limit, at_least).is_met is is_met
