"""What a person gets who types `mgrad-tui` or `mgrad-tui train`."""

import json
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mgrad.engine import Trainer
from mgrad.tui import train_command
from mgrad.tui.main import main
from mgrad.tui.settings import Settings, build


def train_json(capsys: pytest.CaptureFixture[str], *arguments: str, exit_code: int = 0) -> dict[str, Any]:
    assert main(["train", *arguments, "--json"]) == exit_code
    (line,) = capsys.readouterr().out.splitlines()
    return json.loads(line, parse_constant=pytest.fail)  # NaN and Infinity are no JSON


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Twenty rows in which the colour says everything."""
    path = tmp_path / "own.csv"
    rows = [f"{'red' if i % 2 else 'blue'},{i / 10},{'yes' if i % 2 else 'no'}" for i in range(20)]
    path.write_text("\n".join(["colour,size,ripe", *rows]) + "\n", encoding="utf-8")
    return path


# ---------------------------------------------------------------------- training


def test_the_object_says_what_was_done_and_how_well(capsys: pytest.CaptureFixture[str]) -> None:
    report = train_json(capsys, "circle", "--epochs", "3", "--batch-size", "20", "--seed", "5")

    assert (report["epochs"], report["steps"], report["seed"]) == (3, 3 * 13, 5)  # 250 samples make 13 batches of 20
    assert report["train"].keys() == report["test"].keys() == {"loss", "accuracy"}
    assert report["train"]["loss"] > 0
    assert 0 <= report["test"]["accuracy"] <= 1
    assert report["seconds"] > 0
    assert report["stopped"] is None
    assert report["settings"]["batch_size"] == 20
    assert report["parameters"] == (2 + 1) * 4 + (4 + 1) * 2 + (2 + 1)


def test_without_options_it_is_the_playground_s_own_start(capsys: pytest.CaptureFixture[str]) -> None:
    given = train_json(capsys, "--epochs", "0")["settings"]

    wanted = {"data": "circle", "layers": [4, 2], "activation": "tanh", "loss": "half_mse", "optimizer": "sgd"}
    wanted |= {"learning_rate": 0.03, "batch_size": 10, "init": "playground", "seed": 7, "output": "tanh"}
    assert {name: given[name] for name in wanted} == wanted


OPTIONS = ["--layers", "5,3", "--activation", "tanh,relu", "--optimizer", "adam", "--learning-rate", ".01"]
OPTIONS += ["--noise", "10", "--train-share", "60", "--seed", "3", "--l2", ".001", "--schedule", "cosine"]
SETTINGS = Settings(
    data="spiral",
    layers=(5, 3),
    activation=("tanh", "relu"),
    optimizer="adam",
    learning_rate=0.01,
    noise=10.0,
    train_share=60,
    seed=3,
    l2=0.001,
    schedule="cosine",
)


def one_go(trainer: Trainer) -> None:
    trainer.run(epochs=4)


def epoch_by_epoch(trainer: Trainer) -> None:
    for _ in range(4):
        trainer.epoch()


def step_by_step(trainer: Trainer) -> None:
    while trainer.epoch_count < 4:
        trainer.step()


def in_odd_portions(trainer: Trainer) -> None:
    left, portion = 4 * 30, 1
    while left:
        left -= trainer.run(steps=min(portion, left))
        portion += 6


@pytest.mark.parametrize("chunks", [one_go, epoch_by_epoch, step_by_step, in_odd_portions])
def test_the_final_bits_are_those_of_the_trainer_however_it_is_run(
    chunks: Callable[[Trainer], None], capsys: pytest.CaptureFixture[str]
) -> None:
    report = train_json(capsys, "spiral", *OPTIONS, "--epochs", "4")

    trainer = build(SETTINGS)
    chunks(trainer)
    end = trainer.snapshot()

    assert (report["epochs"], report["steps"]) == (end.epoch, end.step)
    assert report["train"] == {"loss": end.train.loss, "accuracy": end.train.accuracy}
    assert end.test is not None
    assert report["test"] == {"loss": end.test.loss, "accuracy": end.test.accuracy}


def test_the_executor_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    report = train_json(capsys, "xor", "--executor", "numpy", "--epochs", "2")

    trainer = build(Settings(data="xor"), executor="numpy")
    trainer.run(epochs=2)
    assert report["train"]["loss"] == trainer.snapshot().train.loss


def test_without_json_a_person_reads_a_small_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "xor", "--epochs", "2", "--layers", "3"]) == 0

    printed = capsys.readouterr()
    assert "network 2-3-1: 13 parameters" in printed.out
    assert "2 epochs, 50 steps" in printed.out
    assert re.search(r"^train +0\.\d+ +\d+ %$", printed.out, re.MULTILINE)
    assert re.search(r"^test +0\.\d+ +\d+ %$", printed.out, re.MULTILINE)


def test_a_regression_has_no_accuracy(capsys: pytest.CaptureFixture[str]) -> None:
    report = train_json(capsys, "plane", "--epochs", "1")

    assert report["problem"] == "regression"
    assert report["train"]["accuracy"] is None


def test_no_test_part_is_null(capsys: pytest.CaptureFixture[str]) -> None:
    assert train_json(capsys, "circle", "--epochs", "1", "--train-share", "100")["test"] is None


def test_no_hidden_layer(capsys: pytest.CaptureFixture[str]) -> None:
    assert train_json(capsys, "gauss", "--layers", "0", "--epochs", "1")["parameters"] == 3
    assert train_json(capsys, "gauss", "--layers", "", "--epochs", "1")["parameters"] == 3


def test_three_classes_have_three_outputs_and_softmax(capsys: pytest.CaptureFixture[str]) -> None:
    report = train_json(capsys, "iris", "--layers", "3", "--epochs", "5")

    assert report["settings"]["loss"] == "softmax"
    assert report["parameters"] == (4 + 1) * 3 + (3 + 1) * 3


@pytest.mark.parametrize("shown", [True, False])
def test_the_bar_is_for_terminals_and_never_on_standard_output(
    shown: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TTY_COMPATIBLE", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1" if shown else "")

    assert main(["train", "--epochs", "3", "--json"]) == 0

    printed = capsys.readouterr()
    assert ("3/3" in printed.err) is shown
    assert printed.out.startswith("{")


def test_quiet_says_nothing_but_the_numbers(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(train_command.executors, "ready", lambda executor: False)
    monkeypatch.setattr(train_command.executors, "prepare", lambda executor: None)

    assert main(["train", "--epochs", "1", "--quiet"]) == 0

    assert capsys.readouterr().err == ""


def test_a_first_run_says_that_it_compiles(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[bool] = []
    monkeypatch.setattr(train_command.executors, "ready", lambda executor: bool(prepared))
    monkeypatch.setattr(train_command.executors, "prepare", lambda executor: prepared.append(True))

    assert main(["train", "--epochs", "1"]) == 0

    assert prepared == [True]
    assert "Compiling the kernels." in capsys.readouterr().err


# ---------------------------------------------------------------------- how a run ends early

EXPLODING = ("plane", "--activation", "linear", "--layers", "4,4", "--learning-rate", "1e30", "--epochs", "50")


def test_a_number_that_is_not_finite_stops_the_run_with_the_numbers_so_far(capsys: pytest.CaptureFixture[str]) -> None:
    report = train_json(capsys, *EXPLODING, exit_code=1)

    assert report["steps"] < 50 * 60
    assert re.match(r"Step \d+: .* is [+-](inf|nan)\.", report["stopped"])


def test_the_sentence_is_for_people_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *EXPLODING]) == 1

    assert re.match(r"Step \d+: .* is [+-](inf|nan)\.", capsys.readouterr().out.splitlines()[-1])


def test_ctrl_c_ends_in_order_and_prints_the_numbers_so_far(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Trainer.run

    def interrupted_in_the_third_chunk(trainer: Trainer, **how_long: int) -> int:
        done = run(trainer, **how_long)
        if trainer.step_count > 3:
            signal.raise_signal(signal.SIGINT)
        return done

    monkeypatch.setattr(Trainer, "run", interrupted_in_the_third_chunk)
    before = signal.getsignal(signal.SIGINT)

    report = train_json(capsys, "--epochs", "100000", exit_code=130)

    assert report["steps"] > 3
    assert report["epochs"] < 100000
    assert report["stopped"] == f"Interrupted after step {report['steps']}."
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_before_training_ends_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*given: object, **named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(train_command, "build", interrupt)

    assert main(["train"]) == 130
    assert capsys.readouterr().err.strip() == "mgrad-tui train: Interrupted."  # after the line with ^C


# ---------------------------------------------------------------------- own tables


def test_an_own_table_learns(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = train_json(capsys, str(table), "--epochs", "200", "--learning-rate", ".1")

    assert report["dataset"] == "own.csv"
    assert report["train"]["accuracy"] == 1.0


@pytest.mark.parametrize("target", ["size", "2"])
def test_its_target_is_a_heading_or_a_position(target: str, table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = train_json(capsys, str(table), "--target", target, "--epochs", "1")

    assert report["problem"] == "regression"


def test_a_broken_table_is_one_line_that_says_where(
    tmp_path: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_text(table.read_text(encoding="utf-8") + "red,1.0\n", encoding="utf-8")

    assert_one_line(["train", str(broken)], capsys, "broken.csv", "line 22")


def test_a_file_may_be_called_train(
    table: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    table.rename(table.parent / "train")
    monkeypatch.chdir(table.parent)

    assert train_json(capsys, "./train", "--epochs", "1")["dataset"] == "train"


# ---------------------------------------------------------------------- bad input


def assert_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str], *fragments: str) -> None:
    assert main(arguments) == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.endswith(".\n") or printed.err.endswith("?\n")
    (line,) = printed.err.splitlines()
    assert line.startswith("mgrad-tui")
    assert [fragment for fragment in fragments if fragment not in line] == []


BAD = [
    (["spirral"], "spirral", "circle, xor, gauss, spiral", "'spiral'?"),
    (["nothing.csv"], "nothing.csv", "no such file"),
    (["circle", "spiral"], "unexpected", "--help"),
    (["--laers", "3"], "--laers", "--layers"),
    (["--layers"], "--layers", "requires an argument"),
    (["--layers", "8x8"], "--layers is '8x8'", "8,8"),
    (["--layers", "4,0"], "--layers is '4,0'", "1 or more"),
    (["--layers", "-1"], "--layers is '-1'", "1 or more"),
    (["--activation", "thanh"], "--activation is 'thanh'", "relu, tanh, sigmoid, linear", "'tanh'?"),
    (["--activation", "tanh,relu,tanh"], "3 activations", "2 hidden layers"),
    (["--output", "softmax"], "--output is 'softmax'", "linear"),
    (["--init", "zero"], "--init is 'zero'", "xavier"),
    (["--optimizer", "adamm"], "--optimizer is 'adamm'", "adamw", "Did you mean"),
    (["--schedule", "never"], "--schedule is 'never'", "cosine"),
    (["--loss", "rmse"], "--loss is 'rmse'", "half_mse", "'mse'?"),
    (["plane", "--loss", "hinge"], "hinge"),
    (["--learning-rate", "fast"], "--learning-rate is 'fast'", "number"),
    (["--learning-rate", "nan"], "--learning-rate is 'nan'", "number"),
    (["--learning-rate", "-1"], "--learning-rate is -1", "from 0 up"),
    (["--batch-size", "0"], "--batch-size is 0", "1"),
    (["--batch-size", "2.5"], "--batch-size is '2.5'", "whole number"),
    (["--noise", "70"], "--noise is 70", "0 to 50"),
    (["--train-share", "5"], "--train-share is 5", "10 to 90"),
    (["--size", "1"], "--size is 1", "2 to"),
    (["--l1", "-0.1"], "--l1 is -0.1", "from 0 up"),
    (["--seed", "-3"], "--seed is '-3'", "0 or more"),
    (["--speed", "0"], "--speed is '0'", "full"),
    (["--speed", "inf"], "--speed is 'inf'", "full"),
    (["circle", "--target", "1"], "target", "Leave it out"),
]


@pytest.mark.parametrize("command", [[], ["train"]], ids=["screen", "train"])
@pytest.mark.parametrize(("arguments", "fragments"), [(row[0], row[1:]) for row in BAD], ids=lambda row: " ".join(row))
def test_bad_options_are_one_line_that_says_what_is_allowed(
    command: list[str], arguments: list[str], fragments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert_one_line([*command, *arguments], capsys, *fragments)


def test_epochs_are_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert_one_line(["train", "--epochs", "1.5"], capsys, "--epochs is '1.5'", "whole number")


def test_executors_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert_one_line(["train", "--executor", "gpu"], capsys, "--executor is 'gpu'", "native, numpy")


def test_epochs_are_for_training_without_a_screen(capsys: pytest.CaptureFixture[str]) -> None:
    assert_one_line(["--epochs", "3"], capsys, "--epochs")


def test_train_in_the_wrong_place_says_where_it_belongs(capsys: pytest.CaptureFixture[str]) -> None:
    assert_one_line(["--seed", "3", "train"], capsys, "mgrad-tui train ...", "./train")


def test_without_a_terminal_there_is_a_sentence_and_no_screen(capsys: pytest.CaptureFixture[str]) -> None:
    assert_one_line(["xor"], capsys, "needs a terminal", "mgrad-tui train xor")
