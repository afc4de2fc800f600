"""Every address is guarded, and every role gets from it what the rights say: no more, no less."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from gongjian.identity.guard import Guard
from gongjian.identity.models import RoleRight, User
from gongjian.testing.cases import make_request
from gongjian.testing.cast import CAST

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


@pytest.mark.parametrize("role", [None, *sorted({m.role for m in CAST})])
def test_every_role_gets_what_its_rights_say(district, role):
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
        response.getvalue()  # a file is closed when it has been read
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
