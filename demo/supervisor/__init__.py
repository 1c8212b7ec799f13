"""Runs the whole installation on one machine: checks, Valkey, database, sample data, children, an orderly end."""
