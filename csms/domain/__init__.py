"""The rules of charging: no asyncio, no SQL, no OCPP words, no clock."""
