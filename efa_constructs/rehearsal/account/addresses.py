"""IPv4 addresses of subnets."""

from __future__ import annotations

from moto.ec2.models.subnets import Subnet

from .resource_type import AwsError

__all__ = ["take_address"]


def take_address(subnet: Subnet) -> str:
    """Take a free address of a subnet. It returns when the network interface that has it is deleted."""
    if subnet.available_ip_address_count < 1:
        raise AwsError(
            "InsufficientFreeAddressesInSubnet",
            f"There are not enough free addresses in subnet '{subnet.id}' to satisfy the requested number of "
            "addresses.",
            service="Ec2",
        )
    # moto notes which instance holds an address, and reads it nowhere.
    return subnet.get_available_subnet_ip(None)  # type: ignore[arg-type]
