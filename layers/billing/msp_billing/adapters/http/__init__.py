"""What comes in over HTTP: the payments API, webhooks, and the page where a release is approved.

The handlers in ``functions/`` give these the ports; everything they decide, a use case decides.
"""
