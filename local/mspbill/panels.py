"""The panels in which ``mspbill --help`` shows the commands: by what somebody wants to do."""

from __future__ import annotations

SET_UP = "Set up: policy, prices and accounts"
BILL = "Bill: from exports to invoices"
GET_PAID = "Get paid: payments, promises, disputes, holds"
LOOK = "Look: nothing is changed"
OPERATE = "Operate: mails, proofs, what needs a person"
