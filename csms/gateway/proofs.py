"""What a station must show to come in by a security profile: a password, a certificate, or nothing."""

import contextlib
from collections.abc import Iterable

from csms.domain.proof import TLS_CERTIFICATE, Proof, is_named, is_of
from csms.gateway.credentials import PasswordCheck, password_in
from csms.gateway.knock import Knock, Refusal
from csms.ports.journal import JournalUnavailable
from csms.ports.registry import RegisteredStation, StationRegistry

WRONG_PASSWORD = Refusal(401, "credentials", "unauthorized", (("WWW-Authenticate", 'Basic realm="ocpp"'),))
NO_CERTIFICATE = Refusal(403, "no-client-certificate", "this station must show a certificate")
WRONG_CERTIFICATE = Refusal(403, "client-certificate", "not the certificate of this station")
PASSWORDLESS = [Proof(profile) for profile in range(TLS_CERTIFICATE)]
"""One proof for all stations of a profile without certificates: most are of one."""


class Proofs:
    """Checks what a station shows. `organisations` are those whose certificates count; none: any."""

    def __init__(
        self,
        *,
        registry: StationRegistry,
        passwords: PasswordCheck,
        organisations: Iterable[str] = (),
    ) -> None:
        self._registry = registry
        self._passwords = passwords
        self._organisations = tuple(organisations)

    async def check(self, knock: Knock, station: RegisteredStation, name: str, profile: int) -> Proof | Refusal:
        """Return the proof of a station that knocks as `name`, or why it is none."""
        if profile == TLS_CERTIFICATE:
            return self._check_certificate(knock, station)
        if profile == 0 or await self._has_password(knock, station, name):
            return PASSWORDLESS[profile]
        return WRONG_PASSWORD

    def _check_certificate(self, knock: Knock, station: RegisteredStation) -> Proof | Refusal:
        """Look at what TLS does not know: whose certificate it is (SEC-31, SEC-32), if that counts (SEC-37); it is good in all else."""
        shown = knock.certificate
        if shown is None:
            return NO_CERTIFICATE
        if station.any_subject:
            return Proof(TLS_CERTIFICATE, shown)
        if not (is_named(shown.subject, (station.id,)) and is_of(shown.subject, self._organisations)):
            return WRONG_CERTIFICATE
        return Proof(TLS_CERTIFICATE, shown)

    async def _has_password(self, knock: Knock, station: RegisteredStation, name: str) -> bool:
        if not (station.password_hash or station.new_password_hashes) or len(knock.authorization) != 1:
            return False
        password = password_in(knock.authorization[0], name)
        if password is None:
            password = password_in(knock.authorization[0], station.id)
        return password is not None and await self._is_right(station, password)

    async def _is_right(self, station: RegisteredStation, password: bytes) -> bool:
        """Take the present password, one that it was sent, or the one before the present (Q22).

        The present one ends the one before it, and one that it was sent ends all before that, once it is used.
        """
        if station.password_hash and await self._passwords.is_right(station.id, password, station.password_hash):
            if station.old_password_hash is not None:
                with contextlib.suppress(JournalUnavailable):  # its time will be over all the same
                    await self._registry.forget_old_password(station.id)
            return True
        for hashed in station.new_password_hashes:
            if await self._passwords.is_right(station.id, password, hashed):
                with contextlib.suppress(JournalUnavailable):  # it will be used again
                    await self._registry.use_new_password(station.id, hashed)
                return True
        if station.old_password_hash is None:
            return False
        return await self._passwords.is_right(station.id, password, station.old_password_hash)
