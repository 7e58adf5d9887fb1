"""Files for accounting programs: QuickBooks Online, Xero, and a journal in plain text."""
