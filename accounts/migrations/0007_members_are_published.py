from django.db import migrations


def publish_members(apps, _editor):
    """Those of before have a record from now on; the worker's sweep tells the gateways."""
    rows = apps.get_model("accounts", "Membership").objects.values_list("organisation__public_id", "user__public_id")
    record = apps.get_model("audit", "PublishedRecord")
    names = [f"{organisation}/{user}" for organisation, user in rows]
    record.objects.bulk_create(
        [record(kind="member", record_id=name, version=1) for name in names], ignore_conflicts=True, batch_size=500
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_code_tries"), ("audit", "0001_initial")]
    operations = [migrations.RunPython(publish_members, migrations.RunPython.noop)]
