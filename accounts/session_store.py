"""Sessions as Django keeps them in the database, so that a copy of the database signs nobody in.

A row is named by a keyed digest of the session's key, which only the browser has, and its content is sealed: a seed or
an invitation may wait in it. Sessions that were kept otherwise, or under other secrets, are no sessions.
"""

import hashlib
import hmac
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from contract.sealed import SealBroken, open_text, seal_text
from contract.settings import settings

_PURPOSE = b"portcullis sessions"
_DIGEST_CHARACTERS = 40
"""What the column of Django's table takes: 160 bits, as many as the key itself has."""


def digest_of_session(session_key: str | None) -> str:
    """HMAC-SHA-256 under KEY_PEPPER, cut to 160 bits, as hex; empty for no key."""
    if not session_key:
        return ""
    digest = hmac.new(settings().secret_bytes("key_pepper"), f"session:{session_key}".encode(), hashlib.sha256)
    return digest.hexdigest()[:_DIGEST_CHARACTERS]


class SessionStore(db.SessionStore):
    """`session_key` is the browser's; what the table calls `session_key` is its digest."""

    def encode(self, session_dict: dict[str, Any]) -> str:
        """Sealed JSON."""
        text = self.serializer().dumps(session_dict).decode("latin-1")
        return seal_text(text, settings().secret_bytes("storage_key"), _PURPOSE)

    def decode(self, session_data: Any) -> dict[str, Any]:
        """An empty session for what cannot be opened."""
        try:
            text = open_text(session_data, settings().secret_bytes("storage_key"), _PURPOSE)
        except SealBroken:
            return {}
        return dict(self.serializer().loads(text.encode("latin-1")))

    def exists(self, session_key: str) -> bool:
        """Whether the key is taken."""
        return bool(super().exists(digest_of_session(session_key)))

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row of this session."""
        row: Session = super().create_model_instance(data)
        row.session_key = digest_of_session(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        """Forget the session, this one where no key is given."""
        super().delete(digest_of_session(session_key or self.session_key))

    def _get_session_from_db(self) -> Session | None:
        living = self.model.objects.filter(expire_date__gt=timezone.now())
        row: Session | None = living.filter(session_key=digest_of_session(self.session_key)).first()
        if row is None:
            self._session_key = None
        return row

    async def aexists(self, session_key: str) -> bool:
        """As `exists`."""
        return await sync_to_async(self.exists)(session_key)

    async def acreate_model_instance(self, data: dict[str, Any]) -> Session:
        """As `create_model_instance`."""
        return await sync_to_async(self.create_model_instance)(data)

    async def adelete(self, session_key: str | None = None) -> None:
        """As `delete`."""
        await sync_to_async(self.delete)(session_key)

    async def _aget_session_from_db(self) -> Session | None:
        return await sync_to_async(self._get_session_from_db)()
