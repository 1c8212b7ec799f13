"""Making the call that a form describes, as the client of the documentation."""

from django.core.exceptions import ValidationError

from audit.actors import Actor
from audit.writing import Conflict
from contract.settings import settings
from keys.documentation import create_documentation_client, documentation_client
from keys.models import Credential
from portal.gateway_client import GatewayUnreachable, send
from portal.trying.desk import Desk
from portal.trying.form import TryForm
from portal.trying.question import MOST_ADDRESS_CHARACTERS, question_of
from portal.trying.tokens import forget_tokens, token_for
from portal.trying.tried import MOST_READ_BYTES, Tried

DEADLINE_SECONDS = 10.0


def call_as_described(desk: Desk, form: TryForm, session: object, *, actor: Actor) -> Tried | None:
    """The call and its answer; None where it cannot be made, which the form then says. Takes a valid form."""
    question = question_of(form, desk.operation, settings().gateway_base)
    if len(question.url) - len(settings().gateway_base) > MOST_ADDRESS_CHARACTERS:
        form.add_error(None, "Together the values make too long an address. Give fewer, or shorter ones.")
        return None
    try:
        token = token_for(session, _client(desk, actor), desk.operation.version.api, actor=actor)
    except ValidationError as error:
        form.add_error(None, error)
        return None
    try:
        answer = send(question, token, deadline_seconds=DEADLINE_SECONDS, most_bytes=MOST_READ_BYTES)
    except GatewayUnreachable:
        return Tried.of(question, None)
    tried = Tried.of(question, answer)
    if tried.problem == "unauthenticated":
        forget_tokens(session)
    return tried


def _client(desk: Desk, actor: Actor) -> Credential:
    """The one there is; the first call makes it. Raises ValidationError."""
    assert desk.caller is not None
    if desk.client is not None:
        return desk.client
    application = desk.caller.application
    try:
        return create_documentation_client(application, desk.environment, actor=actor)
    except Conflict:
        made = documentation_client(application, desk.environment)
        if made is None:
            raise
        return made
