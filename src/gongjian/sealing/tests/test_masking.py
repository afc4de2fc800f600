import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gongjian.sealing import masking
from gongjian.sealing.masking import mask_name, mask_phone, scrub


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812345678", "138 ********"),
        ("+86 138-1234-5678", "138 ********"),
        ("１３８１２３４５６７８", "138 ********"),
        ("+8675525551234;ext=801", "755 ********"),
        ("+85221234567", "852 ********"),
        ("25201234", "********"),
        ("12349", "********"),
        ("", ""),
        ("无", ""),
    ],
)
def test_a_phone_shows_its_first_three_digits(phone, shown):
    assert mask_phone(phone) == shown


@given(st.text("0123456789０１２３４５６７８９ +-()", max_size=30), st.sampled_from(["", ";ext=801"]))
@example("1380138", "")
def test_no_digit_of_the_ending_is_ever_shown(phone, extension):
    digits = [unicodedata.normalize("NFKC", sign) for sign in phone]
    digits = "".join(sign for sign in digits if sign.isdigit())
    shown = mask_phone(phone + extension)
    seen = "".join(sign for sign in shown if sign.isdigit())
    # Where the three digits stand, the last four and what is before the eleventh from the end are not.
    assert seen in {"", digits[-11:-4][:3]}
    assert len(shown) in {0, 8, 12}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("刘小明", "刘**"),
        ("刘明", "刘*"),
        ("欧阳小明", "欧**"),
        ("阿依古丽·买买提", "阿**"),
        ("刘", "刘*"),
        ("John Smith", "J*** S***"),
        (" ", ""),
    ],
)
def test_a_name_shows_its_first_sign(name, shown):
    assert mask_name(name) == shown


@pytest.mark.parametrize(
    "number",
    [
        "13812345678",
        "138 1234 5678",
        "138-1234-5678",
        "138，1234，5678",
        "138、1234、5678",
        "138.1234.5678",
        "138 12345678",
        "1381 234 5678",
        "13812 345678",
        "1 3 8 1 2 3 4 5 6 7 8",
        "13 81 23 45 67 8",
        "１３８１２３４５６７８",
        "１３８－１２３４－５６７８",
        "138　1234　5678",
        "+8613812345678",
        "+86 138 1234 5678",
        "＋８６１３８１２３４５６７８",
        "0086-13812345678",
        "86 13812345678",
        "一三八一二三四五六七八",
        "幺三八一二三四五六七八",
        "一三八 一二三四 五六七八",
        "138一二三四5678",
        "0755-25201234",
        "(0755)25201234",
        "（0755）2520 1234",
        "010-65551234",
        "020 85551234",
        "+852 9123 4567",
        "00852-91234567",
        "+1 (415) 555-0132",
        "11010519491231002X",
        "11010519491231002x",
        "440308199001011234",
        "440308 19900101 1234",
        "４４０３０８１９９００１０１１２３４",
        "四四零三零八一九九零零一零一一二三四",
        "6222021234567890123",
        "6222 0212 3456 7890 123",
        "6217-0013-8123-4567",
        "4111 1111 1111 1111",
    ],
)
def test_personal_numbers_go(number):
    for text in ("我的号码{}，请回电", "{}", "找{}刘先生", "住深盐路2088号1栋1301，{}。2026-11-23"):
        assert scrub(text.format(number)) == text.format("***"), text


def test_a_named_local_number_goes():
    assert scrub("电话：25201234，打不通") == "电话：***，打不通"
    assert scrub("Tel 2520 1234") == "Tel ***"


def test_several_numbers_go():
    text = "打13812345678或13987654321，卡号6222021234567890123，身份证440308199001011234"
    assert scrub(text) == "打***或***，卡号***，身份证***"


@pytest.mark.parametrize(
    "text",
    [
        "YT-2611-04178",
        "件号YT-2611-04178，2026-11-23 14:30提交",
        "YT-2611-04178、YT-2611-04179、YT-2611-04180",
        "YT-1311-04178，2026年11月23日",
        "深盐路2088号1栋13-14-2026-112",
        "沙盐路138号，13栋1301房",
        "2026-11-23 08:15:30到2026-11-25 18:00",
        "20261123",
        "坐标114.237412,22.555123",
        "440308003006社区",
        "乘1、3、5、7、9、11、13、15路",
        "费用1,381,234.56元，共13812345元",
        "打12345或12349、110、119、4008001234",
        "国办发明电〔2025〕7号",
        "二〇二六年十一月二十三日，一九九五年建成",
        "三十八户、一百二十人",
        "噪声62分贝，超过夜间限值55分贝，从22:00到6:00",
        "车牌粤B12345和粤BD12345",
        "统一社会信用代码91440300192182688H",
        "水表1234567890123456",
        "学校2024、2025、2026三年",
        "第一、第二、第三、第四、第五、第六、第七、第八",
    ],
)
def test_other_numbers_stay(text):
    assert scrub(text) == text


words = st.text(st.sampled_from("路灯不亮，请修。 号栋abcXYZ-、"), max_size=12)
digits = st.text("0123456789", min_size=9, max_size=9)


@given(words, st.sampled_from("3456789"), digits, words, st.sampled_from(["", "+86", "0086 ", "+86-"]))
def test_a_mobile_number_goes_wherever_it_stands(before, second, rest, after, front):
    number = "1" + second + rest
    cleaned = scrub(f"{before}{front}{number}{after}")
    assert number not in cleaned
    assert cleaned.startswith(before.rstrip())


@given(st.integers(1, 12), st.integers(0, 99), st.integers(1, 9_999_999_999), words, words)
@example(1, 13, 2345678, "", "")
@example(11, 26, 852, "", " 12345678")
def test_a_case_number_stays_wherever_it_stands(month, year, running, before, after):
    number = f"YT-{year:02}{month:02}-{running:05}"
    assert number in scrub(before + number + after)


@given(st.dates(), st.times())
def test_dates_and_times_stay(day, moment):
    text = f"{day.isoformat()} {moment:%H:%M}，{day.year}年{day.month}月{day.day}日，{day:%Y%m%d}"
    assert scrub(text) == text


@given(st.text("0123456789 -+，一二三八()Xx路YT", max_size=60))
def test_scrubbing_ends_and_a_second_time_finds_nothing(text):
    once = scrub(text)
    assert scrub(once) == once


@given(st.text("0１二八贰 -，、。()（）~～路\\._/", max_size=40))
def test_a_text_is_passed_over_only_when_it_holds_no_row_of_digits(text):
    assert bool(masking._WORTH_FOLDING.search(text)) == bool(
        masking._WORTH_LOOKING.search(text.translate(masking._FOLD))
    )
