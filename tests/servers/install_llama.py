"""Finds a `llama-server`, or fetches one, and prints its path. Needs Python and apt alone.

`python tests/servers/install_llama.py`

Looked for in this order: the environment variable `QWEN_LLAMA_SERVER`, the search path, the cache
folder (`QWEN_TEST_CACHE`, default `~/.cache/qwen-lsp-tests/llama`). Failing these it comes from the
packages of a newer Debian, unpacked into the cache folder and started with their own C library, so
that it runs beside whatever release the machine has. apt does the work with private folders and the
machine's own mirror, keys and proxy; the machine's own packages and lists stay as they are.

When it cannot, one sentence on stderr says why and the exit status is 1.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

_SUITE = "forky"
_PACKAGE = "llama.cpp-tools"
_INSTALLED = "llama.cpp"
_APT_FOLDER = Path("/etc/apt")
_KEYRINGS = tuple(
    Path(f"/usr/share/keyrings/debian-archive-keyring.{ending}") for ending in ("pgp", "gpg")
)

# The hooks are cleared because they are written for the machine's own lists and packages.
_APT_CONFIGURATION = """\
Dir::Etc::SourceList "{folder}/sources.list";
Dir::Etc::SourceParts "-";
Dir::Etc::Preferences "-";
Dir::Etc::PreferencesParts "-";
Dir::State "{folder}/state";
Dir::State::Status "{folder}/state/status";
Dir::Cache "{folder}/cache";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Retries "3";
Debug::NoLocking "true";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Install-Pkgs;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
"""

# The loader must stand among the processor-specific libraries: llama.cpp looks for these beside the
# running program, which is the loader here, and picks the one that suits the processor.
_WRAPPER = """\
#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/root
exec "$root/{loader}" --library-path "$root/{libraries}:$root/{libraries}/llama" \\
    "$root/usr/bin/llama-server" "$@"
