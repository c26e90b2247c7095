"""Try real items on two threads, and keep what they give."""

def try_threads(*a): raise SystemError
