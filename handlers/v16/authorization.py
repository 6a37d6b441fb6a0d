"""Tokens, in the words of 1.6."""

from datetime import datetime, timedelta
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
    Standing.NOT_HERE: "Blocked",
    Standing.NOT_THIS_TYPE: "Blocked",
    Standing.NOT_NOW: "Blocked",
}
"""1.6 has no words for a prepaid token that is used up (TX-12), nor for one that may charge elsewhere (TX-11)."""
LONGEST_TAG = 20
PAST, NEAR = timedelta(0), timedelta(minutes=10)


def token_of(id_tag: str) -> TokenRef:
    """Return the token that an idTag means; 1.6 does not say of which kind it is."""
    return TokenRef(id_tag.strip(), kind="")


def id_tag_info(authorization: Authorization, now: datetime) -> v16.IdTagInfo:
    """Put an authorization; the group is the parent (TX-08, 16-RES-06).

    A group of a longer name than 1.6 has room for is not told: a station would not take the answer (16-GEN-07).
    Nor is an expiry that is near: stations end what has just begun over it, or keep the tag as expired (Q132).
    """
    group, expires_at = authorization.group, authorization.expires_at
    return v16.IdTagInfo(
        status=STATUS[authorization.standing],
        expiry_date=None if expires_at is None or NEAR > expires_at - now > PAST else expires_at,
        parent_id_tag=group if group is not None and len(group) <= LONGEST_TAG else None,
    )
