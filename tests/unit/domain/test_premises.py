"""Where a token may charge: at all stations, at some, at some of their EVSEs, or by plugs of some types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.access import Authorization, Standing, Token, on_premises
from csms.domain.premises import Bounds, Premises, Spot, welcome

HERE = Premises("CP-1", "DEPOT", ((1, ("cType2",)), (2, ("cCCS2", "cG105")), (3, ())))
BARE = Premises("CP-1", "DEPOT")
ACCEPTED = Authorization(Standing.ACCEPTED)

WHERE = [
    (Bounds(), Standing.ACCEPTED, ()),
    (Bounds((Spot(site="DEPOT"),)), Standing.ACCEPTED, ()),
    (Bounds((Spot(station="cp-1"),)), Standing.ACCEPTED, ()),
    (Bounds((Spot(station="CP-1", evses=(2, 1)),)), Standing.ACCEPTED, (1, 2)),
    (Bounds((Spot(station="CP-1", evses=(1,)), Spot(station="CP-1", evses=(3,)))), Standing.ACCEPTED, (1, 3)),
    (Bounds((Spot(station="CP-1", evses=(1,)), Spot(site="DEPOT"))), Standing.ACCEPTED, ()),
    (Bounds((Spot(station="CP-1", evses=(1, 2, 3)),)), Standing.ACCEPTED, ()),
    (Bounds((Spot(station="CP-2"), Spot(site="YARD"))), Standing.NOT_HERE, ()),
    (Bounds(connector_types=("cCCS2",)), Standing.ACCEPTED, (2, 3)),
    (Bounds(connector_types=("CTYPE2", "cccs2")), Standing.ACCEPTED, ()),
    (Bounds((Spot(station="CP-1", evses=(1, 2)),), ("cCCS2",)), Standing.ACCEPTED, (2,)),
    (Bounds((Spot(station="CP-1", evses=(1,)),), ("cCCS2",)), Standing.NOT_THIS_TYPE, ()),
    (Bounds((Spot(station="CP-2"),), ("cNone",)), Standing.NOT_HERE, ()),
]


def judged(bounds: Bounds, premises: Premises = HERE, evse: int | None = None, **more: str) -> Authorization:
    return on_premises(ACCEPTED, Token("T", "Central", bounds=bounds, **more), premises, evse)


@pytest.mark.covers("TX-11")
@pytest.mark.parametrize(("bounds", "standing", "evses"), WHERE)
def test_a_token_is_told_where_it_may_charge_or_why_nowhere(
    bounds: Bounds, standing: Standing, evses: tuple[int, ...]
) -> None:
    answer = judged(bounds)
    assert (answer.standing, answer.evses) == (standing, evses)


@pytest.mark.covers("TX-11")
def test_a_station_of_which_no_plug_is_known_to_fit_is_of_another_type() -> None:
    only = Premises("CP-1", None, ((1, ("cType2",)),))
    assert judged(Bounds(connector_types=("cCCS2",)), only).standing is Standing.NOT_THIS_TYPE
    assert judged(Bounds(connector_types=("cCCS2",)), BARE).standing is Standing.ACCEPTED, "nobody knows its plugs"
    assert judged(Bounds((Spot(station="CP-1", evses=(4,)),)), BARE).evses == (4,)


@pytest.mark.covers("TX-11")
@pytest.mark.parametrize(
    ("bounds", "evse", "standing"),
    [
        (Bounds((Spot(station="CP-1", evses=(1,)),)), 1, Standing.ACCEPTED),
        (Bounds((Spot(station="CP-1", evses=(1,)),)), 2, Standing.NOT_HERE),
        (Bounds(connector_types=("cCCS2",)), 1, Standing.NOT_THIS_TYPE),
        (Bounds(connector_types=("cCCS2",)), 3, Standing.ACCEPTED),
        (Bounds((Spot(station="CP-1", evses=(1,)),)), 0, Standing.ACCEPTED),
        (Bounds(), 9, Standing.ACCEPTED),
    ],
)
def test_at_an_evse_a_token_is_judged_by_what_that_is(bounds: Bounds, evse: int, standing: Standing) -> None:
    assert judged(bounds, evse=evse).standing is standing


@pytest.mark.covers("TX-11")
def test_a_token_that_is_refused_anyway_stays_refused_for_its_own_reason() -> None:
    blocked = Authorization(Standing.BLOCKED)
    elsewhere = Token("T", "Central", bounds=Bounds((Spot(site="YARD"),)))
    assert on_premises(blocked, elsewhere, HERE, None) == blocked


@pytest.mark.covers("TX-54")
def test_a_text_for_the_driver_goes_only_to_stations_that_show_it() -> None:
    told = Premises("CP-1", shows_messages=True)
    assert judged(Bounds(), told, message="0.49 a kWh").message == "0.49 a kWh"
    assert judged(Bounds(), BARE, message="0.49 a kWh").message is None


evses = st.frozensets(st.integers(1, 5), max_size=5)
places = st.builds(
    Spot,
    site=st.sampled_from([None, "DEPOT", "YARD"]),
    station=st.sampled_from([None, "CP-1", "CP-2"]),
    evses=evses.map(tuple),
)
plugs = st.lists(st.sampled_from(["a", "b", "c"]), max_size=2, unique=True).map(tuple)


@pytest.mark.covers("TX-11")
@given(st.lists(places, max_size=3).map(tuple), plugs, st.dictionaries(st.integers(1, 5), plugs, max_size=5))
def test_the_list_of_evses_is_that_of_those_at_which_it_is_accepted(
    spots: tuple[Spot, ...], types: tuple[str, ...], built: dict[int, tuple[str, ...]]
) -> None:
    premises, bounds = Premises("CP-1", "DEPOT", tuple(built.items())), Bounds(spots, types)
    answer = judged(bounds, premises)
    good = {evse for evse in range(1, 6) if judged(bounds, premises, evse).standing is Standing.ACCEPTED}
    if answer.standing is not Standing.ACCEPTED:
        assert not good & built.keys()
    elif answer.evses:
        assert set(answer.evses) == good
    else:
        assert built.keys() <= good
    assert welcome(Bounds(), premises).lets_in(None)
