"""Access tokens at the gateway: read strictly, checked once by signature, judged on every call."""
