"""Sets a letter with typst; runs as its own process, because the compiler takes 60 MB.

Takes the template's path as its option and the letter's values as JSON on standard input; writes the PDF. Values reach
the template as data, never as markup. Fonts come from the package of fonts alone, so a letter looks the same on every
machine; a warning, above all one of a missing font, is an error: typst would print empty boxes instead of characters.
"""

import io
import json
import re
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pylopdf_fonts_zh_cn
import segno
import typst

STANDARD: Final = "a-2b"  # for archives
REFUSED = 3
MISSING_SIGN = re.compile(r'the text `"(.+?)"` could not be displayed')
ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
GETA = "〓"  # what a compositor sets where a sort is missing


class BadLetter(Exception):
    """Says what typst has to complain about."""


def compile_letter(template: Path, data: dict[str, Any]) -> bytes:
    """Return the PDF/A; raises BadLetter."""
    values = dict(data)
    if values.get("link"):
        values["qr"] = _qr(values["link"])
    for order in values.get("orders", ()):
        if order.get("link"):
            order["qr"] = _qr(order["link"])
    moment = datetime.fromisoformat(values["created"])
    text = json.dumps(values, ensure_ascii=False)
    try:
        return _set(template, text, moment)
    except typst.TypstError as error:
        missing = _missing_signs(error.diagnostic)
        if not missing:
            raise BadLetter(error.diagnostic) from error
    for sign in missing:
        text = text.replace(sign, GETA)
    try:
        return _set(template, text, moment)
    except typst.TypstError as error:
        raise BadLetter(error.diagnostic) from error


def _set(template: Path, text: str, moment: datetime) -> bytes:
    pdf, warnings = typst.compile_with_warnings(
        str(template),
        root=str(template.parent),
        font_paths=[str(Path(pylopdf_fonts_zh_cn.serif_path()).parent)],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"data": text},
        pdf_standards=STANDARD,
        timestamp=moment,
    )
    if warnings:
        raise BadLetter("; ".join(warning.message for warning in warnings))
    return bytes(pdf)


def _missing_signs(diagnostic: str) -> list[str]:
    """Return the signs the font has not, the longest first; typst names them all when it sets an archive PDF."""
    found = {ESCAPED.sub(lambda code: chr(int(code[1], 16)), sign) for sign in MISSING_SIGN.findall(diagnostic)}
    return sorted(found, key=len, reverse=True)


def _qr(link: str) -> str:
    out = io.BytesIO()
    segno.make(link, error="m", micro=False).save(out, kind="svg", border=2)
    return out.getvalue().decode()


def main() -> None:
    """Read the values, write the PDF or the complaint."""
    try:
        pdf = compile_letter(Path(sys.argv[1]), json.load(sys.stdin))
    except BadLetter as error:
        sys.stderr.write(str(error))
        sys.exit(REFUSED)
    sys.stdout.buffer.write(pdf)


if __name__ == "__main__":
    main()
