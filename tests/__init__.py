"""The suite, one file per behaviour, mirrored by package; `ground/` is what it stands on."""
