"""How somebody reads: language, elder mode, text size, contrast, theme. Kept in two cookies, no account needed."""

from dataclasses import dataclass, replace
from typing import Self

LOOK_COOKIE = "gj_look"
LANGUAGES = ("zh-hans", "en")
CHOICES: dict[str, tuple[str, ...]] = {
    "mode": ("normal", "elder"),
    "text": ("1", "2", "3"),
    "contrast": ("normal", "more"),
    "theme": ("light", "dark"),
    "keys": ("on", "off"),
}


@dataclass(frozen=True)
class Reader:
    """One reader's choices. `text` steps 2 and 3 belong to elder mode; `keys` off silences single-letter keys."""

    language: str = "zh-hans"
    mode: str = "normal"
    text: int = 1
    contrast: str = "normal"
    theme: str = "light"
    keys: str = "on"
    offered: bool = False

    @property
    def elder(self) -> bool:
        return self.mode == "elder"

    @property
    def chinese(self) -> bool:
        return self.language != "en"

    @property
    def tag(self) -> str:
        """The BCP 47 tag for the lang attribute."""
        return "zh-Hans" if self.chinese else "en"

    @property
    def look(self) -> str:
        """The value of the look cookie."""
        return ".".join((self.mode, str(self.text), self.contrast, self.theme, self.keys))

    def choosing(self, choices: dict[str, str]) -> Self:
        """Return the reader with the known and valid choices taken over; anything else is ignored."""
        valid = {name: value for name, value in choices.items() if value in CHOICES.get(name, ())}
        text = int(valid.pop("text", self.text))
        language = choices.get("language", "")
        return replace(
            self,
            **valid,
            text=text,
            language=language if language in LANGUAGES else self.language,
            offered=True,
        )


def read_look(cookie: str | None, language: str) -> Reader:
    """Read the look cookie; a missing, old or broken one gives the normal look."""
    reader = Reader(language=language if language in LANGUAGES else "zh-hans")
    if not cookie:
        return reader
    return reader.choosing(dict(zip(CHOICES, cookie.split("."), strict=False)))
