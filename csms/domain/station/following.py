"""The rules of errands: which one a message means, and what it makes of it."""

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from csms.domain.command import Deciders, Decision
from csms.domain.station.commands import CloseCall, RecordBoot
from csms.domain.station.errands import (
    OPEN,
    AnswerErrand,
    AskErrand,
    Errand,
    ErrandAnswered,
    ErrandAsked,
    ErrandDropped,
    ErrandEvent,
    FirmwareFound,
    Kind,
    News,
    ProgressReported,
    ReportProgress,
    Stage,
)
from csms.domain.station.state import Station

REMEMBERED = 4
MOST_TOLD = 100
"""How many statuses of one errand are written down; what a flood says beyond only counts if it leads further (Q58)."""

NEXT = {
    News.UNDER_WAY: Stage.RUNNING,
    News.SUCCEEDED: Stage.SUCCEEDED,
    News.FAILED: Stage.FAILED,
    News.CANCELED: Stage.CANCELED,
}
OVER = frozenset({Stage.SUCCEEDED, Stage.REFUSED, Stage.CANCELED, Stage.SUPERSEDED})
ANSWERED, FAULT = "Answered", "Error"


def ask(station: Station, command: AskErrand) -> Decision[None]:
    """Note that a station is sent, and what firmware it has."""
    version = None if station.report is None else station.report.firmware
    asked = ErrandAsked(
        errand_id=command.errand_id,
        kind=command.kind.value,
        action=command.action,
        at=command.at,
        request_id=command.request_id,
        location=command.location,
        retrieve_at=command.retrieve_at,
        install_at=command.install_at,
        oldest_at=command.oldest_at,
        latest_at=command.latest_at,
        retries=command.retries,
        retry_interval_s=command.retry_interval_s,
        version=version,
    )
    return Decision(None, (asked,))


def answer(station: Station, command: AnswerErrand) -> Decision[None]:
    """Note whether a station goes; it may have told more than that before it answered (Q101)."""
    errand = next((one for one in station.errands if one.id == command.errand_id), None)
    if errand is None:
        return Decision(None)
    begun = errand.stage not in {Stage.ASKED, Stage.UNANSWERED}
    stage = errand.stage if begun else Stage.RUNNING
    if not command.accepted:
        return Decision(None, (_answered(command, Stage.REFUSED),))
    return Decision(None, (_answered(command, stage), *_dropped(station, errand, command)))


def _answered(command: AnswerErrand, stage: str) -> ErrandAnswered:
    return ErrandAnswered(command.errand_id, str(stage), command.status, command.at, command.file_name)


def _dropped(station: Station, errand: Errand, command: AnswerErrand) -> Iterator[ErrandDropped]:
    """Drop the older ones that the station gave up, or of which nothing can be heard any more."""
    for other in station.errands:
        if other.id == errand.id or other.kind != errand.kind or other.stage not in OPEN:
            continue
        if command.cancels:
            yield ErrandDropped(other.id, Stage.CANCELED.value, command.at)
        elif other.request_id is None and errand.request_id is None:
            yield ErrandDropped(other.id, Stage.SUPERSEDED.value, command.at)


def report_progress(station: Station, command: ReportProgress) -> Decision[None]:
    """Note how far an errand is, when it got further; late and repeated statuses take nothing back (Q58, Q111)."""
    if (command.errand, command.status, command.request_id) in station.progress:
        return Decision(None)
    told = ProgressReported(command.errand, command.status, command.at, command.request_id)
    errand = meant(station, command)
    if errand is None:
        return Decision(None, (told,))
    stage = _after(errand, command.news)
    if stage == errand.stage and (command.status == errand.status or errand.told >= MOST_TOLD):
        return Decision(None)
    return Decision(None, (replace(told, errand_id=errand.id, stage=stage, news=command.news.value),))


def meant(station: Station, command: ReportProgress) -> Errand | None:
    """Return the errand that a status is of.

    The one of its number. Without a number, the youngest that goes on, or the youngest of all; an idle
    station is at none.
    """
    of_kind = [one for one in reversed(station.errands) if one.kind == command.errand]
    if command.request_id is not None:
        return next((one for one in of_kind if one.request_id == command.request_id), None)
    if command.news is News.IDLE or not of_kind:
        return None
    return next((one for one in of_kind if one.stage in OPEN), of_kind[0])


def _after(errand: Errand, news: News) -> str:
    """Return the stage of an errand after some news: a success is one in any case, a failure may be tried again."""
    over = errand.stage in OVER and not (errand.presumed and news is News.FAILED)
    if news is News.IDLE or (over and news is not News.SUCCEEDED):
        return errand.stage
    return NEXT[news].value


def found_by_boot(station: Station, command: RecordBoot) -> tuple[FirmwareFound, ...]:
    """Return what a boot says of the last firmware errand: another version means that it was installed (Q111).

    The same one says nothing, unless the station told its success before.
    """
    errand = next((one for one in reversed(station.errands) if one.kind == Kind.FIRMWARE), None)
    version = command.report.firmware
    if errand is None or version is None or errand.found is not None:
        return ()
    succeeded, changed = errand.stage == Stage.SUCCEEDED, version != errand.version and errand.version is not None
    if not succeeded and not (changed and errand.stage in OPEN):
        return ()
    return (FirmwareFound(errand.id, version, Stage.SUCCEEDED.value, command.at, presumed=not succeeded),)


def ended_with_call(station: Station, command: CloseCall) -> tuple[ErrandAnswered, ...]:
    """Return what the end of a call that was not answered says of the errand that it asked for."""
    waiting = any(one.id == command.call_id and one.stage == Stage.ASKED for one in station.errands)
    if not waiting or command.outcome == ANSWERED:
        return ()
    stage = Stage.REFUSED if command.outcome == FAULT else Stage.UNANSWERED
    return (ErrandAnswered(command.call_id, stage.value, command.code or command.outcome, command.at),)


def followed(station: Station, event: ErrandEvent) -> Station:
    """Return a station after one more fact of an errand."""
    if isinstance(event, ErrandAsked):
        asked = Errand(event.errand_id, event.kind, event.request_id, version=event.version)
        return replace(station, errands=(*station.errands, asked)[-REMEMBERED:])
    if isinstance(event, ProgressReported):
        others = tuple(known for known in station.progress if known[0] != event.errand)
        station = replace(station, progress=(*others, (event.errand, event.status, event.request_id)))
    change = CHANGES[type(event)]
    errands = tuple(change(one, event) if one.id == event.errand_id else one for one in station.errands)
    return replace(station, errands=errands)


def _progressed(errand: Errand, event: ProgressReported) -> Errand:
    presumed = errand.presumed and event.news not in {News.SUCCEEDED, News.FAILED}
    stage = event.stage or errand.stage
    return replace(errand, stage=stage, status=event.status, presumed=presumed, told=errand.told + 1)


CHANGES: dict[type, Callable[..., Errand]] = {
    ErrandAnswered: lambda errand, event: replace(errand, stage=event.stage, status=event.status),
    ErrandDropped: lambda errand, event: replace(errand, stage=event.stage),
    ProgressReported: _progressed,
    FirmwareFound: lambda errand, event: replace(
        errand, stage=event.stage, found=event.version, presumed=event.presumed
    ),
}

FOLLOWING: Deciders = {AskErrand: ask, AnswerErrand: answer, ReportProgress: report_progress}
