"""Location, spread and intervals on seconds: pure arithmetic, no clock."""
