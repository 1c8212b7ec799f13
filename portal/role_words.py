"""What each role may do, in the words that pages show."""

from accounts.models import Role

ROLE_WORDS = {
    Role.OWNER: "everything, members included",
    Role.DEVELOPER: "applications, keys and plans",
    Role.BILLING: "sees everything; for whoever pays",
    Role.VIEWER: "sees everything and changes nothing",
}
