"""OCPP 2.0.1, block P, Data transfer: what stations say."""

from csms.domain.station.commands import ReportNotice
from csms.ocpp.messages import v201
from csms.ports.handlers import StationContext


async def data_transfer(call: v201.DataTransferRequest, context: StationContext) -> v201.DataTransferResponse:
    """Keep what a vendor's extension says; we have no agreement with any vendor (P02, Q106)."""
    await context.execute(ReportNotice("DataTransfer", context.text, context.received_at))
    return v201.DataTransferResponse(status="UnknownVendorId")
