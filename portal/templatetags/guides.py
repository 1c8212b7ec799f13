"""What the Markdown of guides is made with."""

import re

from django import template

register = template.Library()
_BACKTICKS = re.compile(r"`+")


@register.filter
def fenced(code: str, language: str) -> str:
    """A fenced code block (CommonMark 4.5) whose fence is longer than any run of backticks within."""
    longest = max((len(run) for run in _BACKTICKS.findall(code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{'' if language == 'text' else language}\n{code.rstrip()}\n{fence}"


@register.filter
def quoted(text: str, title: str) -> str:
    """A block quote that begins with its title."""
    return "\n".join(f"> {line}".rstrip() for line in [f"**{title}**", "", *text.strip().splitlines()])


@register.filter
def bracketed(text: str) -> str:
    """Text within square brackets."""
    return re.sub(r"([\[\]\\])", r"\\\1", text)
