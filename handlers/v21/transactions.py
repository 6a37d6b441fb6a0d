"""OCPP 2.1, block E, Transactions: what stations say beyond 2.0.1."""

from csms.ocpp.messages import v21, v201
from csms.ports.handlers import StationContext
from handlers.v201 import transactions

DETAILS = transactions.DETAILS | {
    "costDetails",
    "evseSleep",
    "operationMode",
    "preconditioningStatus",
    "tariffId",
    "transactionLimit",
}


async def transaction_event(
    call: v21.TransactionEventRequest, context: StationContext
) -> v201.TransactionEventResponse:
    """Record one event of a transaction as in 2.0.1, and what only 2.1 tells with it (E16, I12, K18, Q01)."""
    return await transactions.record(call, context, transactions.details_of(call, DETAILS))  # type: ignore[arg-type]
