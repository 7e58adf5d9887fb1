"""Billing for managed-service providers: count, seal, bill, explain, deliver."""
