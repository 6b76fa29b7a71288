"""What people and events ask of mentoring. Nothing commits here.

Every command locks the requests it is about first, in ascending order, then mentors; so commands on one request follow
each other, and the events of a pair are published in the order of its changes.
"""
