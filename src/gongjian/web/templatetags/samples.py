"""The one tag of the sheet of parts."""

from django import template

from gongjian.web import gallery

register = template.Library()


@register.simple_tag
def two(chinese: str) -> str:
    """`{% two "颜色" %}`: a sample in the reader's language."""
    return gallery.two(chinese)
