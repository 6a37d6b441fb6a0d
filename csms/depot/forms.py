"""Files in a form (multipart/form-data), as browsers and many chargers upload them, read as they come in."""

from collections.abc import AsyncIterator
from typing import Any

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from csms.depot.intake import Body, BrokenOff

KIND = "multipart/form-data"


def boundary_of(content_type: str) -> str | None:
    """Return the boundary of a form; None for what is none."""
    kind, options = parse_options_header(content_type)
    return options.get("boundary") or None if kind == KIND else None


async def files_in(body: Body, boundary: str) -> AsyncIterator[tuple[str, Body]]:
    """Yield the names and the bodies of the files in a form; each body is to be read before the next one.

    Fields that are no files are passed over. A body raises `BrokenOff` where the form makes no sense any more.
    """
    events = _events(body, boundary)
    async for event in events:
        if isinstance(event, MultipartSegment) and (event.filename or event.content_type):
            yield event.filename or event.name or "", _segment(events)


async def _segment(events: AsyncIterator[Any]) -> AsyncIterator[bytes]:
    async for event in events:
        if event is None:
            return
        yield bytes(event)


async def _events(body: Body, boundary: str) -> AsyncIterator[Any]:
    try:
        with PushMultipartParser(boundary) as parser:
            async for chunk in body:
                for event in parser.parse(chunk):
                    yield event
    except MultipartError as error:
        raise BrokenOff(f"no form: {error}") from error
