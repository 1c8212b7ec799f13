"""`manage.py key_resume`: let a suspended key go on."""

from keys.suspension import resume_key
from portal.management.commands import key_suspend


class Command(key_suspend.Command):
    help = "Let a suspended key go on, whoever suspended it."
    examples = """
    manage.py key_resume key_4kTz… --reason "it was a load test"
"""
    name = "key_resume"
    act = staticmethod(resume_key)
