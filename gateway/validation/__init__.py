"""Step 6 of a call: its parameters and body against the version's OpenAPI document."""
