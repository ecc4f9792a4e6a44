"""The operations, one module with a router for each subject. May import schemas, gate, webhooks, tokens and models."""
