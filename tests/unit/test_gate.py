"""The gate: what is never read as context nor sent, and that no workspace can change that."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from lsp_server.privacy.gate import ALLOWED, Gate
from lsp_server.privacy.ignoring import Ignoring
from lsp_server.privacy.names import denied_by_name

DENIED = """
.env .env.local .env.production .envrc prod.env server.pem server.key id_rsa id_ed25519 id_rsa.pub
id_ecdsa.bak .netrc _netrc .npmrc .pypirc .htpasswd .pgpass .my.cnf .git-credentials .dockercfg
.dockerconfigjson .vault-token .terraformrc terraform.rc terraform.tfstate terraform.tfstate.backup
prod.tfvars prod.tfvars.json ca.crt ca.cer ca.der request.csr store.p12 store.pfx store.jks
app.keystore putty.ppk letter.asc letter.gpg letter.pgp vault.kdb vault.kdbx office.ovpn AuthKey.p8
app.mobileprovision kubeconfig cluster.kubeconfig shadow credentials credentials.json
credentials.yml.enc google-credentials.json credential.xml client_secret.json client_secret_1.json
secrets.yml secrets.yaml secret.json app-secrets.yml app.secret.yaml service-account.json
service_account_key.json serviceaccount.yml master.key
.ssh/config .ssh/known_hosts .aws/config .aws/credentials .azure/profile .gnupg/pubring.kbx
.kube/config .docker/config.json .config/gcloud/access.db .config/gh/hosts.yml
.config/glab-cli/config.yml .m2/settings.xml
.bash_history .zsh_history .python_history psql_history .lesshst gradle.properties
terraform.tfstate.1692.backup main.tfstate.backup id_rsa.bak server.key.old .env~ .netrc.orig
ConsoleHost_history.txt token.json .flaskenv .yarnrc.yml nuget.config .terraform.d/x.json
.config/rclone/rclone.conf Library/Keychains/login.db passwords.txt api_keys.yaml .s3cfg
prod-service-account.json .pem. server.pem::$DATA .\u200benv .password-store/mail .oci/config
.git/config .git/hooks/pre-commit .hg/hgrc .svn/entries
""".split()
ALLOWED_NAMES = """
main.py environment.py env.py .gitignore .eslintrc.json key.py keys.ts keyboard.c monkey.go
identity.rs id.py id_generator.py id_token.ts credentials.py credentials_store.go secrets.py
client_secret.ts service_account.rs pem.c parse_key.rb README.md Makefile package.json
docker/config.json ssh/config aws/credentials.py git/config.py envs/base.yaml shadow.py certs.md
idea.txt secretary.txt tests/test_secrets.py
""".split()


def spell_otherwise(name: str) -> list[str]:
    return [name, name.upper(), name.title()]


@pytest.mark.parametrize("name", DENIED)
def test_denied_in_every_spelling(name: str, tmp_path: Path) -> None:
    gate = Gate((tmp_path,))
    for spelled in spell_otherwise(name):
        assert not gate.check(tmp_path / "deep" / spelled).allowed
        assert not gate.check(Path("/elsewhere") / spelled).allowed
        assert not Gate(()).check(tmp_path / spelled).allowed


@pytest.mark.parametrize("name", ALLOWED_NAMES)
def test_allowed(name: str, tmp_path: Path) -> None:
    for spelled in spell_otherwise(name):
        assert Gate((tmp_path,)).check(tmp_path / "deep" / spelled) == ALLOWED


def test_a_denied_folder_counts_at_any_depth(tmp_path: Path) -> None:
    gate = Gate((tmp_path,))
    assert not gate.check(tmp_path / ".ssh" / "deep" / "main.py").allowed
    assert not gate.check_folder(tmp_path / ".ssh").allowed
    assert not gate.check_folder(tmp_path / "deep" / ".AWS").allowed
    assert gate.check_folder(tmp_path / "deep").allowed


@pytest.mark.parametrize(
    "rules", ["!*.pem", "!.env", "!*", "*\n!*\n!.env\n!*.pem", "!/.ssh/\n!/.ssh/**", ""]
)
@pytest.mark.parametrize("ignore_file", [".gitignore", ".qwenignore"])
def test_no_ignore_file_brings_back_what_is_denied(
    rules: str, ignore_file: str, tmp_path: Path
) -> None:
    (tmp_path / ignore_file).write_text(rules, "utf-8")
    gate = Gate((tmp_path,))
    for name in (".env", "server.pem", ".ssh/config", "deep/.env"):
        assert not gate.check(tmp_path / name).allowed


def test_nor_do_settings_that_name_no_ignore_file(tmp_path: Path) -> None:
    assert not Gate((tmp_path,), ()).check(tmp_path / ".env").allowed


# Ignore files with their rules, what they exclude, and what they do not.
IGNORED: list[tuple[dict[str, str], str, str]] = [
    ({".gitignore": "build/\n*.log"}, "build/a.py deep/build/b.py a.log deep/a.log", "a.py builds"),
    ({".gitignore": "/build"}, "build build/a.py", "deep/build/a.py"),
    ({".gitignore": "*.py\n!keep.py"}, "a.py deep/b.py", "keep.py deep/keep.py a.go"),
    ({".gitignore": "*\n!*.py"}, "a.go", "a.py"),
    ({".gitignore": "build/\n!build/keep.py"}, "build/keep.py", "keep.py"),
    ({".gitignore": "build/*\n!build/keep.py"}, "build/a.py", "build/keep.py"),
    ({".gitignore": "*.py", "deep/.gitignore": "!b.py"}, "a.py b.py deep/a.py", "deep/b.py"),
    ({"deep/.gitignore": "*.py"}, "deep/a.py deep/er/b.py", "a.py"),
    ({"deep/.gitignore": "/a.py"}, "deep/a.py", "deep/er/a.py a.py"),
    ({"deep/.gitignore": "!a.py", ".gitignore": "deep/"}, "deep/a.py", "a.py"),
    ({".gitignore": "doc/**/draft"}, "doc/draft doc/a/b/draft/x.md", "draft"),
    ({".gitignore": "# a.py\n\n\\#b.py\n \n"}, "#b.py", "a.py b.py"),
    ({".gitignore": "a.py  \nb\\ "}, "a.py", "b.py"),
    ({".gitignore": "[\n*.py"}, "a.py", "a.go"),
    ({".qwenignore": "a.py"}, "a.py", "b.py"),
    ({".gitignore": "a.py", ".qwenignore": "!a.py"}, "a.py", "b.py"),
    ({".gitignore": "!a.py", ".qwenignore": "a.py"}, "a.py", "b.py"),
    ({".gitignore": "\ufeffa.py\r\nb.py\r\n"}, "b.py", "c.py"),
]


@pytest.mark.parametrize(("files", "excluded", "kept"), IGNORED)
def test_ignore_files(files: dict[str, str], excluded: str, kept: str, tmp_path: Path) -> None:
    write(tmp_path, files)
    gate = Gate((tmp_path,))
    assert {name: gate.check(tmp_path / name).allowed for name in excluded.split()} == (
        dict.fromkeys(excluded.split(), False)
    )
    assert {name: gate.check(tmp_path / name).allowed for name in kept.split()} == (
        dict.fromkeys(kept.split(), True)
    )


@pytest.mark.parametrize(
    ("files", "excluded", "kept"),
    [case for case in IGNORED if case[0].keys() <= {".gitignore", "deep/.gitignore"}],
)
def test_ignore_files_mean_what_git_says(
    files: dict[str, str], excluded: str, kept: str, tmp_path: Path
) -> None:
    write(tmp_path, files)
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    names = [name for name in (excluded + " " + kept).split() if not name.startswith("#")]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    checked = subprocess.run(
        ["git", "-C", str(tmp_path), "check-ignore", "--no-index", *names],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    said = set(checked.stdout.split())
    gate = Gate((tmp_path,))
    assert {name for name in names if not gate.check(tmp_path / name).allowed} == said


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8", newline="")


def test_a_part_of_a_repository_is_under_all_its_rules(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            ".gitignore": "*.log\nprivate/\n/packages/app/own.py\n",
            "packages/.gitignore": "!kept.log\n",
            ".git/info/exclude": "notes.md\n!a.log\n",
            "packages/app/main.py": "",
        },
    )
    gate = Gate((tmp_path / "packages" / "app",))
    found = {
        name: gate.check(tmp_path / "packages" / "app" / name).allowed
        for name in ("a.log", "kept.log", "private/a.py", "own.py", "notes.md", "main.py")
    }
    assert [name for name, is_allowed in found.items() if is_allowed] == ["kept.log", "main.py"]
    gate = Gate((tmp_path / "packages" / "app",), ())
    assert gate.check(tmp_path / "packages" / "app" / "a.log").allowed


def test_who_opens_an_ignored_folder_means_it(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "out/\n", ".git/HEAD": "", "out/app/.gitignore": "*.log\n"})
    gate = Gate((tmp_path / "out" / "app",))
    assert gate.check(tmp_path / "out" / "app" / "main.py").allowed
    assert not gate.check(tmp_path / "out" / "app" / "a.log").allowed
    assert not Gate((tmp_path,)).check(tmp_path / "out" / "app" / "main.py").allowed


def test_the_users_own_excludes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "project"
    write(root, {".gitignore": "!b.tmp\n"})
    write(tmp_path, {"config/git/ignore": "*.tmp\n", "home/mine": "*.own\n"})
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    gate = Gate((root,))
    assert gate.check(root / "a.tmp").reason == "ignore excludes it."
    assert gate.check(root / "b.tmp").allowed
    write(tmp_path, {"home/.gitconfig": "[core]\n\texcludesFile = ~/mine\n"})
    assert gate.check(root / "a.tmp").allowed
    assert gate.check(root / "a.own").reason == "mine excludes it."


def test_where_names_have_no_case_rules_have_none(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "Private/\n*.LOG\n"})
    root = tmp_path.resolve()
    for name, excluded in (("private/a.py", True), ("a.log", True), ("a.py", False)):
        for ignores_case in (True, False):
            found = Ignoring(str(root), (".gitignore",), ignores_case).find(
                str(root / name), is_folder=False
            )
            assert (found is not None) == (excluded and ignores_case)


def test_rules_are_read_anew_when_they_change(tmp_path: Path) -> None:
    gate = Gate((tmp_path,))
    file = tmp_path / ".qwenignore"
    assert gate.check(tmp_path / "a.py").allowed
    file.write_text("a.py", "utf-8")
    assert not gate.check(tmp_path / "a.py").allowed
    file.write_text("other.py", "utf-8")
    assert gate.check(tmp_path / "a.py").allowed
    file.unlink()
    assert gate.check(tmp_path / "other.py").allowed


def test_the_reason_names_the_file_and_not_the_users_path(tmp_path: Path) -> None:
    write(tmp_path, {".qwenignore": "a.py"})
    verdict = Gate((tmp_path,)).check(tmp_path / "a.py")
    assert verdict.reason == ".qwenignore excludes it."


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    write(folder, {".env": "A=1", "main.py": "x = 1", "deep/other.py": "y = 2"})
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


def test_links_out_of_the_workspace_are_refused(root: Path, outside: Path) -> None:
    (root / "file.py").symlink_to(outside / "main.py")
    (root / "folder").symlink_to(outside / "deep", target_is_directory=True)
    gate = Gate((root,))
    assert gate.check(root / "file.py").reason == "It is a link that leads out of the workspace."
    assert not gate.check(root / "folder" / "other.py").allowed
    assert not gate.check(root / "deep" / ".." / "folder" / "other.py").allowed


def test_a_link_with_a_harmless_name_hides_no_secret(root: Path, outside: Path) -> None:
    (root / "notes.txt").symlink_to(outside / ".env")
    (root / ".env").write_text("A=1", "utf-8")
    (root / "inside.txt").symlink_to(root / ".env")
    gate = Gate((root,))
    assert not gate.check(root / "notes.txt").allowed
    assert not gate.check(root / "inside.txt").allowed
    assert not Gate(()).check(root / "inside.txt").allowed


def test_a_secret_name_that_links_to_a_harmless_file_is_refused(root: Path) -> None:
    (root / "main.py").touch()
    (root / ".env").symlink_to(root / "main.py")
    assert not Gate((root,)).check(root / ".env").allowed


def test_links_inside_the_workspace_follow_the_rules_of_their_target(root: Path) -> None:
    write(root, {"private/a.py": "x = 1", ".qwenignore": "private/"})
    (root / "link.py").symlink_to(root / "private" / "a.py")
    (root / "fine.py").symlink_to(root / "b.py")
    gate = Gate((root,))
    assert not gate.check(root / "link.py").allowed
    assert gate.check(root / "fine.py").allowed


def test_a_workspace_that_is_itself_a_link(root: Path, tmp_path: Path) -> None:
    write(root, {"private/a.py": "x = 1", ".qwenignore": "private/", "main.py": ""})
    link = tmp_path / "link"
    link.symlink_to(root, target_is_directory=True)
    gate = Gate((link,))
    assert gate.check(link / "main.py").allowed
    assert not gate.check(link / "private" / "a.py").allowed
    # The editor may name the file by its real path, too.
    assert gate.check(root / "main.py").allowed
    assert not gate.check(root / "private" / "a.py").allowed


def test_links_in_a_circle_are_no_fault(root: Path) -> None:
    (root / "a.py").symlink_to(root / "b.py")
    (root / "b.py").symlink_to(root / "a.py")
    Gate((root,)).check(root / "a.py")


def test_dots_in_a_path_lead_no_way_round(root: Path) -> None:
    write(root, {".qwenignore": "private/", "private/a.py": ""})
    gate = Gate((root,))
    assert not gate.check(root / "src" / ".." / "private" / "a.py").allowed
    assert not gate.check(root / "src" / ".." / ".env").allowed


def test_what_cannot_be_resolved_is_refused(root: Path) -> None:
    assert not Gate((root,)).check(root / "a\0b.py").allowed


@pytest.mark.parametrize("name", ["main.py", "id_rsa.py", "secrets.go"])
def test_a_name_alone(name: str) -> None:
    assert denied_by_name(Path(name)) is None


def test_unreadable_ignore_files_ignore_nothing_else(root: Path) -> None:
    (root / ".gitignore").mkdir()
    (root / ".qwenignore").write_bytes(b"\xff\xfe\x00private/\n*.py\n")
    assert not Gate((root,)).check(root / "a.py").allowed
    assert os.path.isdir(root / ".gitignore")


def test_one_look_says_of_many_files_what_each_would_be_told_alone(tmp_path: Path) -> None:
    """Whatever was asked before: folders, rules and links are looked at once for all of them."""
    root, outside = tmp_path / "project", tmp_path / "outside"
    for folder in (root / "src" / "deep", root / "build", root / "logs", outside):
        folder.mkdir(parents=True)
    (root / ".gitignore").write_text("build/\n*.log\n!keep.log\n")
    (root / "src" / ".gitignore").write_text("!build.py\nother.py\n!deep/*.log\n")
    (root / "src" / "deep" / ".qwenignore").write_text("*.secret.py\n")
    (root / "link.py").symlink_to(outside / "a.py")
    (root / "beside").symlink_to(outside, target_is_directory=True)
    (root / "inner").symlink_to(root / "src", target_is_directory=True)
    names = """main.py src/a.py src/other.py src/build.py build/a.py build/keep.log logs/a.log
    logs/keep.log src/deep/a.log src/deep/b.log src/deep/a.secret.py src/deep/.env src/deep/c.py
    link.py beside/a.py inner/a.py inner/other.py inner/deep/a.secret.py missing/x.py""".split()
    gate = Gate((root,))
    alone = {name: gate.check(root / name) for name in names}
    assert {name for name, verdict in alone.items() if verdict.allowed} == set(
        """main.py src/a.py src/build.py logs/keep.log src/deep/a.log src/deep/b.log src/deep/c.py
        inner/a.py missing/x.py""".split()
    )
    for order in (names, names[::-1], sorted(names)):
        look = gate.look()
        for name in [*order, *order]:
            assert look.check(root / name) == alone[name], name
