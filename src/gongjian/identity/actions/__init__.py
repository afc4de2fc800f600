"""Writes of this room; the names other rooms use."""

from gongjian.identity.actions.codes import CodeState, issue_code, resident_of_phone, try_code
from gongjian.identity.actions.people import (
    assign,
    close_user,
    create_api_key,
    create_user,
    deputise,
    end_assignment,
    link_person,
    open_user,
    save_profile,
    switch_off_api_key,
)
from gongjian.identity.actions.reference import load_reference
from gongjian.identity.actions.secrets import (
    change_password,
    confirm_authenticator,
    drop_authenticator,
    password_link,
    remove_authenticator,
    set_password_by_link,
    start_authenticator,
)
from gongjian.identity.actions.signin import (
    Outcome,
    SignIn,
    confirm_code,
    open_session,
    revoke_other_sessions,
    revoke_session,
    sign_in,
    sign_out,
)

__all__ = [
    "CodeState",
    "Outcome",
    "SignIn",
    "assign",
    "change_password",
    "close_user",
    "confirm_authenticator",
    "confirm_code",
    "create_api_key",
    "create_user",
    "deputise",
    "drop_authenticator",
    "end_assignment",
    "issue_code",
    "link_person",
    "load_reference",
    "open_session",
    "open_user",
    "password_link",
    "remove_authenticator",
    "resident_of_phone",
    "revoke_other_sessions",
    "revoke_session",
    "save_profile",
    "set_password_by_link",
    "sign_in",
    "sign_out",
    "start_authenticator",
    "switch_off_api_key",
    "try_code",
]
