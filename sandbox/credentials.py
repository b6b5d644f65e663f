"""What opens the sandbox's AWS: made at random by each process, so only the one that plays the cloud has what counts.

Commands get it from `Services.environment`, never by importing this.
"""

from __future__ import annotations

import secrets

AWS_SECRET_KEY = secrets.token_urlsafe(30)
"""The secret access key of every account's access key, whose id is the account's number."""
