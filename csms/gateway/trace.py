"""What is told of a line: every frame goes to the message log, its secrets covered; odd ones and its end to ours."""

import structlog
from websockets.frames import CloseCode
from websockets.server import ServerProtocol

from csms.gateway.context import Context
from csms.gateway.liveness import MUTE_AFTER, MUTE_AGAIN
from csms.ocpp import codec
from csms.ocpp.events import CallReceived, FrameOdd, LinkEvent, MessageId, OpenCall
from csms.ocpp.secrets import SECRETIVE, redacted
from csms.ocpp.version import Version
from csms.ports.frames import PINGS, Direction, Frame

log = structlog.get_logger(__name__)

STANDARD = frozenset(code.value for code in CloseCode)


def trace_in(context: Context, station: str, event: LinkEvent, data: str | bytes) -> None:
    """Log what came in, and what the link made of it."""
    context.metrics.traffic.received += 1
    if type(event) is CallReceived:
        note = ",".join(event.notes) if event.notes else None
        text = redacted(event.action, event.text) if event.action in SECRETIVE else event.text
        frame = Frame(context.clock.now(), Direction.IN, text, str(event.message_id), event.action, note)
        context.frames.record(station, frame)
    else:
        _log(context, station, Direction.IN, *_told_of(event, data))


def trace_out(
    context: Context, station: str, texts: list[str], message_id: MessageId | None, action: str | None
) -> None:
    """Log what goes out: the answer that was named, or what tells itself what it is; several may go together."""
    context.metrics.traffic.sent += len(texts)
    if message_id is not None and len(texts) == 1:
        text = redacted(action, texts[0]) if action in SECRETIVE else texts[0]
        context.frames.record(station, Frame(context.clock.now(), Direction.OUT, text, str(message_id), action))
        return
    for text in texts:
        told_id, told_action = codec.label_of(text)
        told_action = action if told_id == message_id else told_action
        _log(context, station, Direction.OUT, text, str(told_id), told_action, None)


def trace_odd(context: Context, station: str, event: FrameOdd, now: float) -> None:
    """Count a frame that leads to nothing; of many, a few are told (Q24, Q28)."""
    context.metrics.odd_frames.labels(event.reason).inc()
    if event.reason != "empty" and context.odd_lines.pour(station, 1, now):
        log.info("frame_odd", station=station, reason=event.reason, text=event.text[:200])


def trace_start(context: Context, station: str, *, version: Version, remote: str) -> None:
    """Tell that a line has begun."""
    context.metrics.connections.inc()
    log.info("station_connected", station=station, protocol=version.value, remote=remote)


def trace_ping(context: Context, station: str, unanswered: int) -> None:
    """Log of a line that it answers no pings; they are no frames of OCPP, and have no entries of their own (Q12)."""
    if unanswered % MUTE_AGAIN == MUTE_AFTER:
        note = f"{unanswered} pings in a row had no answer"
        context.frames.record(station, Frame(context.clock.now(), Direction.OUT, "", None, PINGS, note))


def trace_end(
    context: Context, station: str, core: ServerProtocol, *, why: str | None, error: Exception | None
) -> None:
    """Tell that a line has ended, and why: `why` is our reason to cut it off, `error` the network's."""
    reason = why or _reason(core, error)
    context.metrics.connections.dec()
    context.metrics.closes.labels(reason).inc()
    fault = core.parser_exc
    detail = {} if fault is None or isinstance(fault, EOFError) else {"detail": str(fault)}
    log.info("station_disconnected", station=station, reason=reason, **detail)


def _reason(core: ServerProtocol, error: Exception | None) -> str:
    sent, received = core.close_sent, core.close_rcvd
    if received is not None:
        return f"received-{received.code}" if received.code in STANDARD else "received-other"
    if sent is not None:
        return f"sent-{sent.code}"
    return type(error).__name__ if error is not None else "eof"


Told = tuple[str, str | None, str | None, str | None]
"""Text, message id, action and note."""


def _log(  # the members of a frame
    context: Context,
    station: str,
    direction: Direction,
    text: str,
    message_id: str | None,
    action: str | None,
    note: str | None,
) -> None:
    if action in SECRETIVE:
        text = redacted(action, text)
    context.frames.record(station, Frame(context.clock.now(), direction, text, message_id, action, note))


def _told_of(event: LinkEvent, data: str | bytes) -> Told:
    call: OpenCall | None = getattr(event, "call", None)
    message_id = call.message_id if call is not None else getattr(event, "message_id", None)
    action = call.action if call is not None else getattr(event, "action", None)
    text = getattr(event, "text", None)
    return (
        text if isinstance(text, str) else str(data),
        None if message_id is None else str(message_id),
        action,
        getattr(event, "reason", None),
    )
