"""A page that is not there for its reader any more, where they may know why."""

from django.http import Http404


class MissingError(Http404):
    """404 with a title and one sentence instead of the general words, and the way on."""

    def __init__(self, title: str, words: str, *, url: str, act: str) -> None:
        super().__init__(title)
        self.title, self.words, self.url, self.act = title, words, url, act
