"""What oauthlib's grants ask of us: django-oauth-toolkit's validator on our clients, codes and tokens.

The client has been authenticated before, and what it asks with is looked up by digest. Rows that must be used once are
locked: whoever comes second sees that they were used, which ends everything that came of them.
"""

import hashlib
import re
import secrets
import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.settings import oauth2_settings
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidRequestError

from audit.actors import Actor
from keys.models import AuthorizationCode, Client, RefreshToken
from keys.tokens import Grounds, Issued, keep_access_token, keep_refresh_token, new_access_token, revoke_family
from portal.oauth.client_authentication import find_client
from portal.oauth.targets import chosen, grounds_of, reach_of

_THUMBPRINT = re.compile(r"\A[0-9A-Za-z_-]{43}\Z")
_CHALLENGE = _THUMBPRINT
_MOST_STATE_CHARACTERS = 2000


def digest_of(text: str) -> str:
    """What is kept of a code or token: random enough to need no key."""
    return hashlib.sha256(text.encode()).hexdigest()


class Validator(OAuth2Validator):
    """For one request. `client` has been authenticated (None at the authorization endpoint), `thumbprint` is of the key
    that the request has proved to hold."""

    def __init__(self, actor: Actor, client: Client | None = None, thumbprint: str = "") -> None:
        self.actor = actor
        self.client = client
        self.thumbprint = thumbprint
        self.grounds: Grounds | None = None
        self.issued: Issued | None = None
        self.code: AuthorizationCode | None = None
        self.refresh: RefreshToken | None = None

    # Which client

    def client_authentication_required(self, request: Request, *_: Any, **__: Any) -> bool:
        """Public clients only name themselves."""
        return self.client is None or not self.client.is_public

    def authenticate_client(self, request: Request, *_: Any, **__: Any) -> bool:
        """Done before; what is left is to say which."""
        request.client = self.client
        return self.client is not None and not self.client.is_public

    def authenticate_client_id(self, client_id: str, request: Request, *_: Any, **__: Any) -> bool:
        """For public clients."""
        request.client = self.client
        return self.client is not None and self.client.is_public

    def validate_client_id(self, client_id: str, request: Request, *_: Any, **__: Any) -> bool:
        """At the authorization endpoint."""
        request.client = find_client(client_id)
        return request.client is not None

    # What a person is asked

    def settle_consent(self, request: Request) -> dict[str, Any]:
        """After the toolkit's checks: what would be allowed, for the consent page. Raises OAuth2Error."""
        if not _CHALLENGE.match(request.code_challenge or ""):
            raise InvalidRequestError("code_challenge must be the base64url of a SHA-256.", request=request)
        if request.state and len(request.state) > _MOST_STATE_CHARACTERS:
            raise InvalidRequestError("state is too long.", request=request)
        thumbprint = _one(request, "dpop_jkt")
        if thumbprint and not _THUMBPRINT.match(thumbprint):
            raise InvalidRequestError("dpop_jkt must be the thumbprint of a key (RFC 7638).", request=request)
        resources = chosen(_all(request.uri_query_params, "resource"), reach_of(request.client), request)
        return {"resources": resources, "dpop_jkt": thumbprint}

    def validate_scopes(self, client_id: str, scopes: list[str], client: Client, request: Request, *_: Any) -> bool:
        """Within the client's own and some plan's."""
        return set(scopes) <= self._scopes_of(client)

    def get_default_scopes(self, client_id: str, request: Request, *_: Any, **__: Any) -> list[str]:
        """Whoever names none asks for all that the client has."""
        return sorted(self._scopes_of(request.client))

    def _scopes_of(self, client: Client) -> set[str]:
        return set[str]().union(*reach_of(client).values())

    def save_authorization_code(self, client_id: str, code: dict[str, str], request: Request, *_: Any) -> None:
        """`consent`, `resources` and `dpop_jkt` come from the consent page's view."""
        AuthorizationCode.objects.create(
            application=request.client,
            user=request.user,
            consent=request.consent,
            family=uuid.uuid4(),
            code=digest_of(code["code"]),
            expires=timezone.now() + timedelta(seconds=oauth2_settings.AUTHORIZATION_CODE_EXPIRE_SECONDS),
            redirect_uri=request.redirect_uri,
            scope=" ".join(request.scopes),
            code_challenge=request.code_challenge,
            code_challenge_method=request.code_challenge_method,
            resource=request.resources,
            dpop_jkt=request.dpop_jkt,
        )

    # Redeeming a code

    def validate_code(self, client_id: str, code: str, client: Client, request: Request, *_: Any, **__: Any) -> bool:
        """A code of this client's, for the first time; what was used before ends all that came of it."""
        rows = AuthorizationCode.objects.select_for_update(of=("self",)).select_related("consent__user")
        row = rows.filter(code=digest_of(code), application=client).first()
        if row is None:
            return False
        if row.used_at is not None:
            revoke_family(row.family, client, actor=self.actor, reason="An authorization code was used twice.")
            return False
        if row.is_expired() or not row.consent.stands or row.dpop_jkt not in ("", self.thumbprint):
            return False
        self.code, request.user, request.scopes = row, row.consent.user, row.scope.split()
        return True

    def get_code_challenge(self, code: str, request: Request) -> str:
        """Every code has one."""
        return self._code.code_challenge

    def get_code_challenge_method(self, code: str, request: Request) -> str:
        """S256."""
        return self._code.code_challenge_method

    def confirm_redirect_uri(self, client_id: str, code: str, redirect_uri: str, client: Client, *_: Any) -> bool:
        """Raises InvalidGrantError (RFC 6749, section 5.2)."""
        if redirect_uri != self._code.redirect_uri:
            raise InvalidGrantError("redirect_uri is not the one of the authorization request.")
        return True

    def invalidate_authorization_code(self, client_id: str, code: str, request: Request, *_: Any, **__: Any) -> None:
        """It stays until it expires, so that a replay is known for one."""
        AuthorizationCode.objects.filter(pk=self._code.pk).update(used_at=timezone.now())

    @property
    def _code(self) -> AuthorizationCode:
        assert self.code is not None
        return self.code

    # Refreshing

    def validate_refresh_token(self, refresh_token: str, client: Client, request: Request, *_: Any, **__: Any) -> bool:
        """A refresh token of this client's that was not used; one that was ends its family (RFC 9700, 4.14.2)."""
        rows = RefreshToken.objects.select_for_update(of=("self",)).select_related("consent__user")
        row = rows.filter(token_checksum=digest_of(refresh_token), application=client).first()
        if row is None:
            return False
        if row.revoked is not None:
            revoke_family(row.token_family, client, actor=self.actor, reason="A refresh token was used twice.")
            return False
        if row.expires_at <= timezone.now() or not row.consent.stands or row.dpop_jkt not in ("", self.thumbprint):
            return False
        self.refresh, request.user = row, row.consent.user
        return True

    def get_original_scopes(self, refresh_token: str, request: Request, *_: Any, **__: Any) -> list[str]:
        """As they were allowed."""
        assert self.refresh is not None
        return str(self.refresh.scope).split()

    # Issuing

    def settle(self, request: Request) -> None:
        """After all other checks: what the token will rest on. Raises OAuth2Error."""
        asked = _all(request.decoded_body, "resource")
        self.grounds = grounds_of(request.client, asked, request.scopes, self.thumbprint, self.code or self.refresh)
        request.scopes = list(self.grounds.scopes)

    def new_access_token(self, request: Request) -> str:
        """A JWT."""
        self.issued = new_access_token(self._settled)
        return self.issued.text

    def new_refresh_token(self, request: Request) -> str:
        """256 bits of randomness."""
        return f"pcr_{secrets.token_urlsafe(32)}"

    def save_bearer_token(self, token: dict[str, Any], request: Request, *_: Any, **__: Any) -> None:
        """Keep what is issued; the refresh token that it was issued for is used up."""
        assert self.issued is not None
        keep_access_token(self.issued, self._settled)
        if self._settled.dpop_jkt:
            token["token_type"] = "DPoP"  # noqa: S105
        if (row := self.code or self.refresh) is not None:
            RefreshToken.objects.filter(pk=self.refresh and self.refresh.pk).update(revoked=timezone.now())
            keep_refresh_token(token["refresh_token"], self._settled, scope=row.scope, resource=row.resource)

    @property
    def _settled(self) -> Grounds:
        assert self.grounds is not None
        return self.grounds


def _all(pairs: Iterable[tuple[str, str]] | None, name: str) -> list[str]:
    """oauthlib keeps the last of several only."""
    return [value for each, value in pairs or () if each == name]


def _one(request: Request, name: str) -> str:
    found = _all(request.uri_query_params, name)
    if len(found) > 1:
        raise InvalidRequestError(f"Duplicate {name} parameter.", request=request)
    return found[0] if found else ""
