"""What the routes of sites take and give."""

from datetime import datetime
from typing import Annotated
from zoneinfo import available_timezones

from msgspec import UNSET, Meta, Struct, UnsetType

from csms.web.problems import FieldError, Problem

Id = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^/\x00-\x1f\x7f?#%]+$")]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]


class NewSite(Struct, frozen=True, forbid_unknown_fields=True):
    """A place to add. `time_zone` is a name of the IANA database, such as `Europe/Berlin`."""

    id: Id
    name: Name
    city: Name
    latitude: Latitude
    longitude: Longitude
    time_zone: str | None = None


class SiteChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a place; what is left out stays."""

    name: Name | UnsetType = UNSET
    city: Name | UnsetType = UNSET
    latitude: Latitude | UnsetType = UNSET
    longitude: Longitude | UnsetType = UNSET
    time_zone: str | None | UnsetType = UNSET


class Site(Struct, frozen=True):
    """A place where stations stand, and how many."""

    id: str
    name: str
    city: str
    latitude: float
    longitude: float
    time_zone: str | None
    stations: int
    created_at: datetime
    version: int


def check_zone(zone: str | UnsetType | None) -> None:
    """Refuse a time zone that nobody knows."""
    if isinstance(zone, str) and zone not in available_timezones():
        raise Problem(422, "there is no such time zone", errors=[FieldError("/time_zone", "is not known")])
