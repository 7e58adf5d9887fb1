"""What others are told about holds, what they have done about it, and what they may ask."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, cast

import pytest
from pydantic import ValidationError

from msp_billing.domain.dunning.cases import hold_placed
from msp_billing.domain.dunning.dunning_policy import AccountDunning, Exemption, ProtectedService
from msp_billing.domain.dunning.entitlements import EntitlementQuestionError
from msp_billing.domain.dunning.standing import AccountState
from msp_billing.usecases.dunning.context import UnknownAccountError
from msp_billing.usecases.dunning.entitlements import (
    AcknowledgementRefusedError,
    acknowledge,
    desired_state,
    done_by_consumers,
    may,
    publish,
    publish_untold,
)
from msp_billing.usecases.dunning.reconciling import (
    MayRequest,
    ReconcileRequest,
    answer_entitlement,
    reconcile_entitlements,
)
from msp_billing.usecases.errors import BusError, UnknownProviderError
from tests.end_to_end.small_provider import account, line
from tests.unit.usecases.entitlement_events import SCHEMA, assert_valid, validator
from tests.unit.usecases.release_samples import (
    World,
    dunning_policy,
    provider_policy,
    world,
)

EVENT = "AccountEntitlementChanged"


@pytest.fixture
def held() -> World:
    """On credit hold: its first entitlement version. Nobody was told yet."""
    return world()


def put_on_service_hold(held: World) -> None:
    before, policy = held.standing, provider_policy()
    assert policy.dunning is not None
    placed = hold_placed(
        before,
        policy.dunning.step("service-hold"),
        now=held.ports.clock.now(),
        zone=policy.zone,
        why="30 days on credit hold.",
    )
    assert held.ports.standings.change(before, placed)


def events(held: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = held.ports.bus.of_type(EVENT)
    return found


def tell(held: World) -> bool:
    """Whether the daily sweep tells of the account again."""
    return publish_untold(held.ports, held.standing, done_by_consumers(held.ports, "birch"))


# --- Telling -------------------------------------------------------------------------------------


@pytest.mark.rule("DUN-07")
def test_a_hold_is_told_once_with_everything_that_follows_from_it(held: World) -> None:
    told = publish(held.ports, held.standing)
    assert publish(held.ports, told) == told == held.standing
    assert events(held) == [
        {
            "schema_version": 1,
            "provider": "birch",
            "account": "cedar",
            "entitlement_version": 1,
            "state": "credit_hold",
            "buy": False,
            "support": True,
            "services": "on",
            "services_off": [],
            "protected_services": [{"service": "backup", "reason": "Data is kept.", "until": None}],
            "since": "2026-10-01T14:00:00Z",
            "why": "B-1 was not paid by 16 September 2026.",
            "clause": "unpaid",
            "case": 1,
        }
    ]


@pytest.mark.rule("DUN-07")
@pytest.mark.rule("KR-15")
def test_every_state_is_told_as_the_schema_says(held: World) -> None:
    publish(held.ports, held.standing)
    put_on_service_hold(held)
    publish(held.ports, held.standing)
    held.pay("100.00")
    held.released()
    told = [
        (e["entitlement_version"], e["state"], e["buy"], e["support"], e["services_off"])
        for e in events(held)
    ]
    assert told == [
        (1, "credit_hold", False, True, []),
        (2, "service_hold", False, False, ["anti-virus", "dns-filter"]),
        (3, "good_standing", True, True, []),
    ]
    assert_valid(events(held))


def test_the_schema_refuses_what_it_should() -> None:
    good = next(iter(desired_state(world().ports, "birch"))).model_dump(mode="json")
    checks = validator()
    assert checks.is_valid(good)
    assert not checks.is_valid(good | {"state": "on_fire"})
    assert not checks.is_valid(good | {"entitlement_version": -1})
    assert not checks.is_valid({key: good[key] for key in good if key != "buy"})
    assert "schema_version" in SCHEMA.read_text("utf-8")


@pytest.mark.rule("DUN-07")
def test_what_the_bus_does_not_take_is_told_by_the_next_sweep(held: World) -> None:
    """docs/faults.md, 43. The hold itself stands."""
    held.ports.bus.errors = [BusError("not taken")]
    publish(held.ports, held.standing)
    assert (events(held), held.standing.told_version) == ([], 0)
    assert tell(held)
    assert [event["entitlement_version"] for event in events(held)] == [1]
    assert not tell(held)


def test_a_bus_that_is_down_all_day_is_tried_again_the_next(held: World) -> None:
    held.ports.bus.errors = [BusError("not taken")]
    assert not tell(held)
    assert tell(held)


def test_a_change_while_it_is_told_is_told_too(held: World) -> None:
    """The account is put on service hold between the event and the note that it was told."""
    held.ports.standings.before_change = lambda: put_on_service_hold(held)
    publish(held.ports, held.standing)
    assert [event["entitlement_version"] for event in events(held)] == [1, 2]
    assert held.standing.told_version == 2


def test_another_change_while_it_is_told_tells_nothing_twice(held: World) -> None:
    held.ports.standings.before_change = lambda: held.pause("10.00")
    publish(held.ports, held.standing)
    assert [event["entitlement_version"] for event in events(held)] == [1]
    assert held.standing.told_version == 1


# --- What a consumer has done --------------------------------------------------------------------


@pytest.mark.rule("DUN-07")
def test_an_event_that_a_consumer_lost_is_published_until_it_is_done(held: World) -> None:
    """docs/faults.md, 43: known by one acknowledgement, it is told what it has not done."""
    publish(held.ports, held.standing)
    acknowledge(held.ports, "birch", "cedar", "shop", 1)
    assert not tell(held)
    put_on_service_hold(held)
    publish(held.ports, held.standing)  # lost on its way to the shop
    for _ in range(2):
        assert tell(held)
    assert [event["entitlement_version"] for event in events(held)] == [1, 2, 2, 2]
    acknowledge(held.ports, "birch", "cedar", "shop", 2)
    assert not tell(held)


def test_an_acknowledgement_never_goes_back(held: World) -> None:
    put_on_service_hold(held)
    publish(held.ports, held.standing)
    acknowledge(held.ports, "birch", "cedar", "shop", 2)
    acknowledge(held.ports, "birch", "cedar", "shop", 1)
    assert held.ports.standings.acknowledged("birch", "shop") == {"cedar": 2}


@pytest.mark.rule("DUN-07")
@pytest.mark.parametrize(
    ("name", "version", "code"),
    [
        ("cedar", 2, "unknown_version"),
        ("cedar", -1, "unknown_version"),
        ("nobody", 1, "unknown_account"),
    ],
)
def test_what_does_not_exist_cannot_be_done(
    held: World, name: str, version: int, code: str
) -> None:
    with pytest.raises(AcknowledgementRefusedError) as refused:
        acknowledge(held.ports, "birch", name, "shop", version)
    assert [problem.code for problem in refused.value.problems] == [code]
    assert held.ports.standings.consumers("birch") == ()


@pytest.mark.rule("DUN-10")
def test_a_protection_that_ends_is_told_although_the_state_is_the_same() -> None:
    """The DNS filter was kept on until 10 October; from the 11th on it is to be off."""
    exempt = Exemption(
        service="dns-filter",
        reason="A migration is going on.",
        approved_by="boss",
        until=date(2026, 10, 10),
    )
    held = world(dunning=AccountDunning(exemptions=(exempt,)))
    put_on_service_hold(held)
    publish(held.ports, held.standing)
    assert not tell(held)
    held.ports.clock.move_to(datetime(2026, 10, 11, 11, tzinfo=UTC))
    assert tell(held)
    assert not tell(held)
    told = [(event["entitlement_version"], event["services_off"]) for event in events(held)]
    assert told == [(2, ["anti-virus"]), (3, ["anti-virus", "dns-filter"])]
    assert_valid(events(held))


def test_what_the_case_began_with_counts_until_it_is_over(held: World) -> None:
    """A newer policy protects the DNS filter too; the case keeps its own."""
    protected = (
        ProtectedService(service="backup", reason="Data is kept."),
        ProtectedService(service="dns-filter", reason="Safety."),
    )
    held.ports.policies.put(
        provider_policy("2026-11", **dunning_policy(protected_services=protected).model_dump())
    )
    put_on_service_hold(held)
    (record,) = desired_state(held.ports, "birch", "cedar")
    assert record.services_off == ("anti-virus", "dns-filter")


# --- The desired state ---------------------------------------------------------------------------


@pytest.mark.rule("DUN-07")
def test_the_desired_state_names_every_account_also_those_never_held(held: World) -> None:
    elm = account("elm", line("SEAT", quantity=1))
    held.ports.book.put("birch", (elm,))
    records = list(desired_state(held.ports, "birch"))
    told = [(entry.account, entry.entitlement_version, entry.buy) for entry in records]
    assert told == [("cedar", 1, False), ("elm", 0, True)]
    assert_valid(entry.model_dump(mode="json") for entry in records)
    with pytest.raises(UnknownAccountError):
        list(desired_state(held.ports, "birch", "nobody"))


def test_a_consumer_that_lost_everything_catches_up_by_the_desired_state(held: World) -> None:
    """It never got an event; it asks, does it, and says so."""
    asked = ReconcileRequest(provider="birch", consumer="shop", only_not_done=True)
    (record,) = reconcile_entitlements(held.ports, asked).entitlements
    assert (record.account, record.entitlement_version) == ("cedar", 1)
    done = asked.model_validate(asked.model_dump() | {"done": [{"account": "cedar", "version": 1}]})
    assert reconcile_entitlements(held.ports, done).entitlements == ()


def test_a_wrong_acknowledgement_is_refused_alone(held: World) -> None:
    told = {"provider": "birch", "consumer": "shop"}
    done = [{"account": "cedar", "version": 9}, {"account": "cedar", "version": 1}]
    result = reconcile_entitlements(
        held.ports, ReconcileRequest.model_validate(told | {"done": done})
    )
    assert [problem.code for problem in result.refused] == ["unknown_version"]
    assert held.ports.standings.acknowledged("birch", "shop") == {"cedar": 1}


def test_the_desired_state_comes_in_pages(held: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("msp_billing.usecases.dunning.reconciling.PAGE", 2)
    names = ("alder", "beech", "cedar", "elm", "fir")
    held.ports.book.put("birch", [account(name, line("SEAT", quantity=1)) for name in names])
    seen: list[str] = []
    after = None
    for _ in range(3):
        page = reconcile_entitlements(held.ports, ReconcileRequest(provider="birch", after=after))
        seen += [record.account for record in page.entitlements]
        after = page.next
    assert (tuple(seen), after) == (names, None)


def test_a_consumer_has_a_name() -> None:
    with pytest.raises(ValidationError, match="'consumer' is missing"):
        ReconcileRequest.model_validate({"provider": "birch", "only_not_done": True})


# --- The question --------------------------------------------------------------------------------


@pytest.mark.rule("DUN-07")
@pytest.mark.rule("KR-14")
@pytest.mark.rule("KR-15")
@pytest.mark.parametrize(
    ("state", "buy", "support", "virus", "backup"),
    [
        (AccountState.GOOD_STANDING, True, True, True, True),
        (AccountState.DUE, True, True, True, True),
        (AccountState.CREDIT_HOLD, False, True, True, True),
        (AccountState.SERVICE_HOLD, False, False, False, True),
    ],
)
def test_the_answer_follows_the_state_table(
    held: World, state: AccountState, buy: bool, support: bool, virus: bool, backup: bool
) -> None:
    before = held.standing
    update = {"state": state, "version": before.version + 1}
    assert held.ports.standings.change(before, before.model_copy(update=update))
    answers = [
        may(held.ports, "birch", "cedar", "buy"),
        may(held.ports, "birch", "cedar", "support"),
        may(held.ports, "birch", "cedar", "service", "anti-virus"),
        may(held.ports, "birch", "cedar", "service", "backup"),
    ]
    assert [answer.allowed for answer in answers] == [buy, support, virus, backup]
    if state.on_hold:
        assert "B-1 was not paid by 16 September 2026." in answers[0].reason


class CountedStandings:
    """Counts how often the standing is read."""

    def __init__(self, standings: Any) -> None:
        self.standings, self.reads = standings, 0

    def find(self, provider: str, name: str) -> Any:
        self.reads += 1
        return self.standings.find(provider, name)


def test_one_read_of_the_standing_decides(held: World) -> None:
    counted = CountedStandings(held.ports.standings)
    held.ports.standings = counted
    request = MayRequest(provider="birch", account="cedar", what="buy")
    assert not answer_entitlement(held.ports, request).allowed
    assert counted.reads == 1


def test_questions_that_mean_nothing_are_refused(held: World) -> None:
    with pytest.raises(UnknownAccountError):
        may(held.ports, "birch", "nobody", "buy")
    with pytest.raises(UnknownProviderError):
        may(held.ports, "nobody", "cedar", "buy")
    with pytest.raises(EntitlementQuestionError):
        may(held.ports, "birch", "cedar", "service")
    for wrong in ({"what": "service"}, {"what": "buy", "service": "backup"}, {"what": "dance"}):
        with pytest.raises(ValidationError):
            MayRequest.model_validate({"provider": "birch", "account": "cedar", **cast(Any, wrong)})
