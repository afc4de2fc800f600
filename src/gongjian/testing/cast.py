"""The fixed cast: who works at which desk, and three neighbours. All people are invented.

The phone numbers are synthetic: they all begin with 138 0000, and no message leaves a demonstration or a test.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, is_password_usable, make_password
from django.db import transaction

from gongjian.audit.actions import record
from gongjian.identity.actions import link_person
from gongjian.identity.actions.people import name_spelling
from gongjian.identity.actor import SYSTEM, Actor, Channel
from gongjian.identity.models import Assignment, Role, Unit, User
from gongjian.identity.queries import actor_of
from gongjian.parties.actions import register_person
from gongjian.parties.phones import normalise_phone
from gongjian.sealing.index import blind_index
from gongjian.testing.clock import MONDAY_MORNING

# Everybody has been at their desk for so long: older than any case a demonstration or bench loads.
IN_OFFICE_FOR: Final = timedelta(days=3 * 366)

type Passwords = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works here."""

    username: str
    name: str
    name_en: str
    unit: str
    role: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A resident who signs in with a code to the phone."""

    username: str
    name: str
    name_en: str
    phone: str
    language: str
    mode: str


CAST: Final = (
    Member("chen.jingyi", "陈静怡", "Chen Jingyi", "zx12349", "call_taker"),
    Member("lin.jiamin", "林嘉敏", "Lin Jiamin", "zx12349", "call_taker"),
    Member("huang.wenjie", "黄文杰", "Huang Wenjie", "zx12349", "call_taker"),
    Member("wu.xiaotong", "吴晓彤", "Wu Xiaotong", "zx12349", "call_taker"),
    Member("zhou.zhiyuan", "周志远", "Zhou Zhiyuan", "zx12349", "dispatcher"),
    Member("su.lijun", "苏丽君", "Su Lijun", "zx12349", "dispatcher"),
    Member("wu.qian", "吴倩", "Wu Qian", "hbj", "unit_clerk"),
    Member("zheng.haifeng", "郑海峰", "Zheng Haifeng", "hbj", "handler"),
    Member("he.jianping", "何建平", "He Jianping", "hbj", "unit_head"),
    Member("liang.yuting", "梁雨婷", "Liang Yuting", "jd-yantian", "unit_clerk"),
    Member("li.min", "李敏", "Li Min", "jd-yantian", "handler"),
    Member("deng.guohua", "邓国华", "Deng Guohua", "jd-yantian", "unit_head"),
    Member("xie.peiwen", "谢佩雯", "Xie Peiwen", "cgj", "unit_clerk"),
    Member("luo.zhiqiang", "罗志强", "Luo Zhiqiang", "cgj", "handler"),
    Member("fang.weimin", "方伟民", "Fang Weimin", "cgj", "unit_head"),
    Member("tang.siqi", "唐思琪", "Tang Siqi", "jjdd", "unit_clerk"),
    Member("peng.junhao", "彭俊豪", "Peng Junhao", "jjdd", "handler"),
    Member("zeng.guangming", "曾光明", "Zeng Guangming", "jjdd", "unit_head"),
    Member("cai.meiling", "蔡美玲", "Cai Meiling", "zjj", "unit_clerk"),
    Member("jiang.haoran", "蒋浩然", "Jiang Haoran", "zjj", "handler"),
    Member("xu.jianguo", "许建国", "Xu Jianguo", "zjj", "unit_head"),
    Member("bai.ruoning", "白若宁", "Bai Ruoning", "mzj", "restricted_handler"),
    Member("ye.wanqing", "叶婉清", "Ye Wanqing", "zx12349", "reviewer"),
    Member("han.xuefei", "韩雪菲", "Han Xuefei", "zx12349", "callback_agent"),
    Member("feng.zhengyi", "冯正毅", "Feng Zhengyi", "dcs", "supervisor"),
    Member("mo.lan", "莫岚", "Mo Lan", "dcs", "restricted_supervisor"),
    Member("song.yuanhang", "宋远航", "Song Yuanhang", "qfb", "leader"),
    Member("pan.ruilin", "潘瑞林", "Pan Ruilin", "sfj", "auditor"),
    Member("yu.shuhan", "余书涵", "Yu Shuhan", "zx12349", "knowledge_editor"),
    Member("du.siyuan", "杜思源", "Du Siyuan", "zsj", "administrator"),
    Member("shi.lei", "石磊", "Shi Lei", "zsj", "operator"),
)
NEIGHBOURS: Final = (
    Neighbour("r-liu.xiaomei", "刘晓梅", "Liu Xiaomei", "13800006021", "zh-hans", "normal"),
    Neighbour("r-huang.guoqiang", "黄国强", "Huang Guoqiang", "13800006033", "zh-hans", "elder"),
    Neighbour("r-emma.carter", "Emma Carter", "Emma Carter", "13800006047", "en", "normal"),
)


def members(*, role: str = "", unit: str = "") -> tuple[Member, ...]:
    """Return those of the cast with this role, in this unit, or both."""
    return tuple(m for m in CAST if role in {"", m.role} and unit in {"", m.unit})


@transaction.atomic
def load_cast(
    *,
    at: datetime,
    password: str | Passwords | None = None,
    hasher: Callable[[str], str] = make_password,
    extras: tuple[Member, ...] = (),
) -> None:
    """Open the accounts of the cast with their desks, and the neighbours; whoever is there already stays as he is.

    `password` is everybody's, or gives each username its own; a password that stands is not changed, and without one
    nobody can sign in with it. `extras` join the cast without a password. Units and roles must have been loaded.
    """
    people = (*CAST, *extras)
    known = dict(User.objects.filter(username__in=[m.username for m in people]).values_list("username", "password"))
    fresh = [m for m in people if m.username not in known]
    locked = [m for m in CAST if not is_password_usable(known.get(m.username, UNUSABLE_PASSWORD_PREFIX))]
    hashes = {m.username: hasher(_plain(password, m.username)) for m in locked} if password else {}
    User.objects.bulk_create([_account(m, hashes.get(m.username), at) for m in fresh])
    _unlock({name: made for name, made in hashes.items() if name in known})
    _give_desks(people, at)
    _load_neighbours(at)
    if fresh:
        _note(len(fresh), at)


def actor(username: str, *, at: datetime = MONDAY_MORNING, channel: Channel = "web") -> Actor:
    """Return what somebody of the cast may do at that moment."""
    return actor_of(User.objects.get(username=username), at=at, channel=channel)


def _account(member: Member, password: str | None, at: datetime) -> User:
    user = User(
        username=member.username,
        name=member.name,
        name_en=member.name_en,
        pinyin=name_spelling(member.name),
        kind=User.Kind.STAFF,
        created_at=at - IN_OFFICE_FOR,
    )
    if password is None:
        user.set_unusable_password()
    else:
        user.password = password
    return user


def _plain(password: str | Passwords, username: str) -> str:
    return password if isinstance(password, str) else password(username)


def _unlock(hashes: dict[str, str]) -> None:
    users = list(User.objects.filter(username__in=hashes))
    for user in users:
        user.password = hashes[user.username]
    User.objects.bulk_update(users, ["password"])


def _give_desks(people: tuple[Member, ...], at: datetime) -> None:
    users = dict(User.objects.filter(username__in=[m.username for m in people]).values_list("username", "pk"))
    units = dict(Unit.objects.values_list("code", "pk"))
    roles = dict(Role.objects.values_list("code", "pk"))
    given = set(Assignment.objects.filter(user__in=users.values()).values_list("user_id", "unit_id", "role_id"))
    wanted = [(users[m.username], units[m.unit], roles[m.role]) for m in people]
    Assignment.objects.bulk_create(
        Assignment(user_id=user, unit_id=unit, role_id=role, starts=at - IN_OFFICE_FOR)
        for user, unit, role in wanted
        if (user, unit, role) not in given
    )


def _load_neighbours(at: datetime) -> None:
    for neighbour in NEIGHBOURS:
        phone = normalise_phone(neighbour.phone)
        user, created = User.objects.get_or_create(
            phone_index=blind_index(phone, "phone"),
            kind=User.Kind.RESIDENT,
            defaults={
                "username": neighbour.username,
                "name": neighbour.name,
                "name_en": neighbour.name_en,
                "phone": phone,
                "password": make_password(None),
                "language": neighbour.language,
                "mode": neighbour.mode,
                "created_at": at - IN_OFFICE_FOR,
            },
        )
        if created:
            person = register_person(user=user, name=neighbour.name, at=at)
            link_person(user_id=user.pk, person_id=person.pk)


def _note(number: int, at: datetime) -> None:
    record(
        action="identity.cast.load",
        actor_kind=SYSTEM.kind,
        actor_id=None,
        unit_id=None,
        object_kind="user",
        object_id="",
        detail=f"invented={number}",
        at=at,
    )
