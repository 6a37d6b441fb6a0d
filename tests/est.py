"""An authority that speaks EST, as it should and otherwise, on loopback."""

import base64
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from tests.papers import Authority

Answer = tuple[int, dict[str, str], bytes]
PKCS7 = {"Content-Type": "application/pkcs7-mime; smime-type=certs-only", "Content-Transfer-Encoding": "base64"}


class Est:
    """What it was asked, and what it answers: `enroll` may be exchanged."""

    def __init__(self, authority: Authority, root: Authority) -> None:
        self.authority = authority
        self.root = root
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.enroll: Callable[[bytes], Answer] = self.sign
        self.url = ""

    def sign(self, body: bytes) -> Answer:
        request = x509.load_der_x509_csr(base64.b64decode(body))
        paper = self.authority.issue(request.subject, request)  # type: ignore[arg-type]  # it tells its public key
        return 200, PKCS7, base64.encodebytes(pkcs7.serialize_certificates([paper.certificate], Encoding.DER))

    def cacerts(self) -> Answer:
        chain = [self.root.paper.certificate, self.authority.paper.certificate]
        return 200, PKCS7, base64.encodebytes(pkcs7.serialize_certificates(chain, Encoding.DER))


@contextmanager
def est_server(folder: Path) -> Iterator[Est]:
    root = Authority(called="Est Root")
    est = Est(Authority(called="Est", above=root), root)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            self.reply(est.cacerts())

        def do_POST(self) -> None:
            self.reply(est.enroll(self.rfile.read(int(self.headers["Content-Length"]))))

        def reply(self, answer: Answer) -> None:
            est.asked.append((self.command, self.path, dict(self.headers)))
            status, headers, body = answer
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*root.server().files(folder, "est"))
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    (folder / "est-root.pem").write_text(root.pem)
    est.url = f"https://localhost:{server.server_port}/.well-known/est"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield est
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
