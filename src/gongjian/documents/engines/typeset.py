"""Sets a letter with typst; runs as its own process, because the compiler takes 60 MB.

Takes the template's path as its option and the letter's values as JSON on standard input; writes the PDF. Values reach
the template as data, never as markup. Fonts come from the package of fonts alone, so a letter looks the same on every
machine; a warning, above all one of a missing font, is an error: typst would print empty boxes instead of characters.
"""

import io
import json
import re
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pylopdf_fonts_zh_cn
import segno
import typst

STANDARD: Final = "a-2b"  # for archives
REFUSED = 3
MISSING_SIGN = re.compile(r'the text `"(.+?)"` could not be displayed')
ESCAPED = re.compile(r"\\(?:u\{([0-9a-f]+)\}|(.))")
SHORT = {"t": "\t", "n": "\n", "r": "\r", "0": "\0"}
GETA = "〓"  # what a compositor sets where a sort is missing
# The compiler names all missing signs at once; what stood beside one may lack another.
TRIES: Final = 4


class BadLetter(Exception):
    """Says what typst has to complain about."""


def compile_letter(template: Path, data: dict[str, Any]) -> bytes:
    """Return the PDF/A; raises BadLetter.

    A sign the font has not is set as 〓, and one that nobody would see is left out: no word of a person, and none of
    one case among many, may keep a letter from being set.
    """
    values = dict(data)
    for coded in (values, *values.get("orders", ())):
        if coded.get("link"):
            coded["qr"] = _qr(coded["link"])
    for _try in range(TRIES):
        try:
            return _set(template, values)
        except typst.TypstError as error:
            missing = _missing_signs(error.diagnostic)
            if not missing:
                raise BadLetter(error.diagnostic) from error
            values = _without(values, missing)
    raise BadLetter(f"signs are still missing after {TRIES} tries")


def _without(value: Any, missing: Sequence[str]) -> Any:
    """Return the values with these signs replaced wherever they stand."""
    if isinstance(value, str):
        for sign in missing:
            value = value.replace(sign, GETA if sign.isprintable() else " " if sign.isspace() else "")
        return value
    if isinstance(value, dict):
        return {name: _without(inner, missing) for name, inner in value.items()}
    return [_without(inner, missing) for inner in value] if isinstance(value, list) else value


def _set(template: Path, values: dict[str, Any]) -> bytes:
    pdf, warnings = typst.compile_with_warnings(
        str(template),
        root=str(template.parent),
        font_paths=[str(Path(pylopdf_fonts_zh_cn.serif_path()).parent)],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"data": json.dumps(values, ensure_ascii=False)},
        pdf_standards=STANDARD,
        timestamp=datetime.fromisoformat(values["created"]),
    )
    if warnings:
        raise BadLetter("; ".join(warning.message for warning in warnings))
    return bytes(pdf)


def _missing_signs(diagnostic: str) -> list[str]:
    """Return the signs the font has not, the longest first; typst names them all when it sets an archive PDF."""
    found = {ESCAPED.sub(_unescaped, sign) for sign in MISSING_SIGN.findall(diagnostic)}
    return sorted(found, key=len, reverse=True)


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else SHORT.get(found[2], found[2])


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
