"""`python -m demo.prepare`: bring the database to the code's state and put the sample data in, showing progress."""

import os
import sys

import django


def main() -> None:
    """Ends with one line where the database does not fit the code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    from django.core.exceptions import ValidationError
    from django.db import Error

    from demo.migrating import UnknownMigrations, migrate
    from demo.seed import seed

    try:
        migrate()
        seed()
    except UnknownMigrations as error:
        sys.exit(f"portcullis: the database was made by another version (it knows {error}); run that, or `make reset`")
    except (Error, ValidationError) as error:
        sys.exit(f"portcullis: the database cannot be brought up to date: {error}; `make reset` starts over")


if __name__ == "__main__":
    main()
