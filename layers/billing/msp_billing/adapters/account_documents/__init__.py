"""Documents about an account as a whole: letters about unpaid invoices, statements."""
