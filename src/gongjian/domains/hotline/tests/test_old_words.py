"""Words that came in before signs nobody sees were refused: every way out still works, alone and among others."""

import io

import pytest
from django.urls import reverse

from gongjian.casework.models import Case
from gongjian.documents.tablefiles import pages_of
from gongjian.domains.hotline.models import ServiceRequest
from gongjian.domains.hotline.tests.staff_pages import AT, HANDLER, SUPERVISOR, at_desk
from gongjian.testing.cases import make_request

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]
OLD = "路灯" + "".join(map(chr, [*range(1, 32), *range(127, 160)])) + "\u202e\ufdd0\uffff\t不亮"


@pytest.fixture
def cases(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())
    made = [make_request(state="in_progress") for _ in range(3)]
    ServiceRequest.objects.filter(case=made[1]).update(description=OLD, address=OLD[:120], reply=OLD)
    Case.objects.filter(pk=made[1].pk).update(title=OLD[:80])
    return made


def test_its_work_order_is_set_alone_and_in_a_batch(cases):
    client = at_desk(HANDLER)
    alone = client.get(reverse("hotline:order", args=[cases[1].number]))
    batch = client.post(reverse("hotline:orders"), {"case": [f"{case.number}:{case.version}" for case in cases]})
    assert alone.content.startswith(b"%PDF")
    assert batch.content.startswith(b"%PDF")
    assert len(batch.content) > len(alone.content)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_list_with_it_is_taken_out(cases, kind):
    answer = at_desk(SUPERVISOR).get(reverse("hotline:take_list", args=["search"]), {"as": kind, "state": "open"})
    content = b"".join(answer.streaming_content)
    if kind == "csv":
        assert all(case.number.encode() in content for case in cases)
    else:
        rows = [row.cells for page in pages_of(io.BytesIO(content)) for row in page.rows()]
        assert {case.number for case in cases} <= {cell for row in rows for cell in row if isinstance(cell, str)}


def test_its_pages_are_shown(cases):
    client = at_desk(HANDLER)
    for address in (
        reverse("hotline:case", args=[cases[1].number]),
        reverse("hotline:inbox"),
        reverse("hotline:search"),
    ):
        assert client.get(address).status_code == 200
