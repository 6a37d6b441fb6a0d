"""Patterns with stars and question marks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.kit.globs import like, matches, weight

ODD = st.text(alphabet="aB*?%_\\.[]\n", max_size=6)


@pytest.mark.parametrize(
    ("pattern", "text", "does"),
    [
        ("ABB*", "abb terra", True),
        ("ABB", "ABB terra", False),
        ("1.?.*", "1.8.21", True),
        ("1.?.*", "1x8.21", False),
        ("*", "", True),
        ("", "", True),
        ("[ab]", "a", False),
        ("a*", "a\nb", True),
    ],
)
def test_a_pattern_is_the_whole_text_letter_case_aside(pattern: str, text: str, does: bool) -> None:
    assert matches(pattern, text) is does


@given(ODD)
def test_a_text_without_wild_characters_matches_itself(text: str) -> None:
    plain = text.replace("*", "").replace("?", "")
    assert matches(plain, plain)
    assert weight(plain) == len(plain)


@given(ODD)
def test_stars_around_a_pattern_only_widen_it(text: str) -> None:
    assert matches(f"*{text}*", text)
    assert weight(f"*{text}*") == weight(text)


def test_sql_gets_its_own_wild_characters_as_themselves() -> None:
    assert like("50%_a*b?\\") == "50\\%\\_a%b_\\\\"
