"""A requirement in words: all of it for staff, and what may be said to everybody."""

from contract.records import Requirement
from contract.requirement_words import public_words
from contract.requirements import named

__all__ = ["public_words", "requirement_words", "short_words"]


def requirement_words(requirement: Requirement) -> list[str]:
    """Its parts, for staff: as everybody reads them, but with the networks."""
    at = f"from {' or '.join(requirement.networks)}"
    words = zip(named(requirement), public_words(requirement), strict=True)
    return [at if part == "networks" else each for part, each in words]


def short_words(requirement: Requirement) -> str:
    """For a sentence: `DPoP and a credential made by an Owner`."""
    words = zip(named(requirement), requirement_words(requirement), strict=True)
    return " and ".join(_SHORT.get(part, "{}").format(each) for part, each in words)


_SHORT = {"dpop": "DPoP", "networks": "a call {}"}
