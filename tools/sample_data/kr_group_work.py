"""Work that The KR Group's engineers did, by what it shows."""

from __future__ import annotations

from datetime import date

from tools.sample_data.worklog import Work

_LAKESHORE = "Lakeshore Orthopedics PC"
_RIVER = "Grand River Brewing Company"

WORK = (
    # KR-05: adding a user, which the contract does not cover. 80 minutes.
    Work(
        "KRT-4101",
        "New user for the billing office",
        "Lakeshore Ortho",
        "Field Engineer 03",
        "Engineer",
        "User set-up",
        "2026-09-09 10:00",
        "2026-09-09 11:20",
        "Billable",
        "KR-70112",
        "Account, mailbox and profile made; workstation joined and printers mapped.",
    ),
    # In business hours and covered: nothing to bill.
    Work(
        "KRT-4102",
        "Printer does not print",
        _LAKESHORE,
        "Help Desk 01",
        "Engineer",
        "Support",
        "2026-09-10 14:00",
        "2026-09-10 15:00",
        "Covered",
        "KR-70131",
    ),
    # KR-12: covered until 17:00, 70 minutes after it.
    Work(
        "KRT-4103",
        "Practice software down",
        _LAKESHORE,
        "On-Call Engineer",
        "Engineer",
        "Support",
        "2026-09-17 16:30",
        "2026-09-17 18:10",
        "Covered",
        "KR-70188",
        "Database service restarted, log volume extended.",
    ),
    # KR-12: Labor Day is after hours.
    Work(
        "KRT-4104",
        "Internet down at the clinic",
        _LAKESHORE,
        "On-Call Engineer",
        "Engineer",
        "Support",
        "2026-09-07 10:00",
        "2026-09-07 10:45",
        "Covered",
        "KR-70095",
        "Carrier outage; failed over to the second line.",
    ),
    # After hours is included in this contract (traditional coverage).
    Work(
        "KRT-4105",
        "Server updates on Saturday",
        "White Pine Community Credit Union",
        "Field Engineer 03",
        "Senior Engineer",
        "Support",
        "2026-09-12 09:00",
        "2026-09-12 11:00",
        "Covered",
        "KR-70140",
    ),
    Work(
        "KRT-4106",
        "Follow-up call",
        "Huron Title Agency",
        "Help Desk 01",
        "Engineer",
        "Support",
        "2026-09-19 12:00",
        "2026-09-19 12:15",
        "No Charge",
        "KR-70201",
    ),
    # MSA-02: a project outside the flat rate, by a senior engineer, across 17:00.
    Work(
        "KRT-4201",
        "Network for the new taproom",
        _RIVER,
        "Project Engineer 02",
        "Senior Engineer",
        "Project",
        "2026-10-14 13:00",
        "2026-10-14 19:00",
        "Billable",
        "KR-70377",
        "Cabling checked, switch and two access points installed, guest network tested.",
    ),
    # It ends before it starts: parked in October's service run, mended in November.
    Work(
        "KRT-4203",
        "New user for the tool room",
        "Iron Range Machining",
        "Field Engineer 03",
        "Engineer",
        "User set-up",
        "2026-10-21 11:00",
        "2026-10-21 10:00",
        "Billable",
        "KR-70402",
    ),
    # The night in which clocks go back: eight hours on the clock, nine that passed.
    Work(
        "KRT-4202",
        "Server room flooded",
        _LAKESHORE,
        "On-Call Engineer",
        "Engineer",
        "Support",
        "2026-10-31 22:00",
        "2026-11-01 06:00",
        "Covered",
        "KR-70455",
        "Hosts moved to the upper rack, power restored, restores verified.",
    ),
    # Entered after October was billed: on November's invoice.
    Work(
        "KRT-4302",
        "New user for the front desk",
        _LAKESHORE,
        "Field Engineer 03",
        "Engineer",
        "User set-up",
        "2026-10-30 09:00",
        "2026-10-30 10:00",
        "Billable",
        "KR-70440",
        entered_on=date(2026, 11, 4),
    ),
    Work(
        "KRT-4401",
        "New user for reception",
        _LAKESHORE,
        "Field Engineer 03",
        "Engineer",
        "User set-up",
        "2026-12-08 09:00",
        "2026-12-08 10:00",
        "Billable",
        "KR-70611",
    ),
)
