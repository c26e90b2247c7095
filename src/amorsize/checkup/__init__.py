"""Does what this library stands on work here? Each part is tried for real, and says what to do.

``trials`` are tried in processes of their own, which can be stopped; ``local`` looks at this
process. Both give findings; ``health`` sums them up.
"""
