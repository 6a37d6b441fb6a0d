"""The depot over FTP, active and passive, for stations that know nothing else (Q111).

A station is let in by the name and the password in its address, or, where it cannot give any, by the
key in the path. It sees folders that are all the same: whatever is stored, wherever, is a file that it
brings; whatever it retrieves is its firmware. Nothing of the machine's files is behind it.
"""

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator
from typing import Any

from pyftpdlib import servers  # first: it takes up what Python 3.11 warns of
from pyftpdlib.authorizers import AuthenticationFailed
from pyftpdlib.exceptions import FilesystemError
from pyftpdlib.filesystems import AbstractedFS
from pyftpdlib.handlers import DTPHandler, FTPHandler
from pyftpdlib.ioloop import IOLoop

from csms.depot.counter import Counter, Refusal, key_in, name_in
from csms.depot.pipes import Incoming, Loop, Outgoing
from csms.ports.depot import Purpose, Ticket, Transport

COMMANDS = """
ABOR ALLO CDUP CWD EPRT EPSV FEAT HELP LIST MKD MLST MODE NLST NOOP OPTS PASS PASV PORT PWD QUIT REST RETR SIZE
STAT STOR STRU SYST TYPE USER XCUP XCWD XMKD XPWD
""".split()  # noqa: SIM905  # a list of one word a line says no more
ANONYMOUS = frozenset({"anonymous", "ftp"})
PERMITTED = frozenset("elrwm")


class Guard:
    """The authorizer: who has a ticket gets in, and a stranger as far as a path with a key."""

    def __init__(self, counter: Counter, loop: Loop) -> None:
        self._counter = counter
        self._loop = loop

    def validate_authentication(self, username: str, password: str, handler: "Channel") -> None:
        """Let a user in, or raise."""
        if username in ANONYMOUS:
            return
        ticket = self.admit(password)
        if ticket is None or ticket.id != username:
            raise AuthenticationFailed
        handler.ticket = ticket

    def admit(self, secret: str) -> Ticket | None:
        """Return the ticket of a secret, if it is good."""
        found = self._loop.wait(self._counter.admit(secret))
        return None if isinstance(found, Refusal) else found

    def has_perm(self, username: str, perm: str, path: str | None = None) -> bool:
        """Whether a command makes sense here at all."""
        return perm in PERMITTED

    def get_perms(self, username: str) -> str:
        return "".join(sorted(PERMITTED))

    def get_home_dir(self, username: str) -> str:
        return "/"

    def get_msg_login(self, username: str) -> str:
        return "Welcome."

    def get_msg_quit(self, username: str) -> str:
        return "Goodbye."

    def impersonate_user(self, username: str, password: str) -> None:
        """Nobody but us touches a file."""

    def terminate_impersonation(self, username: str) -> None:
        """See above."""


class Folders(AbstractedFS):  # type: ignore[misc]  # the library is not typed
    """The folders that a station sees: any that it names, and in them what its ticket is for."""

    cmd_channel: "Channel"

    def ftp2fs(self, ftppath: str) -> str:
        return str(self.ftpnorm(ftppath))

    def fs2ftp(self, fspath: str) -> str:
        return fspath

    def validpath(self, path: str) -> bool:
        return True

    def chdir(self, path: str) -> None:
        self.cwd = path

    def mkdir(self, path: str) -> None:
        """Every folder is there already."""

    def isdir(self, path: str) -> bool:
        return not self.isfile(path)

    def isfile(self, path: str) -> bool:
        ticket = self._ticket_at(path)
        return ticket is not None and ticket.image is not None and name_in(path) == ticket.image.name

    def getsize(self, path: str) -> int:
        ticket = self._ticket_at(path)
        if ticket is None or ticket.image is None:
            raise FilesystemError("No such file")
        return ticket.image.size

    def realpath(self, path: str) -> str:
        return path

    def lstat(self, path: str) -> None:
        if not self.isfile(path):
            raise FilesystemError("No such file")

    def listdir(self, path: str) -> list[str]:
        ticket = self._ticket_at(path)
        return [] if ticket is None or ticket.image is None else [ticket.image.name]

    def format_list(self, basedir: str, listing: list[str], ignore_err: bool = True) -> Iterator[bytes]:  # noqa: FBT001, FBT002  # the library's own
        ticket = self._ticket_at(basedir)
        size = 0 if ticket is None or ticket.image is None else ticket.image.size
        for name in listing:
            yield f"-r--r--r--   1 ftp ftp {size:>12} Jan 01 00:00 {name}\r\n".encode()

    def open(self, filename: str, mode: str) -> Incoming | Outgoing:
        """Begin to take or to give a file; anything but a whole new one cannot be written."""
        channel, ticket = self.cmd_channel, self._ticket_at(filename)
        reading = mode.startswith("r") and "+" not in mode
        purpose = Purpose.FETCH if reading else Purpose.BRING
        if ticket is None or ticket.purpose is not purpose or mode not in {"rb", "wb"}:
            raise FilesystemError("Not here, or not so")
        way = Transport.FTP if channel.ticket is not None else Transport.FTP_ANONYMOUS
        counter, loop = channel.counter, channel.bridge
        if reading:
            return Outgoing("file", loop, lambda first: counter.fetch(ticket, first=first, last=None, transport=way))
        found = key_in(filename)
        name = filename if found is None else found[1]
        remote = channel.remote_ip
        return Incoming("file", loop, lambda body: counter.bring(ticket, name, body, transport=way, remote=remote))

    def _ticket_at(self, path: str) -> Ticket | None:
        """Return the ticket of who logged in, as it is now, or that of the key in a path."""
        channel, found = self.cmd_channel, key_in(path)
        secret = channel.password if channel.ticket is not None else found and found[0]
        return None if secret is None else channel.guard.admit(secret)


