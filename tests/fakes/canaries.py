"""Sixty and more made-up secrets, each as it stands in a file. None was ever issued.

They are drawn letter by letter from a seed, so that no scanner finds a credential in this source.
"""

from __future__ import annotations

import base64
import random
import string
from collections.abc import Callable
from dataclasses import dataclass

_LOWER = string.ascii_lowercase + string.digits
_ALL = string.ascii_letters + string.digits
_UPPER = string.ascii_uppercase + string.digits
_HEX = "0123456789abcdef"
_BASE64 = _ALL + "+/"
_URL = _ALL + "-_"
_HUMAN = _ALL + "!$%^*?"

# A piece of a form: a literal, or an alphabet with a number of letters.
_Piece = str | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Canary:
    """`secret` is what must not leave; `text` is whole lines that hold it, of that language."""

    kind: str
    secret: str
    text: str
    language: str = "python"


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    line: str
    pieces: tuple[_Piece, ...]
    language: str = "python"


def _kind(name: str, line: str, *pieces: _Piece, language: str = "python") -> _Kind:
    return _Kind(name, line, pieces, language)


KINDS: tuple[_Kind, ...] = (
    _kind("aws id", 'client = boto3.client("s3", "§")', "AKIA", (_UPPER, 16)),
    _kind("aws session id", "# tried with §", "ASIA", (_UPPER, 16)),
    _kind("aws secret", 'AWS_SECRET_ACCESS_KEY = "§"', (_BASE64, 40)),
    _kind("aws in a shell", "export AWS_SECRET_ACCESS_KEY=§", (_BASE64, 40), language="bash"),
    _kind("google key", 'const maps = load("§");', "AIza", (_URL, 35), language="javascript"),
    _kind("google client", '"client_secret": "§",', "GOCSPX-", (_URL, 28), language="json"),
    _kind("google access", "token: §", "ya29.", (_URL, 60), language="yaml"),
    _kind("azure client", 'secret := "§"', (_ALL, 3), "8Q~", (_ALL, 34), language="go"),
    _kind("azure storage", 's = "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=§;'
          'EndpointSuffix=core.windows.net"', (_BASE64, 86), "=="),
    _kind("azure bus", 'var bus = "Endpoint=sb://acme.example/;SharedAccessKeyName=Root;'
          'SharedAccessKey=§";', (_BASE64, 43), "=", language="csharp"),
    _kind("azure signature", 'url = "https://a.example/c?sv=2026&sig=§"', (_ALL, 43), "%3D"),
    _kind("github", 'headers["X-Who"] = "§"', "ghp_", (_ALL, 36)),
    _kind("github app", "# §", "ghs_", (_ALL, 36)),
    _kind("github fine", 'GH = "§"', "github_pat_", (_ALL, 22), "_", (_ALL, 59)),
    _kind("gitlab", "git clone https://oauth2:§@gitlab.example/a/b.git", "glpat-", (_URL, 20),
          language="bash"),
    _kind("gitlab runner", "runner: §", "GR1348941", (_URL, 20), language="yaml"),
    _kind("slack", 'slack = WebClient("§")', "xoxb-", (string.digits, 12), "-", (string.digits, 12),
          "-", (_ALL, 24)),
    _kind("slack hook", 'post("https://hooks.slack.com/services/§")', "T", (_UPPER, 10), "/B",
          (_UPPER, 10), "/", (_ALL, 24)),
    _kind("discord", 'bot.run("§")', "M", (_ALL, 25), ".", (_ALL, 6), ".", (_URL, 30)),
    _kind("discord hook", 'H = "https://discord.com/api/webhooks/1234567890/§"', (_URL, 68)),
    _kind("telegram", 'bot = Bot("§")', (string.digits, 9), ":AA", (_URL, 33)),
    _kind("stripe", 'Stripe.api_key = "§"', "sk_live_", (_ALL, 24), language="ruby"),
    _kind("stripe restricted", "let s = §;", "rk_live_", (_ALL, 24), language="rust"),
    _kind("stripe hook", "verify(body, '§')", "whsec_", (_ALL, 32), language="javascript"),
    _kind("openai", 'OpenAI(api_key="§")', "sk-", (_ALL, 48)),
    _kind("openai project", "// §", "sk-proj-", (_URL, 74), language="typescript"),
    _kind("dashscope", 'dashscope.api_key = "§"', "sk-", (_HEX, 32)),
    _kind("anthropic", 'x = "§"', "sk-ant-api03-", (_URL, 93), "AA"),
    _kind("groq", 'call("§")', "gsk_", (_ALL, 52)),
    _kind("hugging face", 'login("§")', "hf_", (string.ascii_letters, 34)),
    _kind("npm", "//registry.example/:_authToken=§", "npm_", (_ALL, 36), language="ini"),
    _kind("npm by name alone", "//registry.example/:_authToken=§", (_HEX, 36), language="ini"),
    _kind("pypi", "password = §", "pypi-AgEIcHlwaS5vcmc", (_URL, 80), language="ini"),
    _kind("rubygems", 'key = "§"', "rubygems_", (_HEX, 48), language="ruby"),
    _kind("docker", "docker login -p §", "dckr_pat_", (_URL, 27), language="bash"),
    _kind("sendgrid", "sg('§')", "SG.", (_URL, 22), ".", (_URL, 43), language="php"),
    _kind("twilio", 'Client("AC0", "§")', "SK", (_HEX, 32)),
    _kind("twilio token", 'auth_token = "§"', (_HEX, 32)),
    _kind("mailgun", 'auth=("api", "§")', "key-", (_HEX, 32)),
    _kind("mailchimp", 'MAIL = "§"', (_HEX, 32), "-us12"),
    _kind("jwt", 'cookie = "§"', "eyJ", (_URL, 33), ".eyJ", (_URL, 70), ".", (_URL, 43)),
    _kind("jwt in a header", "curl -H 'Authorization: Bearer §'", "eyJ", (_URL, 33), ".eyJ",
          (_URL, 70), ".", (_URL, 43), language="bash"),
    _kind("digitalocean", "do_token = \"§\"", "dop_v1_", (_HEX, 64), language="terraform"),
    _kind("shopify", "shop('§')", "shpat_", (_HEX, 32), language="php"),
    _kind("databricks", "d = '§'", "dapi", (_HEX, 32)),
    _kind("vault", "export VAULT=§", "hvs.", (_URL, 90), language="bash"),
    _kind("notion", 'notion("§")', "ntn_", (_ALL, 46), language="typescript"),
    _kind("linear", 'linear("§")', "lin_api_", (_ALL, 40), language="typescript"),
    _kind("alibaba id", 'id = "§"', "LTAI", (_ALL, 20)),
    _kind("alibaba secret", 'accessKeySecret: "§",', (_ALL, 30), language="typescript"),
    _kind("password", 'password = "§"', (_HUMAN, 10)),
    _kind("password of words", "password = '§'", "quetzal", "mandolin"),
    _kind("password in a call", 'db.connect(user="sa", password="§")', (_HUMAN, 12)),
    _kind("password in an object", "  dbPassword: '§',", (_HUMAN, 12), language="typescript"),
    _kind("password with a type", 'const char *db_password = "§";', (_LOWER, 9), "7", language="c"),
    _kind("password in JSON", '  "smtp_pass": "§",', (_ALL, 11), "4", language="json"),
    _kind("password in JSON in a literal", 'body = "{\\"password\\": \\"§\\"}";', (_ALL, 12),
          language="java"),
    _kind("password in YAML", "    password: §", "zanzibar", (_LOWER, 4), language="yaml"),
    _kind("password in properties", "spring.datasource.password=§", "wombat", (_LOWER, 4),
          language="properties"),
    _kind("password in a shell", "PGPASSWORD=§ psql", (_ALL, 12), "9", language="bash"),
    _kind("password in Docker", "ENV MYSQL_ROOT_PASSWORD=§", (_ALL, 12), "9",
          language="dockerfile"),
    _kind("password in XML", "<password>§</password>", (_ALL, 12), "9", language="xml"),
    _kind("password in SQL", "CREATE USER a IDENTIFIED BY '§';", (_ALL, 12), language="sql"),
    _kind("password in Java", 'ds.setPassword("§");', (_ALL, 12), language="java"),
    _kind("password in Go", 'Password: "§",', (_ALL, 12), language="go"),
    _kind("password in an address", 'url = "postgres://app:§@db.example:5432/app"', (_ALL, 12)),
    _kind("password without a user", "REDIS = 'redis://:§@cache.example:6379/0'", (_ALL, 16)),
    _kind("password in a connection", 'cs = "Server=db;User Id=sa;Password=§;"', (_ALL, 10), "3",
          language="csharp"),
    _kind("password for curl", "curl -u admin:§ https://a.example", (_ALL, 10), language="bash"),
    _kind("password in a comment", "# the password is §", (_ALL, 10), "5"),
    _kind("passphrase", 'passphrase = "§"', "correct zebra battery staple"),
    _kind("basic header", 'h = {"Authorization": "Basic §"}', (_BASE64, 30), "9x"),
    _kind("token by name", 'ACCESS_TOKEN = "§"', (_HEX, 40)),
    _kind("key by name", 'encryption_key = b"§"', (_HEX, 64)),
    _kind("django", "SECRET_KEY = 'django-insecure-§'", (_LOWER + "!@#$%^&*(-_=+)", 50)),
    _kind("no name at all", 'sign(body, "§")', (_ALL, 40)),
    _kind("no name, hexadecimal", 'sign(body, "§")', (_HEX, 40)),
    _kind("in a list", '    "§",', (_BASE64, 44), "="),
    _kind("on the next line", 'API_KEY = (\n    "§"\n)', (_ALL, 32)),
    _kind("age", "# key: §", "AGE-SECRET-KEY-1", ("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)),
)  # fmt: skip


def make_canaries(seed: int) -> list[Canary]:
    """One canary of each kind, and private keys."""
    chance = random.Random(seed)
    canaries = []
    for kind in KINDS:
        secret = "".join(
            piece if isinstance(piece, str) else "".join(chance.choices(piece[0], k=piece[1]))
            for piece in kind.pieces
        )
        text = kind.line.replace("§", secret) + "\n"
        canaries.append(Canary(kind.name, secret, text, kind.language))
    return canaries + [make(chance) for make in _KEYS]


def make_key(chance: random.Random, name: str = "RSA PRIVATE KEY", count: int = 600) -> list[str]:
    """The lines of a key in armour, the marks first and last."""
    body = base64.b64encode(chance.randbytes(count)).decode()
    lines = [body[start : start + 64] for start in range(0, len(body), 64)]
    return [f"-----BEGIN {name}-----", *lines, f"-----END {name}-----"]


def _armoured(chance: random.Random) -> Canary:
    lines = make_key(chance)
    return Canary("key", "".join(lines[1:-1]), 'KEY = """' + "\n".join(lines) + '"""\n')


def _escaped(chance: random.Random) -> Canary:
    lines = make_key(chance, "PRIVATE KEY")
    text = '  "private_key": "' + "\\n".join(lines) + '\\n",\n'
    return Canary("key in JSON", "".join(lines[1:-1]), text, "json")


def _joined(chance: random.Random) -> Canary:
    lines = make_key(chance, "EC PRIVATE KEY", 118)
    text = "String key = " + " +\n    ".join(f'"{line}\\n"' for line in lines) + ";\n"
    return Canary("key in pieces", "".join(lines[1:-1]), text, "java")


def _indented(chance: random.Random) -> Canary:
    lines = make_key(chance, "OPENSSH PRIVATE KEY", 300)
    text = "ssh: |\n" + "".join(f"    {line}\n" for line in lines)
    return Canary("key in YAML", "".join(lines[1:-1]), text, "yaml")


_KEYS: tuple[Callable[[random.Random], Canary], ...] = (_armoured, _escaped, _joined, _indented)


def leaks(canary: Canary, sent: str) -> bool:
    """Whether any telling part of the secret stands in what was sent: a run of it of at least
    eight letters, or half of it where it is short."""
    secret, size = canary.secret, max(4, min(8, len(canary.secret) // 2))
    parts = (secret[start : start + size] for start in range(len(secret) - size + 1))
    return any(part in sent for part in parts if not _is_form(canary, part))


def _is_form(canary: Canary, part: str) -> bool:
    """Whether a part is what every credential of the kind begins with, or an ordinary word."""
    pieces = next((kind.pieces for kind in KINDS if kind.name == canary.kind), ())
    return any(isinstance(piece, str) and part in piece and len(pieces) > 1 for piece in pieces)
