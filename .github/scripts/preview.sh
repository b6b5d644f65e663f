#!/usr/bin/env bash
# Previews one stack and writes FOLDER/comment.md, whatever comes of it.
# usage: preview.sh STACK FOLDER. Fails where the preview, a policy, or a gate in FAIL_ON (lockout,replace,widen) does.
set -uo pipefail
stack=$1
folder=$2
status=0

pulumi preview --stack "$stack" --non-interactive --json --show-sames > "$folder/preview.json"
# Policies run here, because in JSON the CLI does not say which of them failed.
pulumi preview --stack "$stack" --non-interactive --diff --color never --policy-pack policy \
  > "$folder/difference.txt" 2>&1 || status=1

python3 -m agentcore_auth impact "$folder/preview.json" --picture --fail-on "${FAIL_ON:-}" \
  > "$folder/report.md" 2> "$folder/problem.txt"
code=$?
if [ "$code" -ne 0 ]; then
  status=1
  cat "$folder/problem.txt" >&2
fi
if [ "$code" -eq 2 ]; then
  { echo "## No preview of stack \`$stack\`"; echo; echo '````'; cat "$folder/problem.txt"; echo '````'; } > "$folder/report.md"
fi

python3 -m agentcore_auth comment "$stack" "$folder/report.md" "$folder/difference.txt" > "$folder/comment.md" || status=1
exit "$status"
