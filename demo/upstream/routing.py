"""Which operation answers: by version, path and method. HEAD is answered wherever GET is."""

from collections.abc import Callable
from functools import partial

from demo.upstream import appointments, patients, practitioners, v1, v2
from demo.upstream.api import Api, Call
from demo.upstream.clinic import Clinic
from demo.upstream.replies import Refusal, Reply, not_found

Operation = Callable[[Api, Call], Reply]
Shape = tuple[str, str, bool, str]

OPERATIONS: tuple[tuple[str, str, Operation], ...] = (
    ("GET", "/practitioners", practitioners.list_practitioners),
    ("GET", "/practitioners/{id}", practitioners.read_practitioner),
    ("GET", "/practitioners/{id}/slots", practitioners.list_slots),
    ("GET", "/patients", patients.list_patients),
    ("POST", "/patients", patients.register_patient),
    ("GET", "/patients/{id}", patients.read_patient),
    ("PATCH", "/patients/{id}", patients.change_patient),
    ("GET", "/appointments", appointments.list_appointments),
    ("POST", "/appointments", appointments.book_appointment),
    ("GET", "/appointments/{id}", appointments.read_appointment),
    ("PATCH", "/appointments/{id}", appointments.move_appointment),
    ("DELETE", "/appointments/{id}", appointments.cancel_appointment),
)
ONLY_IN_V2: tuple[tuple[str, str, Operation], ...] = (
    ("GET", "/patients/{id}/appointments", appointments.list_patient_appointments),
)


class Router:
    def __init__(self, clinic: Clinic) -> None:
        self._methods: dict[Shape, dict[str, Callable[[Call], Reply]]] = {}
        self._add(Api(clinic, v1), OPERATIONS)
        self._add(Api(clinic, v2), OPERATIONS + ONLY_IN_V2)

    def _add(self, api: Api, operations: tuple[tuple[str, str, Operation], ...]) -> None:
        for method, path, operation in operations:
            shape, _ = _shape(f"/{api.version.NAME}{path}")
            methods = self._methods.setdefault(shape, {})
            methods[method] = partial(operation, api)
            if method == "GET":
                methods["HEAD"] = methods[method]

    def answer(self, method: str, target: str, content_type: str, body: bytes) -> Reply:
        """``target`` is the raw request target; raises ``Refusal``."""
        path, _, query = target.partition("?")
        shape, row_id = _shape(path)
        methods = self._methods.get(shape)
        if methods is None:
            raise not_found("resource")
        operation = methods.get(method)
        if operation is None:
            allow = b"Allow: %b\r\n" % ", ".join(sorted(methods)).encode()
            raise Refusal(405, "method-not-allowed", "The resource does not take this method.", headers=allow)
        return operation(Call(row_id, query, content_type, body))


def _shape(path: str) -> tuple[Shape, str]:
    """``/v1/patients/x/slots`` → (``v1``, ``patients``, has an id, ``slots``) and the id."""
    parts = path.split("/")
    if len(parts) < 3 or len(parts) > 5 or parts[0] or "" in parts[3:]:
        return ("", "", False, ""), ""
    row_id = parts[3] if len(parts) > 3 else ""
    return (parts[1], parts[2], bool(row_id), parts[4] if len(parts) > 4 else ""), row_id
