"""placeholder"""

from textual.widgets import Static


class WatchPanel(Static):
    DEFAULT_CSS = "WatchPanel { height: auto; }"

    def __init__(self):
        super().__init__("", id="watch")

    def show(self, view):
        self.display = False

    def toggle(self, label):
        pass
