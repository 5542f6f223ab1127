"""A user's kubeconfig: which cluster it is for, and how its API server is asked."""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import yaml  # type: ignore[import-untyped]

from ..errors import InvalidArgumentError, KubernetesRequestError
from .exec_plugin import signed_in_by
from .kubernetes_api import API_ERRORS, KubernetesApi, is_timeout, server_words, status_code

__all__ = ["EksName", "Kubeconfig", "check_is_for", "connected", "read_kubeconfig"]

_CONNECT_SECONDS = 20.0
_REQUEST_SECONDS = 60.0
# As 'aws eks update-kubeconfig' names clusters, and as eksctl does.
_ARN = re.compile(r"arn:[\w-]+:eks:(?P<region>[\w-]+):\d+:cluster/(?P<name>[\w-]+)")
_EKSCTL = re.compile(r"(?P<name>[\w-]+)\.(?P<region>[\w-]+)\.eksctl\.io")
# What holds the name and the Region in the arguments of 'aws eks get-token' and of aws-iam-authenticator.
_NAME_OPTIONS = ("--cluster-name", "--cluster-id", "-i")
_REGION_OPTIONS = ("--region",)
# What each list has in its entries, beside a name.
_LISTS = {"clusters": "cluster", "users": "user", "contexts": "context"}
# A field with content, and the one with the path of a file that has it.
_CONTENTS = {
    "certificate-authority-data": "certificate-authority",
    "client-certificate-data": "client-certificate",
    "client-key-data": "client-key",
}
_TOKEN_FILE = "tokenFile"

_NONE: Mapping[str, str] = MappingProxyType({})
_STRINGS = ("server", "cluster", "user", "namespace", "token", _TOKEN_FILE, *_CONTENTS, *_CONTENTS.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class EksName:
    """An EKS cluster, as far as a kubeconfig says which it is."""

    name: str
    region: str | None
    # Of the AWS configuration, with which it signs in.
    profile: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubeconfig:
    """One context of a kubeconfig: a cluster, a user and a namespace."""

    context: str
    # URL of the API server.
    server: str
    namespace: str
    # None: it does not look like one of EKS.
    eks: EksName | None
    # As the file has them, with absolute paths.
    cluster: Mapping[str, Any]
    user: Mapping[str, Any]

    def content(self, folder: Path, credentials: Mapping[str, str] = _NONE) -> dict[str, Any]:
        """The content of a kubeconfig with this context alone.

        :param folder: Where certificates and keys go that the kubeconfig has within itself. Others must not read it.
        :param credentials: Fields of the user that a program gave, instead of the program. Default: none did.
        """
        own = {name: value for name, value in self.user.items() if name not in ("exec", _TOKEN_FILE)}
        if self.user.get(_TOKEN_FILE):
            # kr8s does not know it. It may be written anew at any time, as that of a service account is.
            own["token"] = Path(self.user[_TOKEN_FILE]).read_text(encoding="utf-8").strip()
        cluster, user = (_with_files(each, folder) for each in (self.cluster, {**own, **credentials}))
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "cluster", "cluster": cluster}],
            "users": [{"name": "user", "user": user}],
            "contexts": [{"name": "context", "context": {"cluster": "cluster", "user": "user"}}],
            "current-context": "context",
        }


def read_kubeconfig(file: Path | None = None, context: str | None = None) -> Kubeconfig | None:
    """Read a kubeconfig as kubectl does.

    :param file: Default: the files of ``KUBECONFIG``, or ``~/.kube/config``.
    :param context: Default: the current one.
    :return: None where neither was given, and there is no file, or none with a context.
    :raises InvalidArgumentError: the file is not there or no kubeconfig, or it has no such context.
    """
    files = [file] if file else _default_files()
    documents = [_read(each) for each in files if file or each.exists()]
    if not documents:
        return None
    # The first file that names something wins.
    wanted = context or next(filter(None, (document.get("current-context") for document in documents)), None)
    where = "kubeconfig " + ", ".join(f"'{each}'" for each in files)
    contexts = _named(documents, "contexts", "context")
    if not (file or context or contexts):
        return None
    there = ", ".join(contexts) or "none"
    if wanted is None:
        raise InvalidArgumentError(f"{where} has no current context: name one of its contexts ({there})")
    if wanted not in contexts:
        raise InvalidArgumentError(f"{where} has no context '{wanted}': name one of its contexts ({there})")
    chosen = contexts[wanted]
    clusters, users = _named(documents, "clusters", "cluster"), _named(documents, "users", "user")
    cluster, user = clusters.get(chosen.get("cluster", "")), users.get(chosen.get("user", ""), {})
    if cluster is None or not cluster.get("server"):
        raise InvalidArgumentError(
            f"{where}: the cluster '{chosen.get('cluster')}' of context '{wanted}' has no server"
        )
    return Kubeconfig(
        context=wanted,
        server=str(cluster["server"]),
        namespace=str(chosen.get("namespace") or "default"),
        eks=_eks_name((str(chosen.get("cluster")), wanted), user.get("exec") or {}),
        cluster=cluster,
        user=user,
    )


