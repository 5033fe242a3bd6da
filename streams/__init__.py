"""The Faust app: a thin agent per step, and the checkpoint that owns the order of delivery."""
