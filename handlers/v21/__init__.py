"""OCPP 2.1: the table of contents, which is that of 2.0.1 with other rows."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from csms.ocpp.version import Version
from handlers.v21 import signing, transactions
from handlers.v201 import COMMANDS as OF_201
from handlers.v201 import V201, certificate_management, learns

COMMANDS: Mapping[Any, Any] = {**OF_201, **certificate_management.commands(Version.V21), **signing.COMMANDS}
"""What operators can say, and which function puts it into words."""

V21 = replace(
    V201,
    inbound={
        **V201.inbound,
        "SignCertificate": replace(V201.inbound["SignCertificate"], answer=signing.sign_certificate),
        "TransactionEvent": replace(V201.inbound["TransactionEvent"], answer=transactions.transaction_event),
    },
    learns=learns(Version.V21),
)
