"""What the text of a guide is made of."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

from catalog.models import Operation

LONGEST_TEXT = 60_000
MOST_BLOCKS = 100
"""Each costs the editor's form some eight fields, and Django takes a thousand."""
LANGUAGES = (
    ("text", "Plain text"),
    ("bash", "Shell"),
    ("python", "Python"),
    ("javascript", "JavaScript"),
    ("go", "Go"),
    ("json", "JSON"),
    ("yaml", "YAML"),
    ("http", "HTTP"),
)
CALLOUTS = (("note", "Note"), ("tip", "Tip"), ("warning", "Warning"))
_ADDRESS = re.compile(r"/docs/(?P<api>[^/?#]+)/(?P<version>[^/?#]+)/(?P<anchor>[^/?#]+?)(?:\.md|/)?(?:[?#].*)?$")


def operation_named(text: str) -> Operation | None:
    """The operation of a public id, or of the address of its page in the reference."""
    if found := _ADDRESS.search(text):
        where = {"version__api__slug": found["api"], "version__name": found["version"], "anchor": found["anchor"]}
        return Operation.objects.filter(**where).first()
    return Operation.objects.filter(public_id=text).first()


class OperationBlock(blocks.CharBlock):
    """A public id of an operation. Raises ValidationError for what names none."""

    def clean(self, value: Any) -> Any:
        """The id, also where the address of the operation's page was typed."""
        operation = operation_named(str(super().clean(value)).strip())
        if operation is None:
            raise ValidationError("No operation has this address or id.")
        return operation.public_id

    class Meta:
        icon = "pc-api"
        label = "Operation"


class CodeBlock(blocks.StructBlock):
    """Code as it is, with a button that copies it."""

    language = blocks.ChoiceBlock(choices=LANGUAGES, default="text")
    code = blocks.TextBlock(max_length=LONGEST_TEXT, rows=8)

    class Meta:
        icon = "code"
        label = "Code"


class CalloutBlock(blocks.StructBlock):
    """A few sentences set apart."""

    kind = blocks.ChoiceBlock(choices=CALLOUTS, default="note")
    text = blocks.TextBlock(max_length=2000, rows=3, help_text="Markdown")

    class Meta:
        icon = "warning"
        label = "Callout"


class ImageBlock(blocks.StructBlock):
    """A picture; whoever does not see it reads its alternative text."""

    image = ImageChooserBlock()
    alt = blocks.CharBlock(
        label="Alternative text", max_length=250, help_text="What the picture shows, for those who do not see it."
    )
    caption = blocks.CharBlock(max_length=250, required=False)

    class Meta:
        icon = "image"
        label = "Image"


class GuideBody(blocks.StreamBlock):
    """The blocks that a guide may have, in any order."""

    markdown = blocks.TextBlock(
        max_length=LONGEST_TEXT,
        rows=14,
        icon="doc-full",
        label="Text",
        help_text="Markdown. Headings begin with ##; each gets an address of its own.",
    )
    code = CodeBlock()
    callout = CalloutBlock()
    image = ImageBlock()
    operation = OperationBlock(
        max_length=500,
        help_text="The address of its page in the reference, or its public id. Shown as the reader's plan gets it, and "
        "not at all to whoever may not know of it.",
    )

    class Meta:
        max_num = MOST_BLOCKS
