"""A name that the API server would refuse is refused at once."""

from __future__ import annotations

import pytest

from efa_constructs.errors import InvalidArgumentError
from efa_constructs.k8s.names import (
    check_host_name,
    check_keys,
    check_label_name,
    check_labels,
    check_subdomain_name,
    check_variable_names,
)


@pytest.mark.parametrize("name", ["a", "kube-system", "0", "n" * 63, "${Token[Name.1]}"])
def test_takes_a_name(name):
    check_label_name("namespace", name)


@pytest.mark.parametrize("name", ["", "Kube", "a.b", "-a", "a-", "n" * 64, "a b"])
def test_refuses_another(name):
    with pytest.raises(InvalidArgumentError, match=f"'namespace' is '{name}': a name is at most 63 lower-case"):
        check_label_name("namespace", name)


@pytest.mark.parametrize("name", ["a", "train-2", "n" * 64])
def test_takes_the_beginning_of_a_host_name(name):
    check_host_name("name", name)


@pytest.mark.parametrize("name", ["", "Train", "2-train", "-a", "a-", "a.b", "a\n"])
def test_refuses_what_no_host_name_begins_with(name):
    with pytest.raises(InvalidArgumentError, match=r"'name' is .*, but host names are made of it: use lower case"):
        check_host_name("name", name)


@pytest.mark.parametrize("name", ["a", "trainer.team-a", "0", "n" * 253, "${Token[Name.1]}"])
def test_takes_a_name_with_dots(name):
    check_subdomain_name("service_account", name)


@pytest.mark.parametrize("name", ["", "Bad Name", "a..b", ".a", "a-.b", "n" * 254])
def test_refuses_what_is_no_name_with_dots(name):
    with pytest.raises(InvalidArgumentError, match=f"'service_account' is '{name}': a name is at most 253 lower-case"):
        check_subdomain_name("service_account", name)


@pytest.mark.parametrize("key", ["a", "Team_1", "karpenter.sh/nodepool", f"{'d' * 253}/{'n' * 63}"])
def test_takes_a_key_of_a_label(key):
    check_keys("pod_annotations", [key])


@pytest.mark.parametrize("key", ["", "a b", "/a", "a/", "a/b/c", "Domain/a", "n" * 64, f"{'d' * 254}/n"])
def test_refuses_another_key(key):
    with pytest.raises(InvalidArgumentError, match=f"'pod_annotations' has the key '{key}': a key is a name of at"):
        check_keys("pod_annotations", ["good", key])


@pytest.mark.parametrize("value", ["", "a", "Team_1.x", "v" * 63, "${Token[Value.1]}"])
def test_takes_a_value_of_a_label(value):
    check_labels("pod_labels", {"a": value})


@pytest.mark.parametrize("value", ["x y", "-a", "a.", "a/b", "v" * 64])
def test_refuses_another_value(value):
    with pytest.raises(InvalidArgumentError, match=f"'pod_labels' has team='{value}': the value of a label is at most"):
        check_labels("pod_labels", {"team": value})


@pytest.mark.parametrize("name", ["PATH", "_", "a.b-c", "OMPI_MCA_pml"])
def test_takes_the_name_of_a_variable(name):
    check_variable_names("environment", [name])


@pytest.mark.parametrize("name", ["", "A B", "1A", "A=B", "A,B"])
def test_refuses_another_name_of_a_variable(name):
    with pytest.raises(InvalidArgumentError, match=f"'environment' has the variable '{name}': a name is letters"):
        check_variable_names("environment", ["GOOD", name])
