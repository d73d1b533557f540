"""Credentials that tell what they are by their form: a prefix, a length, an alphabet.

The forms are those that the issuers document. A pattern is tried only where one of its marks
stands in the text, which is what makes a clean text cheap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lsp_server.privacy.span import Span


@dataclass(frozen=True, slots=True, eq=False)
class _Form:
    """`marks` are literals, one of which every match holds. The group 1, if any, is the secret."""

    kind: str
    marks: tuple[str, ...]
    pattern: re.Pattern[str]
    needs_digit: bool = False


def _form(kind: str, marks: str, pattern: str, *, needs_digit: bool = False) -> _Form:
    return _Form(
        kind, tuple(marks.split()), re.compile(rf"(?<![A-Za-z0-9])(?:{pattern})"), needs_digit
    )


_FORMS: tuple[_Form, ...] = (
    _form("AWS", "AKIA ASIA ABIA ACCA A3T", r"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}"),
    _form("AWS Bedrock", "ABSKQ", r"ABSKQ[A-Za-z0-9+/]{40,}={0,2}"),
    _form("Google", "AIza", r"AIza[\w-]{35}"),
    _form("Google OAuth", "ya29. GOCSPX- 1//0",
          r"ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}|1//0[\w-]{30,}"),
    _form("Azure", "Q~", r"[\w~.]{3}\dQ~[\w~.-]{30,36}"),
    _form("Azure signature", "sig=", r"(?<=[?&])sig=([\w%+/=-]{30,})"),
    _form("GitHub", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{30,255}"),
    _form("GitHub", "github_pat_", r"github_pat_\w{22,}"),
    _form("GitLab", "glpat- gldt- glft- glrt- glcbt- glptt- gloas- glsoat- glimt- glagent-",
          r"gl(?:pat|dt|ft|rt|cbt|ptt|oas|soat|imt|agent)-[\w.-]{18,}"),
    _form("GitLab runner", "GR1348941", r"GR1348941[\w-]{18,}"),
    _form("Slack", "xox xapp-", r"xox[abceoprs](?:\.xox[a-z])?-[\w-]{10,}|xapp-\d-[\w-]{10,}"),
    _form("Slack webhook", "hooks.slack.com", r"hooks\.slack\.com/\w+/([A-Za-z0-9+/_-]{20,})"),
    _form("Discord webhook", "/webhooks/", r"discord(?:app)?\.com/api/webhooks/\d+/([\w-]{30,})"),
    _form("Discord", ".", r"[MNO][A-Za-z\d_-]{23,27}\.[\w-]{6}\.[\w-]{27,40}", needs_digit=True),
    _form("Teams webhook", "webhook.office.com",
          r"[\w-]+\.webhook\.office\.com/([^\s\"'`]{30,})"),
    _form("Telegram", ":AA", r"\d{8,10}:AA[\w-]{32,}"),
    _form("Stripe", "_live_ _test_ _prod_", r"[sr]k_(?:live|test|prod)_[A-Za-z0-9]{10,}"),
    _form("Stripe webhook", "whsec_", r"whsec_[A-Za-z0-9+/=]{20,}"),
    # OpenAI, DashScope, Anthropic, DeepSeek, OpenRouter and many who took the form over.
    _form("model provider", "sk-", r"sk-[A-Za-z0-9_-]{16,}", needs_digit=True),
    _form("Groq", "gsk_", r"gsk_[A-Za-z0-9]{30,}"),
    _form("Hugging Face", "hf_ api_org_", r"(?:hf|api_org)_[A-Za-z0-9]{30,}"),
    _form("Replicate", "r8_", r"r8_[A-Za-z0-9]{30,}"),
    _form("xAI", "xai-", r"xai-[A-Za-z0-9]{40,}"),
    _form("Perplexity", "pplx-", r"pplx-[A-Za-z0-9]{30,}"),
    _form("npm", "npm_", r"npm_[A-Za-z0-9]{30,}"),
    _form("PyPI", "pypi-", r"pypi-[\w-]{40,}"),
    _form("RubyGems", "rubygems_", r"rubygems_[a-f0-9]{40,}"),
    _form("crates.io", "cio", r"cio[A-Za-z0-9]{32}(?![A-Za-z0-9])", needs_digit=True),
    _form("NuGet", "oy2", r"oy2[a-z0-9]{43}(?![A-Za-z0-9])"),
    _form("Docker", "dckr_", r"dckr_(?:pat|oat)_[\w-]{20,}"),
    _form("SendGrid", "SG.", r"SG\.[\w-]{16,}\.[\w-]{16,}"),
    _form("Twilio", "SK AC", r"(?:SK|AC)[0-9a-f]{32}(?![A-Za-z0-9])"),
    _form("Mailgun", "key-", r"key-[0-9a-f]{32}(?![A-Za-z0-9])"),
    _form("Mailchimp", "-us", r"[0-9a-f]{32}-us\d{1,2}(?!\d)"),
    _form("Resend", "re_", r"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,}"),
    # Header and payload of every JSON web token begin with an encoded brace and quote.
    _form("JWT", "eyJ", r"eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)*"),
    _form("DigitalOcean", "_v1_", r"do[opr]_v1_[a-f0-9]{40,}"),
    _form("Shopify", "shpat_ shpca_ shppa_ shpss_", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    _form("Square", "sq0 EAAA", r"sq0[a-z]{3}-[\w-]{20,}|EAAA[\w-]{56,}"),
    _form("Facebook", "EAA", r"EAA[A-Za-z0-9]{40,}"),
    _form("Databricks", "dapi", r"dapi[0-9a-f]{32}(?:-\d)?"),
    _form("Doppler", "dp.", r"dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{30,}"),
    _form("Linear", "lin_", r"lin_(?:api|oauth)_[A-Za-z0-9]{30,}"),
    _form("Notion", "ntn_ secret_", r"(?:ntn|secret)_[A-Za-z0-9]{40,}"),
    _form("Postman", "PMAK-", r"PMAK-[a-f0-9]{20,}-[a-f0-9]{30,}"),
    _form("Grafana", "glc_ glsa_", r"gl(?:c|sa)_[A-Za-z0-9+/=_]{30,}"),
    _form("New Relic", "NRAK- NRII- NRAA-", r"NR(?:AK|II|AA)-[\w-]{25,}"),
    _form("Sentry", "sntrys_ sntryu_", r"sntry[su]_[A-Za-z0-9+/=_-]{30,}"),
    _form("Vault", "hvs. hvb. hvr.", r"hv[sbr]\.[\w-]{20,}"),
    _form("Terraform", ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,}"),
    _form("Pulumi", "pul-", r"pul-[a-f0-9]{40}"),
    _form("age", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[A-Z0-9]{50,}"),
    _form("1Password", "ops_eyJ", r"ops_eyJ[\w+/=-]{60,}"),
    _form("Atlassian", "ATATT3 ATCTT3 ATBB", r"AT(?:ATT3|CTT3|BB)[\w=-]{24,}"),
    _form("Airtable", "pat", r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}"),
    _form("HubSpot", "pat-", r"pat-[a-z]{2,3}\d-[a-f0-9-]{36}"),
    _form("Supabase", "sbp_ sb_secret_", r"sbp_[a-f0-9]{40}|sb_secret_[\w-]{20,}"),
    _form("PlanetScale", "pscale_", r"pscale_(?:tkn|pw|oauth)_[\w.=-]{30,}"),
    _form("Figma", "figd_", r"figd_[\w-]{30,}"),
    _form("Dropbox", "sl.", r"sl\.[\w-]{60,}"),
    _form("Alibaba Cloud", "LTAI", r"LTAI[A-Za-z0-9]{12,30}"),
    _form("Tencent Cloud", "AKID", r"AKID[A-Za-z0-9]{16,40}"),
    _form("Artifactory", "AKCp cmVmd", r"AKCp[A-Za-z0-9]{60,}|cmVmd[A-Za-z0-9]{59}"),
    _form("Dynatrace", "dt0", r"dt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{60,}"),
    _form("Fly.io", "fo1_ FlyV1", r"fo1_[\w-]{40,}|FlyV1 ([^\s\"'`]{40,})"),
    _form("Heroku", "HRKU-", r"HRKU-[\w-]{30,}"),
    _form("CircleCI", "CCIPAT_", r"CCIPAT_\w{30,}"),
    _form("Mapbox", "sk.eyJ", r"sk\.eyJ[\w-]{20,}\.[\w-]{16,}"),
)  # fmt: skip


_MARKS = tuple((mark, form) for form in _FORMS for mark in form.marks)


def find_known(text: str) -> Iterator[Span]:
    """The spans of credentials of a known form."""
    for form in dict.fromkeys([form for mark, form in _MARKS if mark in text]):
        for match in form.pattern.finditer(text):
            group = match.lastindex or 0
            value = match.group(group)
            if not form.needs_digit or any(map(str.isdigit, value)):
                yield Span(match.start(group), match.end(group), form.kind)
