"""A map as lines of the terminal: the plane, what lies on it, and the ticks and the key around it.

A `Scene` is all that there is to draw; a `Drawing` makes its lines, once. Where a click means something, it notes a
`Spot`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from mgrad.tui import formats, map_layout, maps
from mgrad.tui.map_layout import Frame, Window
from mgrad.tui.maps import SHADES, Ints, Paint
from mgrad.tui.sight import Look, Sight
from mgrad.tui.widgets.map_marks import Marks, Tones, style

MIDDLE = SHADES // 2


@dataclass(frozen=True, eq=False)
class Scene:
    """What a map shows. `cursor` is (column, row) of the plane, `brush` the class that a click adds."""

    sight: Sight | None = None
    look: Look = field(default_factory=Look)
    classes: tuple[str, ...] = ()
    captions: tuple[str, str] | None = None
    """Of the two axes, where they are columns with names of their own."""
    choosable: bool = False
    """Whether the axes were chosen out of more."""
    scale: float = 1.0
    slope_scale: float = 1.0
    as_picture: bool = False
    cursor: tuple[int, int] | None = None
    brush: int | None = None


@dataclass(frozen=True)
class Spot:
    """Cells of a row that can be clicked."""

    row: int
    start: int
    end: int
    action: str
    number: int


def margin_for(scene: Scene) -> int:
    """How many cells the ticks at the left take; the same whenever there is no range yet."""
    plane = scene.sight.plane if scene.sight else None
    if plane is None or scene.as_picture or not len(plane.ys):
        return 3
    window = Window.of(plane)
    return max(3, 1 + max((len(text) for _, text in map_layout.ticks(window.y_low, window.y_high)), default=2))


def frame_for(scene: Scene, width: int, height: int) -> Frame:
    """Where the plane of a scene lies on so many cells."""
    return map_layout.frame(width, height, margin_for(scene), (1 + scene.choosable) * bool(scene.captions))


@lru_cache(maxsize=32)
def paint_for(kind: str, plain: bool, fade: float, back: str, error: str) -> Paint:
    """Paint of the ramp, the classes or a picture's greys; the last colour is that of an empty plane or page."""
    if kind == "greys":
        return Paint((*maps.greys(), back), back, error)
    if kind == "classes":
        colours = tuple(maps.blend(colour, back, fade) for colour in maps.class_colours(plain))
    else:
        colours = maps.ramp(plain, fade, back)
    return Paint((*colours, maps.blend(back, "#808890", 0.12)), back, error)


