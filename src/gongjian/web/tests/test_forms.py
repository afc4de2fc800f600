"""Forms speak our words and fold what Chinese keyboards write."""

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from django.utils.datastructures import MultiValueDict

from gongjian.web.forms import FoldedField, Form, PhotosField, fold, fold_digits


class Report(Form):
    phone = FoldedField(label="手机号", required=False, max_length=11)
    age = forms.IntegerField(label="年龄", required=False, min_value=1)
    own = forms.CharField(label="地点", error_messages={"required": "还没写地点。写路名、楼名或明显的标志都可以。"})
    photos = PhotosField(label="照片", required=False, most=2)


def test_full_width_digits_are_folded():
    form = Report({"phone": " １３８００００２３４５ ", "own": "x"})

    assert form.is_valid()
    assert form.cleaned_data["phone"] == "13800002345"
    assert fold("ＹＴ－１２") == "YT-12"
    assert fold_digits("甲１２ａ") == "甲12ａ"


def test_errors_say_what_to_do_and_own_words_win():
    form = Report({"phone": "1" * 12, "age": "x", "own": ""})

    assert form.errors["phone"] == ["写得太长了，最多 11 个字，现在有 12 个。"]
    assert form.errors["age"] == ["“年龄”的格式不对，请核对。"]
    assert form.errors["own"] == ["还没写地点。写路名、楼名或明显的标志都可以。"]
    assert [anchor for anchor, _words in form.summary] == ["id_phone", "id_age", "id_own"]


@pytest.mark.parametrize("words", ["长" * 12, "😀" * 12, "一\r\n" * 6])
def test_no_browser_is_told_to_cut_what_is_typed_and_the_form_says_how_long_it_is(words):
    class Long(Form):
        words = forms.CharField(max_length=11, strip=False, widget=forms.Textarea)
        line = forms.CharField(max_length=11, strip=False)

    form = Long({"words": words, "line": words})

    assert "maxlength" not in form.as_p()
    assert form.errors["words"] == form.errors["line"] == ["写得太长了，最多 11 个字，现在有 12 个。"]
    assert words.replace("\r", "") in form["words"].as_widget().replace(">\n", ">", 1)


def test_errors_come_in_the_readers_language():
    form = Report({"age": "0", "own": "x"})

    with translation.override("en"):
        assert form.errors["age"] == ["1 at least."]
    with translation.override("zh-hans"):
        assert Report({"age": "0", "own": "x"}).errors["age"] == ["最小是 1。"]


def test_an_error_of_the_whole_form_stands_first_without_an_anchor():
    form = Report({"own": ""})
    form.is_valid()
    form.add_error(None, "没有找到这一对件号和手机尾号。")

    assert form.summary[0] == ("", "没有找到这一对件号和手机尾号。")


def photo(name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"jpeg", content_type="image/jpeg")


def test_photos_come_as_a_list_and_too_many_are_refused():
    two = Report({"own": "x"}, MultiValueDict({"photos": [photo("1.jpg"), photo("2.jpg")]}))
    three = Report({"own": "x"}, MultiValueDict({"photos": [photo(f"{n}.jpg") for n in range(3)]}))

    assert two.is_valid()
    assert [one.name for one in two.cleaned_data["photos"]] == ["1.jpg", "2.jpg"]
    assert three.errors["photos"] == ["最多 2 张照片，现在有 3 张。"]


def test_no_photo_is_an_empty_list_and_an_empty_file_is_refused():
    none = Report({"own": "x"})
    empty = Report({"own": "x"}, MultiValueDict({"photos": [SimpleUploadedFile("0.jpg", b"")]}))

    assert none.is_valid()
    assert none.cleaned_data["photos"] == []
    assert empty.errors["photos"] == ["“照片”这个文件是空的。"]
