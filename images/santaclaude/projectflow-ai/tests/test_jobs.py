from __future__ import annotations

import pytest
from pydantic import ValidationError

from projectflow.jobs import Job, JobRequest, Status, after, first, message


def job(status: Status, **more: object) -> Job:
    return Job.model_validate({"id": "j", "project": "p", "status": status, "created": 0, "updated": 0, **more})


def test_an_address_is_browsed_first_and_a_question_answered_last() -> None:
    both = JobRequest.model_validate({"url": "http://example.com", "question": "What?"})

    assert first(both) == Status.BROWSING
    assert after(job(Status.BROWSING, question="What?")) == Status.ANSWERING
    assert after(job(Status.ANSWERING, question="What?")) == Status.DONE


def test_one_of_them_is_enough_and_none_is_too_little() -> None:
    assert first(JobRequest.model_validate({"question": "What?"})) == Status.ANSWERING
    assert after(job(Status.BROWSING, url="http://example.com/")) == Status.DONE
    with pytest.raises(ValidationError, match="url, question or both"):
        JobRequest.model_validate({})


@pytest.mark.parametrize("url", ["ftp://example.com", "file:///etc/passwd", "javascript:alert(1)", "example.com"])
def test_only_addresses_of_the_web_are_taken(url: str) -> None:
    with pytest.raises(ValidationError):
        JobRequest.model_validate({"url": url})


def test_each_step_has_its_stream_and_is_told_once() -> None:
    browsing = message(job(Status.BROWSING, url="http://example.com/"))
    page = {"title": "T", "text": "x" * 30_000}
    answering = message(job(Status.ANSWERING, question="What?", page=page))

    assert browsing == ("browser-jobs", {"job": "j", "url": "http://example.com/"}, "j:browsing")
    assert answering
    assert (answering.stream, answering.deduplication_id) == ("ai-jobs", "j:answering")
    assert answering.body["prompt"] == f"What?\n\nT\n\n{'x' * 20_000}"
    assert message(job(Status.DONE)) is None
