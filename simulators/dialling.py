"""How a station dials: the address, the versions it offers, who it says it is, and what it does to WebSocket."""

import asyncio
import base64
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol as Token

from simulators.behaviour import Behaviour, Credentials, Identity, Pong, Spoil, Subprotocol

OTHER = {"ocpp1.6": "ocpp2.0.1", "ocpp2.0.1": "ocpp1.6"}
LATE_PONG_S = 0.2
RSV1 = 0x40


def address(url: str, station: str, behaviour: Behaviour) -> str:
    """Return where to connect to."""
    match behaviour.identity:
        case Identity.ENCODED:
            station = "".join(f"%{byte:02X}" for byte in station.encode())
        case Identity.OTHER_CASE:
            station = quote(station.swapcase())
        case _:
            station = quote(station)
    return f"{url}{behaviour.path}{station}"


def offer(subprotocol: str, behaviour: Behaviour, *, probing: bool) -> list[Token] | None:
    """Return the subprotocols to offer; `probing`: before the first good connection."""
    habit = behaviour.subprotocol
    if habit is Subprotocol.NONE:
        return None
    offered = {
        Subprotocol.LIST: ["ocpp1.5", subprotocol],
        Subprotocol.CASE: [subprotocol.upper()],
        Subprotocol.ALIAS: [subprotocol + "j"],
        Subprotocol.SWITCH: [OTHER[subprotocol] if probing else subprotocol],
        Subprotocol.UNKNOWN: ["ocpp0.1"],
    }
    return [Token(token) for token in offered.get(habit, [subprotocol])]


def headers(station: str, password: str | None, behaviour: Behaviour) -> dict[str, str]:
    """Return the header with the password, if there is one."""
    if password is None:
        return {}
    secret = password.encode()
    match behaviour.credentials:
        case Credentials.BYTES:
            secret = bytes.fromhex(password)
        case Credentials.UPPER_CASE:
            secret = secret.upper()
        case Credentials.OTHER_CASE:
            station = station.swapcase()
    encoded = base64.b64encode(station.encode() + b":" + secret).decode()
    return {
        "Authorization": "Basic " + (encoded.rstrip("=") if behaviour.credentials is Credentials.UNPADDED else encoded)
    }


def answer_pings(socket: ClientConnection, habit: Pong) -> None:
    """Make a connection answer pings late, or never."""
    if habit is Pong.ANSWER:
        return
    protocol: Any = socket.protocol
    send_frame = protocol.send_frame

    def send_late(frame: Frame) -> None:
        send_frame(frame)
        for data in protocol.data_to_send():
            socket.transport.write(data)

    def send(frame: Frame) -> None:
        if frame.opcode is not Opcode.PONG:
            send_frame(frame)
        elif habit is Pong.LATE:
            asyncio.get_running_loop().call_later(LATE_PONG_S, send_late, frame)

    protocol.send_frame = send


def spoil(socket: ClientConnection, how: Spoil) -> None:
    """Send a frame that breaks WebSocket; the central system will hang up."""
    frame = Frame(Opcode.TEXT, b'[2,"spoilt","Heartbeat",{}]').serialize(mask=how is not Spoil.UNMASKED)
    reserved = RSV1 if how is Spoil.RSV1 else 0
    socket.transport.write(bytes([frame[0] | reserved]) + frame[1:])
