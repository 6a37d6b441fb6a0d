"""docs/operations.md tells operators of every setting and every metric, as they are."""

import re
from enum import Enum
from pathlib import Path

import pytest

from csms.domain.vendors.habits import Habits
from csms.kit.metrics import Metrics
from csms.settings import PREFIX, Role, Settings
from tests.unit.test_house_rules import ROOT

PAGE = (ROOT / "docs" / "operations.md").read_text()
SETTING = re.compile(r"^\| `([A-Z_0-9]+)` \| `([^`]*)` \| (\S.*\S) \|$", re.MULTILINE)
METRIC = re.compile(r"^\| `(csms_\w+)` \| (.*?) ?\| (.+) \|$", re.MULTILINE)

HABITS = Habits.__struct_fields__
NO_EVENTS = {
    "keep_old_s",
    "last_seen_at",
    "ends_within_days",
    "in_use",
    "new_password",
    "offered_profile",
    "any_subject",
    "forgets_on_reboot",
    "restores_after_reboot",
    "next_try_at",
    *HABITS,
    *(row[0] for row in METRIC.findall(PAGE)),
}


def told(default: object) -> str:
    """Word a default as the page does."""
    match default:
        case None | ():
            return "none"
        case bool():
            return str(default).lower()
        case Enum():
            return str(default.value)
        case float():
            return f"{default:g}"
        case frozenset():
            assert default == frozenset(Role)
            return "all"
        case _:
            return str(default)


SETTINGS = {
    str(field.validation_alias or f"{PREFIX}{name.upper()}"): told(field.default)
    for name, field in Settings.model_fields.items()
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_told_with_its_default(name: str) -> None:
    rows = {row[0]: row[1] for row in SETTING.findall(PAGE)}
    assert rows[name] == SETTINGS[name]


def test_no_setting_is_told_that_there_is_not() -> None:
    assert {row[0] for row in SETTING.findall(PAGE)} == SETTINGS.keys()
    assert set(re.findall(r"CSMS_[A-Z0-9_]+[A-Z0-9]", PAGE)) <= SETTINGS.keys()


@pytest.mark.parametrize("habit", HABITS)
def test_a_habit_is_told(habit: str) -> None:
    assert f"`{habit}`" in PAGE.partition("| habit | what it does |")[2].partition("## ")[0]


def test_every_metric_is_told_with_its_labels_and_no_other() -> None:
    there = {
        f"{family.name}_total" if family.type == "counter" else family.name for family in Metrics().registry.collect()
    }
    rows = {name: set(re.findall(r"`(\w+)`", labels)) for name, labels, _ in METRIC.findall(PAGE)}
    assert rows.keys() == there
    source = (ROOT / "csms" / "kit" / "metrics.py").read_text()
    for labels in rows.values():
        assert all(f'"{label}"' in source for label in labels)


@pytest.mark.parametrize("event", sorted(set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", PAGE)) - NO_EVENTS))
def test_a_log_line_that_is_told_is_written_somewhere(event: str) -> None:
    assert any(f'"{event}"' in path.read_text() for path in (ROOT / "csms").rglob("*.py") if is_code(path))


OUTCOMES = re.findall(r"`([a-z-]+)`", PAGE.partition("`csms_handshakes_total`")[2].partition("\n")[0])


@pytest.mark.parametrize("outcome", [outcome for outcome in OUTCOMES if outcome != "outcome"])
def test_an_outcome_that_is_told_is_one_of_the_doors(outcome: str) -> None:
    assert any(f'"{outcome}"' in path.read_text() for path in (ROOT / "csms" / "gateway").glob("*.py"))


def is_code(path: Path) -> bool:
    return "messages" not in path.parts
