"""What profiles say of a station together."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.vendors.habits import PLAIN, Habits
from csms.domain.vendors.profiles import MEMBERS, OVERRIDE, Make, Profile, about, is_untouched, resolve
from csms.storage.vendors import ProfilesUnreadable, VendorFiles
from tests.unit.test_house_rules import ROOT

SHIPPED = ROOT / "config" / "vendors"
TERRA = Make("ABB", "Terra AC W22", "1.8.21")
GLOBS = st.lists(st.sampled_from(["*", "A*", "AB", "?B", "*C", "ABC"]), max_size=2).map(tuple)
HABITS = st.builds(Habits, ping_s=st.none() | st.floats(0, 100), call_gap_s=st.none() | st.floats(0, 60))
PROFILES = st.lists(st.builds(Profile, st.text("xyz", min_size=1, max_size=3), GLOBS, GLOBS, GLOBS, HABITS), max_size=6)
MAKES = st.builds(
    Make, st.sampled_from(["AB", "ABC", "C", ""]), st.sampled_from(["AB", "B"]), st.sampled_from(["", "C"])
)


def profile(name: str, *, vendor: str = "", model: str = "", firmware: str = "", **habits: float) -> Profile:
    traits = {trait: (text,) for trait, text in (("vendor", vendor), ("model", model), ("firmware", firmware)) if text}
    return Profile(name, habits=Habits(**habits), **traits)  # type: ignore[arg-type]


@given(PROFILES, MAKES, HABITS)
def test_every_habit_comes_from_a_profile_that_means_the_station_or_from_its_operator(
    profiles: list[Profile], make: Make, overrides: Habits
) -> None:
    found = resolve(profiles, make, overrides)
    meant = [one.habits for one in about(profiles, make)] + [overrides]
    for member in MEMBERS:
        value = getattr(found.habits, member)
        said = [getattr(habits, member) for habits in meant if getattr(habits, member) is not None]
        assert value == (said[-1] if said else None), "the last word is the most telling one's"
        assert (member in found.sources) is (value is not None)


@given(PROFILES, MAKES)
def test_the_order_of_files_does_not_matter_where_names_differ(profiles: list[Profile], make: Make) -> None:
    named = list({one.name: one for one in profiles}.values())
    assert resolve(named, make, PLAIN) == resolve(named[::-1], make, PLAIN)


def test_firmware_says_more_than_a_model_and_that_more_than_a_vendor() -> None:
    profiles = [
        profile("by firmware", firmware="1.8*", ping_s=1.0),
        profile("by model", model="Terra AC W22", ping_s=2.0, call_gap_s=2.0),
        profile("by vendor", vendor="ABB", ping_s=3.0, call_gap_s=3.0, silence_s=3.0),
        profile("of another", vendor="EN+", ping_s=4.0),
    ]
    found = resolve(profiles, TERRA, PLAIN)
    assert found.habits == Habits(ping_s=1.0, call_gap_s=2.0, silence_s=3.0)
    assert found.sources == {"ping_s": "by firmware", "call_gap_s": "by model", "silence_s": "by vendor"}
    assert [one.name for one in about(profiles, TERRA)] == ["by vendor", "by model", "by firmware"]


def test_of_two_patterns_the_longer_has_the_last_word_and_the_operator_before_both() -> None:
    profiles = [profile("short", vendor="A*", ping_s=1.0), profile("long", vendor="AB*", ping_s=2.0)]
    assert resolve(profiles, TERRA, PLAIN).habits.ping_s == 2.0
    overridden = resolve(profiles, TERRA, Habits(ping_s=0.0))
    assert overridden.habits.ping_s == 0.0, "0 is a word too"
    assert overridden.sources == {"ping_s": OVERRIDE}


def test_a_profile_that_says_nothing_of_whom_it_means_means_nobody() -> None:
    assert about([Profile("all", habits=Habits(ping_s=1.0))], TERRA) == []


@pytest.mark.covers("Q94")
def test_keys_to_leave_alone_are_patterns_letter_case_aside() -> None:
    habits = Habits(untouched=("MeterValues*",))
    assert is_untouched(habits, "metervaluessampleddata")
    assert not is_untouched(habits, "HeartbeatInterval")
    assert not is_untouched(PLAIN, "HeartbeatInterval")


# The files.


def shipped() -> VendorFiles:
    files = VendorFiles(SHIPPED)
    files.load()
    return files


KNOWN = [
    (Make("EN+", "AC7000-AE-25", "1.0"), "ping_s", 0.0),
    (TERRA, "untouched", ("MeterValuesSampledData",)),
    (Make("ABB", "Terra AC W22", "1.8.22"), "untouched", None),
    (Make("FoxESS", "A022KP1", "1.10"), "subprotocol", "ocpp1.6"),
    (Make("United Chargers", "Grizzl-E Smart", "5.633"), "read_all", False),
    (Make("MENNEKES", "AMTRON 4You 500", "1"), "call_gap_s", 6.0),
    (Make("Morek", "x", ""), "silence_s", 7200.0),
    (Make("OpenEVSE", "OpenEVSE", "4.2.2"), "energy_factor", 1000.0),
    (Make("OpenEVSE", "OpenEVSE", "5.0.0"), "energy_factor", None),
]


@pytest.mark.covers("Q4", "Q12", "Q15", "Q31", "Q85", "Q94", "Q98")
@pytest.mark.parametrize(("make", "member", "value"), KNOWN, ids=str)
def test_what_the_field_taught_of_a_make_is_known(make: Make, member: str, value: object) -> None:
    assert getattr(shipped().resolve(make, PLAIN).habits, member) == value


def test_every_file_says_which_quirk_it_is_for() -> None:
    files = sorted(SHIPPED.glob("*.toml"))
    assert files
    for path in files:
        assert "# Q" in path.read_text(), path.name
    assert {one.source.partition(":")[0] for one in shipped().profiles} == {f"vendors/{path.name}" for path in files}


BAD = {
    "no toml": "=",
    "another member": '[[profile]]\nname = "n"\nvendor = ["V"]\ncolour = "red"',
    "a habit there is not": '[[profile]]\nname = "n"\nvendor = ["V"]\nhabits = { smokes = true }',
    "a habit beyond reason": '[[profile]]\nname = "n"\nvendor = ["V"]\nhabits = { call_gap_s = 61 }',
    "for all": '[[profile]]\nname = "n"\nhabits = { ping_s = 1 }',
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_a_file_that_is_not_as_it_should_be_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.toml").write_text(text)
    with pytest.raises(ProfilesUnreadable, match=r"odd\.toml"):
        VendorFiles(tmp_path).load()


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    files = VendorFiles(tmp_path / "nowhere")
    files.load()
    assert list(files.profiles) == []
    assert files.resolve(TERRA, PLAIN).habits == PLAIN
    assert files.resolve(TERRA, PLAIN) is files.resolve(TERRA, PLAIN), "worked out once"
