"""Step 4's end: impose on a call what restrictions say of it, and look again once it was admitted."""

from contract.records import Operation
from contract.restrictions import Facts
from gateway.call import Call
from gateway.grants import Grant
from gateway.imposed import NOTHING, impose, refuse_withheld, steady_until_ms
from gateway.restrictions import Restrictions
from gateway.routes import Route, Routes


class Restricting:
    """One per worker. Where nothing selects a call, its second look is one at whether restrictions have changed."""

    def __init__(self, restrictions: Restrictions, routes: Routes) -> None:
        self._restrictions = restrictions
        self._routes = routes

    def restrict(self, call: Call, grant: Grant, route: Route, now_ms: int) -> Route:
        """The route with what is imposed on the call. Raises Refused where it is withheld."""
        call.imposed, call.selected = NOTHING, ()
        call.selected_from = self._restrictions.generation
        if not self._restrictions:
            return route
        facts = _facts(call, grant, route.operation, now_ms)
        call.selected = self._restrictions.find(facts)
        call.imposed = imposed = impose(call.selected, facts)
        if imposed == NOTHING:
            return route
        refuse_withheld(imposed)
        assert call.row is not None
        call.row.restriction = imposed.mask_references
        return self._routes.restricted(grant, route, imposed)

    def is_current(self, call: Call, grant: Grant, route: Route) -> bool:
        """Whether the same is imposed at the moment of admission, which Valkey says."""
        assert call.row is not None
        is_same = call.selected_from == self._restrictions.generation
        if is_same and not call.selected:
            return True
        facts = _facts(call, grant, route.operation, call.row.at_ms)
        selected = call.selected if is_same else self._restrictions.find(facts)
        return impose(selected, facts) == call.imposed

    def steady_until_ms(self, call: Call) -> int:
        """Until when the same is imposed on calls like this one, while nothing is published; 0: on this one only."""
        assert call.row is not None
        return steady_until_ms(call.selected, call.row.at_ms)


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
        identity.role,
        row.bound,
    )
