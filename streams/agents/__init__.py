"""The agents: thin steps from a fetched batch to the effects that the checkpoint makes durable."""
