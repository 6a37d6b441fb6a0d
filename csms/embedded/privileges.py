"""Who runs the embedded servers: never root, for Postgres refuses to."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Runner:
    """How to start a command without privileges.

    A plain user starts it as it is. Root becomes `nobody`; where `nobody` cannot walk to the
    files (a home of mode 0700), a Linux user namespace shows root as `nobody` instead.
    """

    prefix: tuple[str, ...] = ()
    user: int | None = None
    group: int | None = None

    def arguments(self) -> dict[str, Any]:
        """Return what to give to the functions that start processes."""
        if self.user is None:
            return {}
        return {"user": self.user, "group": self.group, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give a file or folder to the user that will run the command."""
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)


def runner_for(*paths: Path) -> Runner:
    """Return how to run a command that uses `paths`."""
    if os.geteuid() != 0:
        return Runner()
    nobody = pwd.getpwnam("nobody")
    if all(_is_walkable(path) for path in paths):
        return Runner(user=nobody.pw_uid, group=nobody.pw_gid)
    return Runner(prefix=("unshare", "--user", f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}"))


def _is_walkable(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)
