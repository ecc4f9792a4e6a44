"""Accounts of the site: roles and their rights, invitations, passwords, sessions. Imports jobs and lib only.

Pages about accounts are in evalsite/accounts/, which also knows studies.
"""
