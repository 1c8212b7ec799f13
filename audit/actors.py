"""Who did it: the person, command or process behind a write."""

from typing import NamedTuple


class Actor(NamedTuple):
    """`kind` is user, command or system; `id` a public id or name; `label` is what people read.

    `address` is where it came from on the network.
    """

    kind: str
    id: str
    label: str = ""
    request_id: str = ""
    address: str = ""

    @property
    def kept(self) -> str:
        """What tables keep of who it was: people by their id, as what names them must be possible to forget."""
        return self.id if self.kind == "user" else self.label or self.id


def command_actor(name: str) -> Actor:
    """The actor of a management command, run by whoever has the machine."""
    return Actor("command", name, f"manage.py {name}")


SYSTEM = Actor("system", "portcullis", "Portcullis")
