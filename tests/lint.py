"""`python -m tests.lint`: everything that can be judged without running it. All checks run; any that fails fails it."""

import os
import subprocess
import sys
from pathlib import Path

from tests.ground import bytecode

REPOSITORY = Path(__file__).resolve().parents[1]
_BIN = Path(sys.executable).parent
_SECRETS = ("SECRET_KEY", "KEY_PEPPER", "MASK_HASH_KEY", "IDENTITY_KEY", "STORAGE_KEY", "AUDIT_KEY")
#: Settings of a production installation, with secrets that guard nothing.
PRODUCTION = {
    **{name: f"lint-{name}-9f2c7e1b5a8d4063b1e8c7f6a5d4e3b2-Q7x" for name in _SECRETS},
    "DJANGO_SETTINGS_MODULE": "portal.settings",
    "REQUIRE_TLS": "true",
    "PORTAL_URL": "https://portal.example",
    "GATEWAY_URL": "https://api.example",
    "ALLOWED_HOSTS": "portal.example",
    "DATABASE_URL": "sqlite:////nonexistent/portcullis.sqlite3",
    "VAR_DIR": "/nonexistent",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}
CHECKS: dict[str, tuple[str, ...]] = {
    "style": ("ruff", "check", "--quiet", "."),
    "format": ("ruff", "format", "--check", "--quiet", "."),
    "types": ("mypy",),
    "imports": ("lint-imports", "--no-cache"),
    "templates": ("djlint", "templates", "--lint", "--quiet"),
    "migrations": ("python", "manage.py", "makemigrations", "--check", "--dry-run"),
    "production settings": ("python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"),
}


def main() -> int:
    """Answers the number of checks that failed."""
    bytecode.keep()
    failed = [name for name, command in CHECKS.items() if not passes(name, command)]
    print(f"==> {'Lint failed: ' + ', '.join(failed) if failed else 'Lint is clean'}")
    return len(failed)


def passes(name: str, command: tuple[str, ...], repository: Path = REPOSITORY) -> bool:
    """Run one check in a copy of the repository; its output is shown where it fails."""
    program, *arguments = command
    environment = {**os.environ, **PRODUCTION}
    done = subprocess.run(
        [_BIN / program, *arguments], cwd=repository, env=environment, capture_output=True, text=True, check=False
    )
    print(f"==> {name}: {'ok' if done.returncode == 0 else 'FAILED'}", flush=True)
    if done.returncode:
        print(done.stdout + done.stderr, flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
