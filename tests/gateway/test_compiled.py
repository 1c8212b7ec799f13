"""Machine code is used where it was made of the very sources that are there, and never else.

That the compiled gateway does what the plain one does is shown by running the gateway's tests on it (`.ci/run`).
"""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway import compiled, compiling

#: Asks a process in which nothing was imported yet, about the sources in the folder that it is given.
_ASK = """
import sys
from pathlib import Path
from gateway import compiled
compiled.REPOSITORY, compiled.FOLDER = Path(sys.argv[1]), Path(sys.argv[1]) / "build"
print(compiled.place())
print(compiled.use())
"""


def ask(root: Path) -> list[str]:
    """The place, and whether something is used."""
    done = subprocess.run(
        [sys.executable, "-c", _ASK, str(root)], cwd=compiling.REPOSITORY, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("contract", "gateway"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "one.py").write_text("x = 1\n")
    return tmp_path


def test_nothing_is_used_where_nothing_was_compiled(root: Path) -> None:
    assert ask(root)[1] == "False"


def test_what_was_compiled_of_these_sources_is_used(root: Path) -> None:
    Path(ask(root)[0]).mkdir(parents=True)
    assert ask(root)[1] == "True"


@pytest.mark.parametrize("source", ["contract/one.py", "gateway/one.py", "gateway/two.py"])
def test_what_was_compiled_of_other_sources_is_not(root: Path, source: str) -> None:
    Path(ask(root)[0]).mkdir(parents=True)
    (root / source).write_text("x = 2\n")
    assert ask(root)[1] == "False"


def test_it_is_too_late_once_a_module_was_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "FOLDER", tmp_path)
    monkeypatch.setitem(sys.modules, compiled.MODULES[0], sys)
    compiled.place().mkdir()
    with pytest.raises(RuntimeError, match="imported before"):
        compiled.use()


def test_every_module_is_there_and_holds_nothing_that_the_compiler_does_not_know() -> None:
    for module in compiled.MODULES:
        for node in ast.walk(ast.parse((compiled.REPOSITORY / compiled.source_of(module)).read_text())):
            if isinstance(node, ast.ClassDef):
                assert "Struct" not in ast.unparse(node).splitlines()[0], f"{module}.{node.name}"


def test_no_function_that_is_called_for_a_call_holds_itself() -> None:
    """A named function inside another one is a cycle in machine code: garbage for each call, and time to collect it."""
    for module in compiled.MODULES:
        for outer in ast.walk(ast.parse((compiled.REPOSITORY / compiled.source_of(module)).read_text())):
            if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
                inner = [one.name for one in ast.walk(outer) if isinstance(one, ast.FunctionDef) and one is not outer]
                assert not inner or module == "contract.masking.actions", f"{module}.{outer.name}: {inner}"


def test_without_a_compiler_it_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(compiling, "place", lambda: tmp_path / "none")
    monkeypatch.setitem(os.environ, "PATH", "/nowhere")
    monkeypatch.delenv("CC", raising=False)
    assert compiling.main() == 1
    assert "no C compiler" in capsys.readouterr().err
