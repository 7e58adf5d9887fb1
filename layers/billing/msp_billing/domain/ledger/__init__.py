"""The ledger: what an account owes and has paid, as entries that never change."""
