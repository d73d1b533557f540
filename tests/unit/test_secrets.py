"""Redaction: what is found, what is left alone, and what stays of the syntax around it."""

from __future__ import annotations

import ast
import json
import random
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsp_server.completion.guard import guard_cursor
from lsp_server.context.base import Context
from lsp_server.postprocess.base import Dropped
from lsp_server.postprocess.placeholders import cut_placeholders
from lsp_server.privacy.cursor import split_redacted
from lsp_server.privacy.cutting import keep_beginning, keep_end
from lsp_server.privacy.secrets import PLACEHOLDER, redact, restore
from lsp_server.provider.errors import ProviderError
from tests.fakes.canaries import Canary, leaks, make_canaries, make_key
from tests.marks import read_marked, read_place

CANARIES = make_canaries(42)


def show(text: str, language: str = "") -> str:
    """The text with § for each placeholder."""
    return PLACEHOLDER.sub("§", redact(text, language).text)


@pytest.mark.parametrize("canary", CANARIES, ids=[canary.kind for canary in CANARIES])
def test_each_kind_is_found(canary: Canary) -> None:
    redacted = redact(canary.text, canary.language)
    assert not leaks(canary, redacted.text)
    assert redacted.text.count("\n") == canary.text.count("\n")
    secrets = {finding.placeholder: finding.secret for finding in redacted.findings}
    assert restore(redacted.text, secrets) == canary.text
    assert redact(redacted.text, canary.language).findings == ()
    for finding in redacted.findings:
        assert finding.secret not in repr(finding)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("password = 'kolibri'", "password = '§'"),
        ('password: str = "kolibri"', 'password: str = "§"'),
        ('{"password": "kolibri", "user": "me"}', '{"password": "§", "user": "me"}'),
        ("connect('me', password='kolibri', port=1)", "connect('me', password='§', port=1)"),
        ('password = "half typed', 'password = "§'),
        ('password = r"koli\\"bri"', 'password = r"§"'),
        ("password = '''kolibri'''", "password = '''§'''"),
        ("https://me:kolibri@example.com/x", "https://me:§@example.com/x"),
        ('"Server=db;Password=k0libri99;P=1"', '"Server=db;Password=§;P=1"'),
        ('"""x = "Server=db;Password=k0libri99;"', '"""x = "Server=db;Password=§;"'),
        ('"""Server=db;Password=k0libri99;', '"""Server=db;Password=§;'),
        ("x = 1  # password: k0libri99", "x = 1  # password: §"),
        ('secret = f"{prefix}a8Kd03kfLs9"', 'secret = f"§"'),
    ],
)  # fmt: skip
def test_the_value_alone_is_replaced(text: str, expected: str) -> None:
    assert show(text) == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        line.split("|", 1)
        for line in r"""
java|conn.setPassword("§".toCharArray());
bash|DB_PWD='§'
bash|mysql -u root -p§ shop
bash|sshpass -p '§' ssh me@host
bash|tool --password § --user me
dockerfile|ENV DB_PASSWORD §
ini|pw = §
yaml|  pass: §
xml|<property name="password" value="§"/>
xml|<add name="x" connectionString="Server=.;Password=§;"/>
php|'password' => '§',
python|os.environ["DB_PASSWORD"] = "§"
python|os.getenv("DB_PASSWORD", "§")
python|requests.get(url, auth=("admin", "§"))
python|self.password = password or "§"
go|db, err := sql.Open("mysql", "root:§@tcp(127.0.0.1:3306)/shop")
rust|let password = String::from("§");
csharp|new NetworkCredential("me", "§")
sql|ALTER USER app WITH PASSWORD '§';
powershell|$password = ConvertTo-SecureString "§" -AsPlainText
markdown|The password is `§`.
""".strip().split("\n")
    ],
)
def test_passwords_in_many_languages(language: str, text: str) -> None:
    assert show(text.replace("§", "wombat77"), language) == text


@pytest.mark.parametrize(
    "text",
    """
password = input("Password: ")
password = os.environ["PASSWORD"]
password = ""
password = "${DB_PASSWORD}"
password = f"{user.password}"
"password": "<your password>"
password: string;
def login(user: str, password: str = "") -> bool:
label = "Enter your password"
"password": "Password"
token = next(tokens)
token_type = "bearer"
key = "user_name"
key="Authorization"
api_key: "YOUR_API_KEY"
secret = get_secret("database/main")
<input type="password" name="pass">
if password == confirm_password:
self.token = token
for key, value in items:
sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
import { ResetPasswordStartResultV2 } from "../core/v2/ResetPasswordStartResultV2.js"
url = "https://example.com/a/b?page=2"
alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
class="sk-estimator-doc-link-label"
""".strip().split("\n"),
)
def test_ordinary_lines_are_left_alone(text: str) -> None:
    assert show(text) == text


