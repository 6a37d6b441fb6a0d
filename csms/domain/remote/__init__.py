"""What an operator asks of a station, in words of no version: a file for each functional block."""

from csms.domain.remote.certificates import (
    CertificateHashes,
    DeleteCertificate,
    GetInstalledCertificates,
    InstallCertificate,
    ListedUse,
)
from csms.domain.remote.core import (
    AskTransaction,
    ChangeAvailability,
    ClearCache,
    NewValue,
    ReadVariables,
    RequestReport,
    ResetStation,
    StartRemotely,
    StopRemotely,
    TransferData,
    TriggerMessage,
    UnlockConnector,
    VariableName,
    WriteVariables,
)
from csms.domain.remote.errands import GetDiagnostics, GetLog, UpdateFirmware
from csms.domain.remote.local_list import AskListVersion, ListedToken, SendLocalList, command_of, listed_of
from csms.domain.remote.reservation import CancelReservation, Reserve
from csms.domain.remote.security import ChangePassword, RaiseSecurityProfile
from csms.domain.remote.signing import DeliverCertificate, RequestCertificate
from csms.domain.remote.smart_charging import (
    ClearChargingProfile,
    GetChargingProfiles,
    GetCompositeSchedule,
    SetChargingProfile,
)
from csms.domain.remote.words import RemoteCommand

__all__ = [
    "AskListVersion",
    "AskTransaction",
    "CancelReservation",
    "CertificateHashes",
    "ChangeAvailability",
    "ChangePassword",
    "ClearCache",
    "ClearChargingProfile",
    "DeleteCertificate",
    "DeliverCertificate",
    "GetChargingProfiles",
    "GetCompositeSchedule",
    "GetDiagnostics",
    "GetInstalledCertificates",
    "GetLog",
    "InstallCertificate",
    "ListedToken",
    "ListedUse",
    "NewValue",
    "RaiseSecurityProfile",
    "ReadVariables",
    "RemoteCommand",
    "RequestCertificate",
    "RequestReport",
    "Reserve",
    "ResetStation",
    "SendLocalList",
    "SetChargingProfile",
    "StartRemotely",
    "StopRemotely",
    "TransferData",
    "TriggerMessage",
    "UnlockConnector",
    "UpdateFirmware",
    "VariableName",
    "WriteVariables",
    "command_of",
    "listed_of",
]
