from django.db import migrations


def name_by_id(apps, _editor):
    """E-mail addresses of who acted become ids; what is no address is a command and stays."""
    ids = dict(apps.get_model("accounts", "User").objects.values_list("email", "public_id"))
    rows = apps.get_model("restrictions", "Restriction").objects
    for field in ("created_by", "lifted_by"):
        for email in rows.filter(**{f"{field}__contains": "@"}).values_list(field, flat=True).distinct().order_by():
            rows.filter(**{field: email}).update(**{field: ids.get(email, "")})


class Migration(migrations.Migration):
    dependencies = [("restrictions", "0001_initial"), ("accounts", "0006_code_tries")]
    operations = [migrations.RunPython(name_by_id, migrations.RunPython.noop)]
