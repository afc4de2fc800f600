from argparse import Namespace

import pytest
from django.test import Client
from django.urls import reverse

from gongjian.identity.models import Assignment, User
from gongjian.project.commands.admin import main
from gongjian.project.terminal import Refusal

PASSWORD = "lantern-harbour-9"

pytestmark = pytest.mark.usefixtures("district")


def link(capsys: pytest.CaptureFixture[str], settings) -> str:
    return capsys.readouterr().out.splitlines()[-1].removeprefix(settings.PUBLIC_URL)


def test_the_first_administrator_sets_a_password_and_opens_accounts(capsys, settings):
    main(Namespace(username="Zhou.Lan", name="周岚", unit="zsj"))
    client = Client()
    client.post(link(capsys, settings), {"new": PASSWORD})
    client.post(reverse("console:sign_in"), {"username": "zhou.lan", "password": PASSWORD})
    assert client.get(reverse("console:people")).status_code == 200


def test_asked_again_it_gives_a_link_and_no_second_role(capsys, settings):
    main(Namespace(username="zhou.lan", name="", unit="zsj"))
    main(Namespace(username="zhou.lan", name="", unit="zsj"))
    assert link(capsys, settings).startswith("/password/")
    assert Assignment.objects.filter(user__username="zhou.lan").count() == 1


def test_a_closed_account_an_unknown_unit_and_a_bad_name_are_refused():
    User.objects.filter(username="du.siyuan").update(is_active=False)
    for name, unit, why in (("du.siyuan", "zsj", "在用"), ("zhou lan", "zsj", "工号"), ("zhou.lan", "nowhere", "zsj")):
        with pytest.raises(Refusal, match=why):
            main(Namespace(username=name, name="", unit=unit))
    assert not User.objects.filter(username__startswith="zhou.lan").exists()
