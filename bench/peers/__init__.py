"""Other gateways, configured to be as fast as they are: the files beside this one are what they run with."""

import json
from pathlib import Path
from string import Template

_NEVER_REACHED = {"max_tokens": 1_000_000_000, "tokens_per_fill": 1_000_000_000, "fill_interval": "1s"}
_FOLDER = Path(__file__).parent


def nginx(program: Path, folder: Path, port: int, upstream_port: int) -> list[str]:
    """The command of a bare proxy."""
    config = _written(folder, "nginx.conf", work=folder, port=port, upstream_port=upstream_port)
    return [str(program), "-e", "stderr", "-p", str(folder), "-c", str(config)]


def haproxy(program: Path, folder: Path, port: int, upstream_port: int) -> list[str]:
    """The command of a bare proxy."""
    return [str(program), "-db", "-f", str(_written(folder, "haproxy.cfg", port=port, upstream_port=upstream_port))]


def envoy(program: Path, folder: Path, port: int, upstream_port: int, keys: list[str]) -> list[str]:
    """The command of a gateway that checks these keys, limits and logs."""
    clients = [f"client{at}" for at in range(len(keys))]
    credentials = [{"key": key, "client": client} for key, client in zip(keys, clients, strict=True)]
    limits = [{"entries": [{"key": "client", "value": client}], "token_bucket": _NEVER_REACHED} for client in clients]
    values = {"credentials": json.dumps(credentials), "limits": json.dumps(limits)}
    config = _written(folder, "envoy.yaml", work=folder, port=port, upstream_port=upstream_port, **values)
    quiet = ["--log-level", "error", "--disable-hot-restart"]
    return [str(program), "--concurrency", "1", *quiet, "-c", str(config)]


def _written(folder: Path, name: str, **values: object) -> Path:
    path = folder / name
    path.write_text(render(name, **values))
    return path


def render(name: str, **values: object) -> str:
    """A configuration with its ports and paths filled in. Raises KeyError where one is missing."""
    return Template((_FOLDER / name).read_text()).substitute(values)
