"""What accounts owe and pay: everything that is entered in a ledger, and what follows from it."""
