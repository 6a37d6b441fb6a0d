"""Every command that operators have, by the last part of its route."""

from collections.abc import Mapping
from typing import Final

from csms.domain import remote

COMMANDS: Final[Mapping[str, tuple[type[remote.RemoteCommand], str]]] = {
    "remote-start": (remote.StartRemotely, "Begin a session."),
    "remote-stop": (remote.StopRemotely, "End a session."),
    "reset": (remote.ResetStation, "Restart the station."),
    "unlock": (remote.UnlockConnector, "Unlock a cable."),
    "change-availability": (
        remote.ChangeAvailability,
        "Take the station or a part of it out of service, or back into it.",
    ),
    "trigger": (remote.TriggerMessage, "Ask for a message now."),
    "get-variables": (remote.ReadVariables, "Read variables or configuration keys."),
    "set-variables": (remote.WriteVariables, "Write variables or a configuration key."),
    "change-password": (
        remote.ChangePassword,
        "Give the station another password; the one that it has lets it in until it has come with the new one.",
    ),
    "raise-security-profile": (
        remote.RaiseSecurityProfile,
        "Have the station come in by a higher security profile after its next restart; once it did, by no lower one.",
    ),
    "install-certificate": (
        remote.InstallCertificate,
        "Have the station trust others by a certificate; what it has is found under its certificates.",
    ),
    "get-installed-certificates": (
        remote.GetInstalledCertificates,
        "Ask which certificates the station has; what it tells is found under its certificates.",
    ),
    "delete-certificate": (
        remote.DeleteCertificate,
        "Have the station forget a certificate, called as it calls it; one that it uses it does not let go.",
    ),
    "request-certificate": (
        remote.RequestCertificate,
        "Have the station make a key and ask for a certificate; what comes of it is found under its certificate orders.",
    ),
    "certificate-signed": (
        remote.DeliverCertificate,
        "Bring the station a certificate that was signed elsewhere; what it makes of it is found under its certificate orders.",
    ),
    "get-report": (
        remote.RequestReport,
        "Ask for a report of the device model; what it says is found under the station's variables.",
    ),
    "clear-cache": (remote.ClearCache, "Make the station forget tokens."),
    "update-firmware": (
        remote.UpdateFirmware,
        "Send the station for a firmware that it installs; how it goes is found among the errands.",
    ),
    "get-log": (remote.GetLog, "Make the station bring a log; how it goes is found among the errands."),
    "get-diagnostics": (
        remote.GetDiagnostics,
        "Make the station bring its diagnostics, as 1.6 without its security extension words it.",
    ),
    "get-local-list-version": (
        remote.AskListVersion,
        "Ask which version of its local list the station has; what it tells is found with its local list.",
    ),
    "send-local-list": (
        remote.SendLocalList,
        "Send one update of the local list; to bring a station to a wanted list in as many as it takes, sync it.",
    ),
    "reserve": (
        remote.Reserve,
        "Keep an outlet for a token; what becomes of it is found under the reservations, by the id of the call.",
    ),
    "cancel-reservation": (remote.CancelReservation, "Give a reservation up, known to us or not."),
    "set-charging-profile": (
        remote.SetChargingProfile,
        "Limit charging; what the station holds is found under its charging profiles.",
    ),
    "clear-charging-profile": (
        remote.ClearChargingProfile,
        "Take charging profiles away: one by its id, or by criteria.",
    ),
    "get-composite-schedule": (
        remote.GetCompositeSchedule,
        "Ask what an EVSE or the station will take; the answer is found under its composite schedules, beside ours.",
    ),
    "get-charging-profiles": (
        remote.GetChargingProfiles,
        "Ask for a report of charging profiles (2.x); what it says is found under the station's charging profiles.",
    ),
    "data-transfer": (remote.TransferData, "Send what only a vendor understands."),
}
"""What is sent, and the sentence that describes it in the API."""
