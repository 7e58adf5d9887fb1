"""A trial of the whole system on a deployed stack: ``make deploy-local``."""
