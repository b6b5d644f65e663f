"""What a change does to a gateway's callers, read from `pulumi preview --json --show-sames`, before it is deployed.

Pure: no cloud, no Pulumi. `document` reads the preview, `gateways` finds what belongs together, `verdicts` judges the
clients' tokens by the authorizers before and after, `grants` compares IAM documents, `markdown` tells it.
"""
