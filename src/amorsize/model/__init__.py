"""How long a configuration would take, by formula or event by event: no clock."""
