"""The keys, in one table: what is bound on the playground, what the footer shows and what the help screen lists."""

from textual.binding import Binding

BINDINGS = (
    Binding("space", "run", "Run", id="run", tooltip="Let the network learn."),
    Binding("space", "pause", "Pause", id="pause", tooltip="Hold on; nothing is lost."),
    Binding("space", "branch", "Branch", id="branch", tooltip="Go on from this moment of the past."),
    Binding("s", "step", "Step", id="step", tooltip="One batch, then pause."),
    Binding("n", "epoch", "Epoch", id="epoch", tooltip="Once through the training samples, then pause."),
    Binding("comma", "back", "Back", key_display=", .", id="back", tooltip="Through the past of the run."),
    Binding("full_stop", "forward", "Forward", show=False, id="forward"),
    Binding("r", "rewind", "Rewind", id="rewind", tooltip="Back to the same start."),
    Binding("R", "reseed", "Another start", show=False, id="reseed"),
    Binding(
        "left_square_bracket", "rate(-1)", "Rate", key_display="[ ]", id="rate", tooltip="Lower or raise the rate."
    ),
    Binding("right_square_bracket", "rate(1)", "Raise the rate", show=False, id="raise"),
    Binding("slash", "find", "Find", key_display="/", id="find", tooltip="Find a node by its label."),
    Binding("question_mark,f1", "help", "Keys", key_display="?", id="help", tooltip="What the keys do."),
    Binding("e", "edit", "Edit", id="edit", tooltip="Another number for the chosen parameter."),
    Binding("z", "freeze", "Freeze", show=False, id="freeze"),
    Binding("u", "undo", "Undo", id="undo", tooltip="Take back the last edit, freeze or change of samples."),
    Binding("u", "undo_nothing", "Undo", show=False, id="undo-nothing"),
    Binding("p", "pin", "Pin", id="pin", tooltip="Watch the chosen node."),
    Binding("g", "slope", "Gradient on the map", show=False, id="slope"),
    Binding("d", "discretise", "Two colours", show=False, id="discretise"),
    Binding("t", "test", "Test points", show=False, id="test"),
    Binding("l", "scale", "Logarithmic or linear", show=False, id="scale"),
    Binding("v", "view", "View", show=False, id="view", tooltip="The next view of a panel."),
    Binding("h", "health", "Health", show=False, id="health"),
    Binding("y", "copy", "Copy label and value", show=False, id="copy"),
    Binding("c", "share", "Copy the set-up as a command", show=False, id="share"),
    Binding("less_than_sign", "sample_before", "Sample before", show=False, id="sample-before"),
    Binding("greater_than_sign", "sample_next", "Next sample", show=False, id="sample-next"),
    Binding("home", "first", "First moment", show=False, id="first"),
    Binding("end", "now", "Now", show=False, id="now"),
    Binding("G", "regenerate", "Other data", show=False, id="regenerate"),
    Binding("1", "go_to('train')", "Train", show=False, id="train"),
    Binding("2", "go_to('network')", "Network", show=False, id="network"),
    Binding("3", "go_to('graph')", "Graph", show=False, id="graph"),
    Binding("4", "go_to('setup')", "Setup", show=False, id="setup"),
    Binding("ctrl+o", "open", "Open a table", show=False, id="open"),
    Binding("ctrl+p", "commands", "Commands", key_display="^p", id="commands", tooltip="All commands."),
)

SPARE = ("pin", "edit", "back", "rate")
"""Actions that the footer leaves out where there is little room, the first of them first."""

FOOTER_OF_PANEL: dict[str, tuple[tuple[str, str, str], ...]] = {
    "map": (("enter", "enter", "Sample"), ("a", "a A", "Add"), ("x", "x y", "Axes")),
    "network": (("w", "w", "Weight"), ("plus", "+ -", "Size"), ("a", "a", "Activation")),
    "graph": (("right", "→ ←", "Open"), ("f", "f", "Fold"), ("e", "e", "Edit")),
    "setup": (("left", "← →", "Change"), ("enter", "enter", "Open")),
    "loss": (("right", "← →", "View"), ("l", "l", "Log")),
    "node": (("e", "e", "Edit"), ("z", "z", "Freeze"), ("v", "v", "View")),
    "watch": (("enter", "enter", "Choose"), ("p", "p", "Unpin")),
}
"""What the footer says beside, by the panel in focus: key, how it is written, word. Where it depends on the row under
the panel's cursor what enter does, the panel has another word for it, its `enter_does`."""

