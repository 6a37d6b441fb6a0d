"""The HTTP server at the level of its sockets."""

import asyncio
import socket

import pytest

from csms.web.server import Place, bind


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_nothing_that_is_sent_is_held_back_for_the_other_side_to_confirm_what_went_before(host: str) -> None:
    """An answer is written in two pieces: the second would wait for 40 ms on every connection that is kept."""
    undelayed = asyncio.get_running_loop().create_future()

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted = writer.get_extra_info("socket")
        undelayed.set_result(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    listening = bind(Place("CSMS_WEB", host, 0))
    async with await asyncio.start_server(serve, sock=listening):
        _, writer = await asyncio.open_connection(host, listening.getsockname()[1])
        assert await asyncio.wait_for(undelayed, 5)
        writer.close()
