"""Debian packages for the tests: a newer release's programs beside the machine's own, and its own.

Programs of a newer Debian are unpacked into a folder and run with their own C library, whatever
release the machine has. apt does the work with private folders and the machine's own mirror, keys
and proxy; the machine's own packages and lists stay as they are.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

SUITE = "forky"

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


class InstallError(Exception):
    """Something cannot be had; the message says why in one sentence."""


def unpack(packages: Sequence[str], target: Path, finish: Callable[[Path], None]) -> None:
    """Unpack packages of the newer Debian, with all they depend on, into `target`/root.

    `finish` gets the folder and makes its programs run there. `target` is whole or absent
    afterwards, and what stood there before is replaced. Raises `InstallError`.
    """
    keyring = _find_keyring(packages[0])
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="unfinished-") as folder:
        unfinished = Path(folder) / target.name
        unfinished.mkdir()
        for package in _download(packages, Path(folder) / "apt", keyring):
            run(["dpkg-deb", "-x", str(package), str(unfinished / "root")])
        shutil.rmtree(target, ignore_errors=True)
        # Programs that are bound to their libraries name their folder, so that it is moved first.
        unfinished.rename(target)
    try:
        finish(target)
    except InstallError:
        shutil.rmtree(target, ignore_errors=True)
        raise


def find_loader(root: Path) -> Path:
    """The C library's loader among unpacked packages; raises `InstallError`."""
    for path in root.glob("usr/lib/*/ld-linux*"):
        if path.is_file():
            return path
    raise unexpected_layout()


def unexpected_layout() -> InstallError:
    """Unpacked packages hold their files elsewhere than they did."""
    return InstallError(f"The packages of Debian {SUITE} are not laid out as expected.")


def missing_packages(names: Sequence[str]) -> list[str]:
    """Those of the machine's own packages that are not installed."""
    listed = subprocess.run(
        ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *names],
        capture_output=True,
        text=True,
        # It fails for a name that it does not know, and lists the others all the same.
        check=False,
    )
    installed = {
        line.split()[0] for line in listed.stdout.splitlines() if line.endswith(" installed")
    }
    return [name for name in names if name not in installed]


def install_packages(names: Sequence[str]) -> None:
    """Install packages of the machine's own release; raises `InstallError`."""
    if os.geteuid() != 0:
        raise InstallError(
            f"As root, run: apt-get install --no-install-recommends {' '.join(names)}"
        )
    run(["apt-get", "update"])
    run(["apt-get", "install", "--yes", "--no-install-recommends", *names])


def run(command: Sequence[str]) -> str:
    """The output of a command; raises `InstallError` with its first complaint."""
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment, timeout=900
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InstallError(f"{command[0]} did not finish ({error})") from error
    if done.returncode == 0:
        return done.stdout
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    complaint = next((line for line in lines if line.startswith("E:")), (lines or ["no reason"])[0])
    raise InstallError(complaint.removeprefix("E:").strip().rstrip("."))


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


def _find_keyring(package: str) -> Path:
    missing = [name for name in ("apt-get", "dpkg", "dpkg-deb") if not shutil.which(name)]
    if platform.system() != "Linux" or missing:
        raise InstallError(f"There is no apt here to get {package} with.")
    keyring = next((path for path in _KEYRINGS if path.is_file()), None)
    if keyring is None:
        raise InstallError(
            f"{package} cannot be fetched from Debian {SUITE} without Debian's keys: "
            "install the package debian-archive-keyring."
        )
    return keyring


def _download(packages: Sequence[str], folder: Path, keyring: Path) -> Sequence[Path]:
    """The packages and all they depend on, from the first mirror that holds the suite."""
    for name in ("state/lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    # With no package on record as installed, apt fetches the dependencies down to the C library.
    (folder / "state/status").touch()
    (folder / "apt.conf").write_text(_APT_CONFIGURATION.format(folder=folder), encoding="utf-8")
    architecture = run(["dpkg", "--print-architecture"]).strip()
    apt = ["apt-get", f"--config-file={folder / 'apt.conf'}"]
    reasons = []
    for mirror in mirrors(_APT_FOLDER):
        options = f"arch={architecture} target=Packages signed-by={keyring}"
        source = f"deb [{options}] {mirror} {SUITE} main\n"
        (folder / "sources.list").write_text(source, encoding="utf-8")
        try:
            run([*apt, "update"])
            run([*apt, "install", "--yes", "--download-only", *packages])
        except InstallError as error:
            reasons.append(f"{mirror}: {error}")
            continue
        return sorted((folder / "cache/archives").glob("*.deb"))
    tried = "; ".join(reasons) or f"no mirror is named under {_APT_FOLDER}"
    raise InstallError(f"{packages[0]} cannot be fetched from Debian {SUITE} ({tried}).")


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
