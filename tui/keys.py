"""The keys, in one table: what is bound on the playground, what the footer shows and what the help screen lists."""

from textual.binding import Binding

BINDINGS = (
    Binding("space", "run", "Run", id="run", tooltip="Let the network learn."),
    Binding("space", "pause", "Pause", id="pause", tooltip="Hold on; nothing is lost."),
    Binding("s", "step", "Step", id="step", tooltip="One batch, then pause."),
    Binding("n", "epoch", "Epoch", id="epoch", tooltip="Once through the training samples, then pause."),
    Binding("r", "rewind", "Rewind", id="rewind", tooltip="Back to the same start."),
    Binding(
        "left_square_bracket", "rate(-1)", "Rate", key_display="[ ]", id="rate", tooltip="Lower or raise the rate."
    ),
    Binding("right_square_bracket", "rate(1)", "Raise the rate", show=False, id="raise"),
    Binding("slash", "find", "Find", key_display="/", id="find", tooltip="Find a node by its label."),
    Binding("less_than_sign", "sample_before", "Sample before", show=False, id="sample-before"),
    Binding("greater_than_sign", "sample_next", "Next sample", show=False, id="sample-next"),
    Binding("1", "go_to('train')", "Train", show=False, id="train"),
    Binding("2", "go_to('graph')", "Graph", show=False, id="graph"),
    Binding("3", "go_to('setup')", "Setup", show=False, id="setup"),
    Binding("question_mark,f1", "help", "Keys", key_display="?", id="help", tooltip="What the keys do."),
    Binding("ctrl+p", "commands", "Commands", key_display="^p", id="commands", tooltip="All commands."),
)

HELP = (
    (
        "Run",
        (
            ("space", "run, pause"),
            ("s", "one step (a batch)"),
            ("n", "one epoch"),
            ("r", "rewind to the start"),
            ("[ ]", "lower, raise the rate"),
        ),
    ),
    (
        "Look",
        (
            ("1 2 3", "Train, Graph, Setup"),
            ("tab", "next panel"),
            ("/", "find a node"),
            ("< >", "other sample"),
            ("? f1", "this page"),
        ),
    ),
    (
        "Graph",
        (
            ("↑ ↓", "row"),
            ("→ ←", "open, close"),
            ("enter", "open, close; at ↺ jump"),
            ("home end", "first row, last row"),
        ),
    ),
    (
        "Setup",
        (
            ("↑ ↓", "row"),
            ("← →", "change"),
            ("enter", "open a list, or type"),
            ("esc", "leave it"),
        ),
    ),
    (
        "Program",
        (
            ("ctrl+p", "data, speeds, themes"),
            ("ctrl+q", "quit"),
        ),
    ),
)
"""Groups of keys and what they do."""

SIGNS = (
    ("● running", "success"),
    ("‖ paused", "warning"),
    ("◌ compiling", "quiet"),
    ("▲ not finite", "error"),
)
"""Signs of the header, with their colours."""
