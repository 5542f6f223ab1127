"""Functions in the account as CDK deploys them: a provider framework's, and the handler that it calls, with layers."""

from __future__ import annotations

import functools
import io
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aws_cdk
from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.s3.models import s3_backends

from efa_constructs.rehearsal.account.eks.state import AccessEntry
from efa_constructs.rehearsal.programs import Programs

from .training_account import REGION, TrainingAccount

# kubectl for tests that are about the handler: it records its arguments and its kubeconfig in the file RECORD, prints
# SAYS, and fails where FAILS is set. Nothing but its layer is on its PATH.
KUBECTL = """#!/bin/sh
echo "kubectl $*" >> "$RECORD"
for argument in "$@"; do
  if [ "$before" = --kubeconfig ]; then /bin/cat "$argument" >> "$RECORD"; fi
  before=$argument
done
if [ -n "$FAILS" ]; then echo "$SAYS" >&2; exit 1; fi
printf %s "$SAYS"
"""


@functools.cache
def cdk_handler(library: str = "aws-eks-v2") -> Mapping[str, str]:
    """The files of the kubectl handler that CDK deploys."""
    (package,) = (Path(aws_cdk.__file__).parent / "_jsii").glob("aws-cdk-lib@*.tgz")
    folder = f"package/custom-resource-handlers/dist/{library}/kubectl-handler/"
    files = {}
    with tarfile.open(package) as archive:
        for member in archive:
            if member.isfile() and member.name.startswith(folder):
                content = archive.extractfile(member)
                assert content is not None
                files[member.name.removeprefix(folder)] = content.read().decode()
    return files


def archive(files: Mapping[str, str | bytes], *, executable: bool = False) -> bytes:
    """A zip file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in files.items():
            information = zipfile.ZipInfo(name)
            information.external_attr = (0o755 if executable else 0o644) << 16
            file.writestr(information, content)
    return buffer.getvalue()


def kubectl_layer(kubectl: str | bytes = KUBECTL) -> bytes:
    """A layer with a kubectl."""
    return archive({"kubectl/kubectl": kubectl}, executable=True)


def deploy(
    account: TrainingAccount,
    code: Mapping[str, str],
    layers: Sequence[bytes] = (),
    *,
    timeout: int = 900,
    variables: Mapping[str, str] | None = None,
) -> str:
    """Deploy a handler behind a provider framework, from archives in S3, and return the service token."""
    functions = lambda_backends[account.id][REGION]
    arns = []
    for number, content in enumerate(layers):
        layer = functions.publish_layer_version(
            {"LayerName": f"layer{number}", "Content": _uploaded(account, f"layer{number}.zip", content)}
        )
        arns.append(layer.arn)
    handler = functions.create_function(
        {
            "FunctionName": "Handler",
            "Handler": "index.handler",
            "Runtime": "python3.13",
            "Role": account.role("kubectl", "lambda.amazonaws.com"),
            "Code": _uploaded(account, "code.zip", archive(code)),
            "Layers": arns,
            "Timeout": timeout,
            "MemorySize": 1024,
            "Environment": {"Variables": dict(variables or {})},
        }
    )
    framework = functions.create_function(
        {
            "FunctionName": "Framework",
            "Handler": "framework.onEvent",
            "Runtime": "nodejs22.x",
            "Role": account.role("framework", "lambda.amazonaws.com"),
            "Code": _uploaded(account, "framework.zip", archive({"framework.js": ""})),
            "Environment": {"Variables": {"USER_ON_EVENT_FUNCTION_ARN": handler.function_arn}},
        }
    )
    return str(framework.function_arn)


def handler(account: TrainingAccount) -> LambdaFunction:
    """The handler that was deployed."""
    return lambda_backends[account.id][REGION].get_function("Handler")


def log(account: TrainingAccount) -> str:
    """What the handler wrote to CloudWatch Logs."""
    function = handler(account)
    streams = function.logs_backend.groups[function.logs_group_name].streams.values()
    return "\n".join(event.message for stream in streams for event in stream.events)


def _uploaded(account: TrainingAccount, key: str, content: bytes) -> dict[str, str]:
    s3, bucket = s3_backends[account.id]["aws"], f"assets-{account.id}"
    if bucket not in s3.buckets:
        s3.create_bucket(bucket, REGION)
    s3.put_object(bucket, key, content)
    return {"S3Bucket": bucket, "S3Key": key}


@dataclass
class NoControlPlane:
    """Kubeconfig files that lead nowhere, for a kubectl that goes nowhere."""

    folder: Path
    asked: list[tuple[str, Any]] = field(default_factory=list)
    programs: Programs = field(default_factory=Programs)

    def wait_until_ready(self) -> int:
        """Nothing is ever started again."""
        return 0

    def kubeconfig_for(self, principal_arn: str, entry: AccessEntry | None) -> Path:
        """A file that names the principal."""
        self.asked.append((principal_arn, entry))
        file = self.folder / f"kubeconfig-{len(self.asked)}"
        file.write_text(f"kubeconfig of {principal_arn}\n", encoding="utf-8")
        return file
