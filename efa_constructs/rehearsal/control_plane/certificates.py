"""A certificate authority for one control plane: who is who on its loopback ports."""

from __future__ import annotations

import datetime
import ipaddress
import os
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

__all__ = ["CertificateAuthority"]

_LIFETIME = datetime.timedelta(days=365)
# A clock that was set back between the rehearsal's processes must not make a certificate one of the future.
_LEEWAY = datetime.timedelta(hours=1)


class CertificateAuthority:
    """Signs certificates for the servers and the clients of one control plane. Its key never leaves this process."""

    def __init__(self, folder: Path) -> None:
        """
        :param folder: Where the certificates and keys go. Keys are readable by their owner only.
        """
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "efa-rehearsal")])
        authority = (
            self._builder(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.pem = authority.public_bytes(serialization.Encoding.PEM).decode()
        """The authority's own certificate."""
        self.file = folder / "ca.crt"
        self.file.write_text(self.pem)

    def issue(
        self, name: str, *, user: str, groups: Sequence[str] = (), server_name: str | None = None
    ) -> tuple[Path, Path]:
        """A certificate for 127.0.0.1 and for the user as whom Kubernetes knows its holder, and its key.

        :param name: Of the files, without an extension.
        :param user: Kubernetes user, of at most 64 characters.
        :param groups: Kubernetes groups.
        :param server_name: Another name of the server whose certificate it is. Default: it has none.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [
                *(x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups),
                x509.NameAttribute(NameOID.COMMON_NAME, user),
            ]
        )
        names = ["localhost", *([server_name] if server_name else [])]
        addresses = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), *map(x509.DNSName, names)]
        certificate = (
            self._builder(subject, key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]),
                critical=False,
            )
            .add_extension(x509.SubjectAlternativeName(addresses), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        certificate_file, key_file = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        write_private_key(key_file, key)
        return certificate_file, key_file

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _LEEWAY)
            .not_valid_after(now + _LIFETIME)
        )


def write_private_key(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Write a key so that nobody else can read it, at no moment."""
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(pem)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
