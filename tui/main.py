"""The command `mgrad-tui`: who does what was typed, and how what goes wrong is said.

`mgrad-tui [NAME | FILE.csv]` opens the playground, `mgrad-tui train ...` trains without a screen. `train` is a command
only as the very first word: a file of that name is `./train`. Bad input ends here, as one line on standard error.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import rich_click as click

from mgrad.engine.errors import MgradError, OptionError
from mgrad.tui.command_options import (
    FULL_SPEED,
    PANELS,
    Speed,
    as_typed,
    dataset_names,
    setting_options,
    settings_from,
)
from mgrad.tui.pace import DEFAULT_SPEED
from mgrad.tui.preferences import load_preferences
from mgrad.tui.settings import Settings, build

BAD_INPUT, INTERRUPTED = 2, 130
FRAMES_A_SECOND = "120"

HELP = f"""A playground for the terminal: pick data, build a small network, watch any number in it learn.

**NAME** is one of {dataset_names()}; **FILE.csv** is a table of your own. Without either it is {Settings().data}.

`mgrad-tui train [NAME | FILE.csv] [OPTIONS]` does the same run without a screen: see `mgrad-tui train --help`.
"""


@click.command(help=HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.rich_config({"text_markup": "markdown", "show_arguments": False})
@setting_options
@click.option(
    "--speed",
    type=Speed(),
    metavar="STEPS",
    help=f"Steps a second, or full: as fast as the machine goes. [default: as last time; at first {DEFAULT_SPEED:g}]",
)
@click.option("--run", is_flag=True, help="Start at once.")
@click.version_option(package_name="mgrad-tui", prog_name="mgrad-tui", message="%(prog)s %(version)s")
def playground(speed: float | None, run: bool, **given: Any) -> int:
    if given["data"] == "train":
        raise OptionError("train is a command and stands first: mgrad-tui train ...; a file of that name is ./train.")
    remembered, sentence = load_preferences()
    if any(value is not None for value in given.values()):
        settings = settings_from(given)  # a run that is asked for by name does not depend on what was done before
        build(settings, executor="numpy")  # what does not fit is said here; the screen loads the kernels later
        remembered = replace(remembered, settings=settings)
    if speed is not None:
        remembered = replace(remembered, speed=None if speed == FULL_SPEED else speed)
    _need_terminal(remembered.settings)

    # Textual's own 60 make a key wait for up to 16 ms after each picture; what is not different is never painted.
    os.environ.setdefault("TEXTUAL_FPS", FRAMES_A_SECOND)
    from mgrad.tui.app import PlaygroundApp  # the screen is loaded by nothing but the screen

    app = PlaygroundApp(preferences=remembered, sentence=sentence, remember=True, run=run)
    app.run()
    return app.return_code or 0


for _panel, _options in PANELS:
    playground = click.option_panel(_panel, options=list(_options))(playground)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says (that of this process, if `arguments` is None); the exit code.

    0: done. 1: training stopped at a number that is not finite. 2: bad input, said in one line. 130: interrupted.
    """
    typed = list(sys.argv[1:] if arguments is None else arguments)
    training = typed[:1] == ["train"]
    command, name = playground, "mgrad-tui"
    if training:
        from mgrad.tui.train_command import train  # its progress bar and tables are not the screen's

        command, name = train, "mgrad-tui train"
    try:
        return int(command.main(typed[training:], prog_name=name, standalone_mode=False) or 0)
    except click.ClickException as error:
        return _complain(name, f"{error.format_message().rstrip('.')}. See {name} --help.")
    except MgradError as error:
        return _complain(name, as_typed(str(error)))
    except (KeyboardInterrupt, click.Abort):
        return _complain(name, "Interrupted.", INTERRUPTED)
    except BrokenPipeError:
        # The reader went away (`| head`). What is still in the buffer must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _complain(name: str, sentence: str, exit_code: int = BAD_INPUT) -> int:
    print(f"{name}: {' '.join(sentence.split())}", file=sys.stderr)
    return exit_code


def _need_terminal(settings: Settings) -> None:
    streams = {"standard input": sys.stdin, "standard output": sys.stdout, "standard error": sys.stderr}
    missing = [name for name, stream in streams.items() if stream is None or not stream.isatty()]
    if missing:
        raise OptionError(
            f"The playground needs a terminal, but {missing[0]} is none. "
            f"Without a screen: mgrad-tui train {settings.data}."
        )


if __name__ == "__main__":
    sys.exit(main())
