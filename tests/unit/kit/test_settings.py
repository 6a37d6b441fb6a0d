"""Settings come from where they may, and all that is wrong with them is told at once and without secrets."""

from pathlib import Path

import pytest

from csms import settings
from csms.kit.failures import StartFailed
from csms.settings import Environment, Role, load

SECRET = "nobody-may-read-this"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CSMS_ENVIRONMENT", "CSMS_ROLES", "CSMS_HEARTBEAT_S", "DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "CONFIG", tmp_path)
    return tmp_path


def told(**given: object) -> str:
    with pytest.raises(StartFailed) as failed:
        load(**given)
    return str(failed.value)


def test_the_environment_wins_over_its_file_and_that_over_the_default(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load().heartbeat_s == 300
    (files / "default.toml").write_text("heartbeat_s = 1\nping_s = 1.0\nsilence_s = 1.0\n")
    (files / "staging.toml").write_text("heartbeat_s = 2\nping_s = 2.0\n")
    monkeypatch.setenv("CSMS_ENVIRONMENT", "staging")
    monkeypatch.setenv("CSMS_HEARTBEAT_S", "3")
    read = load()
    assert (read.environment, read.heartbeat_s, read.ping_s, read.silence_s) == (Environment.STAGING, 3, 2.0, 1.0)
    assert load(heartbeat_s=4).heartbeat_s == 4


def test_the_default_file_may_name_the_environment_whose_file_is_read(files: Path) -> None:
    (files / "default.toml").write_text('environment = "staging"\nheartbeat_s = 1\n')
    (files / "staging.toml").write_text("heartbeat_s = 2\n")
    assert load().heartbeat_s == 2


@pytest.mark.parametrize(
    "text", ["gateway,api", " gateway , api ", '["gateway", "api"]', "api,gateway,api", "gateway,api,"]
)
def test_a_list_may_be_written_with_commas_or_as_json(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSMS_ROLES", text)
    assert load().roles == {Role.GATEWAY, Role.API}


def test_networks_may_be_written_with_commas_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSMS_EXEMPT_NETWORKS", "10.0.0.0/8,2001:db8::/32")
    assert [str(network) for network in load().exempt_networks] == ["10.0.0.0/8", "2001:db8::/32"]


@pytest.mark.parametrize("text", ["gateway,nonsense", '["gateway"', "[[]]", '{"gateway": 1}', "10.0.0.0/33"])
@pytest.mark.parametrize("name", ["CSMS_ROLES", "CSMS_EXEMPT_NETWORKS"])
def test_a_list_that_cannot_be_read_is_told_beside_all_else(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, text)
    monkeypatch.setenv("CSMS_OCPP_PORT", "-1")
    said = told()
    assert f"  {name}: " in said
    assert "  CSMS_OCPP_PORT: " in said


def test_what_a_file_names_and_nobody_knows_is_told(files: Path) -> None:
    (files / "default.toml").write_text("heartbeats = 300\n")
    assert "CSMS_HEARTBEATS" in told()


@pytest.mark.parametrize("content", [b"heartbeat_s = ", b"\xff\xfe", b"= 1"])
def test_a_file_that_cannot_be_read_is_named(files: Path, content: bytes) -> None:
    (files / "default.toml").write_bytes(content)
    assert str(files / "default.toml") in told()


def test_a_folder_in_the_place_of_a_file_is_named(files: Path) -> None:
    (files / "development.toml").mkdir()
    assert str(files / "development.toml") in told()


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL"])
@pytest.mark.parametrize("url", [f"http://:{SECRET}@host", SECRET, ""])
def test_a_url_of_another_kind_is_told_by_its_name_alone(name: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, url)
    said = told(heartbeat_s=SECRET)
    assert f"{name}: must begin with" in said
    assert "CSMS_HEARTBEAT_S" in said
    assert SECRET not in said


def test_production_needs_real_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    said = told(environment="production")
    assert "DATABASE_URL: must be set in production" in said
    assert "REDIS_URL: must be set in production" in said
    monkeypatch.setenv("DATABASE_URL", "postgresql://host/db")
    monkeypatch.setenv("REDIS_URL", "rediss://host")
    assert load(environment="production").environment is Environment.PRODUCTION


@pytest.mark.parametrize("given", [{"tls_key": "/key"}, {"tls_certificate": "/certificate"}])
def test_a_key_without_its_certificate_is_no_way_to_speak_tls(given: dict[str, str]) -> None:
    assert "CSMS_TLS_CERTIFICATE and CSMS_TLS_KEY: set both or neither" in told(**given)


def test_no_secret_is_shown_by_settings_that_are_printed() -> None:
    read = load(DATABASE_URL=f"postgresql://u:{SECRET}@host/db", bootstrap_api_key=SECRET)
    assert SECRET not in f"{read!r} {read} {read.model_dump_json()}"
    assert read.bootstrap_api_key is not None
    assert read.bootstrap_api_key.get_secret_value() == SECRET


def test_settings_do_not_change() -> None:
    read = load()
    with pytest.raises(ValueError, match="frozen"):
        read.heartbeat_s = 1  # type: ignore[misc]


def test_a_variable_that_no_setting_reads_is_told_beside_all_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"CSMS_OCCP_PORT": SECRET, "csms_nonsense": "1", "CSMS_HEARTBEAT_S": "0"}.items():
        monkeypatch.setenv(name, value)
    said = told()
    assert "  CSMS_OCCP_PORT: there is no such setting; is it CSMS_OCPP_PORT?" in said
    assert "  CSMS_NONSENSE: there is no such setting\n" in f"{said}\n"
    assert "  CSMS_HEARTBEAT_S: " in said
    assert SECRET not in said


def test_the_small_letters_of_a_variable_are_as_good_as_its_capitals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("csms_heartbeat_s", "77")
    assert load().heartbeat_s == 77


def test_what_kubernetes_tells_of_a_service_of_our_name_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "CSMS_SERVICE_HOST": "10.0.0.1",
        "CSMS_SERVICE_PORT": "8000",
        "CSMS_API_SERVICE_PORT_HTTP": "8000",
        "CSMS_PORT": "tcp://10.0.0.1:8000",
        "CSMS_PORT_8000_TCP": "tcp://10.0.0.1:8000",
        "CSMS_PORT_8000_TCP_ADDR": "10.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    load()
    monkeypatch.setenv("CSMS_FRONT_PORT", "8000")
    assert "  CSMS_FRONT_PORT: there is no such setting" in told()


def test_doors_are_read_from_the_environment_and_from_a_file(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (files / "default.toml").write_text('[[listeners]]\nport = 9443\nprofiles = [2]\nhost = "192.0.2.7"\n')
    (door,) = load().listeners
    assert (door.port, door.profiles, door.host, door.tls) == (9443, {2}, "192.0.2.7", True)
    monkeypatch.setenv(
        "CSMS_LISTENERS",
        '[{"port":1,"profiles":[0,1]},{"port":2,"profiles":[2],"terminated":true},{"port":3,"profiles":[3]}]',
    )
    assert [door.tls for door in load().listeners] == [False, False, True]


@pytest.mark.covers("SEC-03")
@pytest.mark.parametrize(
    ("door", "why"),
    [
        ({"port": 1, "profiles": [1, 2]}, "give each kind a port of its own"),
        ({"port": 1, "profiles": [3], "terminated": True}, "cannot be terminated"),
        ({"port": 1, "profiles": []}, "at least 1"),
        ({"port": 1, "profiles": [4]}, "less than or equal to 3"),
        ({"port": 70_000, "profiles": [1]}, "less than or equal to 65535"),
        ({"port": 1, "profiles": [1], "colour": "red"}, "colour"),
        ("[{", "CSMS_LISTENERS"),
    ],
)
def test_a_door_that_cannot_be_is_told(door: object, why: str) -> None:
    said = told(listeners=door if isinstance(door, str) else [door])
    assert "CSMS_LISTENERS" in said
    assert why in said
