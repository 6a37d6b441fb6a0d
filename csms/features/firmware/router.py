"""Routes of firmware: announce one, upload it, send stations for it by its id."""

import secrets
import uuid
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import Stream
from msgspec import Meta, Struct

from csms.features.firmware.repository import Image, Images
from csms.kit.signatures import fault_of
from csms.ports.objects import ObjectsError
from csms.storage.depot import image_key
from csms.web.desk import desk_of
from csms.web.pagination import Page, cursor_of, page_of, read_cursor
from csms.web.problems import FieldError, Problem
from csms.web.streams import Weighed, kept
from csms.web.versions import CONDITIONAL, changed_meanwhile, tagged, wanted_versions

AnyRequest = Request[Any, Any, Any]
Limit = Annotated[int, QueryParameter(ge=1, le=500)]
NAMED = {"refuses": (404,)}
Text = Annotated[str, Meta(min_length=1, max_length=100)]


class NewImage(Struct, frozen=True, forbid_unknown_fields=True):
    """A firmware whose bytes come next. What they hash to, and who signed them, is held against them then.

    The signature is in base64, over SHA-256; the certificate is the PEM of who signed.
    """

    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^/\\\x00-\x1f\x7f]*[^/\\\x00-\x1f\x7f. ]$")]
    version: Text | None = None
    vendor: Text | None = None
    model: Text | None = None
    sha256: Annotated[str, Meta(pattern="^[0-9a-fA-F]{64}$")] | None = None
    signature: Annotated[str, Meta(min_length=1, max_length=800)] | None = None
    signing_certificate: Annotated[str, Meta(min_length=1, max_length=5500)] | None = None


@post("/")
async def announce_image(request: AnyRequest, data: JSONBody[NewImage]) -> Response[Image]:
    """Announce a firmware; upload it to its `content` next."""
    for name, other in (("signature", "signing_certificate"), ("signing_certificate", "signature")):
        if getattr(data, name) is None and getattr(data, other) is not None:
            told = "a signature and the certificate of who signed go together"
            raise Problem(422, told, errors=[FieldError(f"/{name}", "is needed")])
    images, image = Images(desk_of(request).pool), str(uuid.uuid4())
    await images.add(image, msgspec.structs.asdict(data), request.state.caller.name)
    made = await _existing(images, image)
    return tagged(made, made.revision, status=201)


@get("/")
async def list_images(  # the filters of the route
    request: AnyRequest,
    limit: Limit = 50,
    after: FromQuery[str | None] = None,
    vendor: FromQuery[str | None] = None,
    model: FromQuery[str | None] = None,
    version: FromQuery[str | None] = None,
) -> Page[Image]:
    """List firmware, the youngest first."""
    cursor = read_cursor(after, tuple[datetime, str])
    rows = await Images(desk_of(request).pool).some(
        vendor=vendor, model=model, version=version, after=cursor, limit=limit + 1
    )
    return page_of(rows, limit, lambda image: cursor_of(image.created_at, image.id))


@get("/{image_id:str}", opt=NAMED)
async def show_image(request: AnyRequest, image_id: FromPath[str]) -> Response[Image]:
    """Show one firmware, without its bytes."""
    image = await _existing(Images(desk_of(request).pool), image_id)
    return tagged(image, image.revision)


@put("/{image_id:str}/content", opt={"refuses": (404, 409, 413, 503), "streams": True}, request_max_body_size=None)
async def upload_image(request: AnyRequest, image_id: FromPath[str]) -> Image:
    """Take the bytes of a firmware, once: what a station was sent for never changes."""
    desk = desk_of(request)
    images = Images(desk.pool)
    image = await _existing(images, image_id)
    if image.whole:
        raise Problem(409, "this firmware is here already; announce another one")
    body = Weighed(request, limit=desk.largest_file, check=lambda digest: _check(image, digest))
    key = image_key(f"{image_id}.{secrets.token_hex(4)}")
    try:
        await desk.objects.put(key, aiter(body))
        if not await images.came(image_id, key, body.digest.hex(), body.size):
            await desk.objects.delete(key)
            raise Problem(409, "this firmware is here already; announce another one")
    except ObjectsError as error:
        raise Problem(503, "the store of files is not available") from error
    return await _existing(images, image_id)


@get("/{image_id:str}/content", opt={"refuses": (404, 503)}, media_type="application/octet-stream")
async def download_image(request: AnyRequest, image_id: FromPath[str]) -> Stream:
    """Return the bytes of a firmware."""
    desk = desk_of(request)
    images = Images(desk.pool)
    image, key = await _existing(images, image_id), await images.key_of(image_id)
    if key is None:
        raise Problem(404, "its bytes have not come yet")
    return await kept(desk.objects, key, image.name)


@delete("/{image_id:str}", opt={**CONDITIONAL, "refuses": (404, 412, 503)})
async def delete_image(request: AnyRequest, image_id: FromPath[str]) -> None:
    """Forget a firmware; stations that were sent for it find nothing more.

    With `If-Match`, only if its bytes did not come meanwhile.
    """
    desk = desk_of(request)
    images = Images(desk.pool)
    await _existing(images, image_id)
    key = await images.key_of(image_id)
    if not await images.remove(image_id, revisions=wanted_versions(request)):
        await _existing(images, image_id)
        raise changed_meanwhile("firmware")
    try:
        if key is not None:
            await desk.objects.delete(key)
    except ObjectsError as error:
        raise Problem(503, "the firmware is off the list; its bytes go with the next sweep") from error


def _check(image: Image, digest: bytes) -> None:
    """Refuse bytes that are not what was announced."""
    if image.sha256 is not None and image.sha256.lower() != digest.hex():
        raise Problem(422, "these are other bytes than announced", errors=[FieldError("/sha256", digest.hex())])
    if image.signature is not None and image.signing_certificate is not None:
        fault = fault_of(image.signature, image.signing_certificate, digest)
        if fault is not None:
            raise Problem(422, fault, errors=[FieldError("/signature", fault)])


async def _existing(images: Images, image: str) -> Image:
    found = await images.one(image)
    if found is None:
        raise Problem(404, f"there is no firmware {image}")
    return found


firmware = Router(
    "/firmware",
    tags=["firmware"],
    route_handlers=[announce_image, list_images, show_image, upload_image, download_image, delete_image],
)
