"""TLS between a socket and what listens behind it (decision 0009)."""

import asyncio
import ssl
from typing import Any, cast

from csms.gateway.context import Context
from csms.gateway.entrance import CERTIFICATE, Entrance, Porter
from csms.kit.x509 import Certificate, NotReadable, read_der

RECORD = 16_384
_decrypted = bytearray(RECORD)
_view = memoryview(_decrypted)
"""Where every connection decrypts to: what is there is copied before anything else may run."""

REASONS = {
    "HTTP_REQUEST": "plain-on-tls-port",
    "HTTPS_PROXY_REQUEST": "plain-on-tls-port",
    "NO_SHARED_CIPHER": "tls-cipher",
    "NO_SUITABLE_SIGNATURE_ALGORITHM": "tls-cipher",
    "NO_SHARED_GROUPS": "tls-cipher",
    "UNSUPPORTED_PROTOCOL": "tls-version",
    "VERSION_TOO_LOW": "tls-version",
    "WRONG_SSL_VERSION": "tls-version",
    "UNKNOWN_PROTOCOL": "tls-version",
    "CERTIFICATE_VERIFY_FAILED": "client-certificate",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "no-client-certificate",
    "TLSV1_ALERT_UNKNOWN_CA": "we-are-not-trusted",
    "SSLV3_ALERT_BAD_CERTIFICATE": "we-are-not-trusted",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "we-are-not-trusted",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "we-are-not-trusted",
}
"""What OpenSSL gives as the reason of a failure, and what we count it as."""


class Tunnel(asyncio.Protocol, asyncio.Transport):
    """A protocol to the socket, and a transport to the entrance and to the connection behind it.

    The porter watches over it until the handshake is done, and after that over what is behind.
    """

    __slots__ = (
        "_behind",
        "_closing",
        "_context",
        "_fault",
        "_in",
        "_knock_by",
        "_out",
        "_porter",
        "_remote",
        "_spoke",
        "_tls",
        "_transport",
        "_unheard",
    )

    def __init__(self, *, context: Context, porter: Porter, tls: ssl.SSLContext) -> None:
        super().__init__()
        self._context = context
        self._porter = porter
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = tls.wrap_bio(self._in, self._out, server_side=True)
        self._transport: asyncio.Transport | None = None
        self._behind: asyncio.Protocol | None = None
        self._fault: Exception | None = None
        self._spoke = False
        self._unheard = True
        self._closing = False
        self._knock_by = 0.0
        self._remote = ""

    # To the socket.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self._remote = str(peer[0]) if peer else "unknown"
        self._knock_by = self._context.clock.monotonic() + self._context.handshake_timeout_s
        self._porter.opened(self)
        if self._context.doorman.shuts_out(self._remote):
            self._unheard = False
            self.abort()

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        self._in.write(data)
        if self._behind is not None or self._shake():
            self._read()

    def eof_received(self) -> bool:
        if self._behind is not None and not self._closing and self._behind.eof_received():
            return True
        self.close()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        behind, self._behind = self._behind, None
        if behind is not None:
            behind.connection_lost(error or self._fault)
            return
        self._closing = True
        if self._unheard and self._spoke:
            self._spoil("tls-abandoned")
        elif self._unheard:
            self._context.metrics.handshakes.labels("no-request").inc()
        self._porter.closed(self)

    def pause_writing(self) -> None:
        if self._behind is not None:
            self._behind.pause_writing()

    def resume_writing(self) -> None:
        if self._behind is not None:
            self._behind.resume_writing()

    # The handshake.

    def _shake(self) -> bool:
        """Go on with the handshake; return whether it is done."""
        self._spoke = True
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
            return False
        except ssl.SSLError as error:
            self._fail(error)
            return False
        self._flush()
        return self._open()

    def _fail(self, error: ssl.SSLError) -> None:
        """Send the alert that tells the peer why, and go."""
        outcome = REASONS.get(error.reason or "", "tls-broken")
        detail = getattr(error, "verify_message", None) or (error.reason or str(error)).replace("_", " ").lower()
        self._spoil(outcome, detail=detail)
        self._flush()
        self.close()

    def _spoil(self, outcome: str, **more: str) -> None:
        self._unheard = False
        self._context.doorman.spoilt(self._remote, outcome, **more)

    def _open(self) -> bool:
        """Let the entrance listen; return whether it does."""
        entrance = Entrance(context=self._context, porter=self._porter)
        self._porter.closed(self)
        self._behind = entrance
        entrance.connection_made(self)
        return not self._closing

    def tick(self, now: float) -> None:
        """End a handshake that takes too long."""
        if now >= self._knock_by and not self._closing:
            self._spoil("slow-handshake")
            self.abort()

    def turn_away(self) -> None:
        """Make room for others: too many are at the door (L14)."""
        if not self._closing:
            self._unheard = False
            self._context.doorman.failed(self._remote, "crowded")
        self.abort()

    def cut_off(self) -> None:
        """Say nothing more: the house closes."""
        self._unheard = False
        self.abort()

    # What comes in.

    def _read(self) -> None:
        """Hand over what can be decrypted; the last look at an empty buffer is spared, for it raises."""
        tls = self._tls
        try:
            while self._behind is not None and not self._closing:
                size = int(tls.read(RECORD, _decrypted))
                if not size:  # the peer has said goodbye
                    self.eof_received()
                    return
                self._behind.data_received(bytes(_view[:size]))
                if not self._in.pending and not tls.pending():
                    break
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:  # what came is no TLS
            self._fault = error
            self.abort()
        self._flush()

    # To what is behind.

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._transport is None or self._closing:
            return
        try:
            self._tls.write(data)
        except ssl.SSLError:  # the session is over
            self.abort()
            return
        self._flush()

    def _flush(self) -> None:
        if self._out.pending and self._transport is not None:
            self._transport.write(self._out.read())

    def close(self) -> None:
        """Say goodbye, and close the socket once that has left."""
        if self._transport is None:
            return
        if not self._closing and self._behind is not None:
            try:
                self._tls.unwrap()
            except ssl.SSLError:  # the peer has not said goodbye yet, and need not
                self._flush()
        self._closing = True
        self._transport.close()

    def abort(self) -> None:
        self._closing = True
        if self._transport is not None:
            self._transport.abort()

    def is_closing(self) -> bool:
        return self._closing or self._transport is None or self._transport.is_closing()

    def can_write_eof(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def pause_reading(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._behind = cast("asyncio.Protocol", protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return cast("asyncio.BaseProtocol", self._behind)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        if name == CERTIFICATE:
            return self._certificate()
        return default if self._transport is None else self._transport.get_extra_info(name, default)

    def _certificate(self) -> Certificate | None:
        """Return the verified certificate of the peer, if it showed one."""
        der = self._tls.getpeercert(binary_form=True)
        try:
            return None if der is None else read_der(der)
        except NotReadable:
            return None
