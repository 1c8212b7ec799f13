"""Forgetting a person in what is kept about everybody: the audit log and the letters."""

from collections.abc import Iterable

from accounts.models import User
from audit.actors import Actor
from audit.erasure import erase_person
from audit.writing import write
from notices.mail import forget_letters_to


@write
def forget_person(public_id: str, addresses: Iterable[str], *, actor: Actor, reason: str = "") -> int:
    """Erase the person's texts from the audit log and every letter to their addresses; answers how many texts.

    The account may be gone already; one that is there keeps working, and its addresses need not be named.
    """
    person = User.objects.filter(public_id=public_id).first() or User(public_id=public_id)
    known = {*addresses, person.email, *_verified_or_not(person)} - {""}
    forget_letters_to(known)
    return erase_person(person, known, actor=actor, reason=reason)


def _verified_or_not(person: User) -> Iterable[str]:
    return person.emailaddress_set.values_list("email", flat=True) if person.pk else []
