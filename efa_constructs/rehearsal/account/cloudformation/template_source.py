"""Reads a template from where a request says it is."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from .errors import TemplateError

__all__ = ["template_at"]

_LONGEST_BODY_BYTES = 1_000_000


def template_at(url: str, account: str) -> str:
    """The template at an S3 URL, read from the account's own S3.

    Both forms are understood: ``https://s3.REGION.amazonaws.com/BUCKET/KEY`` (or another host, such as that of the
    emulated account) and ``https://BUCKET.s3.REGION.amazonaws.com/KEY``.

    :raises TemplateError: There is no such object.
    """
    from moto.s3.exceptions import MissingBucket
    from moto.s3.models import s3_backends

    parts = urlsplit(url)
    host, path = parts.hostname or "", unquote(parts.path).lstrip("/")
    bucket, separator, _ = host.partition(".s3")
    if not separator or not host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".localhost")):
        bucket, _, path = path.partition("/")
    try:
        key = s3_backends[account]["aws"].get_object(bucket, path)
    except MissingBucket:
        key = None
    if key is None:
        raise TemplateError(f"S3 error: The specified key does not exist. ({url})")
    body = bytes(key.value)
    if len(body) > _LONGEST_BODY_BYTES:
        raise TemplateError(f"Template may not exceed {_LONGEST_BODY_BYTES} bytes in size.")
    return body.decode()
