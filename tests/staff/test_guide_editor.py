"""Writing guides in Wagtail's editor: who may, what is on record, what is refused, and what stays shut."""

from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from wagtail.test.utils.form_data import nested_form_data, streamfield

from audit.models import Event
from guides.models import Guide, GuideImage, GuideIndex, GuideRendition
from portal.guides.pictures import renditions_of
from tests.cast import Cast, sign_in
from tests.factories import make_guide, make_person

#: Wagtail leaves the files closing of which it thinks somebody else will see to.
pytestmark = [
    pytest.mark.usefixtures("_media"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def _media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def form(*blocks: tuple[str, Any], **values: str) -> dict[str, Any]:
    """What the editor's form sends."""
    usual = {"title": "Begin", "slug": "begin", "summary": "How to begin.", "api": ""}
    return nested_form_data({**usual, **values, "body": streamfield(list(blocks))})


def add_address() -> str:
    return f"/admin/pages/add/guides/guide/{GuideIndex.objects.get().pk}/"


def acts() -> list[str]:
    return list(Event.objects.filter(action__startswith="guide").order_by("id").values_list("action", flat=True))


def editor_of(group: str) -> Client:
    user = make_person(f"{group.lower()}@portcullis.example", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return sign_in(user, with_code=True).client


def test_a_guide_is_written_published_taken_back_and_deleted_on_record(cast: Cast, staff: Client) -> None:
    sent = form(("markdown", "Text"), ("operation", "/docs/library/v1/list-books/?plan=x"))
    assert staff.post(add_address(), {**sent, "action-publish": "yes"}).status_code == 302
    guide = Guide.objects.get()
    assert guide.live
    assert guide.body[1].value == cast.version.operations.get(anchor="list-books").public_id
    assert staff.get(f"/admin/pages/{guide.pk}/edit/").status_code == 200
    assert staff.post(f"/admin/pages/{guide.pk}/edit/", form(title="Other")).status_code == 302
    assert Client().get("/docs/guides/begin/").status_code == 200
    assert staff.post(f"/admin/pages/{guide.pk}/unpublish/").status_code == 302
    assert staff.post(f"/admin/pages/{guide.pk}/delete/").status_code == 302
    done = ("created", "draft_saved", "published", "draft_saved", "unpublished", "deleted")
    assert acts() == [f"guide.{act}" for act in done]
    event = Event.objects.get(action="guide.published")
    assert (event.actor_id, event.request_id != "") == (cast.staff.user.public_id, True)


NO_GUIDES: tuple[tuple[list[Any], dict[str, str]], ...] = (
    ([("operation", "opn_none")], {}),
    ([("markdown", "x" * 60_001)], {}),
    ([("callout", {"kind": "loud", "text": "x"})], {}),
    ([("code", {"language": "cobol", "code": "x"})], {}),
    ([], {"slug": "two words"}),
    ([], {"slug": "taken"}),
    ([], {"summary": ""}),
    ([("markdown", "x")] * 101, {}),
)


def test_it_refuses_what_makes_no_guide(cast: Cast, staff: Client) -> None:
    make_guide("taken")
    before = acts()
    for blocks, values in NO_GUIDES:
        sent = {**form(*blocks, **values), "action-publish": "yes"}
        assert staff.post(add_address(), sent).status_code == 200, (blocks[:1], values)
    assert Guide.objects.count() == 1
    assert acts() == before


def test_what_cannot_be_put_on_record_is_not_done(cast: Cast, staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("guides.events.record_event", broken)
    with pytest.raises(RuntimeError):
        staff.post(add_address(), {**form(), "action-publish": "yes"})
    assert not Guide.objects.exists()


def test_editors_write_and_moderators_publish(cast: Cast) -> None:
    editor, moderator = editor_of("Editors"), editor_of("Moderators")
    assert editor.get("/admin/guides/").status_code == 200
    editor.post(add_address(), {**form(), "action-publish": "yes"})
    guide = Guide.objects.get()
    assert not guide.live
    assert editor.get(f"/admin/pages/{guide.pk}/edit/preview/").status_code == 200
    moderator.post(f"/admin/pages/{guide.pk}/edit/", {**form(), "action-publish": "yes"})
    guide.refresh_from_db()
    assert guide.live
    assert editor.get("/admin/apis/").status_code == 403


def test_who_may_not_write_guides_is_told_so_everywhere(cast: Cast) -> None:
    guide = make_guide("begin")
    clerk = editor_of("Editors")
    Group.objects.get(name="Editors").page_permissions.all().delete()
    edit = f"/admin/pages/{guide.pk}/edit/"
    for path in (edit, f"{edit}preview/", f"/admin/pages/{guide.pk}/move/", "/admin/images/", "/admin/guides/"):
        assert clerk.get(path).status_code == 403, path
    assert clerk.post(f"/admin/pages/{guide.pk}/delete/").status_code == 403


def test_a_draft_is_previewed_by_staff_alone_and_framed_by_us_alone(cast: Cast, staff: Client) -> None:
    sent = form(("markdown", "Secret"), ("operation", "/docs/library/v1/list-books/"))
    staff.post(add_address(), sent)
    path = f"/admin/pages/{Guide.objects.get().pk}/edit/preview/"
    assert staff.post(path, sent).json()["is_valid"]
    answer = staff.get(path)
    assert "Secret" in answer.content.decode()
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert cast.owner.client.get(path).status_code == 404
    assert Client().get(path).status_code == 302
    assert Client().get("/docs/guides/begin/").status_code == 404


def test_the_front_page_and_its_privacy_stay_as_they_are(cast: Cast, staff: Client) -> None:
    front = GuideIndex.objects.get()
    for act, status in (("delete", 303), ("unpublish", 303), ("copy", 303), ("move", 404)):
        assert staff.post(f"/admin/pages/{front.pk}/{act}/").status_code == status, act
    assert GuideIndex.objects.filter(live=True).count() == 1
    assert staff.get(f"/admin/pages/{front.pk}/privacy/").status_code == 404


def test_a_guide_moves_below_another_and_never_below_itself(cast: Cast, staff: Client) -> None:
    top, other = make_guide("top"), make_guide("other")
    child = make_guide("child", below=top)
    assert staff.get(f"/admin/pages/{other.pk}/move/").status_code == 200
    assert staff.post(f"/admin/pages/{other.pk}/move/", {"below": top.pk}).status_code == 303
    assert Client().get("/docs/guides/top/other/").status_code == 200
    for nonsense in (child.pk, top.pk, "", "x", 4242):
        assert staff.post(f"/admin/pages/{top.pk}/move/", {"below": nonsense}).status_code == 422, nonsense
    assert Client().get("/docs/guides/top/child/").status_code == 200
    staff.post(f"/admin/pages/{child.pk}/set_position/?position=1")
    assert [guide.slug for guide in Guide.objects.order_by("path")] == ["top", "other", "child"]
    assert acts()[-2:] == ["guide.moved", "guide.reordered"]


def picture(kind: str = "PNG", size: tuple[int, int] = (20, 10), tail: bytes = b"") -> bytes:
    into = BytesIO()
    Image.new("RGB", size, "teal").save(into, kind)
    return into.getvalue() + tail


def upload(staff: Client, name: str, content: bytes) -> GuideImage | None:
    file = SimpleUploadedFile(name, content)
    staff.post("/admin/images/add/", {"title": "A gate", "file": file, "collection": "1"})
    return GuideImage.objects.order_by("-id").first()


def test_a_picture_is_shown_drawn_anew_and_under_a_name_that_nobody_guesses(cast: Cast, staff: Client) -> None:
    image = upload(staff, "gate.png", picture(tail=b"<script>alert(1)</script>"))
    assert image is not None
    assert "gate" not in image.file.name
    make_guide("begin", ("image", {"image": image, "alt": 'A "gate"', "caption": ""}))
    page = Client().get("/docs/guides/begin/").content.decode()
    [rendition] = GuideRendition.objects.filter(filter_spec="max-1360x1360")
    assert f'src="{rendition.url}"' in page
    assert 'alt="A &quot;gate&quot;"' in page
    answer = Client().get(rendition.url)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer.headers["Cache-Control"]
    assert b"script" not in answer.content
    for path in (f"/media/{image.file.name}", "/media/images/none.png", "/media/images/../original_images/x.png"):
        assert Client().get(path).status_code == 404, path
    assert acts()[0] == "guide_image.uploaded"


def test_a_picture_whose_file_is_lost_leaves_the_guide_readable(cast: Cast, staff: Client) -> None:
    image = upload(staff, "gate.png", picture())
    assert image is not None
    make_guide("begin", ("image", {"image": image, "alt": "A gate", "caption": ""}), ("markdown", "Still here"))
    image.file.storage.delete(image.file.name)
    assert renditions_of([image.pk]) == {}
    assert "Still here" in Client().get("/docs/guides/begin/").content.decode()


def test_it_takes_no_other_files_for_pictures(cast: Cast, staff: Client) -> None:
    refused = (
        ("gate.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("gate.png", b"<html><script>alert(1)</script>"),
        ("gate.png", picture("JPEG")),
        ("gate.html", picture()),
        ("gate.png", picture(size=(6000, 6000))),
        ("gate.png", picture(tail=b"x" * 5 * 1024 * 1024)),
    )
    for name, content in refused:
        assert upload(staff, name, content) is None, (name, content[:20])
