"""OCPP 2.0.1, block C, Authorization: what stations say."""

from csms.domain.access import Authorization, Occasion, TokenRef
from csms.ocpp.messages import v201
from csms.ports.handlers import StationContext


async def authorize(call: v201.AuthorizeRequest, context: StationContext) -> v201.AuthorizeResponse:
    """Judge a token before a session (C01, C02, C04, C06, C09)."""
    authorization = await context.authorize(token_of(call.id_token), occasion=Occasion.ASKED)
    return v201.AuthorizeResponse(id_token_info=id_token_info(authorization))


def token_of(presented: v201.IdTokenType) -> TokenRef:
    """Return the token that an idToken means; its additional information plays no part (TX-07)."""
    return TokenRef(presented.id_token.strip(), presented.type)


def id_token_info(authorization: Authorization) -> v201.IdTokenInfoType:
    """Put an authorization, with its group if it has one (C09.FR.09, C09.FR.12), and the EVSEs that it is bound to."""
    group, language, message = authorization.group, authorization.language, authorization.message
    return v201.IdTokenInfoType(
        status=authorization.standing.value,
        cache_expiry_date_time=authorization.expires_at,
        language1=language,
        evse_id=authorization.evses or None,
        group_id_token=None if group is None else v201.IdTokenType(id_token=group, type="Central"),
        personal_message=None
        if message is None
        else v201.MessageContentType(format="UTF8", language=language, content=message),
    )
