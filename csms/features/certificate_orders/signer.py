"""Has the orders of stations signed, and at a bounded pace where the authority is away (SEC-40, SEC-41)."""

import structlog

from csms.domain.certificates import weakness_of
from csms.domain.proof import is_named, names_of
from csms.domain.station.signing import Stage
from csms.features.certificate_orders.queue import OrderQueue, ToSign
from csms.kit.backoff import Backoff
from csms.kit.clock import Clock
from csms.kit.x509 import Certificate, NotReadable, read_certificates
from csms.ports.certificates import AuthorityPending, AuthorityRefused, AuthorityUnavailable, CertificateAuthority
from csms.ports.journal import JournalUnavailable
from csms.storage.engine import AWAY

log = structlog.get_logger(__name__)

AT_ONCE = 5
FIRST_S, MOST_S = 2.0, 300.0
LONGEST_WAIT_S = 3600.0


class Doubtful(Exception):
    """A certificate that is not what was asked for."""


class Signer:
    """Takes orders that are to be signed; while the authority is away it is asked less and less often."""

    def __init__(self, *, queue: OrderQueue, authority: CertificateAuthority, clock: Clock) -> None:
        self._queue = queue
        self._authority = authority
        self._clock = clock
        self._backoff = Backoff(first_s=FIRST_S, most_s=MOST_S)
        self._rests_until = 0.0

    async def look(self) -> int:
        """Have some orders signed, and return how many were."""
        if self._clock.monotonic() < self._rests_until:
            return 0
        signed = 0
        for order in await self._queue.to_sign(AT_ONCE):
            if self._clock.monotonic() < self._rests_until:
                await self._queue.later(order.id, FIRST_S, "the authority is away")
                continue
            signed += await self._sign(order)
        return signed

    async def _sign(self, order: ToSign) -> bool:
        try:
            chain = await self._authority.sign(order.csr)
            leaf = await self._checked(order, chain)
        except AuthorityPending as pending:
            seconds = min(LONGEST_WAIT_S, max(FIRST_S, pending.seconds))
            await self._later(order, seconds, str(pending))
        except AuthorityUnavailable as away:
            await self._wait(order, str(away))
        except (AuthorityRefused, Doubtful) as refused:
            log.warning("certificate_not_issued", station=order.station_id, order=order.id, why=str(refused))
            reason = "doubtful" if isinstance(refused, Doubtful) else "authority-refused"
            await self._queue.ended(order.id, Stage.FAILED, reason, str(refused)[:500])
        except (JournalUnavailable, *AWAY):
            raise
        except Exception as error:  # one request must not keep all others from being signed
            log.exception("certificate_signing_failed", station=order.station_id, order=order.id, exc_info=error)
            await self._later(order, LONGEST_WAIT_S, type(error).__name__)
        else:
            self._backoff.reset()
            await self._queue.issued(order.id, chain, leaf)
            log.info("certificate_issued", station=order.station_id, order=order.id, serial=leaf.serial)
            return True
        return False

    async def _wait(self, order: ToSign, why: str) -> None:
        """Leave the authority alone for a while, and the order longer with every try."""
        rest_s = self._backoff.next_s()
        self._rests_until = self._clock.monotonic() + rest_s
        log.warning("authority_unavailable", station=order.station_id, order=order.id, why=why, seconds=round(rest_s))
        await self._later(order, min(LONGEST_WAIT_S, FIRST_S * 2.0 ** min(order.tries, 16)), why)

    async def _later(self, order: ToSign, seconds: float, why: str) -> None:
        """Ask again later, for a week."""
        if order.is_old:
            await self._queue.ended(order.id, Stage.FAILED, "authority-away", why[:500])
        else:
            await self._queue.later(order.id, seconds, why[:500])

    async def _checked(self, order: ToSign, chain: str) -> Certificate:
        """Return the station's certificate of a chain: for the key that asked, and for no other station."""
        try:
            leaf = read_certificates(chain)[0]
        except NotReadable as unreadable:
            raise Doubtful(f"the authority gave no certificate: {unreadable}") from unreadable
        if leaf.key.digest != order.key_digest:
            raise Doubtful("the certificate is for another key")
        if leaf.is_authority or (weak := weakness_of(leaf.key)) is not None:
            raise Doubtful("the certificate is of an authority" if leaf.is_authority else str(weak))
        if not order.any_subject and not is_named(leaf.subject, (order.station_id,)):
            raise Doubtful(f"the certificate is for {leaf.subject.text}")
        names = [name.replace("\0", "").lower() for name in names_of(leaf.subject)]
        if others := await self._queue.others(names, order.station_id):
            raise Doubtful(f"the certificate names {', '.join(others)}, too")
        return leaf
