"""The guides' front page in the place of Wagtail's welcome, and what its groups of editors may do with pictures."""

from django.db import migrations

INTRODUCTION = "What you want to do, step by step. The reference has every detail."
ACTS = ("add", "change", "delete", "choose")


def make_front_page(apps, schema_editor):
    page_model, index_model = apps.get_model("wagtailcore.Page"), apps.get_model("guides.GuideIndex")
    kinds = apps.get_model("contenttypes.ContentType")
    kind, _ = kinds.objects.get_or_create(app_label="guides", model="guideindex")
    welcome = page_model.objects.get(path="00010001")
    front = index_model(page_ptr=welcome, introduction=INTRODUCTION, content_type=kind)
    front.__dict__.update({name: value for name, value in welcome.__dict__.items() if not name.startswith("_")})
    front.content_type, front.title, front.draft_title, front.slug = kind, "Guides", "Guides", "guides"
    front.url_path = "/guides/"
    front.save()


def let_editors_add_pictures(apps, schema_editor):
    kinds, permissions = apps.get_model("contenttypes.ContentType"), apps.get_model("auth.Permission")
    root = apps.get_model("wagtailcore.Collection").objects.get(depth=1)
    kind, _ = kinds.objects.get_or_create(app_label="guides", model="guideimage")
    for act in ACTS:
        permission, _ = permissions.objects.get_or_create(
            content_type=kind, codename=f"{act}_guideimage", defaults={"name": f"Can {act} guide image"}
        )
        for group in apps.get_model("auth.Group").objects.filter(name__in=["Editors", "Moderators"]):
            apps.get_model("wagtailcore.GroupCollectionPermission").objects.get_or_create(
                group=group, collection=root, permission=permission
            )


class Migration(migrations.Migration):
    dependencies = [
        ("guides", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("wagtailimages", "0027_image_description"),
    ]
    operations = [
        migrations.RunPython(make_front_page, migrations.RunPython.noop),
        migrations.RunPython(let_editors_add_pictures, migrations.RunPython.noop),
    ]
