"""What staff call a state or a term is theirs alone: others read the five steps, or a word meant for whose matter it is."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override, pgettext

from gongjian.casefile.stages import WORDS
from gongjian.casework.models import CaseParty
from gongjian.domains.hotline.tests.test_following import follow, near, wizard
from gongjian.domains.hotline.workflow import CLOCKS, STATES
from gongjian.identity.actions import resident_of_phone
from gongjian.testing.cases import bring_to, code_of, party_of
from gongjian.testing.clock import MONDAY_MORNING

pytestmark = pytest.mark.django_db
LANGUAGES = ("zh-hans", "en")
# Terms that both call alike.
RESIDENTS_TERMS = {"受理超时", "答复超时", "Accepted overdue", "Answer overdue", "Callback overdue"}
LATER = timedelta(days=60)  # every term is over by then, and says by its name what is late


@pytest.fixture(autouse=True)
def _morning(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_MORNING.isoformat())


def staff_words(language):
    """Return what staff alone call states, and terms that are over."""
    with override(language):
        ours = {str(state.label) for state in STATES}
        terms = {pgettext("期限", "%(clock)s超时") % {"clock": clock.label} for clock in CLOCKS}
        theirs = {str(words) for words in (*WORDS.values(), *(state.own for state in STATES if state.own))}
        return ours - theirs | terms - RESIDENTS_TERMS


def shown(page):
    """Return the words of badges, of the title and of the heading, each by itself."""
    found = re.findall(
        r'<span class="badge[^>]*>(.*?)</span>|<span class="due"[^>]*>.*?<b>(.*?)</b>|<title>(.*?)</title>|<h1[^>]*>(.*?)</h1>',
        page,
        re.DOTALL,
    )
    words = [re.sub(r"<[^>]+>", "", part).strip() for parts in found for part in parts if part]
    return {piece.strip() for one in words for piece in (one, one.split("·")[0])}


def browser(language, user=None):
    client = Client(headers={"accept-language": language})
    if user is not None:
        client.force_login(user, backend="gongjian.identity.backends.AssignmentBackend")
    return client


def pages_of(case, language, follower, user):
    """Yield every page on which somebody who is not of the staff reads where a case stands."""
    for secret in (code_of(case), "6021"):
        client = browser(language)
        client.post(reverse("hotline:track"), {"number": case.number, "secret": secret})
        yield client.get(reverse("hotline:track_case", args=[case.number])).content.decode()
    follower.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    yield follower.get(follower.page).content.decode()
    yield browser(language, user).get(reverse("portal:matters")).content.decode()
    if case.closed_at is None:
        yield wizard(browser(language)).text


@pytest.mark.parametrize("state", [state.name for state in STATES])
def test_no_page_of_a_resident_or_a_passer_by_says_what_staff_call_a_state(state, monkeypatch):
    case, follower = near("received"), browser("zh-hans")
    follower.page = follow(follower).text.split('btn--main" href="')[1].split('"')[0]
    user = resident_of_phone(phone="+8613800006021", language="zh-hans", at=MONDAY_MORNING)
    CaseParty.objects.filter(pk=party_of(case)).update(person=user.person_id)
    case = bring_to(case, state)
    for at in (MONDAY_MORNING, MONDAY_MORNING + LATER):
        monkeypatch.setenv("GONGJIAN_CLOCK", at.isoformat())
        for language in LANGUAGES:
            for page in pages_of(case, language, follower, user):
                assert not shown(page) & staff_words(language)
