"""A browser without scripts: pages, their links and forms, cookies. Standard library only."""

import http.cookiejar
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import quote, unquote, urlencode, urljoin, urlsplit

PATIENCE_S = 60
CHOSEN = {"radio", "checkbox"}
QUIET = {"submit", "button", "image", "reset", "file"}


@dataclass
class Form:
    """A form as the page draws it: what is filled in, and its buttons."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    actions: dict[tuple[str, str], str] = field(default_factory=dict)  # of buttons that have their own

    def with_values(self, **values: str) -> list[tuple[str, str]]:
        """Return what is sent when these fields are filled in and the rest stays as it is."""
        unknown = set(values) - self.names - {name for name, _ in self.buttons}
        if unknown:
            raise KeyError(f"the form {self.action} has no {sorted(unknown)}, but {sorted(self.names)}")
        return [(name, value) for name, value in self.fields if name not in values] + list(values.items())


class Parts(HTMLParser):
    """Reads links, those of the navigation apart, and forms out of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.menu: list[str] = []
        self.forms: list[Form] = []
        self.form: Form | None = None
        self.navigation = 0
        self.area = self.choice = ""
        self.fresh = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = {name: value or "" for name, value in attrs}
        if tag == "nav":
            self.navigation += 1
        elif tag == "a" and have.get("href"):
            self.links.append(have["href"])
            if self.navigation:
                self.menu.append(have["href"])
        elif tag == "form":
            self.form = Form(have.get("action", ""), have.get("method", "get").lower())
            self.forms.append(self.form)
        elif self.form is not None and "disabled" not in have:
            self._field(self.form, tag, have)

    def _field(self, form: Form, tag: str, have: dict[str, str]) -> None:
        name = have.get("name", "")
        if tag == "button" and have.get("type", "submit") == "submit":
            form.buttons.append((name, have.get("value", "")))
            if have.get("formaction"):
                form.actions[form.buttons[-1]] = have["formaction"]
        if tag in {"input", "select", "textarea"} and name:
            form.names.add(name)
        kind = have.get("type", "text")
        if tag == "input" and name and kind not in QUIET and (kind not in CHOSEN or "checked" in have):
            form.fields.append((name, have.get("value", "on" if kind == "checkbox" else "")))
        elif tag == "textarea":
            self.area = name
            form.fields.append((name, ""))
        elif tag == "select":
            self.choice, self.fresh = name, True
            form.fields.append((name, ""))
        elif tag == "option" and self.choice and (self.fresh or "selected" in have):
            form.fields[-1] = (self.choice, have.get("value", ""))  # the first one, unless another is chosen
            self.fresh = False

    def handle_data(self, data: str) -> None:
        if self.area and self.form is not None:
            name, before = self.form.fields[-1]
            self.form.fields[-1] = (name, before + (data if before else data.removeprefix("\n")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "nav":
            self.navigation -= 1
        elif tag == "form":
            self.form = None
        elif tag == "textarea":
            self.area = ""
        elif tag == "select":
            self.choice = ""


@dataclass
class Page:
    """An answer; `url` is where redirects ended."""

    url: str
    status: int
    headers: dict[str, str]
    content: bytes

    def __post_init__(self) -> None:
        html = "html" in self.headers.get("content-type", "")
        self.text = self.content.decode(errors="replace")
        self.parts = Parts(self.text) if html else Parts("")

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def file_name(self) -> str:
        """The name of the file, where the answer is one to keep."""
        told = unquote(self.headers.get("content-disposition", ""))
        return told.partition("filename*=")[2].partition("''")[2] or told.partition('filename="')[2].rstrip('"')

    def form(self, *names: str, action: str = "") -> Form:
        """Return the first form that has these fields or buttons and whose address holds `action`."""
        for one in self.parts.forms:
            if set(names) <= one.names | {name for name, _ in one.buttons} and action in one.action:
                return one
        raise LookupError(f"no form with {names} {action} on {self.url} ({self.status})")


class Browser:
    """One person's browser: keeps cookies, follows redirects, takes every status for an answer."""

    def __init__(self, base: str, language: str = "zh-CN") -> None:
        self.base, self.language = base, language
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar)

    def get(self, path: str, **headers: str) -> Page:
        return self._open(urllib.request.Request(self.address(path), headers=headers))

    def post(self, path: str, data: list[tuple[str, str]] | bytes, **headers: str) -> Page:
        body = data if isinstance(data, bytes) else urlencode(data).encode()
        return self._open(urllib.request.Request(self.address(path), body, {"Referer": self.base, **headers}))

    def address(self, path: str) -> str:
        """Return the whole address of a link, whatever signs it holds."""
        return quote(urljoin(self.base, path), safe="%/:=&?~#+!$,;'@()*[]")

    def submit(self, page: Page, form: Form, **values: str) -> Page:
        """Send a form of a page with these values; a button among them may have an address of its own."""
        own = [form.actions[one] for one in values.items() if one in form.actions]
        return self.post(urljoin(page.url, (own or [form.action])[0] or page.path), form.with_values(**values))

    def _open(self, request: urllib.request.Request) -> Page:
        request.add_header("Accept-Language", self.language)
        try:
            with self.opener.open(request, timeout=PATIENCE_S) as answer:
                return self._page(answer)
        except urllib.error.HTTPError as answer:
            with answer:
                return self._page(answer)

    @staticmethod
    def _page(answer: object) -> Page:
        headers = {name.lower(): value for name, value in answer.headers.items()}  # type: ignore[attr-defined]
        return Page(answer.url, answer.status, headers, answer.read())  # type: ignore[attr-defined]