class Drawing:
    """Lines of a scene on so many cells, and the spots on them."""

    def __init__(self, scene: Scene, width: int, height: int, tones: Tones, plain: bool) -> None:
        self.scene, self.width, self.height, self.tones, self.plain = scene, width, height, tones, plain
        self.frame = frame_for(scene, width, height)
        self.spots: list[Spot] = []
        self._texts: dict[int, list[tuple[int, str, Style]]] = {}
        self.lines = self._draw()

    def _draw(self) -> list[Strip]:
        pixels, paint = self._picture() if self.scene.as_picture else self._plane()
        marks = {} if self.scene.as_picture else self._marks(pixels, paint)
        if self.frame.foot is not None:
            self._answers(self.frame.foot) if self.scene.as_picture else self._surroundings(self.frame.foot)
        strips = []
        for y in range(self.height):
            row = y - self.frame.top
            middle = None
            if 0 <= row < self.frame.rows and self.frame.columns:
                middle = paint.line(pixels[2 * row], pixels[2 * row + 1], marks.get(row))
            strips.append(self._strip(y, middle))
        return strips

    def _strip(self, y: int, middle: list[Segment] | None) -> Strip:
        """A line of texts and, in their middle, a line of the plane."""
        pieces: list[tuple[int, int, list[Segment]]] = [
            (start, start + len(text), [Segment(text, look)]) for start, text, look in self._texts.get(y, ())
        ]
        if middle:
            pieces.append((self.frame.left, self.frame.left + self.frame.columns, middle))
        blank = style(None, self.tones.back)
        segments: list[Segment] = []
        at = 0
        for start, end, parts in sorted(pieces, key=lambda piece: piece[0]):
            if start > at:
                segments.append(Segment(" " * (start - at), blank))
            segments += parts
            at = end
        if at < self.width:
            segments.append(Segment(" " * (self.width - at), blank))
        return Strip(segments).crop(0, self.width) if at > self.width else Strip(segments, self.width)

    # ------------------------------------------------------------------ the plane
    def _plane(self) -> tuple[Ints, Paint]:
        sight, look = self.scene.sight, self.scene.look
        plane = sight.plane if sight else None
        columns, rows = self.frame.pixels
        fade = 0.78 if look.slope else 0.0
        if plane is not None and plane.winners is not None and plane.margins is not None and plane.winners.size:
            paint = self._paint("classes", fade)
            pixels = maps.class_shades(plane.winners, plane.margins, look.discretise)
        else:
            paint = self._paint("ramp", fade)
            pixels = np.full((1, 1), len(paint.colours) - 1)
            if plane is not None and plane.values is not None and plane.values.size:
                pixels = maps.shades(plane.values, self.scene.scale, look.discretise)
        return maps.resized(pixels, rows, columns), paint

    def _paint(self, kind: str, fade: float = 0.0) -> Paint:
        return paint_for(kind, self.plain, fade, self.tones.back, self.tones.error)

    def _marks(self, pixels: Ints, paint: Paint) -> dict[int, dict[int, Segment]]:
        """Cells of one's own, by row and column: signs, points, the picked sample, the cursor."""
        scene, sight = self.scene, self.scene.sight
        marks = Marks(pixels, paint, self.frame, self.tones, self.plain)
        plane = sight.plane if sight else None
        if sight and plane is not None and len(plane.xs) and len(plane.ys) and self.frame.rows:
            if self.plain and not scene.look.slope:
                marks.add_signs(plane, map_layout.class_marks(scene.classes))
            if sight.points is not None:
                glyphs = map_layout.class_marks(scene.classes)
                marks.add_points(sight.points, scene.look, Window.of(plane), glyphs, scene.scale, scene.slope_scale)
            if plane.values is None and plane.winners is None and not scene.look.slope:
                marks.add_sentence(("It depends on the target:", "there is no map of it."))
        if scene.cursor is not None:
            marks.add_cursor(*scene.cursor)
        return marks.found

    # ------------------------------------------------------------------ around it
    def _surroundings(self, foot: int) -> None:
        plane = self.scene.sight.plane if self.scene.sight else None
        if plane is None or not len(plane.xs) or not len(plane.ys):
            return
        self._ticks(Window.of(plane), foot)
        self._key(foot + 1)
        if self.scene.captions:
            self._captions(self.scene.captions, foot + 2)

    def _ticks(self, window: Window, foot: int) -> None:
        frame, faint = self.frame, self._ink("faint")
        for y, text in map_layout.ticks(window.y_low, window.y_high, 5 if frame.rows >= 9 else 3):
            share = (window.y_high - y) / (window.y_high - window.y_low)
            row = frame.top + round(share * (frame.rows - 1))
            self._text(row, frame.left - 1 - len(text), text, faint)
        free = 0
        for x, text in map_layout.ticks(window.x_low, window.x_high, 5 if frame.columns >= 30 else 3):
            share = (x - window.x_low) / (window.x_high - window.x_low)
            start = frame.left + round(share * (frame.columns - 1)) - len(text) // 2
            start = max(free, min(start, self.width - len(text)))
            self._text(foot, start, text, faint)
            free = start + len(text) + 1

    def _key(self, row: int) -> None:
        """The ramp at the left, what the marks mean at the right; what has no room is left out from the right on."""
        left, right = self.frame.left, self.frame.left + self.frame.columns
        scene, plane = self.scene, self.scene.sight.plane if self.scene.sight else None
        start = left
        if plane is not None and (plane.winners is None or scene.look.slope):
            scale = scene.slope_scale if scene.look.slope else scene.scale
            number = formats.setting(scale)
            at = max(0, left - len(number) - 2)  # the ramp begins where the plane does
            self._text(row, at, f"{formats.MINUS}{number} ", self._ink("quiet"))
            start = self._swatch(row, at + len(number) + 2) + 1
            self._text(row, start, f"+{number}", self._ink("quiet"))
            start += len(number) + 3
        spare = min(1, self.width - right)
        items = self._items(right + spare - start)
        at = max(start, right - sum(len(text) for text, _, _ in items) - 2 * max(0, len(items) - 1))
        for text, token, klass in items:
            if klass is not None:
                chosen = klass == scene.brush
                ink = style(self.tones[token], self.tones["cursor"] if chosen else self.tones.back, chosen)
                self._text(row, at, text, ink)
                self.spots.append(Spot(row, at, at + len(text), "brush", klass))
            else:
                self._text(row, at, text, self._ink(token))
            at += len(text) + 2

    def _swatch(self, row: int, start: int) -> int:
        """Seven cells of the ramp; with gradients, dots as they are drawn. Returns where it ends."""
        colours = maps.ramp(self.plain)
        for i, shade in enumerate(range(0, SHADES, 5)):
            glyph = ("−−−·+++" if self.plain else "●••·••●")[i] if self.scene.look.slope else "▄"
            self._text(row, start + i, glyph, style(colours[shade], self.tones.back))
        return start + 7

    def _items(self, room: int) -> list[tuple[str, str, int | None]]:
        """Text, colour and class of the parts of the key that have room."""
        scene = self.scene
        names = [map_layout.class_name(name) for name in scene.classes]
        marks = map_layout.class_marks(scene.classes)
        items: list[tuple[str, str, int | None]] = []
        for klass, (mark, name) in enumerate(zip(marks, names, strict=True)):
            items.append((name if name == mark else f"{mark} {name}", "quiet", klass))
        points = scene.sight.points if scene.sight else None
        if scene.look.slope:
            items = [("at the samples", "quiet", None)]
        elif points is not None and points.classes == 2:
            if scene.look.show_test and points.test.any():
                items.append(("◦× test", "quiet", None))
            if points.right is not None:
                items.append(("OX wrong", "quiet", None))
        elif points is not None:
            items += [("• target", "quiet", None)] * (points.classes == 0)
            if scene.look.show_test and points.test.any():
                items.append(("◦ test" if points.classes == 0 else "faded: test", "quiet", None))
        while items and sum(len(text) for text, _, _ in items) + 2 * (len(items) - 1) > room:
            shorter = [(_cut(text, max(1, room // len(items) - 2)), token, klass) for text, token, klass in items]
            if all(klass is not None for _, _, klass in items) and items != shorter:
                items = shorter  # classes are named, if only by the beginnings of their names
            else:
                items.pop()
        return items

    def _captions(self, captions: tuple[str, str], row: int) -> None:
        """What the axes are. Where they were chosen out of more: steppers, and how the other inputs are held."""
        if not self.scene.choosable:
            text = f"x {captions[0]}   y {captions[1]}"
            self._text(row, self.frame.left, _cut(text, self.width - self.frame.left), self._ink("quiet"))
            return
        left, right = self.frame.left, self.width
        others = f"others as in sample {self.scene.look.sample}"
        if left + 6 + len(captions[1]) + 2 + len(others) > right:
            others = f"rest: sample {self.scene.look.sample}"
        for axis, (letter, name) in enumerate(zip("xy", captions, strict=True)):
            name = _cut(name, right - left - 6 - (len(others) + 2 if axis else 0))
            end = left + 4 + len(name)
            self._text(row + axis, left, f"{letter} ‹ ", self._ink("faint"))
            self._text(row + axis, left + 4, name, self._ink("quiet"))
            self._text(row + axis, end + 1, "›", self._ink("faint"))
            self.spots.append(Spot(row + axis, left, left + 4, "axis", -1 - axis))
            self.spots.append(Spot(row + axis, left + 4, end, "axes", axis))
            self.spots.append(Spot(row + axis, end, end + 2, "axis", axis + 1))
        if right - len(others) - 1 > left + 7:
            self._text(row + 1, right - len(others) - 1, others, self._ink("faint"))

    # ------------------------------------------------------------------ a sample that is a picture
    def _picture(self) -> tuple[Ints, Paint]:
        columns, rows = self.frame.pixels
        paint = self._paint("greys")
        page = np.full((rows, columns), len(paint.colours) - 1)
        picture = self.scene.sight.picture if self.scene.sight else None
        if picture is None or not picture.size or not rows:
            return page, paint
        finite = picture[np.isfinite(picture)]
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
        pixels = maps.shades((picture - low) / ((high - low) or 1.0) * 2 - 1)
        times = min(columns // picture.shape[1], rows // picture.shape[0])
        share = times or min(columns / picture.shape[1], rows / picture.shape[0])
        high_, wide = (max(1, int(side * share)) for side in picture.shape)
        top, left = (rows - high_) // 2, (columns - wide) // 2
        page[top : top + high_, left : left + wide] = maps.resized(pixels, high_, wide)
        return page, paint

    def _answers(self, row: int) -> None:
        """Truth and answer, and below them every class with how strongly the network says it."""
        scene = self.scene
        answers = scene.sight.answers if scene.sight else None
        if answers is None or answers.part != scene.look.part or scene.look.sample >= answers.outputs.shape[1]:
            return
        outputs, wanted = (each[:, scene.look.sample] for each in (answers.outputs, answers.wanted))
        names = [map_layout.class_name(name) for name in scene.classes]
        if len(outputs) == len(names) > 1:
            truth, said = names[int(wanted.argmax())], names[int(np.nan_to_num(outputs, nan=-np.inf).argmax())]
        else:
            truth, said = (formats.value(float(each[0])).strip() for each in (wanted, outputs))
        at = self.frame.left
        for text, token, bold in (("truth ", "quiet", False), (truth, "ink", True), ("   answer ", "quiet", False)):
            self._text(row, at, text, self._ink(token, bold))
            at += len(text)
        self._text(row, at, said, self._ink("ink", True))
        right = answers.right is None or bool(answers.right[scene.look.sample])
        self._text(row, at + len(said), "" if right else "   wrong", self._ink("quiet"))
        if len(outputs) == len(names) > 1 and np.isfinite(outputs).all():
            self._bars(row + 1, outputs, int(wanted.argmax()))

    def _bars(self, row: int, outputs: np.ndarray, truth: int) -> None:
        low, high = float(outputs.min()), float(outputs.max())
        step = 4 if self.frame.columns >= 4 * len(outputs) else 3
        for klass, mark in enumerate(map_layout.class_marks(self.scene.classes)):
            at = self.frame.left + step * klass
            share = (float(outputs[klass]) - low) / ((high - low) or 1.0)
            self._text(row, at, mark, self._ink("ink" if klass == truth else "faint", klass == truth))
            self._text(row, at + 1, " ▁▂▃▄▅▆▇█"[round(share * 8)], self._ink("quiet"))

    # ------------------------------------------------------------------ texts
    def _ink(self, token: str, bold: bool = False) -> Style:
        return style(self.tones[token], self.tones.back, bold)

    def _text(self, row: int, start: int, text: str, ink: Style) -> None:
        if text and 0 <= start < self.width and 0 <= row < self.height:
            self._texts.setdefault(row, []).append((start, text[: self.width - start], ink))


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: max(0, room - 1)] + "…"
