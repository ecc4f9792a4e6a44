"""Language models as judges of summaries: their records, what they are asked, what they answered. Never people's votes.

May import models_runner and annotations; protocol, leaderboards and the API stand above.
"""
