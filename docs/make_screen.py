"""Draws docs/screen.svg: the playground itself, after some epochs of a network that learns the spiral.

python docs/make_screen.py
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from mgrad.tui.app import PlaygroundApp
from mgrad.tui.settings import Settings

EPOCHS = 500
NODE = "layer3.neuron1"
SPIRAL = Settings(data="spiral", noise=10, layers=(8, 8), optimizer="adam", learning_rate=0.01, seed=3)


async def draw(target: Path) -> None:
    """Runs the app without a terminal, waits until the epochs are done, and saves what its screen shows."""
    app = PlaygroundApp(SPIRAL)
    async with app.run_test(size=(120, 40)) as pilot:
        while not app.session.idle:
            await pilot.pause(0.05)
        app.session.epoch(EPOCHS)
        while not app.session.idle:
            await pilot.pause(0.05)
        await pilot.press("slash", *NODE, "enter")
        await pilot.pause(0.5)
        target.write_text(app.export_screenshot(title="mgrad"), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(draw(Path(__file__).with_name("screen.svg")))
