"""Rendering invoices as PDF, beside other makers of PDF with the same content."""
