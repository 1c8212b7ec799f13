"""What both versions expect of values; the OpenAPI documents state the same."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from demo.upstream.records import Address

Name = Annotated[str, Meta(pattern=r"\A\S+( \S+)*\Z", max_length=60)]
FullName = Annotated[str, Meta(pattern=r"\A\S{1,60} (?=.{1,60}\Z)\S+( \S+)*\Z")]
Line = Annotated[str, Meta(min_length=1, max_length=80)]
Email = Annotated[str, Meta(pattern=r"\A[^@\s]+@[^@\s]+\.[^@\s]+\Z", max_length=254)]
Phone = Annotated[str, Meta(pattern=r"\A\+[0-9]{7,15}\Z")]
InsuranceNumber = Annotated[str, Meta(pattern=r"\A[A-Z][0-9]{10}\Z")]
Language = Literal["de", "en", "fr", "pl", "tr", "uk"]
Notes = Annotated[str, Meta(max_length=2000)]
Start = Annotated[datetime, Meta(tz=True)]
Minutes = Annotated[int, Meta(ge=15, le=120, multiple_of=15)]
Kind = Literal["visit", "video", "phone"]
Reason = Annotated[str, Meta(max_length=200)]


class AddressGiven(Struct, forbid_unknown_fields=True, kw_only=True):
    street: Line
    postcode: Annotated[str, Meta(pattern=r"\A[0-9]{5}\Z")]
    city: Line
    country: Annotated[str, Meta(pattern=r"\A[A-Z]{2}\Z")] = "DE"

    def address(self) -> Address:
        return Address(street=self.street, postcode=self.postcode, city=self.city, country=self.country)
