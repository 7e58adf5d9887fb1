"""What is kept of a failure can be read by the clerk who is shown it."""

from __future__ import annotations

import pytest

from msp_billing.usecases.close_cycle import said_by


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (
            '{"errorMessage": "3 of 4 accounts are parked", "errorType": "TooManyParkedError", '
            '"stackTrace": ["  File app.py, line 3"]}',
            "3 of 4 accounts are parked",
        ),
        ("pat rejected the run: too high", "pat rejected the run: too high"),
        ('{"errorMessage": "", "errorType": "E"}', '{"errorMessage": "", "errorType": "E"}'),
        ('["no", "object"]', '["no", "object"]'),
        ('{"errorMessage": "cut of', '{"errorMessage": "cut of'),
        ("", ""),
    ],
)
def test_a_cause_is_told_without_its_stack(cause: str, told: str) -> None:
    assert said_by(cause) == told
