"""What is wrong with a request, in public words that repeat nothing of it."""

from typing import NamedTuple

ISSUES_MAX = 10


class Issue(NamedTuple):
    """`place` is body, query, path, header or cookie; `name` is a parameter's.

    `pointer` is a JSON Pointer (RFC 6901) into the body or into the parameter's value; empty stands for all of it.
    """

    place: str
    message: str
    name: str = ""
    pointer: str = ""

    def as_json(self) -> dict[str, str]:
        """As it stands in the problem's `errors`: always with a pointer for the body, else only into parts."""
        found = {"in": self.place}
        if self.name:
            found["name"] = self.name
        if self.pointer or self.place == "body":
            found["pointer"] = self.pointer
        return {**found, "message": self.message}


class Malformed(ValueError):
    """Text that cannot be read as what it should be. The message is public and quotes nothing."""
