"""TLS, as stations speak it."""

import ssl
from pathlib import Path

from csms.kit.failures import StartFailed


def tls_of(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return the context of a listener: TLS 1.2 or newer; raise `StartFailed` if the files do not serve."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        tls.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise StartFailed(f"CSMS_TLS_CERTIFICATE, CSMS_TLS_KEY: {certificate}, {key}: {error}") from error
    return tls
