#!/bin/bash
# Installs a version of the EFA installer in an image: libfabric, Open MPI 4 and aws-ofi-nccl, under /opt/amazon.
# The kernel module is the node's.
set -o errexit -o nounset -o pipefail

version=$1
# EC2 User Guide, "Get started with EFA and MPI", step 3.
fingerprint=4E9091BCBB97A96B26B15E59A05480B1DD2D3CCC
url=https://efa-installer.amazonaws.com
installer=aws-efa-installer-$version.tar.gz

directory=$(mktemp --directory)
cd "$directory"
curl --fail --silent --show-error --location --remote-name-all \
    "$url/aws-efa-installer.key" "$url/$installer" "$url/$installer.sig"
export GNUPGHOME=$directory
gpg --batch --quiet --import aws-efa-installer.key
if ! gpg --batch --status-fd 1 --verify "$installer.sig" "$installer" | grep "VALIDSIG.*$fingerprint"; then
    echo "$installer is not signed by the key $fingerprint of the EFA installer" >&2
    exit 1
fi

tar --extract --file "$installer"
cd aws-efa-installer
apt-get update
# Neither a kernel module nor limits are an image's business, and there is no EFA device to verify while it is built.
# Open MPI 4, because the MPI Operator's variables mean nothing to Open MPI 5.
./efa_installer.sh --yes --mpi=openmpi4 --skip-kmod --skip-limit-conf --no-verify
rm -rf "$directory" /var/lib/apt/lists/*
ldconfig
