"""Mails: text and HTML by templates, put together as the bytes that SES is given."""
