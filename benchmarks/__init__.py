"""Is ``execute`` worth having? Measured against the plain loop, the usual pools and an oracle.

``python -m benchmarks --help`` lists the commands. A measurement is one call, timed as a whole
(pools made and closed), in a process that has imported what it needs and run nothing yet.
"""
