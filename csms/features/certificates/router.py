"""Routes of the certificates that stations have; they are installed, listed and deleted by commands of their station."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Router, get
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec.structs import asdict

from csms.domain.trust import Use
from csms.features.certificates.repository import Has, StationTrust, TrustedCertificate, TrustedCertificates
from csms.features.certificates.schemas import InstalledCertificate, StationCertificates
from csms.kit.x509 import HashData
from csms.storage.certificates import KnownCertificate, certificate_listings, known_certificates
from csms.web.desk import desk_of
from csms.web.pagination import Page, cursor_of, page_of, read_cursor
from csms.web.problems import Problem

AnyRequest = Request[Any, Any, Any]
Limit = Annotated[int, QueryParameter(ge=1, le=500)]
ALL = "all"


@get("/{station_id:str}/certificates", opt={"refuses": (404,)})
async def list_station_certificates(request: AnyRequest, station_id: FromPath[str]) -> StationCertificates:
    """List the certificates that a station told of, and those that it took and did not tell of yet."""
    desk = desk_of(request)
    station = await desk.registry.find(station_id)
    if station is None:
        raise Problem(404, f"there is no station {station_id}")
    listings = await certificate_listings(desk.pool, station.id)
    known = await known_certificates(desk.pool, station.id)
    return StationCertificates(station.id, {use or ALL: at for use, at in listings.items()}, [*map(_shown, known)])


def _shown(known: KnownCertificate) -> InstalledCertificate:
    called = dict.fromkeys(HashData.__struct_fields__) if known.hash_data is None else asdict(known.hash_data)
    rest = {name: getattr(known, name) for name in InstalledCertificate.__struct_fields__ if name not in called}
    return InstalledCertificate(**called, **rest)


@get("/")
async def list_trusted_certificates(
    request: AnyRequest,
    limit: Limit = 50,
    after: FromQuery[str | None] = None,
    ends_before: FromQuery[datetime | None] = None,
) -> Page[TrustedCertificate]:
    """List the certificates that some station took from us, those that end first at first."""
    last = read_cursor(after, tuple[datetime, str])
    found = await TrustedCertificates(desk_of(request).pool).some(ends_before=ends_before, after=last, limit=limit + 1)
    return page_of(found, limit, lambda row: cursor_of(row.not_after, row.fingerprint))


@get("/{fingerprint:str}/stations", opt={"refuses": (404,)})
async def list_stations_of_certificate(  # the filters of the route
    request: AnyRequest,
    fingerprint: FromPath[str],
    use: FromQuery[Use],
    limit: Limit = 50,
    after: FromQuery[str | None] = None,
    has: FromQuery[Has | None] = None,
) -> Page[StationTrust]:
    """List which stations have a certificate for a use, which lack it, and of which nobody knows."""
    trusted = TrustedCertificates(desk_of(request).pool)
    if not await trusted.exists(fingerprint):
        raise Problem(404, f"no station took a certificate {fingerprint} from us")
    (last,) = read_cursor(after, tuple[str]) or (None,)
    found = await trusted.stations(fingerprint, use.value, has=has, after=last, limit=limit + 1)
    return page_of(found, limit, lambda row: cursor_of(row.station_id))


trusted_certificates = Router(
    "/trusted-certificates",
    tags=["security"],
    route_handlers=[list_trusted_certificates, list_stations_of_certificate],
)
station_certificates = Router("/stations", tags=["security"], route_handlers=[list_station_certificates])
