"""Catalogues as administrators keep them: what holds is followed, never rewritten, and every change is on record."""

import io
from datetime import date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from gongjian.audit.models import AuditEntry
from gongjian.casework.models import Topic
from gongjian.documents.tables import read, write_rows
from gongjian.documents.tests.books import book, row, sheet
from gongjian.domains.hotline import queries
from gongjian.domains.hotline.actions.dispatching import propose
from gongjian.domains.hotline.actions.intake import register_request
from gongjian.domains.hotline.models import DispatchRule, EmergencyWord, Notice, TopicHeir
from gongjian.domains.hotline.pages.admin_tables import ALL, EMERGENCY_WORDS, RULES
from gongjian.domains.hotline.tests.staff_pages import at_desk
from gongjian.identity.models import Assignment, Role, Unit
from gongjian.identity.queries import units
from gongjian.identity.reference import forget
from gongjian.testing.assertions import assert_at_most_queries
from gongjian.testing.cases import again, make_report, make_request
from gongjian.testing.cast import actor
from gongjian.web.catalogues.exchange import rows_of, table_of
from gongjian.workdays.rules import SHANGHAI

pytestmark = pytest.mark.django_db
ADMINISTRATOR = "du.siyuan"
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=SHANGHAI)
TODAY = NOW.date()
NEW_YEAR = date(2027, 1, 1)
JANUARY = datetime(2027, 1, 4, 9, 0, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def _monday(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", NOW.isoformat())
    queries.forget()
    yield
    queries.forget()


@pytest.fixture
def admin():
    return at_desk(ADMINISTRATOR)


def rule_of(code, day=TODAY):
    return DispatchRule.objects.get(topic__code=code, valid__contains=day)


def open_form(client, catalogue, key):
    """Return the address of a row and what its form would send."""
    address = reverse(f"hotline:{catalogue}_edit", args=[key])
    form = client.get(address).context["form"]
    return address, {name: "" if (value := form[name].value()) is None else value for name in form.fields}


def upload(client, catalogue, rows, *, since=NEW_YEAR, rest=False, step="look"):
    """Hand a table in and return the page that compares it."""
    target = io.BytesIO()
    write_rows(target, table_of(catalogue), rows, "zh-hans")
    file = SimpleUploadedFile("目录.xlsx", target.getvalue())
    data = {"file": file, "since": since.isoformat(), "step": step, **({"rest": "on"} if rest else {})}
    return client.post(reverse(f"hotline:{catalogue.name}_import"), data)


def apply(client, catalogue, page):
    return client.post(
        reverse(f"hotline:{catalogue.name}_import"), {"held": page.context["held"], "step": "apply"}, follow=True
    )


def test_pages_of_a_table_keep_the_bell_and_call_a_row_by_its_words(admin):
    topic = Topic.objects.get(code="env-site-noise")
    pages = [admin.get(reverse("hotline:topics")), admin.get(reverse("hotline:topics_edit", args=[topic.pk]))]
    for page in pages:
        assert reverse("console:inbox") in page.content.decode()
    assert pages[1].context["crumbs"][-1].label == topic.name_zh


def test_a_rule_from_new_year_on_takes_effect_when_the_day_comes(admin):
    case = make_request()
    old = rule_of("env-site-noise")
    address, data = open_form(admin, "rules", old.pk)
    page = admin.post(address, {**data, "lead_unit": "cgj", "since": "２０２７-０１-０１", "step": "preview"})
    assert [(d.before, d.after) for d in page.context["differences"]] == [
        (units().by_code["hbj"].short_zh, units().by_code["cgj"].short_zh)
    ]
    assert not DispatchRule.objects.filter(lead_unit__code="cgj", topic__code="env-site-noise").exists()
    assert admin.post(address, {**data, "lead_unit": "cgj", "since": "2027-01-01"}).status_code == 302

    assert propose(case, NOW).unit_id == units().by_code["hbj"].id
    assert propose(case, JANUARY).unit_id == units().by_code["cgj"].id
    old.refresh_from_db()
    assert old.valid.upper == NEW_YEAR
    entry = AuditEntry.objects.get(action="hotline.rule.follow")
    assert entry.object_id == "env-site-noise"
    assert "lead_unit: hbj → cgj" in entry.detail
    shown = admin.get(address).text
    assert "换新" in shown
    assert units().by_code["cgj"].short_zh in shown


def test_the_page_says_when_an_answer_would_be_due(admin):
    address, _data = open_form(admin, "rules", rule_of("env-site-noise").pk)
    facts = {fact.label: fact.text for fact in admin.get(address).context["facts"]}
    assert facts["派给"].startswith(units().by_code["hbj"].name_zh)
    assert "5 个工作日" in facts["2026-11-23 9:00 派出的普通投诉"]


def test_a_future_rule_can_be_withdrawn_and_the_old_one_holds_on(admin):
    old = rule_of("env-site-noise")
    address, data = open_form(admin, "rules", old.pk)
    admin.post(address, {**data, "lead_unit": "cgj", "since": "2027-01-01"})
    fresh = rule_of("env-site-noise", NEW_YEAR)
    address, data = open_form(admin, "rules", fresh.pk)
    assert admin.post(address, {"seen": data["seen"], "step": "withdraw"}).status_code == 302
    old.refresh_from_db()
    assert old.valid.upper is None
    assert not DispatchRule.objects.filter(pk=fresh.pk).exists()
    assert AuditEntry.objects.filter(action="hotline.rule.withdraw").exists()


def test_what_has_begun_cannot_be_rewritten_in_the_past(admin):
    address, data = open_form(admin, "rules", rule_of("env-site-noise").pk)
    page = admin.post(address, {**data, "lead_unit": "cgj", "since": "2026-11-01"})
    assert page.status_code == 422
    assert "最早从 2026-11-23 起" in page.text
    assert not AuditEntry.objects.filter(action__startswith="hotline.rule").exists()


def test_of_two_administrators_the_second_is_told(admin):
    other = at_desk(ADMINISTRATOR)
    address, data = open_form(admin, "rules", rule_of("env-site-noise").pk)
    _address, seen_before = open_form(other, "rules", rule_of("env-site-noise").pk)
    assert admin.post(address, {**data, "lead_unit": "cgj", "since": "2027-01-01"}).status_code == 302
    page = other.post(address, {**seen_before, "lead_unit": "jjdd", "since": "2027-02-01"})
    assert page.status_code == 422
    assert "刚被别人改过" in page.text
    assert page.context["form"]["lead_unit"].value() == "jjdd"
    assert not DispatchRule.objects.filter(lead_unit__code="jjdd", topic__code="env-site-noise").exists()


@pytest.mark.parametrize("name", ["chen.jingyi", "song.yuanhang", "shi.lei"])
def test_catalogues_are_for_administrators(name):
    client = at_desk(name)
    for catalogue in ALL:
        assert client.get(reverse(catalogue.url())).status_code == 403
        assert client.post(reverse(catalogue.url("import")), {"step": "look"}).status_code == 403


@pytest.mark.parametrize("catalogue", ALL, ids=lambda c: c.name)
def test_every_catalogue_lists_adds_and_goes_out_as_a_sheet(admin, catalogue):
    admin.get(reverse(catalogue.url()))
    with assert_at_most_queries(14):
        page = admin.get(reverse(catalogue.url()))
    assert str(catalogue.title) in page.text
    assert admin.get(reverse(catalogue.url("new"))).status_code == 200
    rows = catalogue.entries()
    if rows:
        assert admin.get(reverse(catalogue.url("edit"), args=[rows[0].key])).status_code == 200
    sheet = admin.get(reverse(catalogue.url("sheet")))
    found = list(read(io.BytesIO(sheet.content), table_of(catalogue)))
    assert len(found) == len(rows_of(catalogue, NOW))
    assert not [row.errors for row in found if row.errors]
    assert admin.get(reverse(catalogue.url("template"))).status_code == 200


@pytest.mark.parametrize("catalogue", ALL, ids=lambda c: c.name)
def test_a_sheet_that_comes_back_as_it_went_out_changes_nothing(admin, catalogue):
    for title in ("停水", "停电"):
        Notice.objects.create(
            title_zh=title, title_en="Off", body_zh="今晚。", body_en="Tonight.", starts_at=NOW, ends_at=JANUARY
        )
    page = upload(admin, catalogue, rows_of(catalogue, NOW))
    assert page.status_code == 200, page.context["form"].errors
    assert not [d for row in page.context["rows"]["changed"] for d in row.differences]
    assert page.context["counts"] == {
        "new": 0,
        "changed": 0,
        "ended": 0,
        "wrong": 0,
        "same": len(rows_of(catalogue, NOW)),
    }


def test_a_new_edition_of_the_catalogue_from_a_spreadsheet(admin):
    rows = rows_of(RULES, NOW)
    gone = rows.pop(3)
    rows[0] |= {"lead_unit": "sbj", "catalogue": "2027-01"}
    rows[1] |= {"clause": ""}
    rows[2] |= {"lead_unit": "没有这个单位"}
    page = upload(admin, RULES, rows, rest=True)
    counts = page.context["counts"]
    assert (counts["changed"], counts["ended"], counts["wrong"], counts["new"]) == (1, 1, 2, 0)
    assert rule_of(rows[0]["topic"], NEW_YEAR).lead_unit.code == "rlj"
    errors = admin.post(reverse("hotline:rules_import"), {"held": page.context["held"], "step": "errors"})
    wrong = list(read(io.BytesIO(errors.content), table_of(RULES)))
    assert len(wrong) == 2
    done = apply(admin, RULES, page)
    assert "更新了 2 条" in done.text
    assert rule_of(rows[0]["topic"], NEW_YEAR).lead_unit.code == "sbj"
    assert rule_of(rows[0]["topic"]).lead_unit.code == "rlj"
    assert not DispatchRule.objects.filter(topic__code=gone["topic"], valid__contains=NEW_YEAR).exists()
    assert "changed=1" in AuditEntry.objects.get(action="hotline.rule.import").detail


def test_a_preview_that_has_gone_stale_is_compared_again(admin):
    rows = rows_of(EMERGENCY_WORDS, NOW)
    rows.append({"word": "车库进水", "service": "119"})
    page = upload(admin, EMERGENCY_WORDS, rows)
    assert page.context["counts"]["new"] == 1
    at_desk(ADMINISTRATOR).post(
        reverse("hotline:emergency_words_new"), {"word": "桥塌了", "service": "119", "since": "2026-11-23"}
    )
    again_ = apply(admin, EMERGENCY_WORDS, page)
    assert "预览之后有人改过" in again_.text
    assert not EmergencyWord.objects.filter(word="车库进水").exists()
    apply(admin, EMERGENCY_WORDS, again_)
    assert EmergencyWord.objects.filter(word="车库进水").count() == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "空的"),
        (b"\x89PNG not a table", "没有这些列"),
        ("名称,别的\n噪声,1\n".encode(), "没有这些列"),
        (b"x" * 700_000, "太大"),
    ],
)
def test_what_is_no_table_is_refused_with_the_remedy(admin, content, words):
    data = {"file": SimpleUploadedFile("a.xlsx", content), "since": "2027-01-01", "step": "look"}
    page = admin.post(reverse("hotline:rules_import"), data)
    assert page.status_code == 422
    assert words in page.text