def check_is_for(kubeconfig: Kubeconfig, *, name: str, endpoint: str | None, region: str | None) -> None:
    """Refuse a kubeconfig that is for another cluster.

    :param name: Of the EKS cluster.
    :param endpoint: URL of its API server. None: it has none yet, and nothing is refused.
    :param region: Of the cluster. None: that of the AWS configuration.
    :raises InvalidArgumentError: its server is another one.
    """
    ours, theirs = (urlsplit(url or "") for url in (endpoint, kubeconfig.server))
    # Through a tunnel, the certificate is that of the cluster's own name.
    through = kubeconfig.cluster.get("tls-server-name") == ours.hostname
    same = through or (ours.hostname, ours.port or 443) == (theirs.hostname, theirs.port or 443)
    if endpoint and not same:
        command = f"aws eks update-kubeconfig --name {name}" + (f" --region {region}" if region else "")
        raise InvalidArgumentError(
            f"context '{kubeconfig.context}' of the kubeconfig is for another cluster than '{name}': its server is "
            f"{kubeconfig.server}, and the cluster's is {endpoint}; choose another with '--context', or run '{command}'"
        )


@asynccontextmanager
async def connected(kubeconfig: Kubeconfig) -> AsyncIterator[KubernetesApi]:
    """The API server of a context, until this is left. No certificate or key stays behind.

    :raises KubernetesRequestError: it does not answer, or the user cannot sign in.
    """
    api = await _connect(kubeconfig)
    try:
        api.give_up_after(_REQUEST_SECONDS)
        yield api
    finally:
        await api.aclose()


async def _connect(kubeconfig: Kubeconfig) -> KubernetesApi:
    where = f"the API server {kubeconfig.server} of context '{kubeconfig.context}'"

    @asynccontextmanager
    async def sign_in() -> AsyncIterator[dict[str, Any]]:
        try:
            credentials = await signed_in_by(kubeconfig.user["exec"]) if kubeconfig.user.get("exec") else {}
        except KubernetesRequestError as error:
            raise KubernetesRequestError(f"{where}: {error}") from None
        with TemporaryDirectory(prefix="efa-kubeconfig-") as folder:
            yield kubeconfig.content(Path(folder), credentials)

    try:
        return await KubernetesApi.connect_as(sign_in, seconds=_CONNECT_SECONDS)
    except API_ERRORS as error:
        raise KubernetesRequestError(_refused(where, error)) from None
    # What kr8s raises for a kind of user that it has not.
    except (RuntimeError, ValueError, KeyError) as error:
        raise KubernetesRequestError(f"{where}: cannot sign in: {' '.join(str(error).split())}") from None


def _refused(where: str, error: Exception) -> str:
    if is_timeout(error):
        return (
            f"{where} does not answer within {_CONNECT_SECONDS:.0f} s: is its endpoint private, and reachable from here"
        )
    if status_code(error) in (401, 403):
        return (
            f"{where} does not take these credentials ({server_words(error)}): sign in again, or have an access entry "
            "made for the IAM identity in use"
        )
    if isinstance(error, FileNotFoundError):
        return f"{where}: '{error.filename}' of the kubeconfig is not there: mend its path"
    return f"{where} does not answer: {server_words(error)}"


def _default_files() -> list[Path]:
    named = os.environ.get("KUBECONFIG")
    if named:
        return [Path(each).expanduser() for each in named.split(os.pathsep) if each]
    return [Path("~/.kube/config").expanduser()]


