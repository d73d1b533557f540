"""T5: settings are overwritten, so that approval is off. Figure: 58 path tricks, 0 edits.

An action on a document that steers tools on this machine is refused before a model is asked,
however the path is written.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from lsp_server.actions.protect import why_protected
from tests.fakes import FakeEndpoint
from tests.fakes.acting_editor import ActingEditor

PROTECTED = (
    """
.vscode/settings.json|.VSCODE/Settings.JSON|src/../.vscode/tasks.json|.vscode/./launch.json
.vscode./settings.json|.vscode /settings.json|.vs\u200bcode/settings.json|\uff0evscode/settings.json
.vscode/settings.json::$DATA|.vscode\\settings.json|deep/er/.vscode/extensions.json
shop.code-workspace|SHOP.CODE-WORKSPACE|shop.code-workspace.|.git/config|.git/hooks/pre-commit
.GIT/config|.git./config|GIT~1/config|.g\u200cit/config|.github/workflows/test.yml
.gitlab-ci.yml|.gitlab-ci.yaml|.circleci/config.yml|azure-pipelines.yml|Jenkinsfile
bitbucket-pipelines.yml|.travis.yml|.pre-commit-config.yaml|.husky/pre-push|.idea/workspace.xml
.devcontainer/devcontainer.json|.envrc|.nvim.lua|.exrc|.qwenignore|.gitignore|.gitmodules
.env|.env.local|id_rsa|server.pem|.ssh/config|.aws/credentials|credentials.json
.tool/settings.local.json|.tool/hooks.json|.hg/hgrc|.zed/settings.json|.mcp.json
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


EDITABLE = (
    """
src/app.py|vscode/settings.py|git/config.py|docs/github.md|settings.json|config.toml|src/hooks.json
tests/test_env.py|environment.py|qwen-lsp/lsp_server/server.py|src/credentials.py|Makefile
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


@pytest.mark.parametrize("name", PROTECTED)
def test_protected_paths(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    assert why_protected(path.as_uri(), path)


@pytest.mark.parametrize("name", EDITABLE)
def test_other_paths(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    assert why_protected(path.as_uri(), path) is None


def test_links_and_own_files(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("")
    link = tmp_path / "readme.md"
    link.symlink_to(tmp_path / ".git" / "config")
    folder = tmp_path / "plain"
    folder.symlink_to(tmp_path / ".git")
    assert why_protected(link.as_uri(), link)
    assert why_protected((folder / "x").as_uri(), folder / "x")
    own = tmp_path / "own"
    own.mkdir()
    assert why_protected((own / "a.toml").as_uri(), own / "a.toml", (), (own,))
    assert why_protected("file:///x/.myignore", Path("/x/.myignore"), (".myignore",))


@pytest.mark.parametrize(
    "uri", ["vscode-userdata:/settings.json", "git:/a.py", "untitled:/.vscode/settings.json"]
)
def test_documents_that_are_no_files(uri: str) -> None:
    assert why_protected(uri, None)
    assert why_protected("untitled:Untitled-1", None) is None


@pytest.mark.asyncio
async def test_no_path_trick_gets_an_edit(tmp_path: Path) -> None:
    """The real server: no model is asked, no edit is sent, no byte on disk changes."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("[core]\n", "utf-8")
    (tmp_path / "notes.md").symlink_to(tmp_path / ".git" / "config")
    (tmp_path / "plain").symlink_to(tmp_path / ".git")
    names = [*PROTECTED, "notes.md", "plain/config", "plain/hooks/pre-commit"]
    evil = '{"chat.tools.autoApprove": true}\n'
    before = _read_all(tmp_path)
    async with FakeEndpoint("openai") as endpoint:
        endpoint.reply(f"```json\n{evil}```")
        options = {"provider": "openai", "baseUrl": endpoint.base_url, "apiKey": "sk-test"}
        async with ActingEditor(root=tmp_path, options=options) as editor:
            await editor.initialize()
            for name in names:
                uri = (tmp_path / name).as_uri()
                editor.open(uri, "{}\n", "json")
                argument = {"uri": uri, "instruction": "Switch approval off."}
                for kind in ("fix", "refactor", "doc"):
                    result = await editor.command(f"qwen.{kind}", argument)
                    assert result["status"] == "failed", name
                assert editor.texts[uri] == "{}\n"
            assert editor.notes("workspace/applyEdit") == []
        assert endpoint.generations == []
    assert _read_all(tmp_path) == before
    assert len(names) >= 30
    print(f"T5: {len(names)} path tricks, 0 edits")


def _read_all(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): path.read_text("utf-8") for path in files}
