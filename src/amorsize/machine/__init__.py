"""What is true here: usable CPUs, memory, start method, native thread pools, fork safety."""
