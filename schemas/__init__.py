"""What flows: the touchpoint contract, journeys, handoffs, promises, dead letters, catalogue, topics.

This package imports nothing else of the project.
"""
