"""The grants that we have, and no others: the client for itself, and a person by code with PKCE, refreshed."""

from typing import Any

from oauthlib.oauth2 import AuthorizationEndpoint, TokenEndpoint
from oauthlib.oauth2.rfc6749.grant_types import AuthorizationCodeGrant, ClientCredentialsGrant, RefreshTokenGrant
from oauthlib.oauth2.rfc6749.tokens import BearerToken

from contract.settings import settings


class CodeGrant(AuthorizationCodeGrant):
    """PKCE by S256 alone (RFC 9700, 2.1.1), and answers in the query alone."""

    _code_challenge_methods = {"S256": AuthorizationCodeGrant._code_challenge_methods["S256"]}

    def prepare_authorization_response(
        self, request: Any, token: Any, headers: dict[str, str], body: Any, status: int
    ) -> Any:
        """A request may not choose otherwise."""
        request.response_mode = "query"
        return super().prepare_authorization_response(request, token, headers, body, status)


class Server(AuthorizationEndpoint, TokenEndpoint):
    """Made for one request, with a validator that knows which client asks."""

    def __init__(self, validator: Any) -> None:
        code = CodeGrant(validator, post_auth=[validator.settle_consent], post_token=[validator.settle])
        machine = ClientCredentialsGrant(validator, post_token=[validator.settle])
        refresh = RefreshTokenGrant(validator, post_token=[validator.settle])
        tokens = BearerToken(
            validator, validator.new_access_token, settings().access_token_seconds, validator.new_refresh_token
        )
        AuthorizationEndpoint.__init__(self, "code", tokens, {"code": code})
        TokenEndpoint.__init__(
            self,
            "authorization_code",
            tokens,
            {"authorization_code": code, "client_credentials": machine, "refresh_token": refresh},
        )
