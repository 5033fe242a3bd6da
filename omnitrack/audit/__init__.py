"""What `omnitrack audit` proves: that every record of the touchpoints topics has exactly one fate."""
