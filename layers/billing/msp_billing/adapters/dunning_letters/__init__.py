"""Letters about unpaid invoices as finished words: the mail and the document share them."""
