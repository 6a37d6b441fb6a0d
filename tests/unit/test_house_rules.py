"""What holds for every file of the house: sizes, finished work, and nothing of the place where it was written."""

import ast
import re
import runpy
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
GENERATED = {f"csms/ocpp/messages/{version}.py" for version in ("v16", "v201", "v21")}
LONGEST_FILE = 300
LONGEST_FUNCTION = 40
UNFINISHED = re.compile(r"\b(?:T[O]DO|FIX[M]E|X[X]X)\b")
HOME = re.compile(r"(?<![\w.:}/-])/(?:home|Users|root)/\w")
EVERYWHERE = {"bin", "dev", "etc", "home", "lib", "mnt", "opt", "private", "root", "srv", "tmp", "usr", "var", "Users"}
ADDRESS = re.compile(r"\w://(?:[^\s@/\"'`]*@)?([\w-]+(?:\.[\w-]+)+)")
RESERVED = re.compile(r"(?:^|\.)(?:example(?:\.\w+)?|test|invalid|localhost)$")
QUOTED = {"www.apache.org"}
"""Hosts that a licence or a standard names."""
INDEX_OPTION = re.compile(r"(?:index-url|extra-index|find-links|UV_INDEX|default-index)\S*[ =\"']+\w+://")


@cache
def tracked() -> tuple[str, ...]:
    """Every file that git knows, or would know if it were added; without git, all that does not begin with a dot."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
        return tuple(str(p) for p in found if not any(part[0] == "." or part == "__pycache__" for part in p.parts))
    return tuple(name for name in dict.fromkeys(listed.stdout.splitlines()) if (ROOT / name).is_file())


def texts() -> Iterator[tuple[str, str]]:
    for name in tracked():
        yield name, (ROOT / name).read_text(errors="replace")


def sources() -> Iterator[tuple[str, str]]:
    return ((name, text) for name, text in texts() if name.endswith(".py") and name not in GENERATED)


def hits(pattern: re.Pattern[str]) -> list[str]:
    """Where a pattern is found, as `file:line: what`."""
    return [
        f"{name}:{number}: {found[0]}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        for found in pattern.finditer(line)
    ]


def functions(text: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_the_rules_look_at_the_whole_house() -> None:
    rooms = {name.partition("/")[0] for name, _ in sources()}
    assert rooms >= {"csms", "handlers", "migrations", "simulators", "tests", "config"}
    assert set(tracked()) >= GENERATED


def test_no_file_is_longer_than_a_reader_takes_in() -> None:
    sizes = {name: len(text.splitlines()) for name, text in sources()}
    assert {name: size for name, size in sizes.items() if size > LONGEST_FILE} == {}


def test_no_function_is_longer_than_a_page() -> None:
    sizes = {
        f"{name}:{function.lineno} {function.name}": (function.end_lineno or 0) - function.lineno + 1
        for name, text in sources()
        for function in functions(text)
    }
    assert {name: size for name, size in sizes.items() if size > LONGEST_FUNCTION} == {}


def test_nothing_is_left_for_later_in_a_comment() -> None:
    assert hits(UNFINISHED) == []


def workplace() -> Iterator[str]:
    """Yield the folders above this checkout that no other machine need have, the root's own name included."""
    if ROOT.is_relative_to(Path(tempfile.gettempdir()).resolve()):
        return
    for folder in (ROOT, *ROOT.parents[:-1]):
        if len(folder.parts) > 2 or folder.name not in EVERYWHERE:
            yield str(folder)


def test_no_file_names_the_folders_of_whoever_wrote_it() -> None:
    assert hits(HOME) == []
    for folder in workplace():
        assert hits(re.compile(rf"(?<![\w.:}}/-]){re.escape(folder)}(?:/|\b)")) == []


def is_public(host: str) -> bool:
    try:
        return not ip_address(host).is_private
    except ValueError:
        return RESERVED.search(host) is None


def test_addresses_are_of_this_machine_or_of_nobody() -> None:
    hosts = {(name, host) for name, text in texts() for host in ADDRESS.findall(text) if is_public(host)}
    assert {(name, host) for name, host in hosts if host not in QUOTED} == set()


def test_no_file_names_a_package_index() -> None:
    surroundings = runpy.run_path(str(ROOT / "config" / "install.py"))["surroundings"]()
    assert hits(INDEX_OPTION) == []
    for url in " ".join(surroundings.get(name, "") for name in ("UV_DEFAULT_INDEX", "UV_INDEX")).split():
        host = urlsplit(url).hostname or ""
        if host not in {"", "localhost", "127.0.0.1"}:
            assert hits(re.compile(rf"(?<![\w.-]){re.escape(host)}(?![\w-])")) == []


def test_make_help_prints_every_target_with_a_sentence() -> None:
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^  ([\w-]+)\s+[A-Z]", told, re.MULTILINE) == targets
