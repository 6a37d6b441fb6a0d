"""The contexts of all TLS doors, made anew when what they are made of changes: no restart, no line is cut."""

import asyncio
import ssl
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import structlog

from csms.domain.certificates import doubts_about_server
from csms.gateway.tls import Asking, Chain, Unusable, tls_of
from csms.kit.clock import Clock
from csms.kit.metrics import Metrics
from csms.kit.x509 import NotReadable, read_certificates

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 5.0
Mark = tuple[object, ...]


class Keyring:
    """Holds the newest context for each way of asking for client certificates; raises `Unusable` at first."""

    def __init__(self, *, chains: Sequence[Chain], roots: Sequence[Path], clock: Clock, metrics: Metrics) -> None:
        self._chains = tuple(chains)
        self._roots = tuple(roots)
        self._clock = clock
        self._metrics = metrics
        self._mark: Mark = ()
        self._contexts: dict[Asking, ssl.SSLContext] = {}
        self._mark, self._contexts = self._marked(), self._made()
        self._tell()

    def door(self, asking: Asking) -> Callable[[], ssl.SSLContext]:
        """Return what gives the newest context of a door."""
        return lambda: self._contexts[asking]

    def reload(self) -> bool:
        """Read everything again; keep what there is, and say so, if something is wrong."""
        self._mark = self._marked()
        fault = self._remake()
        if fault is None:
            log.info("tls_reloaded")
            self._tell()
        else:
            log.error("tls_not_reloaded", reason=fault)
        return fault is None

    def _remake(self) -> str | None:
        """Make the contexts again; return what is wrong with their files."""
        try:
            self._contexts = self._made()
        except Unusable as unusable:
            return str(unusable)
        return None

    async def watch(self) -> None:
        """Look for changed files again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if self._marked() != self._mark:
                self.reload()

    def _files(self) -> Iterator[Path]:
        for chain in self._chains:
            yield chain.certificate
            yield chain.key
        yield from self._roots

    def _marked(self) -> Mark:
        """Return what tells that a file has changed; one that is missing for a moment is a change too."""
        return tuple(_mark_of(path) for path in self._files())

    def _made(self) -> dict[Asking, ssl.SSLContext]:
        try:
            roots = "\n".join(path.read_text("ascii", "replace") for path in self._roots)
        except OSError as error:
            raise Unusable(str(error)) from error
        return {asking: tls_of(self._chains, roots, asking) for asking in Asking}

    def _tell(self) -> None:
        """Tell until when the certificates hold, and what stations may dislike about them."""
        now = self._clock.now()
        for chain in self._chains:
            try:
                leaf = read_certificates(chain.certificate.read_text("ascii", "replace"))[0]
            except (OSError, NotReadable) as error:
                log.warning("tls_certificate_doubtful", certificate=str(chain.certificate), doubt=str(error))
                continue
            self._metrics.server_certificates.labels(leaf.key.kind).set(leaf.not_after.timestamp())
            for doubt in doubts_about_server(leaf, now):
                log.warning("tls_certificate_doubtful", certificate=str(chain.certificate), doubt=doubt)


def _mark_of(path: Path) -> Mark:
    try:
        found = path.stat()
    except OSError:
        return ("missing",)
    return (found.st_mtime_ns, found.st_size, found.st_ino)
