"""Run the contract's scripts by their SHA, with the text only where Valkey does not know it yet."""

from collections.abc import Sequence
from typing import Any

import hiredis

from contract.scripts import Script
from gateway.valkey_link import OnReply, ValkeyLink

Argument = str | int | bytes


class _Sent:
    """A script that was sent by its SHA."""

    __slots__ = ("_arguments", "_link", "_on_reply", "_script")

    def __init__(self, link: ValkeyLink, script: Script, arguments: tuple[Argument, ...], on_reply: OnReply) -> None:
        """`arguments` are all that follow the script."""
        self._link = link
        self._script = script
        self._arguments = arguments
        self._on_reply = on_reply

    def settle(self, reply: Any) -> None:
        """Hand the answer on, or send the text."""
        if isinstance(reply, hiredis.ReplyError) and str(reply).startswith("NOSCRIPT"):
            self._link.send(("EVAL", self._script.text, *self._arguments), self._on_reply)
        else:
            self._on_reply(reply)


def send_script(
    link: ValkeyLink, script: Script, keys: Sequence[Argument], arguments: Sequence[Argument], on_reply: OnReply
) -> None:
    """`on_reply` gets the script's answer, a hiredis.ReplyError, or LinkLost."""
    all_arguments = (len(keys), *keys, *arguments)
    sent = _Sent(link, script, all_arguments, on_reply)
    link.send(("EVALSHA", script.sha, *all_arguments), sent.settle)
