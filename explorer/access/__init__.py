"""Who may look at the explorer, and what they may see."""