def test_an_emergency_word_holds_from_its_day_and_is_ended_not_deleted(admin):
    data = {"word": "车库进水", "service": "119", "since": "2026-11-23"}
    assert admin.post(reverse("hotline:emergency_words_new"), data).status_code == 302
    assert ("车库进水", "119") in queries.catalogue(NOW).emergency
    word = EmergencyWord.objects.get(word="车库进水")
    address, data = open_form(admin, "emergency_words", word.pk)
    assert admin.post(address, {**data, "until": "2026-12-01"}).status_code == 302
    assert ("车库进水", "119") not in queries.read_catalogue(JANUARY).emergency
    assert EmergencyWord.objects.filter(word="车库进水").count() == 1
    twice = admin.post(
        reverse("hotline:emergency_words_new"), {"word": "着火", "service": "119", "since": "2026-11-24"}
    )
    assert twice.status_code == 422
    assert "已有一条" in twice.text


def test_a_new_topic_gets_its_pinyin_and_is_asked_for_a_rule(admin):
    data = {
        "code": "env-light", "parent": "env", "name_zh": "灯光扰民", "name_en": "Light at night", "order": "１２０",
        "active": "on", "into": "",
    }  # fmt: skip
    data["parent"] = Topic.objects.get(code="env-site-noise").parent.code
    assert admin.post(reverse("hotline:topics_new"), data).status_code == 302
    topic = Topic.objects.get(code="env-light")
    assert (topic.pinyin, topic.order) == ("dengguangraomin dgrm", 120)
    assert queries.catalogue(NOW).by_code("env-light") is not None
    wrong = admin.get(reverse("hotline:topics"), {"show": "wrong"})
    assert "灯光扰民" in wrong.text
    twice = admin.post(reverse("hotline:topics_new"), data)
    assert "这个代码已经有了" in twice.text


