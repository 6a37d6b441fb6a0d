"""What is known of the keys and variables of a station's security, whatever the version calls them (16-SEC-11, security whitepaper §7)."""

NEVER_TOLD = frozenset({"authorizationkey", "basicauthpassword"})
"""They can be written, and are never told."""
ONLY_TOLD = frozenset(
    {
        "additionalrootcertificatecheck",
        "certificateentries",
        "certificatesignedmaxchainsize",
        "certificatestoremaxlength",
        "filetransferprotocols",
        "maxcertificatechainsize",
        "supportedfiletransferprotocols",
    }
)
"""Stations tell them, and nobody can set them."""
PROFILES = frozenset("123")


def doubt_about_value(variable: str, value: str) -> str | None:
    """Return what a station will probably not take of a value; None of most."""
    name = variable.strip().casefold()
    if name in ONLY_TOLD:
        return "is told by stations, and cannot be set"
    if name == "securityprofile" and value.strip() not in PROFILES:
        return "is no security profile: those are 1, 2 and 3"
    if name == "authorizationkey" and not _is_key(value.strip()):
        return "is no key as the specification has it: 16 to 20 bytes in hex digits"
    if name in {"cponame", "organizationname"} and not value.strip():
        return "is empty: certificates that the station asks for would name nobody"
    return None


def _is_key(value: str) -> bool:
    return 32 <= len(value) <= 40 and len(value) % 2 == 0 and all(digit in "0123456789abcdefABCDEF" for digit in value)  # noqa: PLR2004  # of 16 to 20 bytes


def is_never_told(variable: str) -> bool:
    """Whether it is in vain to ask for a variable."""
    return variable.strip().casefold() in NEVER_TOLD