"""


class InstallError(Exception):
    """No `llama-server` can be had; the message says why in one sentence."""


def main() -> int:
    """Print the path of a `llama-server` that runs; the exit status says whether there is one."""
    try:
        sys.stdout.write(f"{find_or_install()}\n")
    except InstallError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def cache_folder() -> Path:
    """Where downloaded and generated things stay from one run to the next."""
    named = os.environ.get("QWEN_TEST_CACHE", "~/.cache/qwen-lsp-tests/llama")
    return Path(named).expanduser().resolve()


def find_or_install() -> Path:
    """A `llama-server` that runs; raises `InstallError` when there is none to be had."""
    named = os.environ.get("QWEN_LLAMA_SERVER")
    if named:
        if not _runs(Path(named)):
            raise InstallError(f"QWEN_LLAMA_SERVER names {named}, which does not run.")
        return Path(named)
    found = shutil.which("llama-server")
    if found and _runs(Path(found)):
        return Path(found)
    installed = cache_folder() / _INSTALLED / "llama-server"
    if not _runs(installed):
        _install(installed.parent)
    return installed


def _runs(program: Path) -> bool:
    try:
        done = subprocess.run([program, "--version"], capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _install(target: Path) -> None:
    """Fill a folder beside `target` and rename it, so that `target` is whole or absent."""
    missing = [name for name in ("apt-get", "dpkg", "dpkg-deb") if not shutil.which(name)]
    if platform.system() != "Linux" or missing:
        raise InstallError(
            "There is no llama-server here and no apt to get one with: install llama.cpp and put "
            "llama-server on the search path, or name it in QWEN_LLAMA_SERVER."
        )
    keyring = next((path for path in _KEYRINGS if path.is_file()), None)
    if keyring is None:
        raise InstallError(
            f"llama-server cannot be fetched from Debian {_SUITE} without Debian's keys: "
            "install the package debian-archive-keyring."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="unfinished-") as folder:
        packages = _download(Path(folder) / "apt", keyring)
        unfinished = Path(folder) / _INSTALLED
        unfinished.mkdir()
        for package in packages:
            _run(["dpkg-deb", "-x", str(package), str(unfinished / "root")])
        _write_wrapper(unfinished)
        if not _runs(unfinished / "llama-server"):
            raise InstallError(f"The llama-server of Debian {_SUITE} does not run on this machine.")
        shutil.rmtree(target, ignore_errors=True)
        unfinished.rename(target)


def _download(folder: Path, keyring: Path) -> Sequence[Path]:
    """The package and all it depends on, from the first mirror that holds the suite."""
    for name in ("state/lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    # With no package on record as installed, apt fetches the dependencies down to the C library.
    (folder / "state/status").touch()
    (folder / "apt.conf").write_text(_APT_CONFIGURATION.format(folder=folder), encoding="utf-8")
    architecture = _run(["dpkg", "--print-architecture"]).strip()
    apt = ["apt-get", f"--config-file={folder / 'apt.conf'}"]
    reasons = []
    for mirror in mirrors(_APT_FOLDER):
        options = f"arch={architecture} target=Packages signed-by={keyring}"
        source = f"deb [{options}] {mirror} {_SUITE} main\n"
        (folder / "sources.list").write_text(source, encoding="utf-8")
        try:
            _run([*apt, "update"])
            _run([*apt, "install", "--yes", "--download-only", _PACKAGE])
        except InstallError as error:
            reasons.append(f"{mirror}: {error}")
            continue
        return sorted((folder / "cache/archives").glob("*.deb"))
    tried = "; ".join(reasons) or f"no mirror is named under {_APT_FOLDER}"
    raise InstallError(f"{_PACKAGE} cannot be fetched from Debian {_SUITE} ({tried}).")


def mirrors(apt_folder: Path) -> Sequence[str]:
    """The addresses that apt fetches packages from, in order, each once.

    Reads both forms of source file (sources.list(5)); leaves out security archives, which hold
    no suite of their own, and discs.
    """
    addresses: dict[str, None] = {}
    for path in (apt_folder / "sources.list", *sorted((apt_folder / "sources.list.d").glob("*"))):
        if path.suffix not in {".list", ".sources"} or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        read = _list_addresses if path.suffix == ".list" else _stanza_addresses
        addresses.update(dict.fromkeys(read(text)))
    return [
        address
        for address in addresses
        if "security" not in address and not address.startswith("cdrom:")
    ]


def _list_addresses(text: str) -> Iterator[str]:
    for match in re.finditer(r"^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)", text, re.MULTILINE):
        yield match.group(1)


def _stanza_addresses(text: str) -> Iterator[str]:
    without_comments = re.sub(r"^#.*\n?", "", text, flags=re.MULTILINE)
    for stanza in re.split(r"\n\s*\n", without_comments):
        unfolded = re.sub(r"\n[ \t]+", " ", stanza)
        pairs = (line.partition(":") for line in unfolded.splitlines())
        fields = {name.strip().lower(): value.split() for name, _, value in pairs}
        if "deb" in fields.get("types", []) and fields.get("enabled") != ["no"]:
            yield from fields.get("uris", [])


def _write_wrapper(folder: Path) -> None:
    root = folder / "root"
    loader = next((path for path in root.glob("usr/lib/*/ld-linux*") if path.is_file()), None)
    backends = next(root.glob("usr/lib/*/ggml/backends*"), None)
    if loader is None or backends is None:
        raise InstallError(f"The packages of Debian {_SUITE} are not laid out as expected.")
    moved = shutil.copy2(loader, backends)
    wrapper = folder / "llama-server"
    text = _WRAPPER.format(
        loader=Path(moved).relative_to(root), libraries=loader.parent.relative_to(root)
    )
    wrapper.write_text(text, encoding="utf-8")
    wrapper.chmod(0o755)


def _run(command: Sequence[str]) -> str:
    """The output of a command; raises `InstallError` with its first complaint."""
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment, timeout=600
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InstallError(f"{command[0]} did not finish ({error})") from error
    if done.returncode == 0:
        return done.stdout
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    complaint = next((line for line in lines if line.startswith("E:")), (lines or ["no reason"])[0])
    raise InstallError(complaint.removeprefix("E:").strip().rstrip("."))


if __name__ == "__main__":
    sys.exit(main())
