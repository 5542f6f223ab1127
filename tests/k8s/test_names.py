"""A name that the API server would refuse is refused at once."""

from __future__ import annotations

import pytest

from efa_constructs.errors import InvalidArgumentError
from efa_constructs.k8s.names import check_label_name


@pytest.mark.parametrize("name", ["a", "kube-system", "0", "n" * 63, "${Token[Name.1]}"])
def test_takes_a_name(name):
    check_label_name("namespace", name)


@pytest.mark.parametrize("name", ["", "Kube", "a.b", "-a", "a-", "n" * 64, "a b"])
def test_refuses_another(name):
    with pytest.raises(InvalidArgumentError, match=f"'namespace' is '{name}': a name is at most 63 lower-case"):
        check_label_name("namespace", name)
