"""`python -m tests.prove [words …]`: run the proofs whose name holds all the words, and write VAR_DIR/proof.json.

`PROVE_SEED` repeats a run's choices; without it one is chosen and printed.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

from tests.ground.environment import REPOSITORY
from tests.proofs import PROOFS, Proof


def main(words: list[str]) -> int:
    """Answers the number of proofs that failed."""
    seed = os.environ.get("PROVE_SEED") or str(secrets.randbelow(2**32))
    print(f"==> Seed {seed} (PROVE_SEED={seed} repeats it)", flush=True)
    entries = [prove(proof, seed) for proof in PROOFS if all(word in proof.name for word in words)]
    path = Path(os.environ.get("VAR_DIR") or "var") / "proof.json"
    write(path, entries)
    failed = [entry["name"] for entry in entries if entry["outcome"] != "passed"]
    print(f"==> {len(entries) - len(failed)} of {len(entries)} proofs hold; see {path}")
    return len(failed)


def prove(proof: Proof, seed: str) -> dict[str, Any]:
    """Run one and say how it went."""
    print(f"==> {proof.name}", flush=True)
    started = time.monotonic()
    outcome, figures = _run_command(proof.command) if proof.command else _run_tests(proof.tests, seed)
    seconds = round(time.monotonic() - started, 1)
    print(f"    {outcome} in {seconds} s {figures or ''}", flush=True)
    how = " ".join(["python", *proof.command[1:]]) if proof.command else list(proof.tests)
    return {"name": proof.name, "run": how, "outcome": outcome, "seed": seed, "figures": figures, "seconds": seconds}


def _run_command(command: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    status = subprocess.call(command, cwd=REPOSITORY)
    return ("passed" if status == 0 else "failed"), {"status": status}


def _run_tests(tests: tuple[str, ...], seed: str) -> tuple[str, dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        options = ["-q", f"--hypothesis-seed={seed}", f"--junitxml={report}", "-o", "junit_family=xunit1"]
        environment = {**os.environ, "PROVE": "1", "PROVE_SEED": seed}
        status = subprocess.call(
            [sys.executable, "-m", "pytest", *options, *_selection(tests)], cwd=REPOSITORY, env=environment
        )
        figures = read_figures(report)
    shown = status == 0 and figures.get("tests", 0) > figures.get("skipped", 0)
    return ("passed" if shown and not figures["skipped"] else "failed"), figures


def _selection(tests: tuple[str, ...]) -> list[str]:
    """Node ids may be cut short: the rest selects by name."""
    files = sorted({test.partition("::")[0] for test in tests})
    names = [test.partition("::")[2] or Path(test).stem for test in tests]
    return [*files, "-k", " or ".join(names)] if any("::" in test for test in tests) else files


def read_figures(report: Path) -> dict[str, Any]:
    """How many tests ran, failed and were skipped, and what they noted with `record_property`."""
    if not report.exists():
        return {"tests": 0, "skipped": 0}
    suite = ElementTree.parse(report).getroot().find("testsuite")
    assert suite is not None
    counts = {name: int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")}
    noted = {str(item.get("name")): item.get("value") for item in suite.iter("property")}
    return {**counts, **noted}


def write(path: Path, entries: list[dict[str, Any]]) -> None:
    """A JSON array, one entry a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[\n" + ",\n".join(json.dumps(entry) for entry in entries) + "\n]\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