def test_a_merged_topic_sends_new_matters_on_and_keeps_its_old_cases(admin):
    old = make_request(topic="env-site-noise")
    topic = Topic.objects.get(code="env-site-noise")
    address, data = open_form(admin, "topics", topic.pk)
    assert admin.post(address, {**data, "into": "env-life-noise", "active": ""}).status_code == 302
    heir = Topic.objects.get(code="env-life-noise")
    assert TopicHeir.objects.get(topic=topic).into == heir
    known = queries.catalogue(NOW)
    assert known.by_code("env-site-noise").id == heir.pk
    assert topic.pk not in {t.id for t in known.leaves}
    assert "工地" in " ".join(known.everyday["env-life-noise"]) or "施工" in " ".join(known.everyday["env-life-noise"])
    report = make_report(topic_id=topic.pk)
    opened = register_request(report=report, actor=actor("chen.jingyi"), at=NOW)
    assert again(opened.id).topic_id == heir.pk
    assert again(old).topic_id == topic.pk
    assert propose(again(old), NOW).unit_id is not None
    assert AuditEntry.objects.get(action="hotline.topic.merge").object_id == "env-site-noise"
    circle, data = open_form(admin, "topics", heir.pk)
    assert "另一个在用的类别" in admin.post(circle, {**data, "into": "env-site-noise"}).text


