"""Whole processes, as an operator runs them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import NO_TLS
from tests.eventually import eventually

KEY = "test-key-of-the-suite"
ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Program:
    """One process of the server, at ports that stay the same over its restarts."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.ocpp, self.web = free_port(), free_port()
        self.environment = os.environ | {
            "CSMS_OCPP_HOST": "127.0.0.1",
            "CSMS_OCPP_PORT": str(self.ocpp),
            "CSMS_WEB_PORT": str(self.web),
            "CSMS_HEALTH_PORT": str(self.web),
            "CSMS_FILES_PORT": "0",
            "CSMS_FTP_PORT": "0",
            "CSMS_BOOTSTRAP_API_KEY": KEY,
            "CSMS_DATA_FOLDER": str(folder / "data"),
            "CSMS_DRAIN_PAUSE_S": "0",
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.http = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.web}", headers={"X-API-Key": KEY}, timeout=15, verify=NO_TLS
        )

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.ocpp}"

    async def start(self, *options: str) -> None:
        with (self.folder / "program.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "csms.cli", "serve", *options],
                env=self.environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        await eventually(self.is_ready, within=60)

    async def is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "program.log").read_text()[-3000:]
        with contextlib.suppress(httpx.HTTPError):
            return (await self.http.get("/readyz")).status_code == 200
        return False

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    async def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(40)
        await self.http.aclose()

    async def post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = await self.http.post(f"/api/v1{path}", json=body)
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def sessions(self, **filters: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        after = None
        while True:
            cursor = {"after": after} if after else {}
            page = (await self.http.get("/api/v1/sessions", params={"limit": 500, **filters, **cursor})).json()
            rows += page["items"]
            after = page["next"]
            if after is None:
                return rows


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    started = Program(tmp_path)
    await started.start()
    yield started
    await started.stop()
    print((tmp_path / "program.log").read_text()[-5000:])  # noqa: T201  # shown beside a failure only
