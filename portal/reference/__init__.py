"""What the documentation pages draw from an OpenAPI document: plain functions over values."""
