"""What each role may do, in the words that pages show."""

from accounts.models import Role

ROLE_WORDS = {
    Role.OWNER: "everything, members included",
    Role.DEVELOPER: "applications, keys and plans",
    Role.BILLING: "sees applications, their usage and calls, and plans; changes nothing",
    Role.VIEWER: "sees everything, who did what included; changes nothing",
}
