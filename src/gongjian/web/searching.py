"""What somebody looks for in a list: words without a letter or a digit find nothing, and are told so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from gongjian.text import clean, says_something
from gongjian.web.forms import FoldedField, fold

LONGEST: Final = 60
NOTHING: Final = _("没有可查的字，所以什么也没查。写至少一个汉字、字母或数字。")


def typed(value: str) -> str:
    """Return the words of a field; one blank for those nobody sees, so that they are not taken for an empty field."""
    return clean(value) or " " * bool(value)


@dataclass(frozen=True, slots=True)
class Sought:
    """The words of one search; without any the whole list is asked for."""

    words: str = ""  # as they stand in the field

    @property
    def text(self) -> str:
        """What to look for: of half width, without blanks at its ends."""
        return fold(self.words)

    @property
    def vain(self) -> bool:
        """Whether there are words, but none that could be found."""
        return bool(self.words) and not says_something(self.words)

    def told(self, otherwise: object) -> str:
        """Return why a list is empty: that there was nothing to look for, else what is said of an empty list."""
        return str(NOTHING if self.vain else otherwise)


NO_WORDS: Final = Sought()


def sought(data: Mapping[str, Any], name: str = "q", *, most: int = LONGEST) -> Sought:
    """Return what the address asks for under this name."""
    return Sought(typed(str(data.get(name, "")))[:most])


class SearchField(FoldedField):
    """A form's words to look for; refuses those that could find nothing."""

    as_posted = staticmethod(typed)

    def to_python(self, value: Any) -> str:
        asked = Sought(value or "")
        if asked.vain:
            raise ValidationError(NOTHING, code="nothing")
        return asked.text
