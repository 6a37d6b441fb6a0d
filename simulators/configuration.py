"""The configuration of a simulated station: keys of 1.6, variables of 2.0.1 by `Component.Variable`."""

from dataclasses import dataclass

from simulators.behaviour import Config
from simulators.limits import HIGHEST_LEVEL, MOST_PERIODS, MOST_PROFILES

FEW = 5
KEYS_16 = {
    "AuthorizationKey": "",
    "AuthorizeRemoteTxRequests": "false",
    "ClockAlignedDataInterval": "900",
    "ConnectionTimeOut": "60",
    "CpoName": "",
    "HeartbeatInterval": "300",
    "LocalAuthorizeOffline": "true",
    "MeterValueSampleInterval": "60",
    "MeterValuesSampledData": "Energy.Active.Import.Register",
    "SecurityProfile": "1",
    "StopTransactionOnInvalidId": "false",
    "TransactionMessageAttempts": "3",
    "TransactionMessageRetryInterval": "60",
    "WebSocketPingInterval": "30",
}
FIXED_16 = {
    "AdditionalRootCertificateCheck": "false",
    "CertificateSignedMaxChainSize": "10000",
    "CertificateStoreMaxLength": "10",
    "ChargeProfileMaxStackLevel": str(HIGHEST_LEVEL),
    "ChargingScheduleMaxPeriods": str(MOST_PERIODS),
    "GetConfigurationMaxKeys": "20",
    "MaxChargingProfilesInstalled": str(MOST_PROFILES),
    "SupportedFeatureProfiles": "Core, Smart Charging",
}
VARIABLES_201 = {
    "OCPPCommCtrlr.HeartbeatInterval": "300",
    "OCPPCommCtrlr.RetryBackOffWaitMinimum": "10",
    "SampledDataCtrlr.TxUpdatedInterval": "60",
    "TxCtrlr.EVConnectionTimeOut": "60",
}
FIXED_201 = {
    "DeviceDataCtrlr.ItemsPerMessage": "10",
    "SmartChargingCtrlr.Enabled": "true",
    "SmartChargingCtrlr.PeriodsPerSchedule": str(MOST_PERIODS),
    "SmartChargingCtrlr.ProfileStackLevel": str(HIGHEST_LEVEL),
}


@dataclass(slots=True)
class Key:
    """One key; `waiting` is a value that counts after the next restart."""

    name: str
    value: str
    fixed: bool = False
    waiting: str | None = None


class Configuration:
    """What a station is set to, and how it takes changes (Q93 to Q97).

    `odd_key` is the key that a station with one bad key stumbles over; None stands for all.
    """

    def __init__(self, writable: dict[str, str], fixed: dict[str, str], *, habit: Config, odd_key: str | None) -> None:
        keys = [Key(name, value) for name, value in writable.items()]
        keys += [Key(name, value, fixed=True) for name, value in fixed.items()]
        self._keys = {key.name.casefold(): key for key in keys}
        self._habit = habit
        self._odd_key = odd_key

    def __getitem__(self, name: str) -> str:
        return self._keys[name.casefold()].value

    def set(self, name: str, value: str) -> None:
        """Set a key on the station itself, as an installer does."""
        self._keys.setdefault(name.casefold(), Key(name, value)).value = value

    def is_mute_about(self, names: list[str]) -> bool:
        """Whether the station never answers such a question."""
        return self._habit is Config.SILENT_ALL and not names

    def reboots_over(self, names: list[str]) -> bool:
        """Whether the station dies over such a question or change."""
        return self._habit is Config.REBOOT_ON_KEY and (not names or any(map(self._is_odd, names)))

    def read(self, names: list[str]) -> tuple[list[Key], list[str]]:
        """Return the keys asked for (none named: all) as the station tells them, and the names it does not know."""
        wanted = names or [key.name for key in self._keys.values()]
        if self._habit is Config.MAX_KEYS:
            wanted = wanted[:FEW]
        found = [self._told(self._keys[name.casefold()]) for name in wanted if name.casefold() in self._keys]
        return found, [name for name in wanted if name.casefold() not in self._keys]

    def _told(self, key: Key) -> Key:
        match self._habit:
            case Config.LIE_READONLY:
                return Key(key.name, key.value, fixed=not key.fixed)
            case Config.OTHER_CASE:
                return Key(key.name.lower(), f" {key.value} ", fixed=key.fixed)
            case Config.VALUES_MISSING:
                return Key(key.name, "", fixed=key.fixed)
            case _:
                return key

    def write(self, name: str, value: str) -> str:
        """Change a key and return the status that the station answers."""
        key = self._keys.get(name.casefold())
        if key is None:
            return "NotSupported"
        if key.fixed or value.startswith("-"):
            return "Rejected"
        match self._habit if self._is_odd(name) else Config.RIGHT:
            case Config.IGNORE:
                return "Accepted"
            case Config.REJECT_APPLIED:
                key.value = value
                return "Rejected"
            case Config.REBOOT_REQUIRED:
                key.waiting = value
                return "RebootRequired"
            case _:
                key.value = value
                return "Accepted"

    def restart(self) -> None:
        """Take what waited for a restart."""
        for key in self._keys.values():
            if key.waiting is not None:
                key.value, key.waiting = key.waiting, None

    def _is_odd(self, name: str) -> bool:
        return self._odd_key is None or self._odd_key.casefold() == name.casefold()
