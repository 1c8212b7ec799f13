"""Who may see and do what. Pages fetch through here; a stranger gets NotVisible, which pages answer with 404."""

from django.db.models import F, QuerySet

from accounts.models import Application, Membership, Organisation, Role, User

MANAGE_KEYS = frozenset({Role.OWNER, Role.DEVELOPER})
MANAGE_TEAM = frozenset({Role.OWNER})
SEE = frozenset(Role)


class NotVisible(LookupError):
    """It does not exist for this person."""


class NotAllowed(PermissionError):
    """The person sees it but lacks the role. `roles` would do."""

    def __init__(self, roles: frozenset[Role], organisation: Organisation) -> None:
        names = " or ".join(role.label for role in sorted(roles, key=list(Role).index))
        super().__init__(f"Only an {names} of {organisation} may do this.")
        self.roles = roles
        self.organisation = organisation


def applications_of(user: User) -> QuerySet[Application]:
    """The applications that a person sees."""
    visible = Application.objects.filter(organisation__memberships__user=user, status="active")
    return visible.select_related("organisation").order_by("id")


def organisations_of(user: User, roles: frozenset[Role] = SEE) -> QuerySet[Organisation]:
    """The organisations that a person belongs to, in one of these roles, oldest first."""
    own = Organisation.objects.filter(memberships__user=user, memberships__role__in=roles)
    return own.order_by("memberships__created_at", "id")


def access_application(user: User, public_id: str, roles: frozenset[Role] = SEE) -> Application:
    """One query. Raises NotVisible for strangers and unknown ids, NotAllowed where the role is missing."""
    own = applications_of(user).annotate(role_held=F("organisation__memberships__role"))
    application = own.filter(public_id=public_id).first()
    if application is None:
        raise NotVisible(public_id)
    if application.role_held not in roles:
        raise NotAllowed(roles, application.organisation)
    return application


def access_organisation(user: User, public_id: str, roles: frozenset[Role] = SEE) -> Organisation:
    """Raises NotVisible for strangers and unknown ids, NotAllowed where the role is missing."""
    organisation = organisations_of(user).filter(public_id=public_id).first()
    if organisation is None:
        raise NotVisible(public_id)
    require_role(user, organisation, roles)
    return organisation


def access_member(organisation: Organisation, public_id: str) -> Membership:
    """A member by the person's public id. Raises NotVisible for who is none."""
    memberships = Membership.objects.select_related("user").filter(organisation=organisation)
    membership = memberships.filter(user__public_id=public_id).first()
    if membership is None:
        raise NotVisible(public_id)
    return membership


def require_role(user: User, organisation: Organisation, roles: frozenset[Role]) -> Role:
    """The person's role. Raises NotVisible for strangers, NotAllowed where it is not one of `roles`."""
    membership = Membership.objects.filter(user=user, organisation=organisation).first()
    if membership is None:
        raise NotVisible(organisation.public_id)
    if membership.role not in roles:
        raise NotAllowed(roles, organisation)
    return Role(membership.role)
