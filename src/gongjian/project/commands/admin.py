"""`gongjian admin`: the way into a new installation, where nobody can sign in yet to open accounts."""

import argparse
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation

from gongjian.identity.actions import assign, create_user, password_link
from gongjian.identity.actor import SYSTEM
from gongjian.identity.models import User
from gongjian.identity.queries import roles, roles_held, units
from gongjian.identity.refusals import Refused
from gongjian.identity.rules import fold_name
from gongjian.project.terminal import Refusal, say
from gongjian.text import argument
from gongjian.workdays.clock import now

ROLE = "administrator"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take who it is and where."""
    parser.add_argument("username", type=argument, help="工号 user name")
    parser.add_argument("--unit", required=True, help="单位代码 code of the unit, such as zsj")
    parser.add_argument(
        "--name", type=argument, default="", help="姓名，不写就同工号 name; the user name where it is left out"
    )


def main(args: argparse.Namespace) -> None:
    """Print a link by which the administrator sets a password once. Raises Refusal."""
    unit = units().by_code.get(args.unit)
    if unit is None:
        codes = ", ".join(sorted(units().by_code))
        raise Refusal(f"没有代码为“{args.unit}”的单位：已有 {codes}。", f"No unit {args.unit!r}; there are {codes}.")
    try:
        uid, token = admit(username=args.username, name=args.name or args.username, unit_id=unit.id, at=now())
    except Refused as refused:
        with translation.override("en"):
            english = str(refused)
        with translation.override("zh-hans"):
            raise Refusal(str(refused), english) from refused
    say(
        "用这条链接设密码，三天内有效，只能用一次：",
        "This link sets the password, once, within three days:",
        f"{settings.PUBLIC_URL}{reverse('console:password_set', args=[uid, token])}",
    )


@transaction.atomic
def admit(*, username: str, name: str, unit_id: int, at: datetime) -> tuple[str, str]:
    """Return the parts of a password link of an administrator; account and role are made where they are missing.

    Whoever may run this on the server reaches the database anyway. It stands in the audit chain. Raises Refused.
    """
    user = User.objects.filter(username=fold_name(username)).first()
    if user is None:
        user = create_user(username=username, name=name, actor=SYSTEM, at=at)
    desks = roles()
    if not any(desks[held.role_id].code == ROLE for held in roles_held(at=at, user_ids=[user.pk])):
        assign(user=user, unit=unit_id, role=ROLE, actor=SYSTEM, at=at)
    return password_link(user=user, actor=SYSTEM, at=at)
