"""Addresses of the depot, as stations are told them."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from csms.kit.clock import Clock
from csms.ports.depot import NotOffered, Transport, Wish
from csms.storage.depot import PostgresDepot

PREFERRED = (Transport.HTTPS, Transport.HTTP, Transport.FTP)
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Offer:
    """Where the depot is reached: by the addresses that the operator set, else by our own ports.

    `bases` are by scheme and without a slash in the end; a port 0 or a missing one is not offered.
    """

    bases: Mapping[str, str]
    ports: Mapping[str, int]

    def schemes(self) -> frozenset[str]:
        """Return the schemes that are offered: with an address for HTTPS, nobody is told of one in the clear."""
        if "https" in self.bases:
            return frozenset(self.bases) | (frozenset(self.ports) - {"http"})
        return frozenset(self.bases) | frozenset(self.ports)

    def base(self, scheme: str, host: str) -> str:
        """Return what addresses of a scheme begin with; `host` is how a station reaches this machine."""
        if scheme in self.bases:
            return self.bases[scheme]
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.ports[scheme]}"


class DepotPorter:
    """The `Porter` of one installation; tickets last `life` after their errand begins."""

    def __init__(self, *, depot: PostgresDepot, clock: Clock, offer: Offer, life: timedelta) -> None:
        self._depot = depot
        self._clock = clock
        self._offer = offer
        self._life = life

    async def hand_out(self, wish: Wish) -> str:
        transport = await self._transport(wish)
        name = wish.name or ""
        if wish.image_id is not None:
            found = await self._depot.image_name(wish.image_id)
            if found is None:
                raise NotOffered("there is no such firmware, or it is not here as a whole", "image")
            name = found
        base = self._offer.base(_scheme(transport), await self._host(wish.station))
        ticket, secret = await self._depot.issue(wish, max(wish.until, self._clock.now()) + self._life)
        return _address(base, transport, ticket, secret, quote(name))

    async def _transport(self, wish: Wish) -> Transport:
        offered = self._offer.schemes()
        if wish.transport is not None:
            if _scheme(wish.transport) not in offered:
                raise NotOffered(f"there is no {_scheme(wish.transport)} here: {_listed(offered)}", "transport")
            return wish.transport
        known = (await self._depot.ways_of(wish.station) or "").lower()
        able = {way.strip() for way in known.split(",")}
        choice = [one for one in PREFERRED if one in offered]
        if not choice:
            raise NotOffered("nothing is fetched or brought here; name a location", "location")
        return next((one for one in choice if one in able), choice[0])

    async def _host(self, station: str) -> str:
        remote = await self._depot.remote_of(station) or LOOPBACK
        return own_address_towards(remote)


def own_address_towards(remote: str) -> str:
    """Return by which of its addresses this machine speaks to another one; nothing is sent."""
    family = socket.AF_INET6 if ":" in remote else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((remote, 9))
        except OSError:
            return LOOPBACK
        return str(probe.getsockname()[0])


def _address(base: str, transport: Transport, ticket: str, secret: str, name: str) -> str:
    """Return an address; the one of a place to bring something to ends as a folder does, for stations add their names."""
    if transport is Transport.FTP:
        scheme, _, place = base.partition("://")
        return f"{scheme}://{ticket}:{secret}@{place}/{name}"
    return f"{base}/key-{secret}/{name}"


def _scheme(transport: Transport) -> str:
    return "ftp" if transport is Transport.FTP_ANONYMOUS else transport.value


def _listed(offered: frozenset[str]) -> str:
    return f"{', '.join(sorted(offered))} there are" if offered else "nothing is offered at all"
