"""What must be shown, and by which tests or command: `make prove` runs them at full count."""

import sys
from typing import NamedTuple


class Proof(NamedTuple):
    """`tests` are pytest's node ids; `command` stands in their place where a proof is no test."""

    name: str
    tests: tuple[str, ...] = ()
    command: tuple[str, ...] = ()


CALLS = "tests/functional/test_calls.py::test_"
PROOFS = (
    Proof(
        "conditions are told to those whom they concern, and to nobody else", ("tests/portal/pages/test_conditions.py",)
    ),
    Proof("broken documents give a clear error and leave nothing behind", ("tests/catalog/test_broken_documents.py",)),
    Proof(
        "three large public documents are imported, drawn, served and compared within 60 s and 1 GB",
        ("tests/large/test_large_documents.py",),
    ),
    Proof(
        "many operations are listed by tag, and kept parts of pages show every change and no other plan's",
        ("tests/portal/reference/test_listing.py", "tests/portal/pages/test_kept_parts.py"),
    ),
    Proof("imports are whole or not at all", ("tests/catalog/test_import_runs.py",)),
    Proof("an import address reaches nothing of ours", ("tests/catalog/test_fetching.py",)),
    Proof("changes are judged by rules, each with its case", ("tests/catalog/test_diff.py",)),
    Proof("the changelog tells nobody what their plan hides", ("tests/portal/pages/test_changelog_pages.py",)),
    Proof(
        "a guide shows each reader what they may know, and nothing hidden stands in any list",
        ("tests/portal/pages/test_guide_pages.py", "tests/staff/test_guide_editor.py"),
    ),
    Proof("a fresh clone with an empty cache reaches ready", ("tests/functional/test_first_start.py",)),
    Proof("the running installation is as documented", ("tests/functional/test_running_demo.py",)),
    Proof("data outlives stops, deaths and kills", ("tests/functional/test_whole_life.py",)),
    Proof("children are supervised", ("tests/functional/test_supervised_children.py",)),
    Proof("what cannot start says why", ("tests/functional/test_start_refusals.py",)),
    Proof("masked fields are masked and all others untouched", (f"{CALLS}the_free_plan_masks_its_fields",)),
    Proof("nothing masked leaks, whatever the upstream answers", ("tests/contract/masking",)),
    Proof(
        "five a minute admits exactly five of fifty",
        (f"{CALLS}five_a_minute_admits", "tests/gateway/test_limits_exact.py"),
    ),
    Proof("a revoked key is refused in a second, its sibling is not", (f"{CALLS}a_revoked_key_is_refused",)),
    Proof(
        "each upstream request has one row through kills",
        (f"{CALLS}each_upstream_request", "tests/gateway/test_losing_parts.py"),
    ),
    Proof("what dies takes nothing else along", ("tests/functional/test_losing_parts.py",)),
    Proof(
        "neither a rename nor a rotation revives a revoked key",
        ("tests/keys/test_rename_races_revocation.py", "tests/keys/test_rotation_races.py"),
    ),
    Proof(
        "rotation under load fails no call and serves none after its end",
        ("tests/functional/test_key_life.py::test_rotation_under_load",),
    ),
    Proof(
        "a leaked key only reads until its owner's link rotates it",
        ("tests/functional/test_key_life.py::test_a_leaked_key", "tests/portal/pages/test_leak_endpoint.py"),
    ),
    Proof("no secret is found in database, Valkey, logs or metrics", ("tests/functional/test_secrets_stay_secret.py",)),
    Proof("no damaged request is read in two ways", ("tests/gateway/test_http_oracle.py",)),
    Proof("no answer passes the gateway unmasked", ("tests/gateway/test_masking_matrix.py",)),
    Proof("no fault of an upstream reaches anybody else", ("tests/gateway/test_upstream_faults.py",)),
    Proof("slow clients are closed while others are served", ("tests/gateway/test_slow_clients.py",)),
    Proof("nothing is admitted after the receipt", ("tests/gateway/test_changes.py",)),
    Proof(
        "each axis of a restriction withholds exactly its calls, from its start until its end",
        (
            "tests/contract/test_restrictions.py",
            "tests/gateway/test_restriction_index.py",
            "tests/gateway/test_restriction_axes.py",
            "tests/gateway/test_restrictions.py",
            "tests/gateway/test_restrictions_held.py",
        ),
    ),
    Proof(
        "after its receipt nothing passes a restriction, on four gateways within 0.25 s, and neighbours never notice",
        ("tests/gateway/test_restriction_races.py",),
    ),
    Proof(
        "no token or proof but a good one is taken, by tables, published vectors and mutation",
        ("tests/contract/test_jws.py", "tests/gateway/test_tokens.py", "tests/gateway/test_proofs.py"),
    ),
    Proof(
        "what ends a token or takes a scope reaches four gateways in 0.25 s; rotating the signing key fails no call",
        ("tests/gateway/test_token_changes.py",),
    ),
    Proof(
        "what staff restrict, suspend or take from a plan is in force on four gateways within 0.25 s of the answer",
        ("tests/functional/test_restricting_by_hand.py",),
    ),
    Proof(
        "a version lives and dies on each application's dates, with no worker",
        ("tests/gateway/test_lifecycle.py", "tests/catalog/test_lifecycle.py", "tests/staff/test_life_consoles.py"),
    ),
    Proof("two secrets serve until each one's own end", ("tests/gateway/test_two_secrets.py",)),
    Proof("a browser reaches its first call; every page is clean and listed", ("tests/browser",)),
    Proof(
        "an independent client library completes every grant and calls with what it got",
        ("tests/functional/test_oauth.py",),
    ),
    Proof(
        "the authorization server refuses weak, foreign and replayed requests, and reuse ends the family",
        ("tests/portal/oauth",),
    ),
    Proof("an OpenID provider signs in end users, and nobody in its name", ("tests/portal/oidc",)),
    Proof(
        "nobody acts for a suspended person, and another notices nothing",
        ("tests/staff/test_people_consoles.py", "tests/functional/test_oauth.py"),
    ),
    Proof(
        "an operation tried from its page brings what the plan's key brings, and nobody gets further by it",
        ("tests/functional/test_trying.py", "tests/portal/pages/test_try_page.py"),
    ),
    Proof("the audit chain finds every tampering beside eight writers", ("tests/audit/test_chain.py",)),
    Proof("a long import holds up no revocation", ("tests/catalog/test_imports_beside_writers.py",)),
    Proof(
        "a restriction on each axis changes exactly the calls that its preview named",
        ("tests/functional/test_restrictions.py", "tests/restrictions/test_preview.py"),
    ),
    Proof(
        "a condition of each kind refuses exactly the calls that its preview named, by role and hour of the moment",
        (
            "tests/contract/test_requirements.py",
            "tests/gateway/test_conditions.py",
            "tests/restrictions/test_conditions.py",
            "tests/functional/test_conditions.py",
        ),
    ),
    Proof("every address, method and person is classified and judged", ("tests/portal/test_access_matrix.py",)),
    Proof("ten thousand guesses from a thousand addresses open nothing", ("tests/portal/test_guessing.py",)),
    Proof("invitations and owners survive races", ("tests/accounts/test_people_race.py",)),
    Proof("a planted import turns lint red", ("tests/test_lint.py",)),
    Proof("bad input is refused clearly by commands", ("tests/portal/test_command_refusals.py",)),
    Proof("lint is clean", command=(sys.executable, "-m", "tests.lint")),
    Proof("the whole suite passes on both databases", command=(sys.executable, "-m", "tests.suite", "--once")),
)
