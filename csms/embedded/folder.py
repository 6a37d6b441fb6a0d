"""The folder of the embedded servers: one program at a time."""

import fcntl
import os
from pathlib import Path

from csms.kit.failures import StartFailed


class Hold:
    """Holds a folder until it is released or its process ends."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StartFailed(f"CSMS_DATA_FOLDER: cannot write to {folder}: {error.strerror}") from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._descriptor)
            raise StartFailed(
                f"CSMS_DATA_FOLDER: {folder} is in use by another running program; "
                "stop it, name another folder, or set DATABASE_URL and REDIS_URL"
            ) from error

    def release(self) -> None:
        """Let another program have the folder."""
        os.close(self._descriptor)
