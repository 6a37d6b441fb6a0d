"""Vendor profiles out of a folder of TOML files, read again when they change."""

import asyncio
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import structlog

from csms.domain.vendors.habits import PLAIN, Habits
from csms.domain.vendors.profiles import Make, Profile, Resolved, resolve

log = structlog.get_logger(__name__)

REMEMBERED = 10_000
LOOK_S = 5.0
Print = tuple[tuple[str, int, int], ...]


class ProfilesUnreadable(Exception):
    """A file of profiles cannot be read; the text names the file and the place."""


class VendorFiles:
    """The `Vendors` of a folder. A change that cannot be read leaves what was known before."""

    def __init__(self, folder: Path, *, changed: Callable[[], None] = lambda: None) -> None:
        self._folder = folder
        self._changed = changed
        self._print: Print = ()
        self._profiles: tuple[Profile, ...] = ()
        self._known: dict[Make, Resolved] = {}

    @property
    def profiles(self) -> Sequence[Profile]:
        """All profiles there are."""
        return self._profiles

    def resolve(self, make: Make, overrides: Habits) -> Resolved:
        """Return the habits of a station."""
        if overrides != PLAIN:
            return resolve(self._profiles, make, overrides)
        found = self._known.get(make)
        if found is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            found = self._known[make] = resolve(self._profiles, make, PLAIN)
        return found

    def load(self) -> None:
        """Read all files; raise `ProfilesUnreadable` for the first that is not as it should be."""
        seen = self._look()
        self._profiles = tuple(profile for name, _, _ in seen for profile in _read(self._folder / name))
        self._print, self._known = seen, {}

    async def watch(self, every_s: float = LOOK_S) -> None:
        """Read the files again when they have changed, until cancelled."""
        refused: Print = ()
        while True:
            await asyncio.sleep(every_s)
            seen = await asyncio.to_thread(self._look)
            if seen in {self._print, refused}:
                continue
            try:
                self.load()
            except ProfilesUnreadable as error:
                log.warning("vendor_profiles_unreadable", reason=str(error))
                refused = seen
            else:
                log.info("vendor_profiles_read", profiles=len(self._profiles))
                self._changed()

    def _look(self) -> Print:
        """Return what tells one state of the folder from another; nothing for a folder that is not there."""
        files = sorted(self._folder.glob("*.toml")) if self._folder.is_dir() else []
        stats = [(path.name, path.stat()) for path in files]
        return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


UNKNOWN = VendorFiles(Path("none"))
"""The profiles of nobody."""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    profile: list[Profile]


def _read(path: Path) -> list[Profile]:
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
        profiles = msgspec.convert(content, _File).profile
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise ProfilesUnreadable(f"{path}: {error}") from error
    for profile in profiles:
        if not (profile.vendor or profile.model or profile.firmware):
            raise ProfilesUnreadable(f"{path}: {profile.name} says of no station that it means it")
    return [msgspec.structs.replace(profile, source=f"vendors/{path.name}: {profile.name}") for profile in profiles]
