"""Reports to accounts: spreadsheets, PDFs, and the words of their mails."""
