"""Tokens, in the words of 1.6."""

from typing import Literal

from csms.domain.access import Authorization, Standing, TokenRef
from csms.ocpp.messages import v16

Status = Literal["Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"]
STATUS: dict[Standing, Status] = {
    Standing.ACCEPTED: "Accepted",
    Standing.BLOCKED: "Blocked",
    Standing.EXPIRED: "Expired",
    Standing.UNKNOWN: "Invalid",
    Standing.CONCURRENT: "ConcurrentTx",
    Standing.NO_CREDIT: "Blocked",
}
"""1.6 has no word for a prepaid token that is used up (TX-12)."""
LONGEST_TAG = 20


def token_of(id_tag: str) -> TokenRef:
    """Return the token that an idTag means; 1.6 does not say of which kind it is."""
    return TokenRef(id_tag.strip(), kind="")


def id_tag_info(authorization: Authorization) -> v16.IdTagInfo:
    """Put an authorization; the group is the parent (TX-08, 16-RES-06).

    A group of a longer name than 1.6 has room for is not told: a station would not take the answer (16-GEN-07).
    """
    group = authorization.group
    return v16.IdTagInfo(
        status=STATUS[authorization.standing],
        expiry_date=authorization.expires_at,
        parent_id_tag=group if group is not None and len(group) <= LONGEST_TAG else None,
    )
