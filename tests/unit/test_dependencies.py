"""What is imported is declared, what is declared is pinned, and docs/dependencies.md says why."""

import ast
import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterator

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tests.unit.test_house_rules import ROOT, sources, texts

OURS = {"csms", "handlers", "simulators", "tests"}
FOR_DEVELOPERS = ("tests/", "simulators/bench/")
TAKEN_UNASKED = {
    "hiredis": "redis takes it where it is installed",
    "tzdata": "zoneinfo takes it where the machine has no zones",
}
PIN = re.compile(r"^(\S+)==(\S+)(?: ; [^\\]+)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)
ROW = re.compile(r"^\| ([\w-]+) \| (\S+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ("bootstrap", "tools", "runtime", "dev")


def declared(*groups: str) -> dict[str, Requirement]:
    lists = {
        "runtime": PROJECT["project"]["dependencies"],
        "build": PROJECT["build-system"]["requires"],
        **PROJECT["dependency-groups"],
    }
    requirements = [Requirement(line) for group in groups for line in lists[group]]
    return {one.name: one for one in requirements}


ALL = declared("runtime", "build", *PROJECT["dependency-groups"])


def locked(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.lock").read_text()


def imports(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [str(node.module)]
        yield from (name.partition(".")[0] for name in names)


def foreign_imports() -> set[tuple[str, str]]:
    """Pairs of a file and the distribution that a module which it imports comes from."""
    whence = importlib.metadata.packages_distributions()
    return {
        (name, whence.get(module, [module])[0].lower().replace("_", "-"))
        for name, text in sources()
        for module in imports(text)
        if module not in OURS and module not in sys.stdlib_module_names
    }


def test_every_library_that_is_imported_is_declared_where_it_is_needed() -> None:
    to_run, to_develop = declared("runtime"), declared("runtime", "dev")
    stray = {
        (name, library)
        for name, library in foreign_imports()
        if library not in (to_develop if name.startswith(FOR_DEVELOPERS) else to_run)
    }
    assert stray == set()


def test_every_library_that_is_declared_to_run_is_used() -> None:
    used = {library for _, library in foreign_imports()}
    named = "\n".join(text for name, text in texts() if name.endswith(".py") and name.startswith("csms/"))
    unused = [
        name
        for name in declared("runtime")
        if name not in used and name not in TAKEN_UNASKED and f'"{name.replace("-", "_")}"' not in named
    ]
    assert unused == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_is_pins_with_hashes_and_nothing_else(lock: str) -> None:
    text = locked(lock)
    assert PIN.sub("", text) == ""
    assert "://" not in text
    assert PIN.search(text)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_what_is_declared_within_its_bounds(lock: str) -> None:
    pins = {name.partition("[")[0]: version for name, version, _ in PIN.findall(locked(lock))}
    wanted = declared("runtime", "dev") if lock == "dev" else declared(lock)
    assert wanted
    outside = {
        name: (pins.get(name), str(one.specifier))
        for name, one in wanted.items()
        if name not in pins or not one.specifier.contains(pins[name])
    }
    assert outside == {}


def test_developers_run_the_very_versions_that_operators_run() -> None:
    pins = {lock: {name: version for name, version, _ in PIN.findall(locked(lock))} for lock in ("runtime", "dev")}
    assert pins["runtime"].items() <= pins["dev"].items()


def rows() -> dict[str, tuple[str, ...]]:
    """The rows of docs/dependencies.md by their packages: bounds, licence, why, what else."""
    found = ROW.findall((ROOT / "docs" / "dependencies.md").read_text())
    return {row[0]: tuple(cell.strip() for cell in row[1:]) for row in found if row[0] != "package"}


def test_the_page_of_dependencies_tells_of_each_that_is_declared_and_of_no_other() -> None:
    assert rows().keys() == ALL.keys()


@pytest.mark.parametrize("name", ALL)
def test_a_library_is_told_with_its_bounds_its_licence_its_reason_and_its_rival(name: str) -> None:
    bounds, licence, why, rival = rows()[name]
    assert SpecifierSet(bounds) == ALL[name].specifier
    assert bounds, "a library without bounds is a surprise in waiting"
    assert len(why.split()) >= 3, "say what for, and why this one"
    assert rival
    assert licence


def licences() -> dict[str, str]:
    """The licences that installed libraries tell in the standard way."""
    told = {name: importlib.metadata.metadata(name).get("License-Expression") for name in declared("runtime", "dev")}
    return {name: licence for name, licence in told.items() if licence}


@pytest.mark.parametrize(("name", "licence"), licences().items())
def test_the_licence_that_is_told_is_the_one_that_came_along(name: str, licence: str) -> None:
    assert rows()[name][1] == licence
