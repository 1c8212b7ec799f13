"""What is taken out of every log line."""

import pytest

from contract.key_format import mint_key
from portal.logs import hide_secrets


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Not Found: /password/reset/key/3-difyo5-a7ab/", "Not Found: /password/reset/key/hidden/"),
        ("/confirm-email/MQ:1tX3ab:x_y-z/", "/confirm-email/hidden/"),
        (f"Bearer {mint_key('test')}", "Bearer pc_hidden"),
        ("/team/org_4kTz/", "/team/org_4kTz/"),
    ],
    ids=["a reset link", "a confirmation link", "a key", "nothing"],
)
def test_secrets_are_hidden_and_the_rest_stays(said, kept):
    assert hide_secrets(None, "info", {"path": said, "token": "x", "status": 404, "request": object()}) == {
        "path": kept,
        "token": "hidden",
        "status": 404,
    }
