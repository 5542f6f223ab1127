"""Reading add-ons."""

from __future__ import annotations

import pytest

from efa_constructs.errors import AwsRequestError
from efa_constructs.lookups.addons import read_addon_versions

from .stubs import stubbed_account


def test_reads_the_version_of_every_add_on_of_every_page() -> None:
    with stubbed_account() as account:
        asked = {"clusterName": "training"}
        account.eks.add_response("list_addons", {"addons": [], "nextToken": "1"}, asked)
        account.eks.add_response("list_addons", {"addons": ["vpc-cni"]}, {**asked, "nextToken": "1"})
        addon = {"addonName": "vpc-cni", "addonVersion": "v1.20.4-eksbuild.2"}
        account.eks.add_response("describe_addon", {"addon": addon}, {**asked, "addonName": "vpc-cni"})
        assert read_addon_versions(account.clients, "training") == {"vpc-cni": "v1.20.4-eksbuild.2"}


@pytest.mark.parametrize("denied", ["list_addons", "describe_addon"])
def test_names_the_action_that_is_not_allowed(denied: str) -> None:
    action = "eks:" + "".join(word.capitalize() for word in denied.split("_"))
    with stubbed_account() as account:
        if denied == "describe_addon":
            account.eks.add_response("list_addons", {"addons": ["vpc-cni"]})
        message = f"User: arn:aws:iam::1:user/a is not authorized to perform: {action} on resource: *"
        account.eks.add_client_error(denied, "AccessDeniedException", message)
        with pytest.raises(AwsRequestError) as error:
            read_addon_versions(account.clients, "training")
    assert error.value.denied_action == action
