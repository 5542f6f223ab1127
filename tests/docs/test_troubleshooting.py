"""The page of symptoms names codes that there are, and knows every fault that the rehearsal is tried with."""

from __future__ import annotations

import re

import pytest

from tests.rehearsal.faults import job_faults, manifest_faults, template_faults

from .codes import cluster_codes, fabric_codes, preflight_ids, rehearsal_codes, rules_of_findings, verify_codes
from .pages import ROOT, quoted

PAGE = (ROOT / "docs/troubleshooting.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith(("| how it looks |", "| ---"))
]
NAMED = {word for row in ROWS for cell in row for word in quoted(cell)}
OF_FINDINGS = fabric_codes() | cluster_codes()
SAID_BY = {
    "efa status": OF_FINDINGS,
    "efa rehearse": OF_FINDINGS | rehearsal_codes(),
    "efa preflight": preflight_ids(),
    "efa verify": verify_codes(),
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:60])
def test_a_row_says_how_it_looks_and_what_shows_it_and_what_to_do(row):
    assert len(row) == 4
    assert all(row)
    assert row[3] == "-" or re.fullmatch(r"(\[[^]]+\]\([^)]+\)(, )?)+", row[3]), "where people met it: links alone"


def shown_in(cell: str) -> list[tuple[str, str]]:
    """Commands and the codes that follow them: ``efa status``: `one`, `two`; ``efa verify``: `three`."""
    found, command = [], ""
    for word in quoted(cell):
        if word in SAID_BY:
            command = word
        elif re.fullmatch(r"[a-z]+(-[a-z]+)*(-\.\.\.)?", word):
            found.append((command, word))
    return found


CODES = [(command, code) for row in ROWS for command, code in shown_in(row[1])]


@pytest.mark.parametrize(("command", "code"), CODES)
def test_a_code_is_one_that_the_command_says(command, code):
    assert command, f"nobody says {code}"
    assert code in SAID_BY[command]


def test_every_code_of_a_finding_has_a_symptom():
    assert (OF_FINDINGS | rehearsal_codes()) - NAMED == set()


def test_a_finding_stands_beside_the_rule_about_the_same_mistake():
    beside = {
        (code, id)
        for row in ROWS
        for code in quoted(row[1])
        for id in re.findall(r"\[`(EFA-[A-Z0-9]+-[0-9]+)`\]", row[1])
    }
    assert len(rules_of_findings()) > 25
    assert rules_of_findings() - beside == set()


JOB_FAULTS = {name: (code, ()) for name, (_, code, _) in (job_faults.FAULTS | job_faults.WARNINGS).items()}
FAULTS = {
    name: (fault.code, fault.words) for name, fault in (template_faults.FAULTS | manifest_faults.FAULTS).items()
} | JOB_FAULTS


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_is_rehearsed_is_on_the_page(name):
    code, words = FAULTS[name]
    if code is None:
        text = PAGE.replace("`", "")
        assert [word for word in words if word not in text] == []
    else:
        assert code in NAMED


def test_the_issues_that_people_wrote_are_linked():
    assert len(set(re.findall(r"https://github.com/[^)]+/(?:issues|pull)/\d+", PAGE))) >= 40
