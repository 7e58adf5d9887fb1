"""A trial of the whole system on a deployed stack: ``python -m trial_stack``, ``make deploy-local``."""
