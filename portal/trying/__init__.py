"""Calling an operation from its page in the documentation, through the gateway."""
