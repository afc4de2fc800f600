"""Lists as files that Excel reads and does not run."""

from urllib.parse import quote

from gongjian.web.downloads import csv_response


def body(response) -> str:
    return b"".join(response.streaming_content).decode()


def test_a_list_comes_as_utf8_with_the_mark_excel_needs_and_its_chinese_name():
    response = csv_response(name="办件 11月", columns=["件号", "标题"], rows=[("YT-1", '说"一声", 好')])

    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert quote("办件 11月.csv") in response.headers["Content-Disposition"]
    assert body(response) == '\ufeff件号,标题\r\nYT-1,"说""一声"", 好"\r\n'


def test_text_that_looks_like_a_formula_is_made_harmless():
    text = body(csv_response(name="x", columns=["a", "b"], rows=[("=1+1", -3), ("@x", None), ("\t=1", "+86")]))

    assert "'=1+1,-3\r\n'@x,\r\n'\t=1,'+86\r\n" in text


def test_rows_are_asked_for_only_as_they_are_sent():
    asked = []

    def rows():
        for n in range(3):
            asked.append(n)
            yield (n,)

    response = csv_response(name="x", columns=["n"], rows=rows())
    stream = iter(response.streaming_content)
    next(stream)
    next(stream)

    assert asked == [0]
