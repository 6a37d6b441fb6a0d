"""How often an address may be turned away before it has to wait."""

import ipaddress
import math
from collections import Counter, OrderedDict
from collections.abc import Sequence

from csms.kit.clock import Clock
from csms.kit.leaks import Leaks

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

ADDRESSES = 10_000
FRIENDS = 50_000
LINES_PER_MINUTE = 20
MANY_CONNECTS = 10
FLAPPING_WITHIN_S = 300.0
SHORTEST_WAIT_S = 10


class Turnstile:
    """Counts refusals for each address, never admissions: thousands of stations may share one address.

    A station that was let in from an address before may always knock there, so that strangers
    behind the same router do not lock it out; one wrong password ends that. `exempt` are the
    networks of proxies, behind which an address says nothing. All tables are bounded.
    """

    def __init__(self, *, per_minute: int, clock: Clock, exempt: Sequence[Network] = ()) -> None:
        self._clock = clock
        self._exempt = tuple(exempt)
        self._failures = Leaks(capacity=per_minute, per_second=per_minute / 60.0, room=ADDRESSES)
        self._lines = Leaks(capacity=LINES_PER_MINUTE, per_second=LINES_PER_MINUTE / 60.0, room=ADDRESSES)
        self._connects = Leaks(capacity=MANY_CONNECTS, per_second=MANY_CONNECTS / FLAPPING_WITHIN_S, room=FRIENDS)
        self._friends: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._friendly: Counter[str] = Counter()

    def wait(self, remote: str, station: str) -> int:
        """Return for how many seconds nobody but friends is heard from this address; 0 for not at all."""
        address = subscriber(remote)
        wait = self._failures.wait(address, self._clock.monotonic())
        if wait <= 0.0 or (address, station.lower()) in self._friends or self._is_exempt(remote):
            return 0
        return max(SHORTEST_WAIT_S, math.ceil(wait))

    def shuts_out(self, remote: str) -> bool:
        """Whether an address has to wait, and has no friend who may come all the same."""
        return not self._friendly[subscriber(remote)] and self.wait(remote, "") > 0

    def refused(self, remote: str, station: str = "", *, cost: int = 1) -> None:
        """Count a refusal that the address is to blame for."""
        address = subscriber(remote)
        self._failures.pour(address, cost, self._clock.monotonic())
        self._part((address, station.lower()))

    def admitted(self, remote: str, station: str) -> bool:
        """Remember a friend; return whether it comes so often that somebody should look (Q10)."""
        friend = (subscriber(remote), station.lower())
        if friend not in self._friends:
            self._friendly[friend[0]] += 1
        self._friends[friend] = None
        self._friends.move_to_end(friend)
        if len(self._friends) > FRIENDS:
            self._part(next(iter(self._friends)))
        if self._connects.pour(friend[1], 1, self._clock.monotonic()):
            return False
        self._connects.empty(friend[1])
        return True

    def _part(self, friend: tuple[str, str]) -> None:
        """Be friends no more."""
        if friend in self._friends:
            del self._friends[friend]
            self._friendly[friend[0]] -= 1
            if not self._friendly[friend[0]]:
                del self._friendly[friend[0]]

    def may_log(self, remote: str) -> bool:
        """Whether one more line about this address is worth its space (Q7)."""
        return self._lines.pour(subscriber(remote), 1, self._clock.monotonic())

    def _is_exempt(self, remote: str) -> bool:
        try:
            address = ipaddress.ip_address(remote)
        except ValueError:
            return False
        return any(address in network for network in self._exempt)


def subscriber(remote: str) -> str:
    """Return what one subscriber of the Internet is known by: an IPv4 address, or the first half of an IPv6 one."""
    if ":" not in remote:
        return remote
    try:
        address = ipaddress.IPv6Address(remote.partition("%")[0])
    except ValueError:
        return remote
    return str(address.ipv4_mapped or ipaddress.IPv6Network((address, 64), strict=False).network_address)
