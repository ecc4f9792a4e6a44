"""Template filter for numbers of votes that a forecast names."""

from django import template

from leaderboards.presentation.needed import say_number

register = template.Library()
needed = register.filter("needed", say_number)