HELP = (
    (
        "Run",
        (
            ("space", "run, pause"),
            ("s  n", "one batch, one epoch"),
            ("r  R", "same start, another start"),
            ("[  ]", "lower, raise the rate"),
            (",  .", "back, forward in time"),
            ("home end", "first moment, now"),
        ),
    ),
    (
        "Look",
        (
            ("1 2 3 4", "Train Network Graph Setup"),
            ("tab", "next panel"),
            ("/", "find a node"),
            ("<  >", "other sample"),
            ("v  h", "next view, Health"),
            ("g", "map: value, gradient"),
            ("d  t", "two colours, test points"),
            ("l", "loss: log or linear"),
        ),
    ),
    (
        "Touch",
        (
            ("e", "edit a parameter"),
            ("z", "freeze it or its neuron"),
            ("u", "undo"),
            ("p", "pin: watch a node"),
            ("y", "copy label, value"),
            ("G", "other samples"),
        ),
    ),
    (
        "Program",
        (
            ("ctrl+o", "a table of your own"),
            ("c", "copy set-up as command"),
            ("ctrl+p", "all commands"),
            ("? f1", "keys, also of a panel"),
            ("ctrl+q", "quit"),
        ),
    ),
)
"""Groups of keys and what they do, everywhere."""

PANEL_HELP: dict[str, tuple[str, str, tuple[tuple[str, str], ...]]] = {
    "map": (
        "Map",
        "What the network, or any node, answers over the plane of two inputs. Blue is plus, orange minus. Points are "
        "samples: o is -1, x is +1, bold capitals are answered wrongly.",
        (
            ("arrows", "move the cursor; with shift by five"),
            ("enter", "look at the nearest sample"),
            ("a A del", "add a point, +1 or -1; remove the nearest"),
            ("x y X Y", "other inputs on the axes, out of a list"),
            ("mouse", "o x below: add points; right: remove"),
            ("g d t", "gradient, two colours, test points"),
        ),
    ),
    "network": (
        "Network",
        "Every neuron with what it sees, links by sign (colour) and size (strength). A neuron's picture is its value "
        "over the plane.",
        (
            ("arrows", "choose a neuron"),
            ("w", "choose its next weight, its bias"),
            ("+  -", "neurons of the chosen hidden layer; elsewhere: layers"),
            ("a", "activation of the chosen layer"),
            ("enter", "feed an input or a feature, or not"),
        ),
    ),
    "loss": (
        "Loss",
        "How well the network learns: loss over epochs, accuracy with what is behind it, and the health of each layer. "
        "log10(update/weight) near -3 is healthy: higher is a rate too high, lower a rate too low.",
        (("← →  v", "Loss, Accuracy, Health"), ("l", "logarithmic or linear")),
    ),
    "graph": (
        "Graph",
        "The loss of one sample as a tree: each row a node, with its value and the gradient of the loss by it. A sum "
        "is one row with its terms below; a node that is used twice stands once, and ↺ jumps to it.",
        (
            ("↑ ↓", "row"),
            ("→ ←", "open, close"),
            ("enter", "open, close; at ↺ jump"),
            ("f", "a sum in full, or folded"),
        ),
    ),
    "node": (
        "Node",
        "Everything about the chosen node. Comes from: each use passes back its own gradient times the local "
        "derivative; the lines add up to the gradient.",
        (("↑ ↓", "scroll"), ("v", "card, forward, batch"), ("e z p y", "edit, freeze, pin, copy")),
    ),
    "setup": (
        "Setup",
        "All that makes the run. Live settings change while it runs; the others begin it again from the same seed.",
        (
            ("↑ ↓", "row"),
            ("← →", "change"),
            ("enter", "open a list, type a number, turn on or off"),
            ("esc", "leave it"),
        ),
    ),
    "watch": ("Watch", "Nodes that were pinned, with their history.", (("↑ ↓ enter", "choose"), ("p", "unpin"))),
}
"""For each panel: its name, what it shows, and the keys that it has for itself."""

SIGNS = (
    ("● running", "success"),
    ("‖ paused", "warning"),
    ("■ stopped", "warning"),
    ("◂ in the past", "primary"),
    ("◌ compiling", "quiet"),
    ("▲ not finite", "error"),
)
"""Signs of the header, with their colours."""
