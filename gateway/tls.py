"""TLS on both sides: our certificate, which can be renewed while we serve, and whom we believe to be the upstream."""

import ssl
from pathlib import Path

_ALPN = ["http/1.1"]


class Certificate:
    """The certificate chain and key, in PEM files. Raises ValueError where they cannot be used."""

    def __init__(self, chain: Path, key: Path | None) -> None:
        self._files = chain, key
        self.context = self._load()

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(_ALPN)
        try:
            context.load_cert_chain(*self._files)
        except OSError as error:
            raise ValueError(f"certificate {self._files[0]}: {error.strerror or error}") from error
        return context

    def reload(self) -> None:
        """Serve new connections with what the files hold now. Raises ValueError, and then goes on with the old one."""
        self._load()
        self.context.load_cert_chain(*self._files)


def upstream_context(authorities: Path | None) -> ssl.SSLContext:
    """Verifies chain and name, against the system's authorities or those of a PEM file. Raises ValueError."""
    try:
        context = ssl.create_default_context(cafile=str(authorities) if authorities else None)
    except OSError as error:
        raise ValueError(f"authorities {authorities}: {error.strerror or error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(_ALPN)
    return context
