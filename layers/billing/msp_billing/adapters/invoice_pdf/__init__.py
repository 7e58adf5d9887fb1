"""Invoices as PDF: what is printed, as plain data, and the Typst templates that lay it out."""
