"""What a change of an OpenAPI document means to those who call the API: one line a rule.

Requests and answers are judged the other way round: a request may be asked for less, an answer may hold more. What
cannot be judged counts as breaking.
"""

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """In the order of how much a caller must care."""

    BREAKING = "breaking"
    DEPRECATING = "deprecating"
    ADDITIVE = "additive"
    DOCS = "docs"


class Change(NamedTuple):
    """`pointer` is a JSON Pointer into the newer document, or into the older one for what is gone. `detail` names what
    changed. `operations` have it (`GET /books`); none: it is about the whole document."""

    rule: str
    pointer: str
    detail: str
    operations: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        return RULES[self.rule].kind

    @property
    def text(self) -> str:
        """A sentence."""
        return RULES[self.rule].words.format(self.detail)


class Rule(NamedTuple):
    kind: Kind
    words: str


B, D, A, T = Kind.BREAKING, Kind.DEPRECATING, Kind.ADDITIVE, Kind.DOCS
RULES: dict[str, Rule] = {
    # Operations.
    "operation-removed": Rule(B, "{} is gone."),
    "operation-added": Rule(A, "{} is new."),
    "operation-deprecated": Rule(D, "{} is deprecated."),
    "operation-restored": Rule(T, "{} is no longer deprecated."),
    "operation-id-changed": Rule(T, "The operationId changes: {}."),
    "path-parameter-renamed": Rule(T, "A parameter in the path has another name: {}."),
    "security-tightened": Rule(B, "Callers need more than before: {}."),
    "security-relaxed": Rule(A, "Callers need less than before, or may choose: {}."),
    # Parameters.
    "parameter-removed": Rule(B, "The parameter {} is gone."),
    "parameter-added-required": Rule(B, "The parameter {} is new and required."),
    "parameter-added-optional": Rule(A, "The parameter {} is new and optional."),
    "parameter-became-required": Rule(B, "The parameter {} is required now."),
    "parameter-became-optional": Rule(A, "The parameter {} is optional now."),
    "parameter-written-differently": Rule(B, "The parameter {} is written in another style."),
    "parameter-deprecated": Rule(D, "The parameter {} is deprecated."),
    # Bodies of requests.
    "body-removed": Rule(B, "No body is taken any more{}."),
    "body-added-required": Rule(B, "A body is required now{}."),
    "body-added-optional": Rule(A, "A body may be sent now{}."),
    "body-became-required": Rule(B, "The body is required now{}."),
    "body-became-optional": Rule(A, "The body is optional now{}."),
    "request-media-type-removed": Rule(B, "Bodies of {} are not taken any more."),
    "request-media-type-added": Rule(A, "Bodies of {} are taken as well."),
    "request-encoding-changed": Rule(B, "Fields of the form are written differently: {}."),
    # Answers.
    "success-status-removed": Rule(B, "The answer {} is gone."),
    "success-status-added": Rule(A, "The answer {} is new."),
    "error-status-removed": Rule(A, "The error {} is gone."),
    "error-status-added": Rule(A, "The error {} is new."),
    "response-media-type-removed": Rule(B, "Answers of {} are gone."),
    "response-media-type-added": Rule(A, "Answers of {} are possible as well."),
    "response-header-removed": Rule(B, "The header {} is gone from the answer."),
    "response-header-became-optional": Rule(B, "The header {} may be missing from the answer."),
    "response-header-added": Rule(A, "The answer has a new header {}."),
    # Fields.
    "request-property-removed": Rule(B, "The field {} is not taken any more."),
    "request-property-added-required": Rule(B, "The field {} is new and required."),
    "request-property-added-optional": Rule(A, "The field {} is new and optional."),
    "request-property-became-required": Rule(B, "The field {} is required now."),
    "request-property-became-optional": Rule(A, "The field {} is optional now."),
    "response-property-removed": Rule(B, "The field {} is gone from the answer."),
    "response-property-added": Rule(A, "The answer has a new field {}."),
    "response-property-became-optional": Rule(B, "The field {} may be missing from the answer."),
    "response-property-became-required": Rule(A, "The field {} is always in the answer now."),
    "property-deprecated": Rule(D, "The field {} is deprecated."),
    "request-other-fields-refused": Rule(B, "Fields that are not named are refused now{}."),
    "request-other-fields-taken": Rule(A, "Fields that are not named are taken now{}."),
    "response-other-fields-closed": Rule(A, "The answer has only the fields that are named{}."),
    "response-other-fields-opened": Rule(A, "The answer may have fields that are not named{}."),
    # Values.
    "request-type-narrowed": Rule(B, "Fewer types are taken: {}."),
    "request-type-widened": Rule(A, "More types are taken: {}."),
    "response-type-widened": Rule(B, "The answer may hold other types: {}."),
    "response-type-narrowed": Rule(A, "The answer holds fewer types: {}."),
    "request-null-refused": Rule(B, "null is not taken any more{}."),
    "request-null-taken": Rule(A, "null is taken as well{}."),
    "response-may-be-null": Rule(B, "The value may be null{}."),
    "response-never-null": Rule(A, "The value is never null{}."),
    "request-enum-narrowed": Rule(B, "Values that are not taken any more: {}."),
    "request-enum-widened": Rule(A, "Values that are taken as well: {}."),
    "response-enum-widened": Rule(B, "Values that the answer may hold as well: {}."),
    "response-enum-narrowed": Rule(A, "Values that the answer holds no more: {}."),
    "request-format-narrowed": Rule(B, "Values must have the format {}."),
    "request-format-widened": Rule(A, "Values need no longer have the format {}."),
    "response-format-widened": Rule(B, "Values may lack the format {}."),
    "response-format-narrowed": Rule(A, "Values have the format {}."),
    "format-changed": Rule(B, "The format is another: {}."),
    "request-bound-narrowed": Rule(B, "Less is taken: {}."),
    "request-bound-widened": Rule(A, "More is taken: {}."),
    "response-bound-widened": Rule(B, "The answer may hold more: {}."),
    "response-bound-narrowed": Rule(A, "The answer holds less: {}."),
    "request-alternative-removed": Rule(B, "One kind of value is not taken any more: {}."),
    "request-alternative-added": Rule(A, "Another kind of value is taken: {}."),
    "response-alternative-added": Rule(B, "The answer may hold another kind of value: {}."),
    "response-alternative-removed": Rule(A, "The answer holds one kind of value less: {}."),
    "default-changed": Rule(B, "What is assumed where nothing is sent is another: {}."),
    "default-added": Rule(T, "It is said what is assumed where nothing is sent: {}."),
    "schema-changed": Rule(B, "The schema changed in a way that cannot be judged: {}."),
    "outgoing-calls-changed": Rule(B, "Calls that the API itself makes changed: {}."),
    # Texts.
    "texts-changed": Rule(T, "Texts or examples changed{}."),
}
