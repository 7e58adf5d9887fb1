"""Building: from an account's sealed snapshot to its invoices and its outcome."""
