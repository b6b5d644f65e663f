"""`env`: a `.env` file with the tutorial's names, for the programs that the tutorial's readers have."""

from __future__ import annotations

import argparse
from pathlib import Path
from urllib.parse import urlsplit

from agentcore_auth.cli.deployed import or_command_error, outputs_of
from agentcore_auth.cli.terminal import ACCEPTED, REFUSED, WRONG_USE, CommandError, out, print_json
from agentcore_auth.tokens.cache import write_private
from agentcore_auth.tokens.env_file import EnvFileError, render
from agentcore_auth.tokens.getting import credentials_of


def run(options: argparse.Namespace) -> int:
    with or_command_error():
        outputs = outputs_of(options)
        provider = outputs.provider(options.idp)
        gateway = outputs.gateway(provider.name)
        credentials = credentials_of(provider, provider.client(options.client))
    endpoint = urlsplit(credentials.token_endpoint)
    values = {
        # The tutorial has these three names for every provider.
        "COGNITO_DOMAIN": f"{endpoint.scheme}://{endpoint.netloc}",
        "COGNITO_CLIENT_ID": credentials.client_id,
        "COGNITO_CLIENT_SECRET": credentials.client_secret,
        "TOKEN_ENDPOINT": credentials.token_endpoint,
        "DISCOVERY_URL": provider.discovery_url,
        "ISSUER": provider.issuer,
        "AUDIENCE": credentials.audience or "",
        "SCOPE": credentials.scope or "",
        "GATEWAY_URL": gateway.mcp_url,
    }
    path = Path(options.file)
    try:
        _write(path, render(values), force=options.force)
    except EnvFileError as error:
        raise CommandError(str(error), REFUSED) from None
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be written: {error}", WRONG_USE) from None
    if options.json:
        print_json({"file": str(path), "names": list(values)})
    else:
        out(f"wrote {path}, which only you can read: {', '.join(values)}")
    return ACCEPTED


def _write(path: Path, text: str, *, force: bool) -> None:
    if path.exists() and not path.is_file():
        raise EnvFileError(f"{path} is no regular file: name another with --file")
    if path.exists() and not force and path.read_bytes() != text.encode():
        raise EnvFileError(f"{path} has other content; overwrite it with --force, or name another with --file")
    write_private(path, text)
