import tomllib

import pytest

from gongjian.places.actions import DATA, Plan
from gongjian.places.spelling import spell

READINGS = tomllib.loads((DATA / "pinyin.toml").read_text("utf-8"))["readings"]


@pytest.mark.parametrize(
    ("name", "pinyin", "initials"),
    [
        ("永安北一街", "yonganbeiyijie", "yabyj"),
        ("永安北一街12号3栋", "yonganbeiyijie12hao3dong", "yabyj12h3d"),
        ("沙头角社区", "shatoujiaoshequ", "stjsq"),
        ("葵涌大厦", "kuichongdasha", "kcds"),
        ("揹仔角", "beizaijiao", "bzj"),
        ("盐田区行政文化中心", "yantianquxingzhengwenhuazhongxin", "ytqxzwhzx"),
        ("地铁8号线A口", "ditie8haoxianakou", "dt8hxak"),
        ("绿道", "lvdao", "ld"),
        ("", "", ""),
    ],
)
def test_names_are_spelled_as_people_type_them(name, pinyin, initials):
    assert spell(name, READINGS) == (pinyin, initials)


def test_without_a_table_the_dictionary_decides():
    assert spell("盐田", {}) == ("yantian", "yt")


def test_english_names_of_communities_agree_with_their_pinyin():
    exceptional = {"中英街社区"}  # known abroad as Chung Ying Street
    ids = {f"44030800{n}": n for n in range(1, 5)}
    for community in Plan().communities(ids):
        english = community.name_en.removesuffix(" Community").replace("'", "").lower()
        assert community.name_zh in exceptional or english == community.pinyin.removesuffix("shequ")