def _read(file: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        # Empty, as KUBECONFIG=/dev/null is.
        document = {} if document is None else document
    except OSError as error:
        raise InvalidArgumentError(f"cannot read kubeconfig '{file}': {error.strerror}") from None
    except (UnicodeDecodeError, yaml.YAMLError):
        raise InvalidArgumentError(f"'{file}' is no kubeconfig: it is not YAML") from None
    for kind, field in _LISTS.items():
        if not isinstance(document, dict) or not _is_list_of(document.get(kind), field):
            raise InvalidArgumentError(f"'{file}' is no kubeconfig: it has no list '{kind}'")
        for entry in document.get(kind) or ():
            fields = entry.get(field) or {}
            _check(fields, f"'{file}' is no kubeconfig: {field} '{entry.get('name')}'")
            _make_absolute(fields, file.parent)
    made: dict[str, Any] = document
    return made


def _is_list_of(entries: object, field: str) -> bool:
    return entries is None or (
        isinstance(entries, list)
        and all(isinstance(entry, dict) and isinstance(entry.get(field) or {}, dict) for entry in entries)
    )


def _check(fields: Mapping[str, Any], what: str) -> None:
    """Refuse fields of another type than kubectl takes."""
    for name, value in fields.items():
        if name in _STRINGS and not isinstance(value, str | None):
            raise InvalidArgumentError(f"{what} has a '{name}' that is no string")
    plugin = fields.get("exec") or {}
    if not isinstance(plugin, dict) or not isinstance(plugin.get("command") or "", str):
        raise InvalidArgumentError(f"{what} has an 'exec' without a 'command'")
    if not isinstance(plugin.get("args") or [], list):
        raise InvalidArgumentError(f"{what} has 'args' in its 'exec' that are no list")
    variables = plugin.get("env") or []
    if not isinstance(variables, list) or not all(isinstance(each, dict) and each.get("name") for each in variables):
        raise InvalidArgumentError(f"{what} has an 'env' in its 'exec' that is no list of names and values")


def _make_absolute(fields: dict[str, Any], folder: Path) -> None:
    for name in (*_CONTENTS.values(), _TOKEN_FILE):
        if fields.get(name):
            fields[name] = str(folder.absolute() / fields[name])
    program = (fields.get("exec") or {}).get("command", "")
    # As kubectl has it: a program with a slash in its name is beside the file.
    if os.sep in program:
        fields["exec"]["command"] = str(folder.absolute() / program)


def _named(documents: Iterable[Mapping[str, Any]], kind: str, field: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for document in documents:
        for entry in document.get(kind) or ():
            found.setdefault(str(entry.get("name")), entry.get(field) or {})
    return found


def _eks_name(names: Iterable[str], plugin: Mapping[str, Any]) -> EksName | None:
    arguments = [str(each) for each in plugin.get("args") or ()]
    environment = {each["name"]: each.get("value") for each in plugin.get("env") or ()}
    profile = environment.get("AWS_PROFILE") or _option(arguments, ("--profile",))
    for name in names:
        match = _ARN.fullmatch(name) or _EKSCTL.fullmatch(name)
        if match is not None:
            return EksName(name=match["name"], region=match["region"], profile=profile)
    named = _option(arguments, _NAME_OPTIONS)
    if named is None:
        return None
    return EksName(name=named, region=_option(arguments, _REGION_OPTIONS), profile=profile)


def _option(arguments: Sequence[str], names: Iterable[str]) -> str | None:
    for name in names:
        if name in arguments[:-1]:
            return arguments[arguments.index(name) + 1]
    return None


def _with_files(fields: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """kr8s writes contents to temporary files, keys too, and leaves them there."""
    changed = dict(fields)
    for data, path in _CONTENTS.items():
        if data in changed:
            try:
                content = base64.b64decode(str(changed.pop(data)), validate=True)
            except binascii.Error:
                raise InvalidArgumentError(f"the kubeconfig's '{data}' is not base64") from None
            file = folder / path
            # Nobody else may read a key, wherever the folder is.
            file.touch(mode=0o600)
            file.write_bytes(content)
            changed[path] = str(file)
    return changed