class Transfer(DTPHandler):  # type: ignore[misc]  # the library is not typed
    """A data connection; success is told once the file is stored."""

    transfer_finished: bool
    was_cut = False

    def __init__(self, sock: socket.socket, cmd_channel: "Channel") -> None:
        left = _left_by(sock)
        super().__init__(sock, cmd_channel)
        if left is not None:
            cmd_channel.end_waiting(left)

    def recv(self, buffer_size: int) -> bytes:
        """Tell a connection that was reset from one that was closed: the library takes both for the end of the file."""
        with contextlib.suppress(BlockingIOError):
            try:
                self.socket.recv(1, socket.MSG_PEEK)
            except ConnectionError:
                self.was_cut = True
        return bytes(super().recv(buffer_size))

    def enable_receiving(self, type: str, cmd: str) -> None:  # noqa: A002  # the library names it so
        """Take bytes as they are, in ASCII mode too: what stations bring is never a text to us."""
        super().enable_receiving("i", cmd)

    def close(self) -> None:
        if not self._closed and self.receive and isinstance(self.file_obj, Incoming) and not self.file_obj.closed:
            try:
                self.file_obj.finish(whole=self.transfer_finished and not self.was_cut)
            except OSError:
                self.transfer_finished = False
                self._resp = ("451 The file was not kept.", logging.getLogger("pyftpdlib").debug)
        super().close()


def _left_by(sock: socket.socket) -> bytes | None:
    """Return what came over a connection that was reset before it was accepted; None of one that lives."""
    try:
        sock.getpeername()
    except OSError:
        pieces: list[bytes] = []
        with contextlib.suppress(OSError):
            while piece := sock.recv(Transfer.ac_in_buffer_size):
                pieces.append(piece)
        return b"".join(pieces)
    return None


class Channel(FTPHandler):  # type: ignore[misc]  # the library is not typed
    """A control connection."""

    dtp_handler = Transfer
    abstracted_fs = Folders
    proto_cmds = {name: FTPHandler.proto_cmds[name] for name in COMMANDS}  # noqa: RUF012  # the library's own
    banner = "ready."
    use_sendfile = False
    max_login_attempts = 3
    permit_foreign_addresses = False
    authorizer: Any
    guard: Guard
    counter: Counter
    bridge: Loop
    _in_dtp_queue: Any
    _out_dtp_queue: Any

    def __init__(self, conn: Any, server: Any, ioloop: Any = None) -> None:
        self.ticket: Ticket | None = None
        super().__init__(conn, server, ioloop)
        self._current_type = "i"

    def end_waiting(self, left: bytes) -> None:
        """End a transfer whose data connection was gone before it began: the library waits for ever, its station too."""
        waiting = self._in_dtp_queue or (self._out_dtp_queue and self._out_dtp_queue[2:])
        self._in_dtp_queue = self._out_dtp_queue = None
        if not waiting:
            return
        if isinstance(waiting[0], Incoming):
            with contextlib.suppress(OSError):
                waiting[0].write(left)
                waiting[0].finish(whole=False)
        elif waiting[0] is not None:
            waiting[0].close()
        self.respond("426 Connection closed; transfer aborted.")

    def flush_account(self) -> None:
        """Forget who is logged in."""
        super().flush_account()
        self.ticket = None
        self._current_type = "i"

    def ftp_TYPE(self, line: str) -> None:  # noqa: N802  # the library's own
        """Take any type, and send bytes as they are."""
        self.respond(f"200 Type set to: {line.upper()}.")


class Server(servers.ThreadedFTPServer):  # type: ignore[misc]  # the library is not typed
    """A thread for each connection, so that one may wait for the store."""

    max_cons = 128
    max_cons_per_ip = 32
    poll_timeout = 0.5

    def __init__(self, address: Any, handler: type[Channel]) -> None:
        self._lock = threading.Lock()  # nothing is shared with other servers of the process, as it is in the library
        self._exit = threading.Event()
        super().__init__(address, handler, ioloop=IOLoop())

    def _start_task(self, *args: Any, **kwargs: Any) -> threading.Thread:
        return threading.Thread(*args, **kwargs, daemon=True)
