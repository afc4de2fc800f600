"""Draws the icons of the home screen: `python -m gongjian.web.appicons` writes them into static/web/icons."""

from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).parent / "static" / "web" / "icons"
SEA, LAMP, WHITE = (10, 58, 82), (244, 182, 63), (255, 255, 255)
FINE = 4  # drawn so many times larger, then made smaller: smooth edges
BOX = 30.0  # the mark's own coordinates, as in mark.svg
# The two waves of mark.svg: ends and controls of their curves in turn.
WAVES = (
    ((4.6, 17.2), (8.5, 13.6), (12.4, 17.2), (16.3, 20.8), (20.2, 17.2), (23, 14.8), (25.4, 16)),
    ((7, 22.4), (10, 19.9), (13, 22.4), (16, 24.9), (19, 22.4), (21, 20.8), (23, 21.6)),
)


def draw(size: int, *, maskable: bool) -> Image.Image:
    """Return the mark on sea; a maskable icon keeps a fifth free at each edge, for phones cut their own shape."""
    side = size * FINE
    image = Image.new("RGB", (side, side), SEA)
    pen = ImageDraw.Draw(image)
    margin = side * (0.2 if maskable else 0.1)
    scale = (side - 2 * margin) / BOX
    width = round(1.8 * scale)

    def at(point: tuple[float, float]) -> tuple[float, float]:
        return margin + point[0] * scale, margin + point[1] * scale

    pen.ellipse([at((1.4, 1.4)), at((28.6, 28.6))], outline=WHITE, width=width)
    pen.ellipse([at((12, 6.4)), at((18, 12.4))], fill=LAMP)
    for wave in WAVES:
        line = [at(point) for n in range(0, len(wave) - 2, 2) for point in _curve(*wave[n : n + 3])]
        pen.line(line, fill=WHITE, width=width, joint="curve")
        for end in (line[0], line[-1]):
            pen.circle(end, width / 2, fill=WHITE)
    return image.resize((size, size), Image.Resampling.LANCZOS).quantize(32)


def _curve(
    start: tuple[float, float], control: tuple[float, float], end: tuple[float, float]
) -> list[tuple[float, float]]:
    """Return points along a quadratic curve."""
    steps = [n / 16 for n in range(17)]
    return [
        (
            (1 - t) ** 2 * start[0] + 2 * t * (1 - t) * control[0] + t**2 * end[0],
            (1 - t) ** 2 * start[1] + 2 * t * (1 - t) * control[1] + t**2 * end[1],
        )
        for t in steps
    ]


def write() -> None:
    """Write all four, and the one an iPhone asks for."""
    FOLDER.mkdir(exist_ok=True)
    for size in (192, 512):
        draw(size, maskable=False).save(FOLDER / f"app-{size}.png", optimize=True)
        draw(size, maskable=True).save(FOLDER / f"mask-{size}.png", optimize=True)
    draw(180, maskable=False).save(FOLDER / "apple-180.png", optimize=True)


if __name__ == "__main__":
    write()
