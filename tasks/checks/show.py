"""What the gate says, as text for people, as JSON or as SARIF for machines. docs/reference/check.md describes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tasks.checks.registry import all_rules

if TYPE_CHECKING:
    from tasks.checks.findings import Finding
    from tasks.checks.gate import Verdict

_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
_NAME = "doit check"


def summary(verdict: Verdict) -> str:
    """Give the last line: how many units were checked, and what came of it."""
    units, found, waived = verdict.units, len(verdict.findings), len(verdict.waived)
    text = f"{units} unit{'' if units == 1 else 's'} checked, {found or 'no'} finding{'' if found == 1 else 's'}"
    return text + (f", {waived} waived" if waived else "")


def as_text(verdict: Verdict) -> str:
    """Give a line for each finding, and its details below it."""
    return "".join(f"{line}\n" for one in verdict.findings for line in (one, *(f"  {text}" for text in one.details)))


def as_json(verdict: Verdict) -> str:
    """Give the findings, and what is waived with its reason."""
    found = {
        "version": 1,
        "units": verdict.units,
        "findings": [_as_map(one) for one in verdict.findings],
        "waived": [{**_as_map(one.finding), "reason": one.reason} for one in verdict.waived],
    }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _as_map(finding: Finding) -> dict[str, Any]:
    place = finding.place
    return {
        "unit": finding.unit,
        "object": finding.object,
        "field": finding.field,
        "rule": finding.rule,
        "message": finding.message,
        "fix": finding.fix,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "related": list(finding.related),
        "details": list(finding.details),
    }


def as_sarif(verdict: Verdict) -> str:
    """Give the findings as SARIF 2.1.0, which code hosts show at the lines of a change."""
    rules = all_rules()
    driver = {
        "name": _NAME,
        "rules": [
            {"id": one.id, "shortDescription": {"text": one.demand}, "fullDescription": {"text": one.reason}}
            for one in rules.values()
        ],
    }
    results = [_result(one) for one in verdict.findings]
    results += [
        {**_result(one.finding), "suppressions": [{"kind": "external", "justification": one.reason}]}
        for one in verdict.waived
    ]
    log = {"$schema": _SARIF, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _result(finding: Finding) -> dict[str, Any]:
    place = finding.place
    named = " ".join(part for part in (finding.unit, finding.object, finding.field) if part)
    also = "".join(f" ({one})" for one in finding.related)
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": named}]}
    if place is not None:
        region = {"region": {"startLine": place.line}} if place.line else {}
        location["physicalLocation"] = {"artifactLocation": {"uri": place.file}, **region}
    message = f"{named}: {finding.message}{also}; {finding.fix}"
    return {"ruleId": finding.rule, "level": "error", "message": {"text": message}, "locations": [location]}
