"""What is wrong with a document: a list for the person who imports it, each with its place in the text."""

from collections.abc import Iterable
from typing import NamedTuple

MOST_PROBLEMS = 20
Path = tuple[str | int, ...]


class Problem(NamedTuple):
    """One sentence, and where it holds: the path into the document, and line and column of the text, from 1; 0 where
    they are not known."""

    text: str
    path: Path = ()
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        where = f"Line {self.line}, column {self.column}: " if self.line else ""
        names = f"{'/'.join(str(part) for part in self.path)[:200]}: " if self.path else ""
        return f"{where}{names}{self.text}"


class DocumentError(ValueError):
    """A text is no document of ours; `problems` say why, at most MOST_PROBLEMS."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)[:MOST_PROBLEMS]
        super().__init__(" ".join(str(problem) for problem in self.problems))
