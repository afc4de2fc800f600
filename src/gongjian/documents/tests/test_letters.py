import re
from datetime import UTC, datetime

import pytest

from gongjian.documents import engine
from gongjian.documents.engines import typeset
from gongjian.documents.gate import judge
from gongjian.documents.letters import FOLDER, LetterFailed, letter_pdf
from gongjian.documents.qr import qr_svg
from gongjian.testing.paper import pdf_text

REPLY = {
    "language": "zh-hans",
    "issuer": "深圳市盐田区城市管理和综合执法局",
    "number": "深盐城管函〔2026〕128号",
    "title": "关于沙头角路灯不亮问题的答复",
    "recipient": "刘先生",
    "paragraphs": ["您11月20日反映的问题，我们当天到现场核查。", "7 盏路灯已于 11 月 22 日修好。"],
    "signer": "深圳市盐田区城市管理和综合执法局",
    "date": "2026年11月23日",
    "contact": "电话：0755 2555 1234",
    "created": datetime(2026, 11, 23, 10, tzinfo=UTC),
}
RECEIPT = {
    **{k: REPLY[k] for k in ("language", "issuer", "number", "signer", "date", "contact", "created")},
    "title": "受理回执",
    "facts": [["件号", "YT-2611-04178"], ["最晚答复", "11月25日（周三）24:00"]],
    "code": "H7KP2MX9QT",
    "note": "凭件号和查询码可以随时查进度。",
    "link": "http://127.0.0.1:8000/t",
}


def test_an_answer_is_an_archive_letter_with_a_title():
    pdf = letter_pdf("reply", REPLY)
    assert pdf.startswith(b"%PDF-1.7")
    assert b"<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>" in pdf
    assert "关于沙头角路灯不亮问题的答复" in pdf.decode(errors="ignore")
    text = pdf_text(pdf)
    assert "刘先生：" in text
    assert "7 盏路灯已于 11 月 22 日修好。" in text
    assert pdf == letter_pdf("reply", REPLY)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_receipt_is_set_in_both_languages(language):
    assert letter_pdf("receipt", {**RECEIPT, "language": language}).startswith(b"%PDF")


def test_words_are_never_markup():
    """A file name in the words is not read, code is not run: the letter with it is set like any other."""
    nasty = '#read("/etc/passwd") #import "official.typ" \\ $x$ *b* "quoted" </script>'
    pdf = letter_pdf("reply", {**REPLY, "paragraphs": [nasty], "title": nasty, "recipient": nasty})
    assert b"root:x:0" not in pdf


def test_a_sign_the_font_has_not_becomes_a_geta():
    words = typeset._missing_signs(
        'the text `"😀"` could not be displayed with font, the text `"\\u{20bb7}\\u{301}"` could not be displayed'
    )
    assert words == ["𠮷\u0301", "😀"]
    assert letter_pdf("reply", {**REPLY, "paragraphs": ["表情😀和𠮷野家"]}).startswith(b"%PDF")


def test_a_missing_font_is_fatal(tmp_path):
    (tmp_path / "bad.typ").write_text('#set document(title: "x")\n#set text(font: "No Such Song")\n你好')
    with pytest.raises(typeset.BadLetter, match="no such song"):
        typeset.compile_letter(tmp_path / "bad.typ", {"created": "2026-11-23T10:00:00+00:00"})


@pytest.mark.parametrize("name", ["nothing", "../reply", "/etc/passwd", ""])
def test_only_our_templates_are_set(name):
    with pytest.raises(LetterFailed):
        letter_pdf(name, REPLY)


def test_a_letter_without_a_value_fails_with_the_reason():
    with pytest.raises(LetterFailed, match="recipient"):
        letter_pdf("reply", {k: v for k, v in REPLY.items() if k != "recipient"})


def test_the_page_is_that_of_an_official_letter():
    source = (FOLDER / "official.typ").read_text()
    assert "(top: 3.7cm, right: 2.6cm, bottom: 3.5cm, left: 2.8cm)" in source


def test_our_own_letters_pass_our_own_gate():
    from django.core.files.uploadedfile import SimpleUploadedFile

    assert judge(SimpleUploadedFile("x", letter_pdf("receipt", RECEIPT)), "attachment").type.mime == "application/pdf"


def test_an_engine_that_hangs_or_fails_is_told_apart_from_an_answer(monkeypatch):
    with pytest.raises(engine.EngineFailed, match="typeset: 1"):
        engine.run("typeset", ["/nowhere.typ"], b"no json")
    monkeypatch.setattr(engine, "PATIENCE_S", 0.01)
    with pytest.raises(engine.EngineFailed, match="no answer"):
        engine.run("papers", [], b"")


def test_a_code_to_scan_is_drawn_with_classes_and_no_style():
    svg = qr_svg("http://127.0.0.1:8000/t?a=1&b=2", title="查进度 <b>")
    assert svg.startswith("<svg")
    assert 'class="qr"' in svg
    assert 'class="qr-line"' in svg
    assert "style=" not in svg
    assert "<b>" not in svg
    assert re.search(r'viewBox="0 0 \d+ \d+"', svg)
