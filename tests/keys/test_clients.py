"""OAuth clients are credentials like keys; what people allow them can be taken back."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from audit.models import Event, PublishedRecord
from contract.key_format import is_client_secret, is_well_formed
from keys.clients import create_client, set_redirect_uris
from keys.consents import active_consent, consents_of, give_consent, withdraw_consent
from keys.models import Secret, Side
from keys.records import build_consent, build_credential, build_secret
from keys.rotation import start_rotation
from keys.scope_words import scope_words
from keys.suspension import suspend_key
from keys.writes import NewKey, revoke_key
from tests.cast import Cast
from tests.factories import ACTOR

CALLBACK = "https://reader.example/callback"


def make_client(cast: Cast, **values: Any) -> NewKey:
    wanted: dict[str, Any] = {"environment": "test", "scopes": ["books:read"], "grants": ["client_credentials"]}
    return create_client(cast.application, "Robot", actor=ACTOR, **wanted | values)


def test_a_client_has_a_secret_of_its_own_kind_that_gateways_never_hear_of(cast: Cast) -> None:
    made = make_client(cast)
    secret = Secret.objects.get(credential=made.credential)
    record = build_credential(made.credential.public_id)
    assert is_client_secret(made.secret)
    assert not is_well_formed(made.secret)
    assert record is not None
    assert (record.kind, record.requires_dpop, record.scopes) == ("client", False, ("books:read",))
    assert build_secret(secret.digest) is None
    assert not PublishedRecord.objects.filter(kind="secret", record_id=secret.digest).exists()


def test_it_is_rotated_suspended_and_revoked_like_a_key(cast: Cast) -> None:
    credential = make_client(cast).credential
    again = start_rotation(credential, actor=ACTOR, overlap=timedelta(hours=1))
    assert is_client_secret(again.secret)
    assert credential.secrets.exclude(state="ended").count() == 2
    suspend_key(credential, Side.STAFF, actor=ACTOR)
    revoke_key(credential, actor=ACTOR)
    record = build_credential(credential.public_id)
    assert record is not None
    assert record.status == "revoked"
    digests = set(credential.secrets.values_list("digest", flat=True))
    assert not PublishedRecord.objects.filter(kind="secret", record_id__in=digests).exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"grants": []}, "grants"),
        ({"grants": ["password"]}, "grants"),
        ({"grants": ["client_credentials"], "is_public": True}, "grants"),
        ({"grants": ["authorization_code"]}, "redirect_uris"),
        ({"grants": ["authorization_code"], "redirect_uris": ["http://reader.example/"]}, "redirect_uris"),
        ({"grants": ["authorization_code"], "redirect_uris": ["https://reader.example/#x"]}, "redirect_uris"),
        ({"grants": ["authorization_code"], "redirect_uris": ["https://a@reader.example/"]}, "redirect_uris"),
        ({"grants": ["authorization_code"], "redirect_uris": ["https://*.example/"]}, "redirect_uris"),
        ({"grants": ["authorization_code"], "redirect_uris": ["https://"]}, "redirect_uris"),
        ({"grants": ["authorization_code"], "redirect_uris": ["javascript:alert(1)"]}, "redirect_uris"),
        ({"grants": ["authorization_code"], "redirect_uris": ["com.example.app:/cb"]}, "redirect_uris"),
        ({"grants": ["authorization_code"], "redirect_uris": [CALLBACK] + [f"{CALLBACK}/{n}" for n in range(10)]},
         "redirect_uris"),
        ({"scopes": ["books:burn"]}, "scopes"),
    ],
)  # fmt: skip
def test_it_rejects_what_would_not_be_safe(cast: Cast, values: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        make_client(cast, **values)
    assert field in refused.value.message_dict


def test_redirect_addresses_of_programs_on_a_device_are_taken(cast: Cast) -> None:
    uris = ["com.example.reader:/callback", "http://127.0.0.1:8123/callback"]
    made = make_client(cast, grants=["authorization_code"], redirect_uris=uris, is_public=True)
    assert made.secret == ""
    assert made.credential.client.redirect_uris == uris
    with pytest.raises(ValidationError, match="no secret"):
        start_rotation(made.credential, actor=ACTOR, overlap=timedelta(0))
    set_redirect_uris(made.credential, [CALLBACK], actor=ACTOR)
    assert made.credential.client.redirect_uris == [CALLBACK]


def test_a_consent_grows_by_what_is_allowed_and_ends_when_it_is_withdrawn(cast: Cast) -> None:
    credential, user = make_client(cast).credential, cast.stranger.user
    given = give_consent(user, credential, scopes=["books:read"], apis=["library"], actor=ACTOR)
    again = give_consent(user, credential, scopes=["books:write"], apis=["library"], actor=ACTOR)
    assert given == again
    assert again.scopes == ["books:read", "books:write"]
    assert [one.public_id for one in consents_of(user)] == [given.public_id]
    withdraw_consent(again, actor=ACTOR)
    record = build_consent(given.public_id)
    assert record is not None
    assert (record.status, record.user) == ("revoked", user.public_id)
    assert active_consent(user, credential) is None
    assert not consents_of(user)
    assert Event.objects.filter(action__startswith="consent.").count() == 3


def test_scopes_are_told_in_words_with_what_stays_masked(cast: Cast) -> None:
    words = scope_words(cast.application, ["books:write", "books:read"], ["library"])
    assert [(one.scope, one.words) for one in words] == [
        ("books:read", "List books, Read a book"),
        ("books:write", "Add a book"),
    ]
    assert [one.words for one in scope_words(cast.application, ["books:read"], ["another"])] == [""]
