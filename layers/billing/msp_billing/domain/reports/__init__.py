"""Reports: what a snapshot says to people, beside the invoices."""
