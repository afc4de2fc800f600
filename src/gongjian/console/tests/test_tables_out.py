"""The lists of the console as tables, and that it is on record who took what."""

import pytest
from django.urls import reverse

from gongjian.audit.models import AuditEntry
from gongjian.identity.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("district")]


def seat(client, role):
    user = User.objects.filter(assignments__role__code=role).first()
    client.force_login(user, backend="gongjian.identity.backends.AssignmentBackend")
    return user


def test_the_record_comes_out_as_a_table_and_says_who_took_it(client, settings):
    settings.SECOND_FACTOR_ENFORCED = False
    who = seat(client, "auditor")
    answer = client.get(reverse("console:audit_table") + "?area=identity")
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff编号,")
    entry = AuditEntry.objects.get(action="hotline.export", object_id="audit")
    assert (entry.actor_id, entry.detail) == (who.pk, "area=identity")
    assert "导出清单" in b"".join(client.get(reverse("console:audit_table")).streaming_content).decode()


def test_nobody_else_takes_it(client):
    seat(client, "handler")
    assert client.get(reverse("console:audit_table")).status_code == 403
