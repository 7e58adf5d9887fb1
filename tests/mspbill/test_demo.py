from __future__ import annotations

from pathlib import Path

from msp_billing.adapters.directory.provider_directory import load_provider_directory
from msp_billing.domain.money import in_words
from msp_billing.domain.periods import Period
from mspbill.console import Steps, notes
from mspbill.demo import DemoJob, run_demo
from mspbill.run_result import write_results
from tests.mspbill.conftest import Mspbill
from tests.mspbill.small_provider import write_provider

MONTHS = (Period(year=2026, month=11), Period(year=2026, month=12))


def test_a_provider_is_billed_month_after_month_in_its_own_process(
    tmp_path: Path, mspbill: Mspbill
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    jobs = [DemoJob(load_provider_directory(write_provider(tmp_path / "pinewood")), out, MONTHS)]
    (report,) = run_demo(jobs, Steps(notes(), None))
    monthly = report.runs[0]
    assert [in_words(cycle.totals) for cycle in monthly.cycles] == ["250.20 USD", "335.30 USD"]
    assert in_words(monthly.cycles[1].previous_totals or ()) == "250.20 USD"
    assert in_words(monthly.cycles[1].changes) == "85.10 USD"
    harbor = next(entry for entry in monthly.cycles[1].accounts if entry.account == "harbor")
    assert (harbor.joined, harbor.left) == (2, 1)
    assert report.thumbnail is not None
    assert (out / report.thumbnail).read_bytes().startswith(b"\x89PNG")
    assert (out / "providers/pinewood/monthly/2026-12/invoices/PW-000004.pdf").is_file()
    told = mspbill("explain", out, "PW-000004", "1").stdout
    assert "HRB-SRV-2 (since 1 May 2024)" in told

    other = report.model_copy(update={"provider": "cedar", "name": "Cedar IT"})
    write_results(out, (report, other))
    page = (out / "index.html").read_text("utf-8")
    assert "Two providers, November to December 2026" in page
    assert 'data-show="cedar"' in page
