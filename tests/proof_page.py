"""What `docs/conformance.md` says in tables, made out of the code and the lists of duties: `make proof-page` writes it."""

import re
from collections.abc import Iterable, Iterator

from handlers.v16 import COMMANDS, V16
from tests.integration.rest.operators import CASES
from tests.proof import BOOKS, FOLDER, Duty

PAGE = FOLDER.parents[1] / "docs" / "conformance.md"
TABLE = re.compile(r"(?<=<!-- table: )(\w+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)
FROM_STATIONS = [
    "Authorize",
    "BootNotification",
    "DataTransfer",
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "MeterValues",
    "StartTransaction",
    "StatusNotification",
    "StopTransaction",
]
TO_STATIONS = [
    "CancelReservation",
    "ChangeAvailability",
    "ChangeConfiguration",
    "ClearCache",
    "ClearChargingProfile",
    "DataTransfer",
    "GetCompositeSchedule",
    "GetConfiguration",
    "GetDiagnostics",
    "GetLocalListVersion",
    "RemoteStartTransaction",
    "RemoteStopTransaction",
    "ReserveNow",
    "Reset",
    "SendLocalList",
    "SetChargingProfile",
    "TriggerMessage",
    "UnlockConnector",
    "UpdateFirmware",
]
SECURITY_FROM = [
    "LogStatusNotification",
    "SecurityEventNotification",
    "SignCertificate",
    "SignedFirmwareStatusNotification",
]
SECURITY_TO = [
    "CertificateSigned",
    "DeleteCertificate",
    "ExtendedTriggerMessage",
    "GetInstalledCertificateIds",
    "GetLog",
    "InstallCertificate",
    "SignedUpdateFirmware",
]


def handler(action: str) -> str | None:
    """Return the function that hears a message."""
    found = V16.inbound.get(action)
    return None if found is None else f"`{found.answer.__module__}.{found.answer.__name__}`"


def command(action: str) -> str | None:
    """Return the commands of operators that become a message, and the functions that word it."""
    names = sorted({case.command for case in CASES if (case.version, case.action) == ("1.6", action)})
    told = re.compile(rf"(?:.*, or )?{action} ")
    put = {function for function in COMMANDS.values() if told.match(function.__doc__ or "")}
    words = sorted(f"`{function.__module__}.{function.__name__}`" for function in put)
    return ", ".join([*(f"`{name}`" for name in names), *words]) if names and words else None


def about(action: str, duties: Iterable[Duty]) -> str:
    """Return the ids whose sentences name a message."""
    return " ".join(duty.id for duty in duties if re.search(rf"\b{action}\b", duty.says))


def messages() -> Iterator[str]:
    """Every message of 1.6: where it is heard or worded, and the ids that are about it."""
    duties = BOOKS["conformance"].duties()
    parts = ((FROM_STATIONS, TO_STATIONS, "1.6"), (SECURITY_FROM, SECURITY_TO, "its security extension"))
    for heard, said, name in parts:
        rows = [(action, "from stations", handler(action)) for action in heard]
        rows += [(action, "to stations", command(action)) for action in said]
        yield f"\nMessages of {name}: {sum(place is not None for *_, place in rows)} of {len(rows)}.\n\n"
        yield "| message | direction | heard by, or asked as and worded by | ids that name it |\n|---|---|---|---|\n"
        for action, direction, place in rows:
            yield f"| {action} | {direction} | {place or 'not yet'} | {about(action, duties)} |\n"


def duties(book: str) -> Iterator[str]:
    """The duties of a book."""
    yield "\n| id | level | versions | what is shown |\n|---|---|---|---|\n"
    for duty in BOOKS[book].duties():
        yield f"| {duty.id} | {duty.level} | {', '.join(sorted(duty.protocols))} | {duty.says} |\n"


def written(page: str) -> str:
    """Return the page with its tables made anew."""
    tables = {"messages": messages, "conformance": lambda: duties("conformance"), "quirks": lambda: duties("quirks")}
    return TABLE.sub(lambda found: found[1] + found[2] + "".join(tables[found[1]]()) + "\n", page)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
