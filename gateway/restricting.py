"""Step 4's end: impose on a call what restrictions say of it, and look again once it was admitted."""

from contract.records import Operation
from contract.restrictions import Facts
from gateway.call import Call
from gateway.grants import Grant
from gateway.imposed import NOTHING, Imposed, impose, refuse_blocked
from gateway.restrictions import Restrictions
from gateway.routes import Route, Routes


class Restricting:
    """One per worker. Where there are no restrictions at all, a call pays for one look at their number."""

    def __init__(self, restrictions: Restrictions, routes: Routes) -> None:
        self._restrictions = restrictions
        self._routes = routes

    def restrict(self, call: Call, grant: Grant, route: Route, now_ms: int) -> Route:
        """The route with what is imposed on the call. Raises Refused("restricted")."""
        if not self._restrictions:
            return route
        call.imposed = imposed = self._imposed(call, grant, route.operation, now_ms)
        if imposed == NOTHING:
            return route
        refuse_blocked(imposed)
        assert call.row is not None
        call.row.restriction = imposed.mask_references
        return self._routes.restricted(grant, route, imposed)

    def is_current(self, call: Call, grant: Grant, route: Route) -> bool:
        """Whether the same is imposed at the moment of admission, which Valkey says."""
        if not self._restrictions:
            return call.imposed == NOTHING
        assert call.row is not None
        return self._imposed(call, grant, route.operation, call.row.at_ms) == call.imposed

    def _imposed(self, call: Call, grant: Grant, operation: Operation | None, at_ms: int) -> Imposed:
        selected = self._restrictions.find(_facts(call, grant, operation, at_ms))
        return impose(selected, at_ms) if selected else NOTHING


def _facts(call: Call, grant: Grant, operation: Operation | None, at_ms: int) -> Facts:
    """The call as its row will tell it."""
    row, identity = call.row, grant.identity
    assert row is not None
    assert identity is not None
    return Facts(
        row.organisation,
        row.application,
        row.credential,
        identity.credential.user,
        row.plan,
        row.address,
        row.api,
        row.version,
        row.operation,
        operation.scope if operation is not None else "",
        at_ms,
    )
