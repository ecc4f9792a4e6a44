"""Webhooks: registering them, turning events into deliveries, and sending these, signed.

May import models and the other apps; never gate, schemas, resources or web.
"""
