"""The deny-list: names of files and folders that hold credentials, whatever a workspace says."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

# Never, whatever the ending.
_SECRET_NAMES = re.compile(
    r"""(?x)
    \.env.* | .*\.env | \.flaskenv | \.netrc | _netrc | \.npmrc | \.yarnrc(\.ya?ml)? | \.pypirc
    | \.htpasswd | htpasswd | passwd | shadow | \.pgpass | pgpass\.conf | \.my\.cnf | \.mylogin\.cnf
    | \.git-credentials | \.dockercfg | \.dockerconfigjson | \.vault-token | \.vault[-_]?pass.*
    | vault[-_]pass(word)?.* | \.terraformrc | terraform\.rc | .*\.tfrc\.json
    | .*\.tfstate(\..*)? | .*\.tfvars(\.json)? | gradle\.properties | local\.properties
    | settings-security\.xml | nuget\.config | \.curlrc | \.wgetrc | \.boto | \.s3cfg
    | \.passwd-s3fs | \.smbcredentials | \.fetchmailrc | \.msmtprc | \.muttrc | \.mbsyncrc
    | \.authinfo | \.rhosts | authorized_keys | known_hosts
    | \.[\w-]*history | [\w-]+_history | \.histfile | \.lesshst | \.viminfo | .*_history\.txt
    | krb5cc_.* | .*\.keytab | wallet\.dat | cookies\.(txt|sqlite) | login[ ]data
    | accesstokens\.json | access_tokens\.db | msal_token_cache.* | token\.(json|pickle)
    | .*firebase-adminsdk.*\.json | google-services\.json | googleservice-info\.plist
    | .*\.(pem|key|p8|p12|pkcs8|pkcs12|pfx|jks|keystore|ppk|asc|gpg|pgp|kdbx?|ovpn|crt|cer|der|csr)
    | .*\.(mobileprovision|kubeconfig|agekey|bek|snk|jwk|jwks|rdp) | kubeconfig
    """
)
# Only where the ending is no programming language's: `credentials.py` is code, `id_rsa` is not.
_SECRET_UNLESS_SOURCE = re.compile(
    r"""(?x)
    id_.* | credentials?(\..*)? | .*credentials?\.\w+ | client_secret.* | secrets?(\..*)?
    | .*[._\-]secrets?\.\w+ | service[-_]?account.* | .*[-_]service[-_]?account.*
    | passwords?(\..*)? | api[-_]?keys?(\..*)? | private[-_]?keys?(\..*)?
    """
)
_SOURCE_NAMES = re.compile(
    r".*\.(py|pyi|js|jsx|mjs|cjs|ts|tsx|go|rs|java|kt|c|h|cc|cpp|hpp|cs|rb|php|swift|lua|scala"
    r"|md|rst|html|css|scss|vue|svelte)"
)
# What editors, tools and people add to the name of an older copy.
_COPY = re.compile(r"(\.(bak|backup|old|orig|save|saved|copy|swp|tmp|rej|disabled|\d+)|~|\.$)+$")
_DENIED_FOLDERS = frozenset(
    {
        ".ssh", ".aws", ".azure", ".gnupg", ".kube", ".docker", ".gcloud", ".password-store",
        ".oci", ".chef", ".vault", "gcloud", ".git", ".hg", ".svn", "keyrings", "keychains",
        ".m2", ".terraform.d", ".pulumi", ".fly", ".doctl", ".aliyun", ".tencentcloud", ".minikube",
        ".mozilla", ".thunderbird", ".electrum", ".bitcoin", ".ethereum", ".subversion", ".putty",
        ".gem", ".nuget", ".composer", ".sops", ".secrets",
    }
)  # fmt: skip
# Below `.config`, where others keep what is harmless.
_DENIED_CONFIGURATIONS = frozenset(
    {
        "gh", "glab-cli", "hub", "doctl", "rclone", "op", "stripe", "netlify", "heroku", "sops",
        "github-copilot", "configstore", "containers", "helm", "google-chrome", "chromium",
        "filezilla", "remmina", "git", "pip", "pypoetry", "composer", "age", "hcloud", "scw",
    }
)  # fmt: skip


def denied_by_name(path: Path) -> str | None:
    """Why a path's name forbids it, or None. Case does not matter, nor what a workspace says."""
    parts = [plain_name(part) for part in path.parts]
    folders = parts[:-1]
    denied = _DENIED_FOLDERS.intersection(folders)
    for folder, inner in zip(folders, parts[1:], strict=False):
        if folder == ".config" and inner in _DENIED_CONFIGURATIONS:
            denied |= {f"{folder}/{inner}"}
    if denied:
        return f"It lies in a folder for credentials or repository data ({min(denied)})."
    name = parts[-1] if parts else ""
    if any(map(_is_secret, {name, _COPY.sub("", name)})):
        return "Its name says that it holds credentials, keys or certificates."
    return None


def plain_name(part: str) -> str:
    """A part of a path as file systems may take it: by case, form, invisible characters, trailing
    dots and blanks, and the names of streams."""
    if part.isascii() and part.isprintable() and ":" not in part and part[-1:] not in (".", " "):
        return part.lower()
    folded = unicodedata.normalize("NFKC", part)
    visible = "".join(
        character for character in folded if unicodedata.category(character) not in {"Cf", "Cc"}
    )
    # A drive's colon is no stream's.
    name = visible if re.fullmatch(r"[A-Za-z]:", visible) else visible.partition(":")[0]
    return name.rstrip(". ").casefold() if name.strip(".") else ""


def _is_secret(name: str) -> bool:
    if _SECRET_NAMES.fullmatch(name):
        return True
    return bool(_SECRET_UNLESS_SOURCE.fullmatch(name) and not _SOURCE_NAMES.fullmatch(name))
