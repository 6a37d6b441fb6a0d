"""Where stations are sent, where their operators leave that to us."""

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from csms.domain import remote
from csms.features.commands.words import Addressee, Words
from csms.ports.depot import NotOffered, Purpose, Transport, Wish
from csms.web.problems import FieldError, Problem

SIGNED = "SELECT signature, signing_certificate FROM firmware_images WHERE id = $1 AND whole"
NOWHERE = "https://localhost/"
"""Stands for an address of ours where a command is looked at that no station gets yet."""


async def update_firmware(words: Words, to: Addressee, command: remote.UpdateFirmware) -> remote.UpdateFirmware:
    """Send the station now, if no time was named, and for an image of ours with its signature (L01.FR.11)."""
    when = command.retrieve_at or words.clock.now()
    command = replace(command, retrieve_at=when)
    if command.location is not None or command.image is None:
        return command
    signed: dict[str, Any] = {}
    if command.signature is None and command.signing_certificate is None and not command.unsigned:
        signed = dict(await words.pool.fetchrow(SIGNED, command.image) or {})
    location = await _address(words, to, command.transport, when, image=command.image)
    return replace(command, location=location, image=None, transport=None, **signed)


async def bring(
    words: Words, to: Addressee, command: remote.GetLog | remote.GetDiagnostics
) -> remote.GetLog | remote.GetDiagnostics:
    """Give the station a place of ours to bring its file to, if no other was named."""
    if command.location is not None:
        return command
    location = await _address(words, to, command.transport, words.clock.now())
    return replace(command, location=location, transport=None)


async def _address(
    words: Words, to: Addressee, transport: str | None, until: datetime, *, image: str | None = None
) -> str:
    if not to.station:
        return NOWHERE
    wish = Wish(
        station=to.station,
        errand_id=to.call_id,
        purpose=Purpose.BRING if image is None else Purpose.FETCH,
        transport=None if transport is None else Transport(transport),
        until=until,
        image_id=image,
    )
    try:
        return await words.porter.hand_out(wish)
    except NotOffered as refusal:
        raise Problem(422, str(refusal), errors=[FieldError(f"/{refusal.member}", str(refusal))]) from refusal
