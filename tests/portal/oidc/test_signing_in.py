"""End users who come through the OpenID provider: whom it lets in, as whom, and what is kept of it."""

import hashlib
import re

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client

from accounts.models import Membership, User
from audit.models import Event
from portal.oidc import adapter
from tests.cast import Cast
from tests.factories import add_authenticator, make_person
from tests.portal.oauth.asking import Asking
from tests.portal.oidc.provider import CLIENT_ID
from tests.portal.oidc.visiting import Visitor, state_of

EMAIL = "reader@home.example"


def test_somebody_new_gets_an_account_and_allows_and_the_client_gets_its_token(
    visitor: Visitor, asking: Asking
) -> None:
    back = visitor.come_back()
    assert (back.status_code, back["Location"]) == (302, visitor.consent)
    user = User.objects.get(email=EMAIL)
    assert not user.has_usable_password()
    assert not Membership.objects.filter(user=user).exists(), "an end user has no organisation"
    assert EmailAddress.objects.get(user=user).verified
    assert "Robot" in visitor.browser.get(visitor.consent).content.decode()
    answer = asking.redeem(asking.code(visitor.browser))
    assert answer.status_code == 200
    acts = Event.objects.filter(object_id=user.public_id).order_by("id").values_list("action", flat=True)
    assert list(acts) == ["person.signed_up", "person.signed_in"]


def test_what_is_kept_is_issuer_and_the_digest_of_the_subject(visitor: Visitor) -> None:
    visitor.come_back()
    kept = SocialAccount.objects.get()
    assert (kept.provider, kept.uid) == (visitor.provider.issuer, hashlib.sha256(b"u-1").hexdigest())
    assert kept.extra_data == {}
    assert not SocialToken.objects.exists()


def test_the_request_carries_state_nonce_challenge_and_our_address_to_the_character(visitor: Visitor) -> None:
    address = visitor.leave()
    asked = state_of(address)
    assert address.startswith(f"{visitor.provider.issuer}/authorize?")
    assert (asked["response_type"], asked["client_id"], asked["scope"]) == ("code", CLIENT_ID, "openid email")
    assert asked["redirect_uri"] == "http://localhost:8000/oidc/callback/"
    assert asked["code_challenge_method"] == "S256"
    other = state_of(visitor.leave())
    assert all(asked[name] != other[name] for name in ("state", "nonce", "code_challenge"))


def test_the_same_subject_is_the_same_person_whatever_the_address_says(visitor: Visitor) -> None:
    visitor.come_back()
    visitor.provider.claims = {"email": "moved@home.example"}
    again = Visitor(visitor.provider, visitor.consent)
    assert again.come_back()["Location"] == visitor.consent
    assert again.browser.session["_auth_user_id"] == visitor.browser.session["_auth_user_id"]
    assert User.objects.get(pk=again.browser.session["_auth_user_id"]).email == EMAIL


def test_another_issuers_same_subject_is_somebody_else(visitor: Visitor) -> None:
    visitor.come_back()
    SocialAccount.objects.update(provider="https://formerly.example")
    visitor.provider.claims["email"] = "second@home.example"
    Visitor(visitor.provider, visitor.consent).come_back()
    assert SocialAccount.objects.count() == 2


def test_an_account_with_the_address_is_not_taken_over(visitor: Visitor) -> None:
    user = make_person(EMAIL)
    EmailAddress.objects.update_or_create(user=user, email=EMAIL, defaults={"verified": True, "primary": True})
    refused = visitor.come_back()
    assert refused.status_code == 409
    assert "has an account here already" in refused.content.decode()
    assert not visitor.is_in
    assert not SocialAccount.objects.exists()


def test_of_two_who_come_with_one_address_at_once_the_second_gets_no_account(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.come_back()
    monkeypatch.setattr(adapter, "_is_taken", lambda _email: False)
    visitor.provider.subject, visitor.provider.claims["email"] = "u-2", EMAIL.upper()
    late = Visitor(visitor.provider, visitor.consent)
    assert late.come_back().status_code == 409
    assert not late.is_in
    assert User.objects.filter(email=EMAIL).count() == SocialAccount.objects.count() == 1


def test_an_address_that_nobody_has_shown_to_be_theirs_keeps_nobody_out(visitor: Visitor) -> None:
    squatter = make_person(EMAIL)
    EmailAddress.objects.filter(user=squatter).delete()
    EmailAddress.objects.create(user=squatter, email=EMAIL, verified=False, primary=True)
    assert visitor.come_back().status_code == 302
    assert visitor.browser.session["_auth_user_id"] != str(squatter.pk)


def test_it_refuses_an_address_that_the_provider_does_not_vouch_for(visitor: Visitor) -> None:
    for claims in ({"email": EMAIL}, {"email": EMAIL, "email_verified": "true"}, {"email_verified": True}, {}):
        visitor.provider.claims = claims
        refused = visitor.come_back()
        assert refused.status_code == 403
        assert "does not vouch" in refused.content.decode()
    assert not User.objects.filter(email=EMAIL).exists()


def test_an_address_that_only_userinfo_tells_counts_where_it_is_about_the_same_person(visitor: Visitor) -> None:
    provider = visitor.provider
    provider.claims, provider.metadata = {}, {"userinfo_endpoint": f"{provider.issuer}/userinfo"}
    provider.userinfo = {"sub": "somebody else", "email": EMAIL, "email_verified": True}
    assert visitor.come_back().status_code == 502
    provider.userinfo["sub"] = provider.subject
    assert visitor.come_back().status_code == 302
    assert User.objects.filter(email=EMAIL).exists()


def test_it_refuses_staff_and_asks_others_for_their_second_factor(visitor: Visitor) -> None:
    visitor.come_back()
    user = User.objects.get(email=EMAIL)
    add_authenticator(user)
    held = Visitor(visitor.provider, visitor.consent)
    assert held.come_back()["Location"].startswith("/login/code/")
    assert not held.is_in
    User.objects.filter(pk=user.pk).update(is_staff=True)
    refused = Visitor(visitor.provider, visitor.consent)
    assert refused.come_back().status_code == 403
    assert not refused.is_in


def test_it_lets_nobody_in_who_was_shut_out(visitor: Visitor) -> None:
    visitor.come_back()
    User.objects.filter(email=EMAIL).update(is_active=False)
    again = Visitor(visitor.provider, visitor.consent)
    assert again.come_back()["Location"] == "/inactive/"
    assert not again.is_in
    assert not visitor.browser.get("/account/").wsgi_request.user.is_authenticated


def test_it_makes_accounts_on_the_way_to_a_consent_page_alone(visitor: Visitor) -> None:
    refused = visitor.come_back(visitor.leave("/account/consents/"))
    assert refused.status_code == 403
    assert "no account here yet" in refused.content.decode()
    assert not User.objects.filter(email=EMAIL).exists()


def test_the_button_stands_where_end_users_sign_in_and_nowhere_else(visitor: Visitor, cast: Cast) -> None:
    def offers(path: str) -> bool:
        return "Continue with Town ID" in Client().get(path).content.decode()

    on_the_way = re.sub("&", "%26", visitor.consent)
    assert offers(f"/login/?next={on_the_way}")
    assert offers(f"/signup/?next={on_the_way}")
    assert "test key" not in Client().get(f"/signup/?next={on_the_way}").content.decode(), "end users get none"
    assert offers("/login/")
    assert offers("/login/?next=/account/consents/")
    assert not offers("/signup/")
    assert not offers("/login/?next=/admin/")
    assert not offers(f"/login/?next=/apps/{cast.application.public_id}/")
