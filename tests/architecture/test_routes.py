"""Every address is guarded, and every role gets from it what the rights say: no more, no less."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from gongjian.casefile.restriction import follow_topic
from gongjian.casework.models import Case, Topic
from gongjian.domains.hotline.pages.lists import PLACES
from gongjian.identity.guard import Guard
from gongjian.identity.models import RoleRight, User
from gongjian.testing.cases import make_request
from gongjian.testing.cast import CAST, Member, load_cast
from gongjian.testing.clock import MONDAY_MORNING

pytestmark = pytest.mark.django_db
# Views of libraries that stand in front of nothing of ours.
OUTSIDE = ("api/v1/",)
PUBLIC = {"healthz", "readyz", "metrics"}


def routes(
    resolver: URLResolver | None = None, prefix: str = "", names: str = ""
) -> Iterator[tuple[str, str, URLPattern]]:
    for entry in (resolver or get_resolver()).url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{names}{entry.namespace}:" if entry.namespace else names
            yield from routes(entry, path, inner)
        else:
            yield path, f"{names}{entry.name}", entry


def ours() -> list[tuple[str, str, URLPattern]]:
    return [r for r in routes() if not r[0].startswith(OUTSIDE) and r[1] not in PUBLIC]


def guard_of(entry: URLPattern) -> Guard | None:
    return getattr(entry.callback, "guard", None)


def test_every_route_is_guarded():
    assert not [name for _, name, entry in ours() if guard_of(entry) is None]


def test_anonymous_routes_are_an_explicit_list(golden):
    anonymous = sorted(name for _, name, entry in ours() if (g := guard_of(entry)) and g.anonymous)
    golden("anonymous-routes.txt", "\n".join(anonymous) + "\n")


def test_the_permission_matrix_is_golden(district, golden):
    roles = sorted(set(RoleRight.objects.values_list("role__code", flat=True)))
    held = {r: set(RoleRight.objects.filter(role__code=r).values_list("right", flat=True)) for r in roles}
    lines = [f"| route | right | {' | '.join(roles)} |", f"|{' --- |' * (len(roles) + 2)}"]
    for _, name, entry in sorted(ours(), key=lambda r: r[1]):
        guard = guard_of(entry)
        if guard is None or guard.anonymous:
            continue
        marks = ["x" if guard.right is None or guard.right in held[r] else "" for r in roles]
        lines.append(f"| {name} | {guard.right or 'signed in'} | {' | '.join(marks)} |")
    golden("permission-matrix.md", "\n".join(lines) + "\n")


def concrete(path: str, number: str) -> str:
    """Fill an address with something that exists where it names a case, and with 1 elsewhere."""
    import re

    path = re.sub(r"<(?:\w+:)?number>", number, path)
    path = re.sub(r"<(?:\w+:)?move>", "sign", path)
    return "/" + re.sub(r"<(?:int:|slug:|str:|uuid:)?\w+>", "1", path)


# Words of restricted cases; they are looked for by others of their words, so that no page shows what was typed.
SECRET, SOUGHT, WHOSE = "玖拾柒巷", "孤身孩童", "13800009797"
STATES = (
    "received",
    "returned",
    "dispatched",
    "in_progress",
    "extension_pending",
    "submitted",
    "redo",
    "replied",
    "closed",
)
READERS = {"auditor", "restricted_handler", "restricted_supervisor"}
ASKED = (
    *(f"/desk/lists/{page}/" for page in PLACES),
    *(f"/desk/inbox/?tab={tab}" for tab in ("mine", "unsigned", "unit", "shared", "pending", "review")),
    *(f"/desk/supervise/?tab={tab}" for tab in ("late", "soon", "second", "returned", "redone", "units")),
    *(f"/desk/board/?tab={tab}" for tab in ("", "returned", "sent")),
    f"/desk/search/?q={SOUGHT}", "/desk/search/?state=open", "/desk/search/?state=ended", "/desk/search/?late=1",
    f"/desk/search/export/?q={SOUGHT}", f"/search/?q={SOUGHT}",
    "/", "/open311/v2/requests.json", "/open311/v2/requests.xml",
)  # fmt: skip


@pytest.fixture
def restricted(district, monkeypatch):
    """Cases in many states, all of a topic that became restricted, and a named handler in the unit that holds them."""
    monkeypatch.setenv("GONGJIAN_CLOCK", "2026-11-30T10:00:00+08:00")
    told = {
        "title": f"{SOUGHT}{SECRET}", "address": f"{SECRET} 9 号", "description": f"{SOUGHT}在{SECRET}哭。",
        "reporter": {"name": "何先生", "phone": WHOSE}, "lon": 114.2362, "lat": 22.5571,
    }  # fmt: skip
    made = [make_request(state=state, **told) for state in STATES]
    topic = Topic.objects.get(pk=made[0].topic_id)
    topic.restricted = True
    topic.save()
    follow_topic(topic)
    units = dict(Case.objects.filter(pk=made[3].pk).values_list("pk", "holder_unit__code"))
    named = Member("bai.ruoning", "白若宁", "Bai Ruoning", units[made[3].pk], "restricted_handler")
    load_cast(at=MONDAY_MORNING, extras=(named,))
    return made


def told_of(response, cases) -> bool:
    """Whether an answer holds a word or a number of these cases that its address does not hold."""
    body = response.getvalue().decode(errors="replace")
    numbers = [case.number for case in cases if case.number not in response.request["PATH_INFO"]]
    return SECRET in body or any(number in body for number in numbers)


@pytest.mark.parametrize("role", [None, *sorted({m.role for m in CAST})])
def test_a_restricted_case_is_absent_for_everybody_but_its_readers(restricted, role):
    client = Client(raise_request_exception=True)
    if role:
        member = next(m for m in CAST if m.role == role)
        client.force_login(
            User.objects.get(username=member.username), backend="gongjian.identity.backends.AssignmentBackend"
        )
    near = {"phone": WHOSE, "place": "114.2362,22.5571", "topic": str(restricted[0].topic_id)}
    answers = [client.get(address) for address in ASKED]
    answers += [client.post(f"/desk/call/{what}/", near) for what in ("caller", "similar")]
    for path, name, entry in ours():
        if "number>" in path and (guard := guard_of(entry)) and not guard.anonymous:
            answers += [
                client.get(concrete(path, case.number))
                for case in (restricted if name == "hotline:case" else restricted[3:4])
            ]
    shown = sorted(
        {a.request["PATH_INFO"] + "?" + a.request["QUERY_STRING"] for a in answers if told_of(a, restricted)}
    )
    if role in READERS:
        assert any("/desk/cases/" in address for address in shown)
        assert any("/desk/search/" in address for address in shown)
    else:
        assert not shown


@pytest.mark.parametrize("role", [None, *sorted({m.role for m in CAST})])
def test_every_role_gets_what_its_rights_say(restricted, role):
    case = make_request(state="in_progress")
    client = Client(raise_request_exception=True)
    rights: set[str] = set()
    if role:
        member = next(m for m in CAST if m.role == role)
        client.force_login(
            User.objects.get(username=member.username), backend="gongjian.identity.backends.AssignmentBackend"
        )
        rights = set(RoleRight.objects.filter(role__code=role).values_list("right", flat=True))
    wrong = []
    for path, name, entry in ours():
        guard = guard_of(entry)
        if guard is None or guard.anonymous or name.endswith(("sign_out",)):
            continue
        response = client.get(concrete(path, case.number))
        if told_of(response, restricted) and role not in READERS:  # a file is closed when it has been read
            wrong.append(f"{role} {name} tells of a restricted case")
        status = response.status_code
        if role is None:
            allowed = status == 302
        elif guard.right is None or guard.right in rights:
            # 404: out of this role's reach; 405: the address is for forms only; 302: on to another page.
            allowed = status in {200, 204, 302, 400, 403, 404, 405}
            if guard.right is not None:
                allowed = allowed and status != 403
        else:
            allowed = status == 403
        if not allowed:
            wrong.append(f"{role} {name} {guard.right} -> {status}")
    assert not wrong
