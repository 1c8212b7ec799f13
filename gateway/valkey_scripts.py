"""Run the contract's scripts by their SHA, with the text only where Valkey does not know it yet."""

from collections.abc import Sequence
from typing import Any

import hiredis

from contract.scripts import Script
from gateway.valkey_link import OnReply, ValkeyLink

Argument = str | int | bytes


def send_script(
    link: ValkeyLink, script: Script, keys: Sequence[Argument], arguments: Sequence[Argument], on_reply: OnReply
) -> None:
    """`on_reply` gets the script's answer, a hiredis.ReplyError, or LinkLost."""

    def retry_with_text(reply: Any) -> None:
        if isinstance(reply, hiredis.ReplyError) and str(reply).startswith("NOSCRIPT"):
            link.send(("EVAL", script.text, len(keys), *keys, *arguments), on_reply)
        else:
            on_reply(reply)

    link.send(("EVALSHA", script.sha, len(keys), *keys, *arguments), retry_with_text)
