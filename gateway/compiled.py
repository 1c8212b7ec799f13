"""The hot modules as machine code: which they are, where it is kept, and how it comes to be used.

The source is plain Python and runs as it stands. `gateway.compiling` makes extension modules of what each call passes
through; they lie apart from the sources, in a folder named by a digest of all of them, so that what was compiled of
other sources, or for another Python, is never loaded.
"""

import hashlib
import importlib
import platform
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
FOLDER = REPOSITORY / "build/compiled"
_ROOTS = ("contract", "gateway")
#: What holds values (msgspec structs) is not among them: it is C already, and the compiler does not know it.
MODULES = (
    "contract.masking.actions",
    "contract.masking.bodies",
    "contract.masking.documents",
    "contract.masking.masker",
    "contract.masking.matching",
    "contract.request_ids",
    "gateway.admission",
    "gateway.clock",
    "gateway.completion",
    "gateway.inbound",
    "gateway.limits",
    "gateway.masking_step",
    "gateway.metrics.counters",
    "gateway.permit",
    "gateway.plain",
    "gateway.plain_call",
    "gateway.policy",
    "gateway.pool",
    "gateway.transport_flow",
    "gateway.turn_batch",
    "gateway.upstream",
    "gateway.valkey_link",
    "gateway.valkey_scripts",
)


def source_of(module: str) -> Path:
    """A module's file, relative to the repository."""
    return Path(*module.split(".")).with_suffix(".py")


def place() -> Path:
    """Where machine code of the present sources belongs, whether it is there or not."""
    digest = hashlib.sha256(f"{sys.implementation.cache_tag} {platform.machine()} {platform.libc_ver()}".encode())
    for source in sorted(path for root in _ROOTS for path in (REPOSITORY / root).rglob("*.py")):
        digest.update(b"%b\0%b\0" % (bytes(source.relative_to(REPOSITORY)), source.read_bytes()))
    return FOLDER / digest.hexdigest()[:32]


def use() -> bool:
    """Whether there is machine code of the present sources, which will then be imported instead of them.

    Raises RuntimeError where one of the modules was imported already.
    """
    folder = place()
    if not folder.is_dir():
        return False
    if early := [module for module in MODULES if module in sys.modules]:
        raise RuntimeError(f"imported before its machine code could be found: {early[0]}")
    sys.path.insert(0, str(folder))
    for package in sorted({module.rpartition(".")[0] for module in MODULES}):
        importlib.import_module(package).__path__.insert(0, str(folder.joinpath(*package.split("."))))
    return True


def is_used() -> bool:
    """Whether `use` has found something."""
    return str(FOLDER) in importlib.import_module("gateway").__path__[0]
