"""How each provider's batch jobs are begun, looked at and read: one file for each provider."""
