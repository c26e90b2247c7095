"""How long a configuration would take: one formula in parts that add up, no clock."""