def test_a_rule_of_a_closed_unit_is_listed_and_its_heir_named(admin):
    hbj, cgj = Unit.objects.get(code="hbj"), Unit.objects.get(code="cgj")
    Unit.objects.filter(pk=hbj.pk).update(active=False, successor=cgj)
    forget()
    page = admin.get(reverse("hotline:rules"), {"show": "wrong"})
    assert f"单位已并入{cgj.short_zh}" in page.text
    forget()


def test_what_if_tells_who_would_get_it_and_why(admin):
    page = admin.get(reverse("hotline:rules_try"), {"words": "工地夜里打桩", "kind": "complaint", "day": "2026-11-23"})
    facts = {fact.label: fact.text for fact in page.context["facts"]}
    assert facts["类别"] == Topic.objects.get(code="env-site-noise").name_zh
    assert facts["派给"] == units().by_code["hbj"].name_zh
    assert "派件目录 2026-10" in facts["依据"]
    address, data = open_form(admin, "rules", rule_of("env-site-noise").pk)
    admin.post(address, {**data, "lead_unit": "cgj", "since": "2027-01-01"})
    later = admin.get(reverse("hotline:rules_try"), {"words": "工地夜里打桩", "kind": "complaint", "day": "2027-01-05"})
    assert {f.label: f.text for f in later.context["facts"]}["派给"] == units().by_code["cgj"].name_zh
    burning = admin.get(reverse("hotline:rules_try"), {"words": "楼下着火", "kind": "help", "day": "2026-11-23"})
    assert "119" in burning.text


def test_a_banner_appears_and_goes_by_itself(admin, client):
    data = {
        "title_zh": "元旦放假", "title_en": "New Year", "body_zh": "窗口 1 月 1 日休息。", "body_en": "Counters close.",
        "starts_at": "2026-11-23T09:00", "ends_at": "2026-11-24T00:00", "banner": "on",
    }  # fmt: skip
    assert admin.post(reverse("hotline:notices_kept_new"), data).status_code == 302
    assert Notice.objects.get().banner
    assert "元旦放假" in client.get("/").text
    assert "元旦放假" in client.get(reverse("hotline:report")).text
    english = client.get("/", headers={"accept-language": "en"})
    assert "Counters close." in english.text
    assert not queries.banners(datetime(2026, 11, 24, 0, 1, tzinfo=SHANGHAI), "zh-hans")
    assert "元旦放假" not in admin.get(reverse("hotline:topics")).text
    wrong = admin.post(reverse("hotline:notices_kept_new"), {**data, "ends_at": "2026-11-01T00:00"})
    assert "结束要在开始之后" in wrong.text


