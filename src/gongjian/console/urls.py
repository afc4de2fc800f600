from django.urls import path

from gongjian.console.pages import entry, hub, limits, office, own, record, setup, units

app_name = "console"

urlpatterns = [
    path("sign-in/", entry.sign_in, name="sign_in"),
    path("sign-in/code/", entry.sign_in_code, name="sign_in_code"),
    path("sign-in/phone/", entry.phone_sign_in, name="phone_sign_in"),
    path("sign-out/", entry.sign_out, name="sign_out"),
    path("password/<str:uid>/<str:token>/", entry.password_set, name="password_set"),
    path("start/", entry.home, name="home"),
    path("me/stay/", entry.stay, name="stay"),
    path("me/", own.profile, name="profile"),
    path("me/sessions/", own.sessions, name="sessions"),
    path("me/sessions/end/", own.sessions_end, name="sessions_end"),
    path("me/password/", own.password, name="password"),
    path("me/two-factor/", own.two_factor, name="two_factor"),
    path("me/two-factor/start/", own.two_factor_start, name="two_factor_start"),
    path("me/two-factor/confirm/", own.two_factor_confirm, name="two_factor_confirm"),
    path("me/two-factor/remove/", own.two_factor_remove, name="two_factor_remove"),
    path("me/inbox/", own.inbox, name="inbox"),
    path("me/inbox/read/", own.inbox_read, name="inbox_read"),
    path("office/", hub.hub, name="office"),
    path("setup/<str:token>/", setup.setup, name="setup"),
    path("office/set-up/", setup.setup_list, name="setup_list"),
    path("office/set-up/tick/", setup.setup_tick, name="setup_tick"),
    *limits.routes,
    path("office/units/", units.unit_list, name="units"),
    path("office/units/new/", units.unit_new, name="unit_new"),
    path("office/units/<slug:code>/", units.unit_page, name="unit"),
    path("office/units/<slug:code>/edit/", units.unit_edit, name="unit_edit"),
    path("office/units/<slug:code>/close/", units.unit_close, name="unit_close"),
    path("office/units/<slug:code>/split/", units.unit_split, name="unit_split"),
    path("office/units/<slug:code>/<slug:act>/", units.unit_act, name="unit_act"),
    path("office/people/", office.person_list, name="people"),
    path("office/people/new/", office.person_new, name="person_new"),
    path("office/people/<int:pk>/", office.person_page, name="person"),
    path("office/people/<int:pk>/assign/", office.person_assign, name="person_assign"),
    path("office/people/<int:pk>/<slug:act>/", office.person_act, name="person_act"),
    path("office/audit/", record.audit, name="audit"),
]
