"""A whole set-up as one line to type in a terminal: what opens the same run elsewhere.

Only what differs from the defaults is written. Points and numbers changed by hand are no part of a set-up.
"""

import csv
import io
import shlex

from mgrad.tui.settings import FIELDS, Settings

DEFAULTS = Settings()


def command_line(settings: Settings) -> str:
    """The command that opens the playground with these settings; `mgrad-tui train` takes the same options.

    >>> command_line(Settings(data="spiral", noise=10, layers=(8, 8), activation=("tanh", "relu")))
    'mgrad-tui spiral --noise 10 --layers 8,8 --activation tanh,relu'
    >>> print(command_line(Settings(data="my data.csv", layers=(), columns=("size", "height, m"))))
    mgrad-tui 'my data.csv' --columns 'size,"height, m"' --layers 0
    """
    words = ["mgrad-tui", shlex.quote(settings.data)]
    for name in FIELDS:
        value = getattr(settings, name)
        if name != "data" and value != getattr(DEFAULTS, name):
            words += [f"--{name.replace('_', '-')}", shlex.quote(_typed(value))]
    return " ".join(words)


def _typed(value: object) -> str:
    if isinstance(value, tuple):
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(value)
        return line.getvalue() or "0"  # no hidden layers
    return f"{value:.12g}" if isinstance(value, float) else str(value)
