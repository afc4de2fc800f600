"""Sets a letter with typst; runs as its own process, because the compiler takes 140 MB.

Takes the template's path as its option and the letter's values as JSON on standard input; writes the PDF. Values reach
the template as data, never as markup. Fonts come from the package of fonts alone, so a letter looks the same on every
machine; a warning, above all one of a missing font, is an error: typst would print empty boxes instead of characters.
"""

import json
import sys
from datetime import datetime
from pathlib import Path

import pylopdf_fonts_zh_cn
import typst

STANDARD = "a-2b"  # for archives
REFUSED = 3


class BadLetter(Exception):
    """Says what typst has to complain about."""


def compile_letter(template: Path, data: dict[str, object]) -> bytes:
    """Return the PDF/A; raises BadLetter."""
    created = datetime.fromisoformat(str(data["created"]))
    try:
        pdf, warnings = typst.compile_with_warnings(
            str(template),
            root=str(template.parent),
            font_paths=[str(Path(pylopdf_fonts_zh_cn.serif_path()).parent)],
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            pdf_standards=[STANDARD],
            timestamp=created,
        )
    except typst.TypstError as error:
        raise BadLetter(error.diagnostic) from error
    if warnings:
        raise BadLetter("; ".join(warning.message for warning in warnings))
    return bytes(pdf)


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
