"""Addresses of people: their accounts, how they sign in, and the organisations they belong to."""

from django.urls import URLPattern, path, re_path

from portal.pages import (
    account,
    invitations,
    passkeys,
    reauthenticate,
    second_factor,
    security,
    sessions,
    team,
    team_members,
)

urlpatterns: list[URLPattern] = [
    path("account/", account.account, name="account"),
    path("team/", team.team, name="team"),
    path("team/new/", team.team_new, name="team_new"),
    path("team/<name:org_id>/", team.team_of, name="team_of"),
    path("team/<name:org_id>/settings/", team.team_settings, name="team_settings"),
    path("team/<name:org_id>/invite/", invitations.invite, name="team_invite"),
    path(
        "team/<name:org_id>/invitations/<name:invitation_id>/resend/",
        invitations.invitation_resend,
        name="invitation_resend",
    ),
    path(
        "team/<name:org_id>/invitations/<name:invitation_id>/revoke/",
        invitations.invitation_revoke,
        name="invitation_revoke",
    ),
    path("team/<name:org_id>/members/<name:user_id>/", team_members.member, name="team_member"),
    path("team/<name:org_id>/members/<name:user_id>/transfer/", team_members.transfer, name="team_transfer"),
    path("team/<name:org_id>/members/<name:user_id>/remove/", team_members.member_remove, name="team_remove"),
    path("invitations/accept/", invitations.invitation_accept, name="invitation_accept"),
    path("login/code/", second_factor.login_code, name="login_code"),
    path("login/passkey/begin/", passkeys.passkey_begin, name="passkey_begin"),
    path("login/passkey/", passkeys.passkey_finish, name="passkey_finish"),
    path("account/sessions/", sessions.sessions, name="sessions"),
    path("account/sessions/end/", sessions.sessions_end, name="sessions_end"),
    path("account/sessions/<name:sign_in_id>/end/", sessions.session_end, name="session_end"),
    path("account/security/", security.security, name="security"),
    path("account/security/code/remove/", security.authenticator_remove, name="authenticator_remove"),
    path("account/security/passkeys/begin/", passkeys.passkey_enrol_begin, name="passkey_enrol_begin"),
    path("account/security/passkeys/", passkeys.passkey_enrol, name="passkey_enrol"),
    path("account/security/passkeys/<name:passkey_id>/", security.passkey_rename, name="passkey_rename"),
    path("account/security/passkeys/<name:passkey_id>/remove/", security.passkey_remove, name="passkey_remove"),
    path("account/security/recovery/", security.recovery, name="recovery"),
    path("account/security/code/", second_factor.second_factor, name="second_factor"),
    path("account/security/code/picture.svg", second_factor.second_factor_picture, name="second_factor_picture"),
    # allauth's addresses, before allauth's own views
    path("login/", account.LoginView.as_view(), name="account_login"),
    path("logout/", account.LogoutView.as_view(), name="account_logout"),
    path("signup/", account.SignupView.as_view(), name="account_signup"),
    path("email/", account.EmailView.as_view(), name="account_email"),
    path("reauthenticate/", reauthenticate.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.PasswordChangeView.as_view(), name="account_change_password"),
    path("password/set/", account.PasswordSetView.as_view(), name="account_set_password"),
    path("password/reset/", account.PasswordResetView.as_view(), name="account_reset_password"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.PasswordResetFromKeyView.as_view(),
        name="account_reset_password_from_key",
    ),
]