def test_values_without_quotes_by_language() -> None:
    assert show("  password: kolibri", "yaml") == "  password: §"
    assert show("  password: string", "yaml") == "  password: string"
    assert show("  password: kolibri", "typescript") == "  password: kolibri"


def test_python_and_json_stay_what_they_are() -> None:
    for canary in CANARIES:
        if canary.language == "python":
            ast.parse(dedent(redact(canary.text).text))
    for canary in CANARIES:
        if canary.language == "json":
            text = redact(canary.text, "json").text
            assert set(json.loads(f"{{{text.rstrip().rstrip(',')}}}")) <= set(
                canary.text.split('"')
            )
    tree = {canary.kind: {"password": canary.secret} for canary in CANARIES}
    redacted = json.loads(redact(json.dumps(tree, indent=1), "json").text)
    assert redacted.keys() == tree.keys()


@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_a_part_of_a_key_is_found_without_its_marks(count: int) -> None:
    lines = make_key(random.Random(count))
    secret = "".join(lines[1:-1])
    canary = Canary("key", secret, "")
    for first in range(len(lines) - count - 1):
        part = lines[first : first + count]
        text = "\n".join(["a = 1", *part, "b = 2"])
        assert not leaks(canary, redact(text).text), part


def test_the_same_secret_has_the_same_placeholder() -> None:
    one, other = redact("password = 'kolibri'"), redact("db.connect(password='kolibri')")
    assert one.findings[0].placeholder == other.findings[0].placeholder
    assert redact("password = 'kolibra'").findings[0].placeholder not in other.text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("password = 'kol█ibri'", None),
        ("password = 'k█'", None),
        ("password = '█'", ("password = '", "'")),
        ("password = █'kolibri'", ("password = ", "'§'")),
        ("password = 'kolibri'█", ("password = '§'", "")),
        ("x = 1█\npassword = 'kolibri'", ("x = 1", "\npassword = '§'")),
        ("█", ("", "")),
        ("total = █", ("total = ", "")),
    ],
)
def test_at_the_cursor(source: str, expected: tuple[str, str] | None) -> None:
    before, after = read_marked(source)
    halves = split_redacted(before, after, "python")
    assert (halves and tuple(PLACEHOLDER.sub("§", half) for half in halves)) == expected


def test_a_window_that_cuts_the_line_hides_nothing() -> None:
    left, right = "password = 'koli", "bri'"
    with pytest.raises(ProviderError):
        guard_cursor(Context("a.py", "python", left[-6:], ""), left, right)
    context = guard_cursor(
        Context("a.py", "python", "olibri'; x = ", ""), "password = 'kolibri'; x = ", ""
    )
    assert "olibri" not in context.prefix
    assert context.prefix.endswith("'; x = ")


@pytest.mark.parametrize("lines", [0, 3, 40, 400])
def test_far_from_the_cursor_the_text_stays_for_the_way_out(lines: int) -> None:
    far = "password = 'kolibri'\n" + "total = count(items)\n" * lines
    context = Context("a.py", "python", far + "x = ", " + 1\n" + far)
    guarded = guard_cursor(context, "x = ", " + 1\n")
    assert redact(guarded.prefix).text == redact(context.prefix).text
    assert redact(guarded.suffix).text == redact(context.suffix).text
    assert guarded.prefix.endswith("x = ")
    assert guarded.suffix.startswith(" + 1\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1\ny = REDACTED_0123456789\n", "x = 1"),
        ("'REDACTED_0123456789'", Dropped("The model repeated what stands for a secret.")),
        ("'REDACTED_01", Dropped("The model repeated what stands for a secret.")),
        ("REDACTED = 1", "REDACTED = 1"),
    ],
)
def test_placeholders_are_not_suggested(text: str, expected: str | Dropped) -> None:
    assert cut_placeholders(text, read_place("x█")) == expected


def test_texts_are_cut_between_words() -> None:
    assert [keep_beginning("ab cd ef", limit) for limit in (1, 2, 4, 5, 8)] == [
        "",
        "ab",
        "ab",
        "ab cd",
        "ab cd ef",
    ]
    assert [keep_end("ab cd ef", limit) for limit in (1, 2, 4, 5, 8)] == [
        "",
        "ef",
        "ef",
        "cd ef",
        "ab cd ef",
    ]


@given(st.text(alphabet="password=:'\"ghp_Ab1/+-\\n\n {}$<>%İ", max_size=200))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_any_text_can_be_redacted_and_restored(text: str) -> None:
    redacted = redact(text, "yaml")
    assert redacted.text.count("\n") == text.count("\n")
    secrets = {finding.placeholder: finding.secret for finding in redacted.findings}
    assert restore(redacted.text, secrets) == text
