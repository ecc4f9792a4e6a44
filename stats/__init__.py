"""Statistics: arrays in, frozen results out; imports numpy and scipy, never Django nor an app of ours.

Modules import `scipy` and say `scipy.special.ndtri`: its parts are loaded when they are first used, so that a process
which computes nothing does not wait for them.
"""