@pytest.mark.parametrize("banner", ["", "on"])
def test_a_notice_goes_out_in_chinese_at_once_and_its_english_follows(admin, client, banner):
    data = {
        "title_zh": "台风停课", "body_zh": "明天停课。", "title_en": "", "body_en": "",
        "starts_at": "2026-11-23T09:00", "ends_at": "", "banner": banner,
    }  # fmt: skip
    assert admin.post(reverse("hotline:notices_kept_new"), data).status_code == 302
    chinese, english = client.get("/").text, client.get("/", headers={"accept-language": "en"}).text
    assert "台风停课" in chinese
    assert "English follows" not in chinese
    assert "台风停课" in english
    assert "English follows" in english
    assert 'lang="zh-Hans">明天停课。' in english or 'lang="zh-Hans"><p>明天停课。' in english
    address, kept = open_form(admin, "notices_kept", Notice.objects.get().pk)
    half = admin.post(address, {**kept, "title_en": "Typhoon"})
    assert half.status_code == 422
    assert "来不及就都空着" in half.text
    assert admin.post(address, {**kept, "title_en": "Typhoon", "body_en": "No school."}).status_code == 302
    english = client.get("/", headers={"accept-language": "en"}).text
    assert "No school." in english
    assert "台风停课" not in english
    assert "English follows" not in english


def test_a_csv_with_wide_digits_and_chinese_dates_is_read_and_its_faults_are_named(admin):
    lines = [
        "词,叫谁,从哪天起,到哪天为止",
        "地下室进水,119 火警,２０２７年１月１日,",
        "没有呼吸了,122,2027-01-01,",
        "桥面塌陷,110 报警,2027/2/1,2027-01-01",
        "地下室进水,119 火警,2027-01-01,",
    ]
    file = SimpleUploadedFile("词.csv", "\n".join(lines).encode("gb18030"))
    page = admin.post(reverse("hotline:emergency_words_import"), {"file": file, "since": "2026-12-01", "step": "look"})
    assert page.status_code == 200, page.context["form"].errors
    assert (page.context["counts"]["new"], page.context["counts"]["wrong"]) == (1, 3)
    faults = {row.number: " ".join(message for _label, message in row.faults) for row in page.context["rows"]["wrong"]}
    assert "没有“122”" in faults[3]
    assert "在生效的日子之后" in faults[4]
    assert "和第 2 行重复" in faults[5]
    apply(admin, EMERGENCY_WORDS, page)
    assert EmergencyWord.objects.get(word="地下室进水").valid.lower == NEW_YEAR


def look(client, content, name="词.csv"):
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("hotline:emergency_words_import"), {"file": file, "since": "2026-12-01", "step": "look"})


@pytest.mark.parametrize(
    "written", ["2027年1月1日 星期五", "20270101", "46388", "２０２７．１．１", "Jan 1, 2027", "2027-01-01 00:00"]
)
def test_a_day_in_a_catalogue_is_read_however_it_is_written(admin, written):
    content = f'词,叫谁,从哪天起\n地下室进水,119 火警,"{written}"\n'.encode()
    apply(admin, EMERGENCY_WORDS, look(admin, content))
    assert EmergencyWord.objects.get(word="地下室进水").valid.lower == NEW_YEAR


def test_a_day_with_two_meanings_is_refused_in_a_catalogue_too(admin):
    page = look(admin, "词,叫谁,从哪天起\n地下室进水,119 火警,3/4/2027\n".encode())
    assert page.context["counts"]["wrong"] == 1
    assert "分不清" in page.text


def test_a_catalogue_names_damaged_cells_stray_quotes_and_what_it_did_not_read(admin):
    parts = (row(1, "应急词"), row(2, "词", "叫谁", "备注"), row(3, "地下室进水", '<c r="B3" t="e"><v>#N/A</v></c>'))
    page = look(admin, book(sheet(*parts), sheet(row(1, "x")), names=["词", "说明"]).read(), "词.xlsx")
    for words in ("#N/A", "说明（1 行）", "列名取自第 2 行", "备注"):
        assert words in page.text
    page = look(admin, '词,叫谁\n"地下室进水,119 火警\n桥面塌陷,110 报警\n'.encode())
    assert [row.number for row in page.context["rows"]["wrong"]] == [2]
    assert page.context["counts"]["new"] == 1


def test_a_sheet_of_somebody_else_cannot_be_written_in_their_name(admin):
    rows = [*rows_of(EMERGENCY_WORDS, NOW), {"word": "车库进水", "service": "119"}]
    page = upload(admin, EMERGENCY_WORDS, rows)
    Assignment.objects.filter(user__username="shi.lei").update(role=Role.objects.get(code="administrator"))
    answer = apply(at_desk("shi.lei"), EMERGENCY_WORDS, page)
    assert "请再选一次文件" in answer.text
    assert not EmergencyWord.objects.filter(word="车库进水").exists()
