"""What the upstream answers: records of people, as masks are made for."""

import json

#: The mask rules of "all on", for one record and for lists of them.
MASKED = ("$.email", "$.insurance.number", "$.addresses[*].street")
MASKED_IN_LISTS = ("$.data[*].email", "$.data[*].insurance.number", "$.data[*].addresses[*].street")
PERSON_BYTES = 1200
#: Lengths of lists.
SIZES_KB = (1, 100, 1000)


def _record(number: int) -> dict[str, object]:
    address = {"street": "Lindenallee 14", "postal_code": "04107", "city": "Leipzig", "country": "DE"}
    return {
        "id": f"per_{number:08d}",
        "name": {"given": "Johanna", "family": "Weißenfels", "title": "Dr."},
        "email": "johanna.weissenfels@clinic.example",
        "phone": "+49 341 5550 0142",
        "birth_date": "1984-03-17",
        "balance": 1240.50,
        "is_active": True,
        "insurance": {"number": "A123456789", "kind": "statutory", "valid_until": "2029-12-31"},
        "addresses": [address, {**address, "street": "Am Markt 3", "city": "Halle"}],
        "languages": ["de", "en", "fr"],
        "visits": [{"at": f"2026-0{month}-11T09:30:00Z", "reason": "check-up", "fee": 45.0} for month in range(1, 5)],
        "notes": "",
    }


def person() -> bytes:
    """One record of 1.2 kB."""
    record = _record(1)
    missing = PERSON_BYTES - len(json.dumps(record, ensure_ascii=False).encode())
    return json.dumps({**record, "notes": "n" * missing}, ensure_ascii=False).encode()


def people(size_bytes: int) -> bytes:
    """A list of records, about so long."""
    each = len(json.dumps(_record(1), ensure_ascii=False).encode()) + 2
    data = [_record(number) for number in range(max(size_bytes // each, 1))]
    return json.dumps({"data": data, "next": None}, ensure_ascii=False).encode()
