"""Where a submission runs: closed off from all that it must not see or change."""
