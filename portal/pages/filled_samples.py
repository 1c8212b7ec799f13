"""A call that only reads, with the key filled in: what is pasted into a terminal to make the first call."""

import json
import shlex

from django.utils.html import format_html

from portal.reference.samples import Sample, SampleCall, samples_of

LANGUAGES = frozenset({"curl", "python", "javascript"})


def filled_samples(call: SampleCall, key: str) -> list[Sample]:
    """In curl, Python and JavaScript; without a key they read it from PC_KEY. `key` is one of ours, so it needs no
    quoting in any of them."""
    if not key:
        return [sample for sample in samples_of(call) if sample.language in LANGUAGES]
    bearer = f"Bearer {key}"
    return [
        Sample("curl", "curl", _curl(call.url, bearer)),
        Sample("python", "Python", format_html(_PYTHON, url=json.dumps(call.url), bearer=bearer)),
        Sample("javascript", "JavaScript", format_html(_JAVASCRIPT, url=json.dumps(call.url), bearer=bearer)),
    ]


def _curl(url: str, bearer: str) -> str:
    return format_html(_CURL, url=shlex.quote(url), bearer=bearer)


_CURL = 'curl -H <span class="s">"Authorization: {bearer}"</span> \\\n  {url}'
_PYTHON = """<span class="k">import</span> httpx

answer = httpx.get(
    <span class="s">{url}</span>,
    headers={{<span class="s">"Authorization"</span>: <span class="s">"{bearer}"</span>}},
)
print(answer.raise_for_status().text)"""
_JAVASCRIPT = """<span class="k">const</span> url = <span class="s">{url}</span>;
<span class="k">const</span> answer = <span class="k">await</span> fetch(url, {{
  headers: {{ Authorization: <span class="s">"{bearer}"</span> }},
}});
console.log(<span class="k">await</span> answer.text());"""
