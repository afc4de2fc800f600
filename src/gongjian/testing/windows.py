"""A window of a browser without script, for tests: shows a page, fills in its forms, presses its buttons.

Windows of one client share its cookies, as the tabs of one browser do; what stands in a form belongs to the window.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.test import Client

VOID = frozenset({"input", "br", "img", "hr", "meta", "link", "source"})


@dataclass
class Button:
    """A button that sends a form."""

    form: str
    name: str
    value: str
    action: str = ""  # its own, instead of the form's
    words: str = ""


@dataclass
class PageForm:
    """What a form sends as it stands."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, value: str) -> None:
        self.fields.setdefault(name, []).append(value)


class _Reader(HTMLParser):
    """Takes the forms of a page out of its HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, PageForm] = {}
        self.buttons: list[Button] = []
        self._form = self._select = self._area = ""
        self._button: Button | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, form = given.get("name", ""), given.get("form", self._form)
        if tag == "form":
            self._form = given.get("id", f"#{len(self.forms)}")
            self._known(self._form).action = given.get("action", "")
            self.forms[self._form].method = given.get("method", "get")
        elif tag == "button" and given.get("type", "submit") == "submit":
            self._button = Button(form, name, given.get("value", ""), given.get("formaction", ""))
        elif tag == "textarea":
            self._area, self._text = name, ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given and self._select:
            self._known(form).add(self._select, given.get("value", ""))
        elif tag == "input" and name and _counts(given):
            self._known(form).add(name, given.get("value", "on" if given.get("type") == "checkbox" else ""))

    def handle_data(self, data: str) -> None:
        self._text += data if self._area else ""
        if self._button is not None:
            self._button.words += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._known(self._form).add(self._area, self._text.removeprefix("\n"))
            self._area = ""
        elif tag == "button" and self._button is not None:
            self.buttons.append(self._button)
            self._button = None
        elif tag == "form":
            self._form = ""

    def _known(self, form: str) -> PageForm:
        return self.forms.setdefault(form, PageForm("", "get"))


def _counts(given: dict[str, str]) -> bool:
    kind = given.get("type", "text")
    return kind not in {"file", "submit", "button"} and (kind not in {"radio", "checkbox"} or "checked" in given)


class Window:
    """One window or tab; several may share a client."""

    def __init__(self, client: Client, url: str = "") -> None:
        self.client = client
        self.response: Any = None
        self.url = url
        self._typed: dict[str, Any] = {}
        if url:
            self.open(url)

    @property
    def text(self) -> str:
        return str(self.response.content.decode())

    @property
    def status(self) -> int:
        return int(self.response.status_code)

    def open(self, url: str) -> "Window":
        """Go to an address."""
        return self._shown(self.client.get(url, follow=True), url)

    def reload(self) -> "Window":
        return self.open(self.url)

    def duplicate(self) -> "Window":
        """Open the same address in another window."""
        return Window(self.client, self.url)

    def type(self, **values: Any) -> "Window":
        """Type into the fields of the page; None clears a box or leaves a field out."""
        self._typed |= values
        return self

    def press(self, words: str = "", *, of: str = "") -> "Window":
        """Press the first button with these words, of the form whose fields include `of` where that is said."""
        reader = self._read()
        button = next(b for b in reader.buttons if words in b.words and (not of or of in reader.forms[b.form].fields))
        form = reader.forms[button.form]
        sent: dict[str, Any] = {**form.fields, **self._typed}
        if button.name:
            sent[button.name] = button.value
        sent = {name: value for name, value in sent.items() if value is not None}
        target = urljoin(self.url, button.action or form.action or self.url)
        return self._shown(self.client.post(target, sent, follow=True), target)

    def fields(self, of: str) -> dict[str, str]:
        """Return what stands in the form with this field."""
        form = next(f for f in self._read().forms.values() if of in f.fields)
        return {name: values[-1] for name, values in form.fields.items()}

    def _read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.text)
        return reader

    def _shown(self, response: Any, asked: str) -> "Window":
        self.response, self._typed = response, {}
        led = response.redirect_chain[-1][0] if response.redirect_chain else asked
        parts = urlsplit(urljoin(asked, led))
        self.url = f"{parts.path}?{parts.query}" if parts.query else parts.path
        return self
