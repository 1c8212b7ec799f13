"""What each problem type means for the developer who met it, and what mends it. Texts only, one entry per slug."""

from typing import NamedTuple

from contract.problems import PROBLEMS


class Advice(NamedTuple):
    """`cause` in a few sentences; `fix` is what to do; `is_worth_retrying` says whether the same call can succeed."""

    cause: str
    fix: str
    is_worth_retrying: bool = False


ADVICE: dict[str, Advice] = {
    "bad-request": Advice(
        "The request breaks a rule of HTTP/1.1: a malformed line or header, two lengths, forbidden characters in the "
        "path. The gateway refuses what two programs could read in two ways.",
        "Send it through a common HTTP client, percent-encode values in paths, and do not set Host, Content-Length or "
        "Transfer-Encoding by hand.",
    ),
    "two-credentials": Advice(
        "Authorization and X-API-Key came with different values, so it is not certain who calls.",
        "Send one of them. Authorization: Bearer is the usual one.",
    ),
    "key-in-query": Advice(
        "The address carries a key. Addresses end up in logs, histories and referrers, so keys are never read there.",
        "Send the key as Authorization: Bearer, and revoke the one that stood in the address: others may have read it.",
    ),
    "unauthenticated": Advice(
        "No key came, or one that is mistyped, revoked or expired, or whose application was removed. "
        "The answer is the same for every path, so that nobody can probe which paths exist.",
        "Compare the first characters and the last four with the list of your keys, look at state and expiry there, "
        "and send it as Authorization: Bearer <key>.",
    ),
    "proof-replayed": Advice(
        "The DPoP proof came with an earlier request already. A proof is for one request, so that who copies it has "
        "nothing.",
        "Make a new proof for each request, with a jti of its own, and for each retry.",
    ),
    "insufficient-scope": Advice(
        "The key is valid but lacks the scope that the operation asks for, or the plan does not include it.",
        "The operation's page names the scope and which of your keys have it. Make a key with that scope, or change to "
        "a plan that includes it.",
    ),
    "key-suspended": Advice(
        "Somebody has suspended the key: a member of your organisation, or the API's owner. It is not lost, it waits.",
        "Your list of keys says who suspended it. Resume it there, or ask them.",
    ),
    "key-quarantined": Advice(
        "The key was reported as leaked. Until its secret is replaced it may only read, and only within the scopes "
        "that were left to it.",
        "Rotate the key: its new secret is out of quarantine at once. Then find out where the old one lay open.",
    ),
    "restricted": Advice(
        "The API's owner withholds this from your organisation, application, key or network for a time: a whole API or "
        "one operation of it. Your other calls go on as before.",
        "The problem names the restriction's reference and often what to do. Quote the reference when you ask.",
    ),
    "sender-constraint-required": Advice(
        "The API's owner lets this be called only with an access token that is bound to a key of the caller, so that a "
        "token which was stolen is worth nothing. An API key, or a token without such a key, does not meet that.",
        "Ask the token endpoint for a bound token by sending a DPoP proof along, and send a new proof with each call. "
        "The docs of OAuth show both; the problem names the condition's reference.",
    ),
    "condition-not-met": Advice(
        "The API's owner has set a condition on this: from where, at what time, or with whose credential it may be "
        "called. The detail says what was missing. Your other calls go on as before.",
        "Call as the detail says. The docs list the conditions of each operation; quote the reference when you ask.",
    ),
    "network-refused": Advice(
        "The key is limited to networks, and the call came from another address.",
        "Your log shows the address that was seen. Add its network to the key, or call from an allowed one.",
    ),
    "parameter-refused": Advice(
        "The request filters or sorts by a field that your plan masks. Its answers would tell, call by call, what the "
        "mask withholds.",
        "Leave out the parameter that the problem names, or change to a plan that shows the field.",
    ),
    "no-test-upstream": Advice(
        "Test keys reach only the test environment, and this version has none.",
        "Call with a live key, or use a version that has a test environment.",
    ),
    "not-found": Advice(
        "No operation has this path in this version, or no plan of yours covers the version, or the API itself has no "
        "such row. What a plan does not cover does not exist for its keys.",
        "Compare the path, its version included, with the docs, and look at what your plan covers.",
    ),
    "method-not-allowed": Advice(
        "The path is documented, but not with this method.",
        "The Allow header lists the methods that it has.",
    ),
    "tls-required": Advice(
        "The call came over plain HTTP, where others can read its key.",
        "Call the https address, and revoke the key: it has travelled in the clear.",
    ),
    "request-timeout": Advice(
        "Header or body came so slowly that the gateway stopped waiting.",
        "Send the whole request at once; for large bodies look at the network between you and the gateway.",
        is_worth_retrying=True,
    ),
    "conflict": Advice(
        "Somebody else changed the same thing between your reading and your writing. Nothing of yours was written.",
        "Read it again, apply your change to what you find, send it again.",
    ),
    "operation-retired": Advice(
        "The operation has passed its sunset date and answers no more; the rest of its version goes on.",
        "Its page in the docs says what replaces it. The problem names the version's successor where there is one.",
    ),
    "version-brownout": Advice(
        "The version is about to end, and for a while it refuses calls on purpose, so that whoever still needs it "
        "notices while there is time. Nothing is wrong with the key.",
        "Move to the successor that the problem names. Until then wait as long as Retry-After says; the version's page "
        "in the docs lists the brownouts to come, and the API's owner can exempt an application.",
        is_worth_retrying=True,
    ),
    "version-retired": Advice(
        "The version has passed the sunset date that holds for your application and answers no more.",
        "Move to the successor: its docs show each operation's place there.",
    ),
    "length-required": Advice(
        "The request has a body but does not say how long it is.",
        "Send Content-Length, or Transfer-Encoding: chunked.",
    ),
    "precondition-failed": Advice(
        "The request sets a condition, such as If-Match. Your plan masks this operation, so its answers carry no "
        "validators that a condition could hold against.",
        "Send the request without If-Match and the other If-… fields.",
    ),
    "unsupported-media-type": Advice(
        "The body's Content-Type is not one that the operation takes, or the body is compressed, or not in UTF-8.",
        "Send one of the media types that the operation's page names, as it is, in UTF-8.",
    ),
    "content-too-large": Advice(
        "The body is larger than the gateway takes.",
        "Send less in one call, or split it over several.",
    ),
    "uri-too-long": Advice(
        "The address is longer than the gateway reads.",
        "Send fewer parameters in one call, or shorter ones.",
    ),
    "expectation-failed": Advice(
        "The Expect header asks for something that is not known here.",
        "Leave the header out, or send Expect: 100-continue.",
    ),
    "invalid": Advice(
        "The request can be read but does not fit the operation's description: a parameter or a part of the body is "
        "missing, of another type, or out of range.",
        "The problem's errors say where and what is asked for there. The operation's page lists what each place takes.",
    ),
    "rate-limited": Advice(
        "More calls came in a short time than the plan lets through. Refused calls spend nothing.",
        "Wait as long as Retry-After says, then go on; spread calls evenly. RateLimit headers on every answer show how "
        "many are left.",
        is_worth_retrying=True,
    ),
    "quota-exceeded": Advice(
        "The plan's calls for this day or month are used up. Refused calls spend nothing.",
        "The RateLimit header says when the window ends. Until then only a plan with a larger quota helps.",
    ),
    "too-many-connections": Advice(
        "More connections are open to the gateway from your side than it takes.",
        "Keep a few connections open and use them again instead of opening one for each call.",
        is_worth_retrying=True,
    ),
    "too-many-attempts": Advice(
        "From your network came many calls without a valid key or sign-ins with a wrong password, or one key sent "
        "many requests in a few seconds that were not valid.",
        "Stop the program that tries, mend its key or its requests, and wait as long as Retry-After says.",
        is_worth_retrying=True,
    ),
    "headers-too-large": Advice(
        "The header fields together are larger than the gateway reads.",
        "Send fewer or shorter ones; large cookies are a common cause.",
    ),
    "internal": Advice(
        "Something failed on our side that should not have. The details are in our own log under the request id.",
        "Try once more. If it stays, tell us the request id.",
        is_worth_retrying=True,
    ),
    "not-implemented": Advice(
        "The request uses a part of HTTP that the gateway does not offer, such as an upgrade or an unknown coding.",
        "Call without it.",
    ),
    "upstream-unreachable": Advice(
        "The gateway let the call through but found nobody behind it.",
        "Retry with growing pauses. Calls that change something may be repeated if the log says that the upstream was "
        "never reached.",
        is_worth_retrying=True,
    ),
    "upstream-invalid": Advice(
        "The API behind the gateway sent something that is not a valid HTTP answer, so it was not passed on.",
        "Retry once. If it stays, tell the API's team the request id.",
        is_worth_retrying=True,
    ),
    "response-withheld": Advice(
        "Your plan masks fields of this operation, and this answer could not be masked for certain: it was not JSON, "
        "too large, or of an unexpected shape. None of it was sent: any part might have been what you may not see.",
        "There is nothing to mend on your side. Tell the API's team the request id.",
    ),
    "unavailable": Advice(
        "The gateway cannot count and check calls at this moment, and it lets nothing through unchecked.",
        "Wait as long as Retry-After says. Your key is fine: a valid key never gets a 401 for this.",
        is_worth_retrying=True,
    ),
    "upstream-timeout": Advice(
        "The API behind the gateway took the call but did not answer in time. It may have done what was asked.",
        "Read before you repeat a call that changes something; repeat one that only reads.",
        is_worth_retrying=True,
    ),
    "http-version": Advice(
        "The request was not HTTP/1.1.",
        "Let your client speak HTTP/1.1.",
    ),
}


def advice_on(slug: str) -> Advice:
    """The advice, or the table's own sentence for a slug that has none. Raises KeyError for an unknown slug."""
    return ADVICE.get(slug) or Advice(PROBLEMS[slug].detail, "Tell us the request id if it stays.")
