"""The one table of problem types (RFC 9457). Public text only: what happened and what the caller can do.

`type` is the documentation page of the slug. Internal reasons never stand here; they go to our own log.
"""

from typing import Any, NamedTuple

import msgspec


class Problem(NamedTuple):
    """A problem type: `slug` names its documentation page, `detail` is the default sentence for the caller."""

    slug: str
    status: int
    title: str
    detail: str


_TABLE = [
    Problem("bad-request", 400, "Bad request", "The request is not valid HTTP/1.1 as we read it."),
    Problem("two-credentials", 400, "Two credentials", "Send one credential: Authorization or X-API-Key, not both."),
    Problem(
        "key-in-query",
        400,
        "Key in the query string",
        "Send the key in the Authorization header; addresses end up in logs.",
    ),
    Problem(
        "unauthenticated",
        401,
        "No valid credential",
        "Send a valid API key or access token as Authorization: Bearer <key or token>.",
    ),
    Problem(
        "proof-replayed", 401, "Proof used before", "A DPoP proof is for one call. Make a new one for each request."
    ),
    Problem("insufficient-scope", 403, "Scope missing", "This credential lacks the scope that the operation asks for."),
    Problem(
        "key-suspended",
        403,
        "Credential suspended",
        "This key or client is suspended; whoever manages it can resume it.",
    ),
    Problem(
        "key-quarantined",
        403,
        "Credential in quarantine",
        "This key or client was reported as leaked and may only read, within its scopes, until it is rotated.",
    ),
    Problem(
        "sender-constraint-required",
        401,
        "Bound token needed",
        "This asks for an access token that is bound to a key of yours (DPoP). Get one, and send it with a proof.",
    ),
    Problem(
        "condition-not-met",
        403,
        "Condition not met",
        "A condition stands on this: it asks for something that this call does not have.",
    ),
    Problem("restricted", 403, "Restricted", "A restriction withholds this. Its reference is what to ask about."),
    Problem("network-refused", 403, "Network not allowed", "This credential may not be used from your network."),
    Problem(
        "parameter-refused",
        403,
        "Parameter not allowed",
        "A parameter of the request filters or sorts by a field that your plan masks.",
    ),
    Problem(
        "no-test-upstream", 403, "No test environment", "This version has no test environment; use a live credential."
    ),
    Problem("tls-required", 403, "HTTPS only", "Call by https; a key that was sent without it should be replaced."),
    Problem("not-found", 404, "Not found", "There is no such operation for this credential."),
    Problem("method-not-allowed", 405, "Method not allowed", "The path exists, but not with this method."),
    Problem("request-timeout", 408, "Request took too long", "Send the whole request sooner."),
    Problem("conflict", 409, "Changed meanwhile", "Somebody changed this in the meantime. Load it again."),
    Problem("operation-retired", 410, "Operation retired", "This operation answers no more. See what replaces it."),
    Problem(
        "version-brownout",
        410,
        "Brownout",
        "This version is about to end and refuses calls for a while, as a warning. Move to its successor.",
    ),
    Problem("version-retired", 410, "Version retired", "This version answers no more. Use its successor."),
    Problem("length-required", 411, "Length required", "Send Content-Length or chunked transfer coding."),
    Problem(
        "precondition-failed",
        412,
        "Condition cannot hold",
        "The answers of this operation are masked and have no validators; send the request without If-… fields.",
    ),
    Problem("content-too-large", 413, "Body too large", "Send a smaller body."),
    Problem("uri-too-long", 414, "Address too long", "Send a shorter address."),
    Problem(
        "unsupported-media-type", 415, "Media type not taken", "The operation does not take a body of this media type."
    ),
    Problem("expectation-failed", 417, "Expectation not met", "Only Expect: 100-continue is understood."),
    Problem("invalid", 422, "Not valid", "Something in the request is not valid."),
    Problem("rate-limited", 429, "Too many calls", "Wait for Retry-After, then go on."),
    Problem("quota-exceeded", 429, "Quota used up", "The quota is used up until its window ends."),
    Problem(
        "too-many-attempts", 429, "Too many attempts", "Too many failed attempts from your network. Wait a little."
    ),
    Problem("too-many-connections", 429, "Too many connections", "Keep connections open and use them again."),
    Problem("headers-too-large", 431, "Header fields too large", "Send fewer or shorter header fields."),
    Problem("internal", 500, "Our fault", "Something went wrong on our side. Nothing was forwarded twice."),
    Problem("not-implemented", 501, "Not supported", "This is not supported here."),
    Problem("upstream-unreachable", 502, "Upstream unreachable", "The API behind the gateway could not be reached."),
    Problem(
        "upstream-invalid", 502, "Upstream answer not valid", "The API behind the gateway sent an unusable answer."
    ),
    Problem(
        "response-withheld",
        502,
        "Answer withheld",
        "The answer could not be masked as your plan asks, so none of it was sent.",
    ),
    Problem(
        "unavailable", 503, "Briefly unavailable", "The gateway cannot admit calls right now. Retry after a moment."
    ),
    Problem("upstream-timeout", 504, "Upstream too slow", "The API behind the gateway did not answer in time."),
    Problem("http-version", 505, "HTTP version not supported", "Use HTTP/1.1."),
]
PROBLEMS: dict[str, Problem] = {problem.slug: problem for problem in _TABLE}


def problem_body(
    slug: str, *, request_id: str, docs_url: str, instance: str = "", detail: str = "", **extra: Any
) -> bytes:
    """The problem+json body. Raises KeyError for a slug that is not in the table."""
    problem = PROBLEMS[slug]
    body = {
        "type": f"{docs_url}/problems/{slug}/",
        "title": problem.title,
        "status": problem.status,
        "detail": detail or problem.detail,
        "request_id": request_id,
        **({"instance": instance} if instance else {}),
        **extra,
    }
    return msgspec.json.encode(body)
