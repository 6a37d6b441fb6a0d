"""Routes of the certificates that stations have; they are installed, listed and deleted by commands of their station."""

from typing import Any

from litestar import Request, Router, get
from litestar.params import FromPath
from msgspec.structs import asdict

from csms.features.certificates.schemas import InstalledCertificate, StationCertificates
from csms.kit.x509 import HashData
from csms.storage.certificates import KnownCertificate, certificate_listings, known_certificates
from csms.web.desk import desk_of
from csms.web.problems import Problem

ALL = "all"


@get("/{station_id:str}/certificates", opt={"refuses": (404,)})
async def list_station_certificates(request: Request[Any, Any, Any], station_id: FromPath[str]) -> StationCertificates:
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


station_certificates = Router("/stations", tags=["security"], route_handlers=[list_station_certificates])
