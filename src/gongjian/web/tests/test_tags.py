"""Every tag and partial, as templates use them."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from django import forms
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation
from django.utils.safestring import SafeString

from gongjian.web import parts
from gongjian.web.forms import FoldedField, Form, PhotosField
from gongjian.workdays.clock import now

pytestmark = pytest.mark.urls("gongjian.web.tests.urls")


def show(source: str, **context) -> str:
    return Template("{% load gongjian %}" + source).render(Context(context))


class Names(HTMLParser):
    """Collects the attributes of every element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def one(self, tag: str) -> dict[str, str | None]:
        return next(attrs for name, attrs in self.found if name == tag)


def test_an_icon_comes_from_the_sprite_and_is_hidden_beside_a_word():
    assert show('{% icon "phone" %}') == (
        '<svg class="icon" aria-hidden="true"><use href="/static/web/icons.svg#i-phone"/></svg>'
    )
    assert 'class="icon icon--xl"' in show('{% icon "phone" "xl" %}')


def test_a_lonely_icon_has_a_hidden_word():
    assert '<span class="vh">删去 &lt;1&gt;</span>' in show('{% icon "x" label=word %}', word="删去 <1>")


@pytest.mark.parametrize(
    ("state", "icon"), [("ok", "clock"), ("soon", "hourglass"), ("late", "alert"), ("hold", "pause")]
)
def test_a_deadline_badge_has_icon_word_and_colour(state: str, icon: str):
    shown = show("{% due_badge due %}", due=parts.DueBadge(state, "词", "剩 3 天"))

    assert f'data-s="{state}"' in shown
    assert f"#i-{icon}" in shown
    assert "<b>词</b> 剩 3 天" in shown


def test_no_badge_for_no_deadline():
    assert show("{% due_badge none %}{% state_badge none %}{% trend none %}", none=None) == ""


def test_a_state_badge_has_icon_word_and_colour_and_without_a_state_only_an_edge():
    assert "#i-check-circle" in show("{% state_badge s %}", s=parts.StateBadge("ok", "已办结"))
    assert "#i-lock" in show("{% badge s %}", s=parts.StateBadge("info", "在办", "lock"))
    assert show("{% badge s %}", s=parts.StateBadge("", "投诉")) == '<span class="badge badge--line">投诉</span>'


def test_a_key_is_written_as_on_the_keyboard():
    assert show('{% key "Ctrl+Enter" %}') == '<kbd class="key">Ctrl Enter</kbd>'
    assert show('{% key "Shift+F1" %}') == '<kbd class="key">⇧F1</kbd>'


def test_a_moment_never_breaks_inside_its_day_or_its_time():
    at = datetime(now().year, 11, 25, 10, tzinfo=UTC)

    shown = show("{% when at %}", at=at)

    assert '<span class="nowrap">11月25日（' in shown
    assert '<wbr><span class="nowrap">18:00</span></time>' in shown
    with translation.override("en"):
        assert '25 Nov,</span> <span class="nowrap">18:00</span>' in show("{% when at %}", at=at)


def test_a_due_moment_at_midnight_is_the_end_of_the_day_before():
    at = datetime(now().year, 11, 25, 16, tzinfo=UTC)

    assert "24:00" in show("{% when at due=True %}", at=at)
    assert "11月25日" in show("{% when at due=True %}", at=at)
    assert "11月26日" in show("{% when at %}", at=at)
    assert show("{% when at %}{% day at %}{% ago at %}", at=None) == ""


def test_a_deadline_in_a_message_is_plain_text():
    at = datetime(now().year, 11, 25, 16, tzinfo=UTC)

    assert show("{{ at|plain_due }}", at=at).endswith("）24:00")
    assert show("{{ at|plain_due }}", at=None) == ""
    with translation.override("en"):
        assert show("{{ at|plain_due }}", at=at).endswith("25 Nov, 24:00")


def test_a_day_and_how_long_ago():
    assert "3 分钟前" in show("{% ago at %}", at=now() - timedelta(minutes=3, seconds=1))
    assert "月" in show("{% day at weekday=False %}", at=now())
    assert "（周" in show("{% day at %}", at=now().date())


class Sample(Form):
    name = FoldedField(label="称呼", help_text="怎么称呼您")
    phone = FoldedField(label="手机号", required=False)
    kind = forms.ChoiceField(label="类型", widget=forms.RadioSelect, choices=[("a", "咨询"), ("b", "投诉")])
    unit = forms.ChoiceField(label="单位", choices=[("1", "街道办")])
    agreed = forms.BooleanField(label="同意联系", required=False, help_text="只为这件事")
    photos = PhotosField(label="照片", required=False, most=3)


def test_a_field_has_label_hint_and_widget_that_belong_together():
    names = Names(show("{% field form.name %}", form=Sample()))

    assert names.one("label")["for"] == names.one("input")["id"] == "id_name"
    assert names.one("input")["aria-describedby"] == "id_name_helptext"
    assert names.one("input")["class"] == "input"
    assert "required" not in names.one("input")


def test_a_field_that_may_stay_empty_says_so():
    assert "手机号（可不填）</label>" in show("{% field form.phone %}", form=Sample())
    assert "（可不填）" not in show("{% field form.phone optional=False %}", form=Sample())


def test_a_faulty_field_shows_its_error_and_names_it_to_the_reader():
    form = Sample({"name": ""})
    shown = show("{% field form.name %}", form=form)
    names = Names(shown)

    assert "field--error" in shown
    assert "还没填“称呼”。" in shown
    assert names.one("input")["aria-invalid"] == "true"
    assert names.one("input")["aria-describedby"] == "id_name_helptext id_name_error"


