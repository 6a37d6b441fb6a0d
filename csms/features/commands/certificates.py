"""What a command about certificates is given of ours, and what the records say against it."""

from collections.abc import Iterable

from msgspec.structs import asdict, replace

from csms.domain import remote
from csms.domain.certificates import doubts_about_root
from csms.domain.fault import Fault
from csms.domain.trust import Use, is_vouched_for, name_of, reckoned
from csms.features.commands.words import Addressee, Words
from csms.kit.x509 import DIGESTS, HashData, NotReadable, load_certificates
from csms.storage.certificates import KnownCertificate, known_certificates
from csms.web.problems import FieldError, Problem

TOLD = """
SELECT lower(variable) AS name, CASE lower(variable) WHEN 'certificateentries' THEN floor(max_limit)::text ELSE value END AS value
FROM station_variables
WHERE station_id = $1 AND lower(component) IN ('', 'securityctrlr') AND attribute = 'Actual'
    AND lower(variable) IN ('additionalrootcertificatecheck', 'certificatestoremaxlength', 'certificateentries')
"""
ROOM = ("certificatestoremaxlength", "certificateentries")
SOME_HASHES = remote.CertificateHashes("SHA256", "0", "0", "0")
"""Stands for those of a certificate where a command is looked at that no station gets yet."""


async def install(words: Words, _to: Addressee, command: remote.InstallCertificate) -> remote.InstallCertificate:
    """Refuse a certificate whose time is over."""
    if any(True for _ in command.faults()):
        return command
    if (ended := command.facts.not_after) <= words.clock.now():
        raise _refused("/certificate", f"ended on {ended:%Y-%m-%d}")
    return command


async def delete(words: Words, to: Addressee, command: remote.DeleteCertificate) -> remote.DeleteCertificate:
    """Call a certificate as its station does: in its letters, and by its algorithm (SEC-50, 16-SEC-06)."""
    if any(True for _ in command.faults()):
        return command
    if not to.station:
        return replace(command, id=None, hash_data=command.hash_data or SOME_HASHES)
    name = command.id if command.hash_data is None else name_of(command.hash_data.said)
    known = await known_certificates(words.pool, to.station, name)
    if command.hash_data is not None and not known:
        return command
    called = next((one for one in known if one.told_at is not None), None) or next(iter(known), None)
    if called is None:
        raise _refused("/id", "is that of no certificate which the station is known to have")
    if called.told_at is None and command.hash_data is not None:
        return command
    hashes = called.hash_data if called.told_at is not None else await _by_its_algorithm(words, to.station, called)
    if hashes is None:
        raise _refused(
            "/id", "is that of a certificate which only the station can call by its hashes: ask it which it has"
        )
    return replace(command, id=None, hash_data=_words_for(hashes))


async def _by_its_algorithm(words: Words, station: str, called: KnownCertificate) -> HashData | None:
    """Return how a certificate that the station never told of is called, by the algorithm in which it tells of others."""
    told = [one.hash_data for one in await known_certificates(words.pool, station) if one.told_at is not None]
    algorithms = [one.hash_algorithm for one in told if one is not None and one.hash_algorithm in DIGESTS]
    if called.pem is None or not algorithms:
        return called.hash_data
    return reckoned(called.pem, algorithms[-1])


def _words_for(hashes: HashData) -> remote.CertificateHashes:
    return remote.CertificateHashes(**asdict(hashes))


async def on_installation(
    words: Words, station: str, _protocol: str, command: remote.InstallCertificate
) -> Iterable[Fault]:
    """Return what the station may dislike: the certificate, that its store is full, that nobody vouches for it (SEC-51)."""
    known = await known_certificates(words.pool, station)
    told = {record["name"]: (record["value"] or "").strip() for record in await words.pool.fetch(TOLD, station)}
    whys = list(doubts_about_root(command.facts, words.clock.now()))
    room = next((int(told[name]) for name in ROOM if told.get(name, "").isdecimal()), None)
    if room is not None and len({one.id for one in known}) >= room:
        whys.append(f"may find no room: the station has {len(known)} and takes {room}")
    checks = told.get("additionalrootcertificatecheck", "").casefold() == "true"
    if checks and command.use == "csms-root" and not _is_vouched_for(command, known):
        whys.append(
            "is signed by no root of the central system that the station is known to have,"
            " and its AdditionalRootCertificateCheck wants that"
        )
    return [Fault("/certificate", why) for why in whys]


def _is_vouched_for(command: remote.InstallCertificate, known: Iterable[KnownCertificate]) -> bool:
    roots = [one for one in known if one.use == Use.CSMS_ROOT]
    theirs = [load_certificates(one.pem)[0] for one in roots if one.pem is not None]
    told = [one.hash_data for one in roots if one.pem is None and one.hash_data is not None]
    try:
        return is_vouched_for(load_certificates(command.certificate)[0], theirs, told)
    except NotReadable:
        return False


async def on_deletion(words: Words, station: str, _protocol: str, command: remote.DeleteCertificate) -> Iterable[Fault]:
    """Return why the station may not know a certificate: it never told of it."""
    if command.hash_data is None:
        return ()
    known = await known_certificates(words.pool, station, name_of(command.hash_data.said))
    if any(one.told_at is not None for one in known):
        return ()
    return (Fault("/hash_data", "are not those of a certificate that the station told of: ask it which it has"),)


def _refused(path: str, why: str) -> Problem:
    return Problem(422, f"{path[1:]} {why}", errors=[FieldError(path, why)])
