"""HTTPS on both sides: certificates from files, renewed while serving, and upstreams that must prove who they are."""

import asyncio
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.tls import Certificate
from tests.gateway.gateway_process import Client, GatewayProcess
from tests.gateway.publishing import Scene
from tests.gateway.upstream_server import UpstreamServer
from tests.gateway.valkey_process import ValkeyProcess
from tests.gateway.waiting import until

PATH = "/clinic/v1/practitioners"


def write_certificate(path: Path, address: str = "127.0.0.1", *, valid_days: int = 1) -> int:
    """A key and a certificate of its own making in one PEM file; returns the certificate's serial number."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=2))
        .not_valid_after(now + datetime.timedelta(days=valid_days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    certificate = builder.sign(key, hashes.SHA256())
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + certificate.public_bytes(pem))
    return certificate.serial_number


async def serial_of(port: int) -> int:
    """The serial number of the certificate that is served."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
    found = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    return x509.load_der_x509_certificate(found).serial_number


class TlsClient(Client):
    """Trusts the certificates in one file."""

    def __init__(self, port: int, authorities: Path) -> None:
        super().__init__(port)
        self._context = ssl.create_default_context(cafile=str(authorities))

    async def __aenter__(self) -> "TlsClient":
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._port, ssl=self._context)
        return self


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    write_certificate(tmp_path / "gateway.pem")
    return tmp_path / "gateway.pem"


@pytest.fixture
async def secure(valkey_process: ValkeyProcess, scene: Scene, certificate: Path) -> AsyncIterator[GatewayProcess]:
    """A gateway that serves HTTPS and asks for it."""
    settings = {"GATEWAY_TLS_CERTIFICATE": str(certificate), "REQUIRE_TLS": "true"}
    process = GatewayProcess(valkey_process.url, workers=2, **settings)
    await until(lambda: process.log.count("serving") == 2, 20)
    yield process
    process.close()


async def status_when_ready(port: int, certificate: Path, key: str) -> int:
    """The first status that is not 503: each worker has to find Valkey first."""
    for _ in range(500):
        async with TlsClient(port, certificate) as client:
            if (status := (await client.ask(PATH, key)).status) != 503:
                return status
        await asyncio.sleep(0.02)
    raise AssertionError("never ready")


async def test_it_serves_https_and_nothing_else(
    secure: GatewayProcess, scene: Scene, upstream: UpstreamServer, certificate: Path
) -> None:
    assert await status_when_ready(secure.port, certificate, scene.new_key()) == 200
    assert upstream.requests[0].header(b"x-forwarded-proto") == b"https"
    async with Client(secure.port) as plain:
        plain.writer.write(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await plain.read()
    assert Certificate(certificate, None).context.minimum_version is ssl.TLSVersion.TLSv1_2


async def test_a_renewed_certificate_is_served_without_a_restart(
    secure: GatewayProcess, scene: Scene, certificate: Path
) -> None:
    key, workers = scene.new_key(), secure.worker_pids()
    assert await status_when_ready(secure.port, certificate, key) == 200
    old = certificate.read_bytes()
    async with TlsClient(secure.port, certificate) as staying:
        serial = write_certificate(certificate)
        secure.process.send_signal(1)
        await until(lambda: secure.log.count("certificate reloaded") == 2)
        assert {await serial_of(secure.port) for _ in range(6)} == {serial}
        assert (await staying.ask("/healthz")).status == 200
    certificate.write_bytes(old[: len(old) // 2])
    secure.process.send_signal(1)
    await until(lambda: secure.log.count("certificate cannot be used") == 2)
    assert await serial_of(secure.port) == serial
    assert secure.worker_pids() == workers


async def test_a_bad_certificate_stops_the_start_with_one_line(valkey_process: ValkeyProcess, tmp_path: Path) -> None:
    process = GatewayProcess(valkey_process.url, GATEWAY_TLS_CERTIFICATE=str(tmp_path / "none.pem"))
    assert await asyncio.to_thread(process.process.wait, 20) == 1
    assert f"certificate {tmp_path}/none.pem: No such file" in process.log
    assert "Traceback" not in process.log
    process.close()


async def test_plain_http_is_refused_where_tls_is_required(
    valkey_process: ValkeyProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    process = GatewayProcess(valkey_process.url, REQUIRE_TLS="true", TRUSTED_PROXIES="127.0.0.1/32")
    try:
        await process.wait_ready()
        key = scene.new_key()
        assert (await process.get(PATH, key)).status == 403
        assert (await process.get(PATH, key, "X-Forwarded-Proto: https")).status == 200
        assert len(upstream.requests) == 1
    finally:
        process.close()


async def test_an_upstream_must_prove_who_it_is(
    valkey_process: ValkeyProcess, scene: Scene, upstream: UpstreamServer, tmp_path: Path
) -> None:
    for name, address, days in (
        ("good", "127.0.0.1", 1),
        ("other", "127.0.0.2", 1),
        ("expired", "127.0.0.1", -1),
        ("unknown", "127.0.0.1", 1),
    ):
        write_certificate(tmp_path / name, address, valid_days=days)
    trusted = b"".join((tmp_path / name).read_bytes() for name in ("good", "other", "expired"))
    (tmp_path / "authorities").write_bytes(trusted)
    process = GatewayProcess(valkey_process.url, UPSTREAM_CA_FILE=str(tmp_path / "authorities"))
    try:
        await process.wait_ready()
        key = scene.new_key()
        for name, status in (("good", 200), ("other", 502), ("expired", 502), ("unknown", 502)):
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(tmp_path / name)
            server = await asyncio.start_server(upstream._serve, "127.0.0.1", 0, ssl=context)
            scene.publish_version(upstream_url=f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            position = scene.publish_plan()
            await until(lambda position=position: scene.publisher.is_applied(position))
            assert (await process.get(PATH, key)).status == status, name
            server.close()
        assert len(upstream.requests) == 1
    finally:
        process.close()
