"""The error codes of a CALLERROR: neutral names here, each version's own spelling on the wire."""

from enum import StrEnum

from csms.ocpp.version import Version


class ErrorCode(StrEnum):
    """Why a call is not answered with a result, spelled as 2.0.1 does."""

    FORMAT_VIOLATION = "FormatViolation"
    GENERIC_ERROR = "GenericError"
    INTERNAL_ERROR = "InternalError"
    MESSAGE_TYPE_NOT_SUPPORTED = "MessageTypeNotSupported"
    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    OCCURRENCE_CONSTRAINT_VIOLATION = "OccurrenceConstraintViolation"
    PROPERTY_CONSTRAINT_VIOLATION = "PropertyConstraintViolation"
    PROTOCOL_ERROR = "ProtocolError"
    RPC_FRAMEWORK_ERROR = "RpcFrameworkError"
    SECURITY_ERROR = "SecurityError"
    TYPE_CONSTRAINT_VIOLATION = "TypeConstraintViolation"


SPELLED_IN_16 = {
    ErrorCode.FORMAT_VIOLATION: "FormationViolation",
    ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION: "OccurenceConstraintViolation",
    ErrorCode.RPC_FRAMEWORK_ERROR: "FormationViolation",
    ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED: "GenericError",
}
"""1.6 misspells two codes, and chargers insist on it (Q41, J-60); it lacks two others."""

_READ = {code.value.lower(): code for code in ErrorCode} | {
    spelling.lower(): code
    for code, spelling in SPELLED_IN_16.items()
    if code in {ErrorCode.FORMAT_VIOLATION, ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION}
}

MAX_DESCRIPTION = 255


def spelling(code: ErrorCode, version: Version) -> str:
    """Return the code as `version` spells it."""
    if version is Version.V16:
        return SPELLED_IN_16.get(code, code.value)
    return code.value


def read_code(text: object) -> ErrorCode:
    """Return the code that a station means, whatever its spelling; GenericError for all others."""
    return _READ.get(str(text).strip().lower(), ErrorCode.GENERIC_ERROR)
