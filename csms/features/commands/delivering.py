"""A certificate that an operator brings to a station: held against what the station asked for, and on record as its order's."""

from collections.abc import Iterable

from msgspec.structs import replace

from csms.domain import remote
from csms.domain.fault import Fault
from csms.domain.proof import is_of
from csms.features.commands.words import Addressee, Words
from csms.kit.x509 import NotReadable, Subject, load_certificates, pem_of, read_certificates
from csms.ports.commands import CallRequest
from csms.storage.certificate_orders import chain_room
from csms.web.problems import FieldError, Problem

LONGEST = 10_000
"""Characters of a chain by the schema: more room than a station tells of is not needed for anything else (SEC-42)."""
KEYS = """
SELECT key_digest FROM certificate_orders WHERE lower(station_id) = lower($1) AND coalesce(kind, 'station') = $2
    AND key_digest IS NOT NULL AND stage <> 'denied' ORDER BY asked_at DESC LIMIT 16
"""
ORGANISATION = """
SELECT value FROM station_variables WHERE station_id = $1 AND attribute = 'Actual' AND value IS NOT NULL
    AND lower(variable) IN ('cponame', 'organizationname') AND lower(component) IN ('', 'securityctrlr') LIMIT 1
"""
BROUGHT = """
UPDATE certificate_orders SET stage = 'sent', call_id = $2, chain = $4, issuer = $5, serial = $6, not_before = $7, not_after = $8,
    fingerprint = $9, issued_at = now(), sent_at = now(), changed_at = now(), deliveries = deliveries + 1,
    held_until = now() + interval '15 minutes'
WHERE id = (
    SELECT id FROM certificate_orders
    WHERE lower(station_id) = lower($1) AND key_digest = $3 AND stage NOT IN ('denied', 'installed')
    ORDER BY asked_at DESC LIMIT 1
)
"""
UNSENT = (
    "UPDATE certificate_orders SET stage = 'issued', deliveries = deliveries - 1 WHERE call_id = $1 AND stage = 'sent'"
)


async def on_request(words: Words, station: str, _protocol: str, command: remote.RequestCertificate) -> Iterable[Fault]:
    """Tell why a request that a station is asked for would be denied, as far as is known (16-SEC-11)."""
    if command.kind not in words.signing.kinds:
        return (Fault("/kind", "is signed by nobody here: the station's request will be rejected"),)
    known = await words.registry.find(station)
    told: str | None = await words.pool.fetchval(ORGANISATION, station)
    if (
        told is None
        or known is None
        or known.any_subject
        or is_of(Subject(organisations=(told,)), words.signing.organisations)
    ):
        return ()
    return (Fault("", f"the station will say that it is of {told or 'nobody'}, and be denied: set its CpoName first"),)


async def deliver(words: Words, to: Addressee, command: remote.DeliverCertificate) -> remote.DeliverCertificate:
    """Refuse a certificate that is over, too long for the station, or for another key than it asked to have signed."""
    if any(True for _ in command.faults()):
        return command
    certificates = load_certificates(command.chain)
    leaf, chain = read_certificates(command.chain)[0], pem_of(certificates)
    if leaf.not_after <= words.clock.now():
        raise _refused(f"ended on {leaf.not_after:%Y-%m-%d}")
    if not to.station:
        raise _refused("is one station's alone")
    room = await chain_room(words.pool, to.station)
    if len(chain) > min(room or LONGEST, LONGEST):
        raise _refused(f"has {len(chain)} characters, and the station takes {min(room or LONGEST, LONGEST)}")
    keys = [record["key_digest"] for record in await words.pool.fetch(KEYS, to.station, command.kind or "station")]
    if keys and leaf.key.digest not in keys:
        raise _refused("is for another key than the station asked to have signed")
    return replace(command, chain=chain)


def _refused(why: str) -> Problem:
    return Problem(422, f"the chain {why}", errors=[FieldError("/chain", why)])


async def note_chain(words: Words, wish: CallRequest, chain: str) -> None:
    """Note a certificate with the order that it is for, before it is sent: what the station answers belongs to that."""
    try:
        leaf = read_certificates(chain)[0]
    except NotReadable:
        return  # the raw door sends what it is told to
    facts = leaf.issuer, leaf.serial, leaf.not_before, leaf.not_after, leaf.fingerprint
    await words.pool.execute(BROUGHT, wish.station, wish.call_id, leaf.key.digest, chain, *facts)


async def forget_chain(words: Words, wish: CallRequest) -> None:
    """Note that a certificate was not sent after all."""
    await words.pool.execute(UNSENT, wish.call_id)
