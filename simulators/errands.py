"""What a station is sent for: a firmware that it installs, a log that it brings."""

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any, Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from ocpp.exceptions import OCPPError

from simulators import transfers
from simulators.behaviour import Behaviour
from simulators.transfers import FAILURES, Fw

FLOOD = 25
MARK = b"SIMULATED FIRMWARE "
"""What an image of a simulated station begins with, before its version; BROKEN is one that cannot be installed."""
BROKEN = "BROKEN"
Say = Callable[[str], Awaitable[Any]]
"""Sends a status, in the words of a version."""


class Owner(Protocol):
    """What errands ask of their station."""

    station: str
    firmware: str
    behaviour: Behaviour
    clock: Callable[[], datetime]
    connected: asyncio.Event
    commands: list[tuple[str, dict[str, Any]]]

    @property
    def evses(self) -> Mapping[int, Any]:
        """The outlets."""

    async def change_status(self, evse: int, status: str) -> None:
        """Report another status."""

    async def reboot(self) -> None:
        """Restart."""


class Errands:
    """Runs errands beside all that their station does; one of a kind at a time."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._running: dict[str, asyncio.Task[None]] = {}

    def begin(self, kind: str, work: Coroutine[Any, Any, None]) -> None:
        """Start an errand in place of the one of its kind that goes on."""
        self.cancel(kind)
        self._running[kind] = asyncio.get_running_loop().create_task(work, name=f"errand/{kind}")

    def cancel(self, kind: str) -> bool:
        """End an errand; False if none goes on."""
        task = self._running.get(kind)
        return task is not None and not task.done() and task.cancel()

    async def stop(self) -> None:
        """End all."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def update(self, location: str, say: Say, at: str | None, signed: tuple[str, str] | None = None) -> None:
        """Fetch a firmware, look at its signature if it has one, install it and boot with it."""
        await self._wait(at, say, "DownloadScheduled" if signed else None)
        await self._tell(say, "Downloading")
        if self._owner.behaviour.fw is Fw.STALL:
            return
        try:
            image = await asyncio.to_thread(transfers.fetch, location, self._owner.behaviour.fw)
        except FAILURES:
            await self._tell(say, "DownloadFailed")
            return
        await self._tell(say, "Downloaded")
        if signed is not None and not is_signed(image, *signed):
            await self._tell(say, "InvalidSignature")
            return
        if signed is not None:
            await self._tell(say, "SignatureVerified")
        await self._install(version_of(image), say, signed=signed is not None)

    async def _install(self, version: str, say: Say, *, signed: bool) -> None:
        owner = self._owner
        for evse in owner.evses:
            await owner.change_status(evse, "Unavailable")
        await self._tell(say, "Installing")
        if signed:
            await self._tell(say, "InstallRebooting")
        for evse in owner.evses.values():
            evse.status = "Available"
        if version != BROKEN:
            owner.firmware = version
        await owner.reboot()
        await owner.connected.wait()
        if owner.behaviour.fw is not Fw.NO_INSTALLED:
            await self._tell(say, "InstallationFailed" if version == BROKEN else "Installed")

    async def bring(self, location: str, name: str, say: Say, failure: str) -> None:
        """Bring a log; `failure` is what a version calls it when that did not go well."""
        await self._tell(say, "Uploading")
        try:
            await asyncio.to_thread(transfers.bring, location, name, self.log, self._owner.behaviour.fw)
        except FAILURES:
            await self._tell(say, failure)
        else:
            await self._tell(say, "Uploaded")

    @property
    def log(self) -> bytes:
        """What the station has written down of its life."""
        lines = [f"{self._owner.station} with firmware {self._owner.firmware}"]
        lines += [f"asked: {action}" for action, _ in self._owner.commands]
        return "\n".join([*lines, *(f"tick {n}" for n in range(1000)), ""]).encode()

    async def _wait(self, at: str | None, say: Say, scheduled: str | None) -> None:
        if at is None:
            return
        seconds = (datetime.fromisoformat(at) - self._owner.clock()).total_seconds()
        if seconds > 0:
            if scheduled is not None:
                await self._tell(say, scheduled)
            await asyncio.sleep(seconds)

    async def _tell(self, say: Say, status: str) -> None:
        """Send a status, after the line has come back if need be; a flood of it, if that is the habit."""
        for _ in range(FLOOD if self._owner.behaviour.fw is Fw.FLOOD else 1):
            await self._owner.connected.wait()
            try:
                await say(status)
            except (ConnectionError, TimeoutError, OCPPError):
                await self._owner.connected.wait()
                await say(status)


def version_of(image: bytes) -> str:
    """Return the version of an image; one that does not tell gets the beginning of its hash."""
    if image.startswith(MARK):
        return image[len(MARK) :].split(None, 1)[0].decode()
    return f"sha-{hashlib.sha256(image).hexdigest()[:8]}"


def is_signed(image: bytes, signature: str, certificate: str) -> bool:
    """Whether a signature is that of an image by the owner of a certificate."""
    key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    try:
        raw = base64.b64decode(signature)
        if isinstance(key, rsa.RSAPublicKey):
            pss = padding.PSS(padding.MGF1(SHA256()), padding.PSS.AUTO)
            key.verify(raw, image, pss, SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(raw, image, ec.ECDSA(SHA256()))
        else:
            return False
    except (InvalidSignature, ValueError):
        return False
    return True


def is_certificate(text: str) -> bool:
    """Whether a text is a certificate that the station can read."""
    try:
        x509.load_pem_x509_certificate(text.encode())
    except ValueError:
        return False
    return True
