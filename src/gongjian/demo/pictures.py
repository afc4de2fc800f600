"""Drawn photographs of what people report: flat shapes, no camera and nobody in them."""

import io
from collections.abc import Callable
from random import Random
from typing import Final

from PIL import Image, ImageDraw
from PIL.ImageDraw import ImageDraw as Canvas

SIZE: Final = (1280, 960)
WIDTH, HEIGHT = SIZE
GROUND: Final = 620
QUALITY: Final = 82
SKY, NIGHT, ROAD, GREEN, SAND, SEA = "#bcd3df", "#1d2a3c", "#5d6166", "#5f8a5a", "#dcc9a0", "#4d87a3"
WALL, DARK, LAMP, CLOTH, WOOD = "#c9c2b6", "#33373c", "#f3d27a", "#7b4f3a", "#9c7b52"


def _houses(canvas: Canvas, draw: Random, *, lit: bool) -> None:
    left = -40
    while left < WIDTH:
        width, top = draw.randint(140, 260), draw.randint(150, 420)
        canvas.rectangle((left, top, left + width, GROUND), fill=DARK if lit else WALL)
        for x in range(left + 20, left + width - 30, 48):
            for y in range(top + 24, GROUND - 40, 60):
                colour = LAMP if lit and draw.random() < 0.3 else "#8fa0aa"  # noqa: PLR2004 - windows with a light
                canvas.rectangle((x, y, x + 24, y + 30), fill=colour)
        left += width + draw.randint(8, 40)


def _site(canvas: Canvas, draw: Random) -> None:
    _houses(canvas, draw, lit=True)
    mast = draw.randint(500, 800)
    canvas.rectangle((mast, 90, mast + 18, GROUND), fill="#d98a2b")
    canvas.rectangle((mast - 320, 110, mast + 180, 126), fill="#d98a2b")
    canvas.line((mast - 280, 126, mast - 280, 380), fill="#222222", width=4)
    canvas.ellipse((mast - 20, 60, mast + 40, 120), fill=LAMP)
    canvas.rectangle((0, GROUND - 60, WIDTH, GROUND + 40), fill="#3f6f9f")


def _rubbish(canvas: Canvas, draw: Random) -> None:
    _houses(canvas, draw, lit=False)
    for _ in range(26):
        x, y, r = draw.randint(300, 980), draw.randint(GROUND + 20, HEIGHT - 120), draw.randint(26, 64)
        canvas.ellipse((x - r, y - r, x + r, y + r), fill=draw.choice(["#2f3236", "#4a4d52", "#6f7d74", "#8f8676"]))
    canvas.rectangle((120, GROUND - 30, 260, HEIGHT - 200), fill="#3d7a55")


def _hole(canvas: Canvas, draw: Random) -> None:
    x, y = draw.randint(420, 700), draw.randint(GROUND + 80, HEIGHT - 160)
    canvas.ellipse((x - 210, y - 70, x + 210, y + 70), fill="#24272b")
    canvas.ellipse((x - 150, y - 34, x + 150, y + 44), fill="#3a3428")
    for i in range(9):
        canvas.line((x, y, x + draw.randint(-340, 340), y + draw.randint(-120, 120)), fill="#44484d", width=3 + i % 3)


def _lamp(canvas: Canvas, draw: Random) -> None:
    _houses(canvas, draw, lit=True)
    for i, x in enumerate(range(160, WIDTH, 260)):
        canvas.rectangle((x, 200, x + 12, GROUND + 60), fill="#7d8790")
        canvas.ellipse((x - 26, 170, x + 38, 230), fill=DARK if i % 2 else LAMP)


def _cars(canvas: Canvas, draw: Random) -> None:
    _houses(canvas, draw, lit=False)
    for i in range(4):
        x, y = 60 + i * 310 + draw.randint(-20, 20), GROUND + 60 + draw.randint(-10, 90)
        colour = draw.choice(["#8d2f2f", "#2f4d7d", "#d9d9d4", "#30373f"])
        canvas.rounded_rectangle((x, y, x + 260, y + 90), 26, fill=colour)
        canvas.rounded_rectangle((x + 50, y - 54, x + 200, y + 20), 24, fill="#9fb3bd")
        canvas.ellipse((x + 30, y + 60, x + 86, y + 116), fill="#1d1f22")
        canvas.ellipse((x + 176, y + 60, x + 232, y + 116), fill="#1d1f22")


def _tree(canvas: Canvas, draw: Random) -> None:
    _houses(canvas, draw, lit=False)
    x = draw.randint(400, 800)
    canvas.polygon([(x, HEIGHT - 150), (x + 60, HEIGHT - 150), (x + 330, 260), (x + 290, 240)], fill=WOOD)
    for _ in range(18):
        cx, cy, r = x + draw.randint(160, 480), draw.randint(110, 380), draw.randint(50, 110)
        canvas.ellipse((cx - r, cy - r, cx + r, cy + r), fill=draw.choice(["#3f6f43", "#557f4a", "#6c9655"]))


def _water(canvas: Canvas, draw: Random) -> None:
    _houses(canvas, draw, lit=False)
    canvas.rectangle((0, GROUND + 10, WIDTH, HEIGHT), fill="#7b7f6c")
    for _ in range(40):
        x, y = draw.randint(0, WIDTH), draw.randint(GROUND + 30, HEIGHT - 10)
        canvas.line((x, y, x + draw.randint(60, 220), y), fill="#a4a893", width=3)
    canvas.rectangle((880, GROUND - 90, 900, HEIGHT - 170), fill="#d9dde0")


def _beach(canvas: Canvas, draw: Random) -> None:
    canvas.rectangle((0, 420, WIDTH, GROUND), fill=SEA)
    canvas.rectangle((0, GROUND, WIDTH, HEIGHT), fill=SAND)
    for i in range(9):
        canvas.polygon(
            [(90 + i * 130, HEIGHT - 60), (210 + i * 130, HEIGHT - 60), (150 + i * 60, GROUND + 20)], fill=WOOD
        )
    for _ in range(14):
        x, y = draw.randint(60, WIDTH - 60), draw.randint(GROUND + 30, HEIGHT - 40)
        canvas.rectangle((x, y, x + 26, y + 12), fill=draw.choice(["#e9eef0", "#9fc4b5", CLOTH]))


SCENES: Final[dict[str, tuple[Callable[[Canvas, Random], None], str, str]]] = {
    "site": (_site, NIGHT, ROAD),
    "rubbish": (_rubbish, SKY, ROAD),
    "hole": (_hole, SKY, ROAD),
    "lamp": (_lamp, NIGHT, DARK),
    "cars": (_cars, SKY, ROAD),
    "tree": (_tree, SKY, GREEN),
    "water": (_water, "#9fb0b8", ROAD),
    "beach": (_beach, SKY, SAND),
}


def picture(scene: str, number: int) -> bytes:
    """Return one drawn photograph as a JPEG of 1280 by 960 pixels; another number gives another one."""
    scenery, sky, ground = SCENES[scene]
    image = Image.new("RGB", SIZE, sky)
    canvas = ImageDraw.Draw(image)
    canvas.rectangle((0, GROUND, WIDTH, HEIGHT), fill=ground)
    scenery(canvas, Random(f"{scene} {number}"))  # noqa: S311 - the same picture every time is the point
    found = io.BytesIO()
    image.save(found, "JPEG", quality=QUALITY)
    return found.getvalue()