def test_choices_are_rows_or_segments_in_a_group_with_a_legend():
    rows = show("{% field form.kind %}", form=Sample({"kind": "b"}))
    segments = show('{% field form.kind kind="segments" %}', form=Sample())

    assert rows.count('<label class="choice">') == 2
    assert "<legend>类型</legend>" in rows
    assert rows.count("checked") == 1
    assert '<div class="segments">' in segments


def test_a_tick_is_one_row_that_can_be_hit_anywhere():
    shown = show("{% field form.agreed %}", form=Sample())

    assert '<label class="choice"><input type="checkbox"' in shown
    assert '<span class="meta" id="id_agreed_helptext">只为这件事</span>' in shown


def test_further_keywords_become_attributes():
    shown = show('{% field form.name data_combobox="/topics/" hint="拼音也行" label="类别" %}', form=Sample())

    assert Names(shown).one("input")["data-combobox"] == "/topics/"
    assert "拼音也行" in shown
    assert ">类别</label>" in shown


def test_photos_are_a_plain_file_field_that_script_may_improve():
    shown = show("{% field form.photos %}", form=Sample())

    assert 'data-photos-max="3"' in shown
    assert Names(shown).one("input")["type"] == "file"
    assert "multiple" in Names(shown).one("input")


def test_the_error_summary_leads_to_the_fields_with_their_own_words():
    form = Sample({"kind": "z"})

    shown = render_to_string("web/parts/errors.html", {"form": form})

    assert "有 3 处要改" in shown
    assert '<a href="#id_name">还没填“称呼”。</a>' in shown
    assert '<a href="#id_kind">“类型”里没有这一项，请从列出的里面选。</a>' in shown
    assert render_to_string("web/parts/errors.html", {"form": Sample()}).strip() == ""


def test_a_notice_and_a_dialog_hold_what_stands_between_their_tags():
    notice = show('{% notice s="soon" %}<p>先记在本机</p>{% endnotice %}')
    dialog = show('{% dialog "back" title %}<p>写明依据</p>{% enddialog %}', title="退回<?>")

    assert 'data-s="soon"' in notice
    assert '<div class="grow"><p>先记在本机</p></div>' in notice
    assert '<h2 id="back-t">退回&lt;?&gt;</h2><p>写明依据</p>' in dialog
    assert 'aria-labelledby="back-t"' in dialog


def test_facts_are_parted_by_a_wide_space_in_chinese_and_a_comma_in_english():
    assert show("{{ f|facts }}", f=["甲<", "", "乙"]) == "甲&lt;\u3000乙"
    with translation.override("en"):
        assert show("{{ f|facts }}", f=("one", "two")) == "one, two"


def test_the_history_shows_internal_entries_as_such():
    entries = [
        parts.Entry("批示", now(), "今晚\n夜查", who="科长", kind="internal"),
        parts.Entry("受理", kind="done", files=[("回执", "/d/1")]),
    ]

    shown = render_to_string("web/parts/timeline.html", {"entries": entries})

    assert "<li data-internal>" in shown
    assert "#i-lock" in shown
    assert "今晚<br>夜查" in shown
    assert '<a href="/d/1">' in shown


def test_more_is_offered_only_when_there_is_more():
    assert "更多" in render_to_string("web/parts/pager.html", {"page": {"next": "abc"}, "more_url": "?after=abc"})
    assert "更多" not in render_to_string("web/parts/pager.html", {"page": {"next": ""}, "more_url": "?after="})


def test_a_link_that_changes_the_look_comes_back_to_this_page():
    request = RequestFactory().get("/track/?n=1")

    assert show('{% choose_url language="en" %}', request=request) == (
        "/look/choose/?language=en&amp;next=%2Ftrack%2F%3Fn%3D1"
    )


@pytest.mark.urls("gongjian.web.tests.nowhere")
def test_a_link_to_a_page_that_is_not_installed_leads_nowhere():
    assert show('{% choose_url language="en" %}') == "#"


def test_words_for_the_browser_cannot_end_their_element():
    from gongjian.web.templatetags.gongjian import _json

    assert "<" not in _json({"a": "</script><b>&"})


def test_what_is_kept_is_drawn_once_for_each_language_and_value():
    drawn = []
    template = Template("{% load gongjian %}{% kept name %}{{ name }}{{ count }}{% endkept %}")

    def show_for(name):
        return template.render(Context({"name": name, "count": lambda: drawn.append(name) or ""}))

    assert [show_for("甲"), show_for("甲"), show_for("<乙>"), show_for(["丙"])] == [
        "甲",
        "甲",
        "&lt;乙&gt;",
        "[&#x27;丙&#x27;]",
    ]
    with translation.override("en"):
        assert show_for("甲") == "甲"
    assert drawn == ["甲", "<乙>", ["丙"], "甲"]


def test_rows_repeat_a_body_and_escape_what_is_not_drawn():
    lines = [parts.Option("1", "<b>50%</b>"), parts.Option("2", SafeString("<i>二</i>"))]
    shown = show(
        "{% rows lines %}<li class='{{ css }}' style='{x:1}'>100% {value} {label}</li>{% endrows %}",
        lines=lines,
        css="a",
    )
    assert shown == (
        "<li class='a' style='{x:1}'>100% 1 &lt;b&gt;50%&lt;/b&gt;</li>"
        "<li class='a' style='{x:1}'>100% 2 <i>二</i></li>"
    )
    with pytest.raises(ValueError, match="at least two"):
        show("{% rows lines %}<li>{value}</li>{% endrows %}", lines=lines)


def test_safe_words_do_not_make_unsafe_ones_safe():
    words = "<b>词</b>"
    assert "&lt;b&gt;" in show("{% state_badge badge %}", badge=parts.StateBadge("ok", SafeString(words)))
    assert "&lt;b&gt;" in show("{% state_badge badge %}", badge=parts.StateBadge("ok", words))
