"""What a word is by its looks: an address, a secret file, an argument of the tool, a name that is not its own."""

from __future__ import annotations

import re
from functools import lru_cache

_PRIVATE_FILE = (
    r"\.ssh|id_rsa|id_ed25519|id_ecdsa|authorized_keys|known_hosts|\.aws|\.netrc|\.npmrc|\.pypirc|\.git-credentials|\.kube"
    r"|\.docker/config|\.gnupg|\.pgpass|_history$|\.bashrc|\.zshrc|\.profile|/etc/(?:passwd|shadow|sudoers|hosts)|/proc/self"
    r"|mcp\.json|mcp_?config|claude_desktop_config|\.cursor/|\.claude/|\.gitconfig|wallet\.(?:dat|json)|cookies\.sqlite"
    r"|key\d?\.db|credentials?\.(?:json|ya?ml|txt|csv|ini|db)|secrets?\.(?:json|ya?ml|txt|env|toml|db)"
    r"|passwords?\.(?:txt|csv|json|db)|service[_-]account|tfstate|ntds\.dit|gcloud|\.azure|\.keystore"
    r"|\.(?:pem|p12|pfx|ppk|kdbx)$|(?:^|/)\.env|system32|/root/|keychain-db|(?:secret|system|confidential|internal)://"
)
_ENVIRONMENT = (
    r"^\$\{?[a-z_]|process\.env|os\.environ|printenv|getenv|_(?:api_key|secret|secret_key|access_key|auth_token|api_token"
    r"|token|password)$|^(?:database_url|aws_[a-z_]{1,40}|openai_api_key|github_token)$"
)
_SYSTEM_TAG = (
    r"^<\|[a-z]|^</?(?:important|system|instructions?|hidden|secret|admin|assistant|developer|critical|override|priority"
    r"|mandatory|urgent|directive|private|internal|confidential|ai|llm|model|agent|security|policy|rules?|sudo|root"
    r"|command|attention|warning|notice|note|context|prompt|user|human|sys|inst|protocol"
    r"|tool_(?:call|result|response|output)|function_(?:call|result|response))"
    r"[a-z_ -]{0,24}>?$"
)
"""Tags that imitate those of chat templates and of agents; `<name>` and `<id>` are placeholders of honest text."""
_SHAPES = (
    ("url", r"(?:https?|ftp|wss?|s3|gs|sftp|smb)://"),
    ("email", r"[\w.+%-]@[\w-]{1,63}\.[a-z]"),
    ("ip", r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|169\.254|localhost|127\.0"),
    ("wallet", r"^(?:0x[0-9a-f]{24,}|bc1\w{10,}|[a-z]{2}\d{2}[\da-z]{10,})$"),
    ("spath", _PRIVATE_FILE),
    ("env", _ENVIRONMENT),
    ("tag", _SYSTEM_TAG),
    ("ident", r"^[a-z][a-z0-9]{0,40}(?:[_.][a-z0-9]{1,40}){1,8}$"),
    ("path", r"^(?:~|\.\.?)?/[\w.~-]|^[a-z]:\\|\.(?:json|ya?ml|txt|md|log|csv|sh|py|js|db|sqlite|ini|toml|conf)$"),
    ("num", r"^\d"),
)
"""The first that fits is taken."""
_WELL_KNOWN = frozenset(
    """read_file write_file edit_file delete_file list_directory list_files search_files send_email send_message
    execute_command run_command bash fetch_url http_request get_env read_resource send_slack_message post_message
    create_issue git_push execute_sql query_database list_chats transfer_funds make_payment read_emails
    get_emails""".split()
)


_PAGING = frozenset(
    "next_token page_token next_page_token pagination_token continuation_token starting_token sync_token".split()
)
"""Names of places in a listing, which end as secrets do."""


def shape_of(word: str) -> str:
    """The class a word has by its looks, or an empty string."""
    if word.isalpha() or len(word) == 1:
        return ""
    if word in _WELL_KNOWN:
        return "poptool"
    if word in _PAGING:
        return "ident"
    return _looks(word)


@lru_cache(maxsize=8192)
def _looks(word: str) -> str:
    return next((name for name, pattern in _SHAPES if re.search(pattern, word)), "")
